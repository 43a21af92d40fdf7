"""Quantisation: weights, and if wanted the numbers that flow, as whole numbers of 8 bits and a scale."""

import copy
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

from ... import checks


class Whole(NamedTuple):
    """A tensor as whole numbers: number ≈ scale · code.

    codes: int8, of the tensor's shape. scale: one, or one a channel of axis 0.
    """

    codes: torch.Tensor
    scale: torch.Tensor


def whole(weight, *, bits=8, per_channel=True):
    """Weights as whole numbers, 0 as 0 and both signs alike.

        scale = max |w| / (2^(bits−1) − 1),   code = round(w / scale)

    Args:
        weight: floats, (units, …).
        bits: 2 … 8; the codes are stored as int8 all the same.
        per_channel: a scale for each unit, else one for the whole tensor.

    Returns:
        Whole: codes in −(2^(bits−1) − 1) … 2^(bits−1) − 1.

    Raises:
        ValueError, TypeError: if bits is out of its range.

    Jacob et al. (2018; from memory).

    >>> codes, scale = whole(torch.tensor([[1.27, -0.5]]))
    >>> codes.tolist(), round(scale.item(), 4)
    ([[127, -50]], 0.01)
    """
    checks.count("bits", bits, 2, 8)
    weight = weight.detach()
    largest = weight.abs().flatten(1).amax(1) if per_channel else weight.abs().amax()[None]
    highest = 2 ** (bits - 1) - 1
    scale = torch.where(largest > 0, largest, 1.0) / highest
    codes = (weight / _along(scale, weight)).round().clamp(-highest, highest)
    return Whole(codes.to(torch.int8), scale)


class Range(NamedTuple):
    """How numbers that flow are coded: code = round(x / scale) + zero, in −128 … 127."""

    scale: float
    zero: int


def calibrated(low, high):
    """The Range for numbers between low and high.

        scale = (high − low) / 255,   zero = −128 − round(low / scale)

    0 is always in the range, so that it is coded exactly: padding, and what a ReLU cuts off.

    Raises:
        ValueError: if high is below low.

    >>> calibrated(-1.0, 254.0)
    Range(scale=1.0, zero=-127)
    """
    checks.number("high", high, low)
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / 255 or 1.0
    return Range(scale, -128 - round(low / scale))


def ranges(net, X):
    """What flows into each layer on these rows: {the layer's name: (lowest, highest)}."""
    seen, hooks = {}, []
    for name, part in net.named_modules():
        if isinstance(part, nn.Linear | nn.Conv2d):

            def look(_, inputs, name=name):
                seen[name] = inputs[0].min().item(), inputs[0].max().item()

            hooks.append(part.register_forward_pre_hook(look))
    with torch.no_grad():
        net(torch.as_tensor(X))
    for hook in hooks:
        hook.remove()
    return seen


def quantise(net, X=None, *, bits=8, per_channel=True):
    """A copy of a net whose linear layers and convolutions hold whole numbers.

    Args:
        net: trained; a part of it may be an nn.Sequential.
        X: rows for calibration, (n, d), from the training set: then what flows into each layer is coded
            too, in 8 bits, and the products are of whole numbers. Without it only weights are coded.
        bits: of the weights, 2 … 8.
        per_channel: a scale for each unit, else one a layer.

    Returns:
        An nn.Module. Its state_dict holds the codes as int8, and scales and biases as float32.
    """
    net, flow = copy.deepcopy(net), {} if X is None else ranges(net, X)
    for name, part in list(net.named_modules()):
        if isinstance(part, nn.Linear | nn.Conv2d):
            coded = whole(part.weight, bits=bits, per_channel=per_channel)
            layer = Int8Layer(part, coded, calibrated(*flow[name]) if flow else None)
            parent, _, last = name.rpartition(".")
            if not name:
                return layer
            setattr(net.get_submodule(parent), last, layer)
    return net


class Int8Layer(nn.Module):
    """A linear layer or convolution on whole numbers.

        y = scale_w · scale_x · Σ code_w · (code_x − zero) + bias

    Without a range for x: y = scale_w · Σ code_w · x + bias.
    The sums of whole numbers are made in float64, where they are exact: torch has no public product of
    int8 tensors for every processor.
    """

    weight: torch.Tensor
    scale: torch.Tensor
    bias: torch.Tensor
    flow: torch.Tensor

    def __init__(self, layer, coded, flow):
        super().__init__()
        convolves = isinstance(layer, nn.Conv2d)
        self.laid = (layer.stride, layer.padding, layer.dilation, layer.groups) if convolves else None
        self.register_buffer("weight", coded.codes)
        self.register_buffer("scale", coded.scale)
        bias = layer.bias if layer.bias is not None else torch.zeros(len(coded.codes))
        self.register_buffer("bias", bias.detach().clone())
        self.coded = flow is not None
        if flow:
            self.register_buffer("flow", torch.tensor([flow.scale, flow.zero], dtype=torch.float32))

    def forward(self, x):
        if not self.coded:
            return self._product(x, self.weight * _along(self.scale, self.weight)) + self._shaped(self.bias)
        scale, zero = self.flow
        codes = ((x / scale).round() + zero).clamp(-128, 127)
        sums = self._product((codes - zero).double(), self.weight.double())
        return (sums.float() * scale * self._shaped(self.scale)) + self._shaped(self.bias)

    def _product(self, x, weight):
        if self.laid is None:
            return functional.linear(x, weight)
        return functional.conv2d(x, weight, None, *self.laid)

    def _shaped(self, numbers):
        return numbers if self.laid is None else numbers[:, None, None]

    def extra_repr(self):
        return f"{tuple(self.weight.shape)}, {'8-bit' if self.coded else 'float'} inputs"


def _along(scale, weight):
    """The scales shaped to stand along axis 0 of a weight."""
    return scale.view(-1, *[1] * (weight.ndim - 1))
