"""Pruning: weights, or whole units, whose loss is felt least are set to 0, at once or by and by."""

import copy
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn.utils import prune

from ... import checks
from .nets import fit, holding

LAYERS = nn.Linear, nn.Conv2d


def magnitude(net, share):
    """Keep the weights that are largest in size, over all layers together; biases are always kept.

        keep_i = |w_i| > the share-quantile of all |w|

    Args:
        net: linear layers and convolutions.
        share: of the weights to prune, in [0, 1].

    Returns:
        A mask of the parameters (P,), True where one is kept, in `parameters()` order.

    Raises:
        ValueError, TypeError: if share is out of its range.

    Han, Pool, Tran & Dally (2015; from memory), by torch.nn.utils.prune.

    >>> net = torch.nn.Linear(4, 1)
    >>> _ = net.weight.data.copy_(torch.tensor([[1.0, -3.0, 2.0, 0.5]]))
    >>> magnitude(net, 0.5).tolist()
    [False, True, True, False, True]
    """
    checks.number("share", share, 0, 1)
    tried = copy.deepcopy(net)
    weights = [(part, "weight") for part in tried.modules() if isinstance(part, LAYERS)]
    prune.global_unstructured(weights, prune.L1Unstructured, amount=float(share))
    masks = dict(tried.named_buffers())
    kept = [masks.get(f"{name}_mask", torch.ones_like(p)) for name, p in net.named_parameters()]
    return torch.cat([mask.flatten() for mask in kept]).bool().cpu().numpy()


def cut(net, keep):
    """A copy of the net with the parameters that are not kept set to 0.

    Args:
        keep: a mask (P,).
    """
    theta = nn.utils.parameters_to_vector(net.parameters()).detach()
    return holding(net, theta * torch.as_tensor(keep, device=theta.device))


def gradual(net, rows, share, *, stages=4, **settings):
    """Prune a little more in each stage, and train on with what is left.

        share_t = share · (1 − (1 − t/stages)³),   t = 1 … stages

    What is pruned stays 0: only the kept block of θ moves. It is chosen anew in each stage, among the kept.

    Args:
        net: trained. rows: to train on.
        share: of the weights that are 0 at the end, in [0, 1].
        stages: at least 1.
        settings: of `fit`, for one stage; one pass at the rate 0.002 by default.

    Returns:
        The pruned net, trained.

    Zhu & Gupta (2017; from memory).
    """
    checks.count("stages", stages)
    for stage in range(1, stages + 1):
        keep = magnitude(net, share_at(stage, share, stages))
        net = fit(cut(net, keep), rows, keep=keep, **{"passes": 1, "lr": 2e-3, **settings})
    return net


def share_at(stage, share, stages):
    """The share pruned in a stage of `gradual`: much at first, little at the end.

    >>> share_at(1, 0.8, 2), share_at(2, 0.8, 2)
    (0.7000000000000001, 0.8)
    """
    return share * (1 - (1 - stage / stages) ** 3)


def structured(net, share):
    """Remove whole units (rows of a weight, channels of a convolution) with the smallest norms.

        keep unit j of a layer if ‖w_j‖₂ is among its (1 − share) largest

    The result is a smaller net of the usual kind: no zeros to skip, no mask. The last layer keeps its units.

    Args:
        net: an nn.Sequential of linear layers, convolutions and parts without parameters.
        share: of the units to remove in each layer but the last, in [0, 1); one unit stays at least.

    Raises:
        ValueError, TypeError: if share is out of its range, or the net is no nn.Sequential.

    Li, Kadav, Durdanovic, Samet & Graf (2017; from memory), by torch.nn.utils.prune.
    """
    checks.number("share", share, 0, 1)
    if not isinstance(net, nn.Sequential):
        raise TypeError(f"net must be an nn.Sequential, got {type(net).__name__}")
    small = copy.deepcopy(net)
    layers = [part for part in small if isinstance(part, LAYERS)]
    for layer, after in pairwise(layers):
        kept = _largest(layer, share)
        each = after.weight.shape[1] // len(layer.weight)  # several, where a channel is laid flat
        _narrow(layer, units=kept)
        _narrow(after, inputs=(kept[:, None] * each + torch.arange(each)).flatten())
    return small


def _largest(layer, share):
    """The numbers of the units that stay."""
    tried = copy.deepcopy(layer)
    n_cut = min(round(share * len(layer.weight)), len(layer.weight) - 1)
    prune.ln_structured(tried, "weight", amount=n_cut, n=2, dim=0)
    return tried.weight_mask.flatten(1).any(1).nonzero().flatten()


def _narrow(layer, units=slice(None), inputs=slice(None)):
    """Leave the layer these of its outputs and of its inputs, in place."""
    layer.weight = nn.Parameter(layer.weight.detach()[units][:, inputs].clone())
    if layer.bias is not None:
        layer.bias = nn.Parameter(layer.bias.detach()[units].clone())
    names = (
        ("out_channels", "in_channels") if isinstance(layer, nn.Conv2d) else ("out_features", "in_features")
    )
    for name, n in zip(names, layer.weight.shape, strict=False):
        setattr(layer, name, n)


def pack(tensor):
    """A tensor without its zeros: where the others are, a bit each, and what they are.

    Returns:
        (bitmap, values): uint8 (⌈n/8⌉,), and the numbers that are not 0, in order.

    >>> bitmap, values = pack(torch.tensor([0.0, 5.0, 0.0, 7.0]))
    >>> bitmap.tolist(), values.tolist()
    ([80], [5.0, 7.0])
    """
    flat = tensor.detach().cpu().flatten()
    bits = np.packbits((flat != 0).numpy())
    return torch.from_numpy(bits), flat[flat != 0]


def unpack(bitmap, values, shape):
    """The tensor of this shape that `pack` made these of."""
    full = torch.zeros(shape, dtype=values.dtype)
    bits = np.unpackbits(bitmap.numpy(), count=full.numel()).astype(bool)
    full.view(-1)[torch.from_numpy(bits)] = values
    return full
