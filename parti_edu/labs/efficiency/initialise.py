"""Where a net begins, and what that does to signal and gradient on their way through its layers."""

import copy
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional, init

from ... import checks

# Each fills a weight in place; n_in and n_out are its inputs and outputs.
STARTS = {
    "zero": init.zeros_,
    "constant": lambda weight: init.constant_(weight, 0.05),
    "random": lambda weight: init.uniform_(weight, -1.0, 1.0),  # one width for every layer
    "Gaussian": lambda weight: init.normal_(weight, 0.0, 0.01),  # likewise
    "Xavier": init.xavier_normal_,  # variance 2 / (n_in + n_out): Glorot & Bengio (2010)
    "He": lambda weight: init.kaiming_normal_(weight, nonlinearity="relu"),  # 2 / n_in: He et al. (2015)
}


def initialised(net, start, seed=0):
    """A copy of a net, its weights begun by one rule of STARTS and its biases at 0.

    Args:
        net: linear layers and convolutions.
        start: "zero", "constant" (0.05), "random" (uniform in ±1), "Gaussian" (deviation 0.01), "Xavier"
            (variance 2/(n_in + n_out)) or "He" (variance 2/n_in: a ReLU lets half of the squares through).
        seed: of the draw; torch's generator is put back afterwards.

    Raises:
        ValueError: if there is no such rule.

    Glorot & Bengio (2010); He, Zhang, Ren & Sun (2015) (both from memory), by torch.nn.init.
    """
    checks.one_of("start", start, tuple(STARTS))
    net = copy.deepcopy(net)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for part in net.modules():
            if isinstance(part, nn.Linear | nn.Conv2d):
                STARTS[start](part.weight)
                if part.bias is not None:
                    init.zeros_(part.bias)
    return net


class Depth(NamedTuple):
    """Mean squares layer by layer, each (n_layers,), from the input to the output."""

    signal: np.ndarray  # of each layer's outputs, before the ReLU
    gradient: np.ndarray  # of the loss by each layer's weights


def through_depth(net, X, y):
    """How large the signal is on its way forward, and the gradient on its way back.

        signal_l = mean of z_l²,   gradient_l = mean of (∂F/∂W_l)²

    With weights of mean 0 and variance v, a layer of n_in inputs after a ReLU multiplies the signal by
    n_in·v/2: He's 2/n_in makes that 1.

    Args:
        net: an nn.Sequential. X: rows, (n, d). y: classes, (n,).
    """
    net, sizes = copy.deepcopy(net), []
    layers = [part for part in net.modules() if isinstance(part, nn.Linear | nn.Conv2d)]
    for layer in layers:
        layer.register_forward_hook(lambda _, __, z: sizes.append(z.detach().double().square().mean().item()))
    loss = functional.cross_entropy(net(torch.as_tensor(X)), torch.as_tensor(y))
    slopes = torch.autograd.grad(loss, [layer.weight for layer in layers])
    return Depth(np.array(sizes), np.array([g.double().square().mean().item() for g in slopes]))
