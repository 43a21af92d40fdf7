"""What a net costs: parameters, bytes, multiply-adds, seconds; and joules, as far as they can be known."""

import statistics
import time
from typing import NamedTuple

import torch

from ... import checks
from .prune import pack


def parameters(net):
    """The count of a net's numbers: parameters, and the buffers that stand for weights in a quantised net.

    >>> parameters(torch.nn.Linear(3, 2))
    8
    """
    return sum(tensor.numel() for tensor in net.state_dict().values())


def bytes_in_memory(net):
    """Bytes of a net's tensors as they lie in memory: numbers × bytes of each; a zero counts like any other.

    >>> bytes_in_memory(torch.nn.Linear(3, 2))
    32
    """
    return sum(tensor.numel() * tensor.element_size() for tensor in net.state_dict().values())


def bytes_packed(net, bits=8):
    """Bytes of a net's tensors with the zeros packed: `prune.pack` where that is smaller.

        n numbers of b bits, m of them not 0: the less of n·b/8 and n/8 + m·b/8

    Args:
        bits: that a code of int8 needs, 2 … 8: two codes of 4 bits could lie in one byte.

    >>> net = torch.nn.Linear(100, 1, bias=False)
    >>> _ = net.weight.data.zero_()[0, 0].fill_(1.0)
    >>> bytes_in_memory(net), bytes_packed(net)
    (400, 17)
    """
    checks.count("bits", bits, 2, 8)
    total = 0
    for tensor in net.state_dict().values():
        each = bits if tensor.dtype == torch.int8 else 8 * tensor.element_size()
        bitmap, values = pack(tensor)
        total += min(-(-tensor.numel() * each // 8), bitmap.numel() + -(-values.numel() * each // 8))
    return total


def multiply_adds(net, n_features=784, *, zeros=True):
    """Multiplications, each with its addition, for one row.

        linear: n_in · n_out        convolution: (weights) · (places where the kernel is laid)

    Additions of a bias and ReLUs are not counted.

    Args:
        net: of linear layers and convolutions, quantised ones too.
        n_features: of a row, at least 1.
        zeros: whether to count those with a weight that is 0. A dense product makes them all the same.

    >>> multiply_adds(torch.nn.Linear(784, 10))
    7840
    """
    checks.count("n_features", n_features)
    counts = []

    def count(layer, _, output):
        places = output[0].numel() // len(layer.weight)
        weights = layer.weight.numel() if zeros else int((layer.weight != 0).sum())
        counts.append(places * weights)

    layers = [part for part in net.modules() if isinstance(getattr(part, "weight", None), torch.Tensor)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    kinds = (t.dtype for t in net.state_dict().values() if t.is_floating_point())
    with torch.no_grad():
        net(torch.zeros(1, n_features, dtype=next(kinds, torch.float32)))
    for hook in hooks:
        hook.remove()
    return sum(counts)


def latency(net, X, *, repeats=20):
    """Seconds for one call on rows X: the median, after one call that is not counted.

    It belongs to this machine, this moment and these libraries.

    Args:
        net: an nn.Module. X: a tensor (n, d). repeats: at least 1.
    """
    checks.count("repeats", repeats)
    seconds = []
    with torch.no_grad():
        for _ in range(repeats + 1):
            began = time.perf_counter()
            net(X)
            seconds.append(time.perf_counter() - began)
    return statistics.median(seconds[1:])


class Energy(NamedTuple):
    """An estimate of energy, with what was assumed for it."""

    joules: float
    assumed: str


def energy(seconds, watts):
    """An *estimate* of the energy of a run: no meter is read.

        joules = seconds × watts

    Args:
        seconds: how long it took, at least 0.
        watts: an assumed power, above 0: as constant, and as all of it due to this run.

    >>> energy(0.5, 20).joules
    10.0
    """
    checks.number("seconds", seconds, 0)
    checks.number("watts", watts, 0, above=True)
    return Energy(float(seconds * watts), f"a constant {watts:g} W, all of it for this run")
