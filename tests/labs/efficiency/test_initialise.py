"""Starts beside torch's own, and what signal and gradient do on their way through the layers."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from parti_edu.labs.efficiency import initialise, nets

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(200, 64)).astype(np.float32), RNG.integers(0, 10, 200)
DEEP = nets.dense(64, *[256] * 8, 10)


@pytest.mark.parametrize(
    ("start", "deviation"),
    [("random", 1 / np.sqrt(3)), ("Gaussian", 0.01), ("Xavier", np.sqrt(2 / 700)), ("He", np.sqrt(2 / 400))],
)
def test_weights_have_the_deviation_of_their_rule(start, deviation):
    layer = initialise.initialised(nn.Linear(400, 300), start, seed=1)
    assert layer.weight.std().item() == pytest.approx(deviation, rel=0.02)  # 120,000 draws
    assert abs(layer.weight.mean().item()) < 0.02 * deviation
    assert not layer.bias.any()


def test_zero_and_constant_fill_a_convolution_too():
    layer = nn.Conv2d(2, 3, 3)
    assert not initialise.initialised(layer, "zero").weight.any()
    assert (initialise.initialised(layer, "constant").weight == 0.05).all()


def test_a_start_is_that_of_its_seed_and_the_net_stays():
    net = nets.dense(6, 5, 3)
    before = [p.clone() for p in net.parameters()]
    first, again, other = (initialise.initialised(net, "He", seed=seed) for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert not torch.equal(first[0].weight, other[0].weight)
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), before, strict=True))


def test_an_unknown_start_is_refused():
    with pytest.raises(ValueError, match=r"start must be one of .* got 'Glorot'"):
        initialise.initialised(nets.dense(6, 3), "Glorot")


def test_sizes_are_those_of_each_layer():
    net = nets.dense(64, 32, 16, 10)
    z1 = net[0](torch.tensor(X))
    z2 = net[2](torch.relu(z1))
    z3 = net[4](torch.relu(z2))
    functional.cross_entropy(z3, torch.tensor(Y)).backward()
    found = initialise.through_depth(net, X, Y)
    np.testing.assert_allclose(found.signal, [z.square().mean().item() for z in (z1, z2, z3)], rtol=1e-5)
    slopes = [net[i].weight.grad.square().mean().item() for i in (0, 2, 4)]
    np.testing.assert_allclose(found.gradient, slopes, rtol=1e-5)


def test_he_keeps_the_signal_and_the_others_multiply_it_by_their_factor_a_layer():
    for start, factor in (
        ("He", 1.0),
        ("Xavier", 0.5),
        ("Gaussian", 256 * 1e-4 / 2),
        ("random", 256 / 3 / 2),
    ):
        signal = initialise.through_depth(initialise.initialised(DEEP, start), X, Y).signal[:-1]
        assert (signal[-1] / signal[0]) ** (1 / 7) == pytest.approx(factor, rel=0.15)


def test_equal_weights_have_equal_gradients():
    net = initialise.initialised(nets.dense(64, 16, 10), "constant")
    functional.cross_entropy(net(torch.tensor(X)), torch.tensor(Y)).backward()
    assert torch.allclose(net[0].weight.grad, net[0].weight.grad[:1], atol=1e-7)
