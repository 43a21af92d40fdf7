"""Low rank: a wide layer as two narrow ones; and a narrow addition to a layer that stays as it is."""

import copy

import torch
from torch import nn

from ... import checks


def factorised(layer, rank):
    """A linear layer as two, through a bottleneck of `rank` numbers.

        W = U·diag(σ)·Vᵀ ≈ (U_r·√σ_r)(√σ_r·V_rᵀ);   parameters n_out·n_in → rank·(n_out + n_in)

    No two matrices of this rank come nearer to W (Eckart & Young 1936; from memory): what is missing
    is √(σ²_{r+1} + σ²_{r+2} + …) in the Frobenius norm.

    Args:
        layer: an nn.Linear.
        rank: 1 … min(n_in, n_out).

    Returns:
        An nn.Sequential of two nn.Linear, the first without bias.

    Raises:
        ValueError, TypeError: if rank is out of its range.

    >>> factorised(nn.Linear(784, 100), 8)
    Sequential(
      (0): Linear(in_features=784, out_features=8, bias=False)
      (1): Linear(in_features=8, out_features=100, bias=True)
    )
    """
    weight = layer.weight.detach()
    checks.count("rank", rank, 1, min(weight.shape), "least side of the weight")
    U, sigma, Vt = torch.linalg.svd(weight, full_matrices=False)
    root = sigma[:rank].sqrt()
    first = nn.Linear(weight.shape[1], rank, bias=False)
    second = nn.Linear(rank, weight.shape[0], bias=layer.bias is not None)
    with torch.no_grad():
        first.weight.copy_(root[:, None] * Vt[:rank])
        second.weight.copy_(U[:, :rank] * root)
        if layer.bias is not None:
            second.bias.copy_(layer.bias)
    return nn.Sequential(first, second)


def factorise(net, rank):
    """A copy of a net with every linear layer factorised where that saves parameters.

    Args:
        net: an nn.Sequential.
        rank: of each; a layer for which rank·(n_in + n_out) ≥ n_in·n_out stays as it is.
    """
    checks.count("rank", rank)
    net = copy.deepcopy(net)
    for i, layer in enumerate(net):
        if isinstance(layer, nn.Linear) and rank * sum(layer.weight.shape) < layer.weight.numel():
            net[i] = factorised(layer, rank)
    return net


class Adapter(nn.Module):
    """A linear layer that stays as it is, with an addition of low rank that is trained.

        y = Wx + b + (scale/rank)·B(Ax),   A (rank, n_in), B (n_out, rank), B = 0 at first

    So it begins as the layer itself, and only rank·(n_in + n_out) numbers move.
    Hu et al. (2021; from memory).

    Args:
        layer: an nn.Linear.
        rank: at least 1. scale: of the addition.
        seed: of A, uniform as torch starts a linear layer.
    """

    def __init__(self, layer, rank, scale=1.0, seed=0):
        super().__init__()
        checks.count("rank", rank)
        n_out, n_in = layer.weight.shape
        self.layer, self.scale = copy.deepcopy(layer).requires_grad_(False), scale / rank
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.A = nn.Parameter(nn.Linear(n_in, rank).weight.detach().to(layer.weight))
        self.B = nn.Parameter(torch.zeros(n_out, rank).to(layer.weight))

    def forward(self, x):
        return self.layer(x) + (x @ self.A.T @ self.B.T) * self.scale

    def folded(self):
        """The layer with the addition worked into its weight: nothing to pay for when it is used."""
        layer = copy.deepcopy(self.layer)
        with torch.no_grad():
            layer.weight += self.scale * self.B @ self.A
        return layer.requires_grad_(True)


def adapt(net, rank, seed=0):
    """A copy of a net, frozen, with an Adapter at every linear layer."""
    net = copy.deepcopy(net).requires_grad_(False)
    for i, layer in enumerate(net):
        if isinstance(layer, nn.Linear):
            net[i] = Adapter(layer, rank, seed=seed + i)
    return net


def fold(net):
    """A copy of an adapted net with every Adapter folded into its layer."""
    net = copy.deepcopy(net)
    for i, layer in enumerate(net):
        if isinstance(layer, Adapter):
            net[i] = layer.folded()
    return net.requires_grad_(True)
