"""Masks, stages and smaller nets, beside torch.nn.utils.prune and plain sorting; packing and back."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import parameters_to_vector

from parti_edu.labs.efficiency import nets, prune

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(60, 20)).astype(np.float32), RNG.integers(0, 3, 60)
NET = nets.dense(20, 16, 3)


def theta(net):
    return parameters_to_vector(net.parameters()).detach().numpy()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8, 1.0])
def test_the_smallest_weights_go_whatever_their_layer(share):
    weights = np.concatenate([np.abs(NET[i].weight.detach().numpy()).ravel() for i in (0, 2)])
    n_cut = round(share * len(weights))
    keep = prune.magnitude(NET, share)
    kept = np.concatenate([keep[:320], keep[336:384]])  # without the biases
    assert (~kept).sum() == n_cut
    if 0 < n_cut < len(weights):
        assert weights[~kept].max() <= weights[kept].min()
    assert np.concatenate([keep[320:336], keep[384:]]).all()


def test_a_mask_of_a_cnn_lies_as_its_parameters_do():
    net = nets.small_cnn(channels=(2, 3), hidden=4)
    pruned = prune.cut(net, prune.magnitude(net, 0.5))
    weights = torch.cat([pruned[i].weight.flatten() for i in (1, 4, 8, 10)])
    assert (weights == 0).sum() == round(0.5 * len(weights))
    assert all((pruned[i].bias == net[i].bias).all() for i in (1, 4, 8, 10))


def test_cut_leaves_the_net_as_it_is():
    before = theta(NET).copy()
    keep = RNG.random(len(before)) < 0.5
    np.testing.assert_array_equal(theta(prune.cut(NET, keep)), before * keep)
    np.testing.assert_array_equal(theta(NET), before)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(ValueError, match=r"share must be in \[0, 1\], got"):
        prune.magnitude(NET, share)


def test_stages_follow_the_cubic_and_end_at_the_share():
    shares = [prune.share_at(stage, 0.8, 4) for stage in range(1, 5)]
    np.testing.assert_allclose(shares, [0.8 * (1 - x**3) for x in (0.75, 0.5, 0.25, 0.0)])


def test_gradual_ends_with_its_share_of_zeros_and_what_was_cut_stays_cut():
    seen = []
    whole = prune.fit

    def watched(net, rows, **settings):
        seen.append(settings["keep"])
        return whole(net, rows, **settings)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prune, "fit", watched)
        pruned = prune.gradual(NET, ROWS, 0.7, stages=3, size=20, walk=3)
    assert (theta(pruned) == 0).sum() == round(0.7 * 368)
    assert len(seen) == 3
    assert all((after <= before).all() for before, after in pairwise(seen))
    assert (theta(pruned)[seen[-1]] != theta(NET)[seen[-1]]).all()


def test_units_are_removed_and_nothing_else_changes():
    net = nets.dense(20, 16, 12, 3)
    small = prune.structured(net, 0.75)
    assert [tuple(p.shape) for p in small.parameters()] == [(4, 20), (4,), (3, 4), (3,), (3, 3), (3,)]
    masked = nets.holding(net, theta(net))
    with torch.no_grad():
        gone = net[0].weight.norm(dim=1).argsort()[:12]
        masked[0].weight[gone], masked[0].bias[gone], masked[2].weight[:, gone] = 0, 0, 0
        gone = masked[2].weight.norm(dim=1).argsort()[:9]  # of what the second layer still hears
        masked[2].weight[gone], masked[2].bias[gone] = 0, 0
    np.testing.assert_allclose(
        nets.outputs(small, ROWS[0]), nets.outputs(masked, ROWS[0]), rtol=1e-5, atol=1e-6
    )


def test_channels_are_removed_with_all_that_they_became_when_laid_flat():
    net = nets.small_cnn(channels=(4, 6), hidden=8)
    with torch.no_grad():
        net[4].weight[[0, 2, 5]], net[4].bias[[0, 2, 5]] = 0, 0  # what goes says nothing now
        net[1].weight[[1, 3]], net[1].bias[[1, 3]] = 0, 0
        net[8].weight[4:], net[8].bias[4:] = 0, 0
    small = prune.structured(net, 0.5)
    assert (small[1].out_channels, small[4].in_channels, small[8].in_features) == (2, 2, 147)
    X = RNG.normal(size=(5, 784)).astype(np.float32)
    np.testing.assert_allclose(nets.outputs(small, X), nets.outputs(net, X), rtol=1e-4, atol=1e-5)


def test_a_smaller_net_is_an_ordinary_one_and_a_unit_stays():
    small = prune.structured(NET, 0.999)
    assert small[0].out_features == 1
    assert nets.fit(small, ROWS, passes=1, size=20, walk=3)[0].weight.shape == (1, 20)
    with pytest.raises(TypeError, match=r"net must be an nn.Sequential, got Linear"):
        prune.structured(nn.Linear(3, 2), 0.5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.int8])
@pytest.mark.parametrize("n", [1, 8, 13])
def test_packing_and_back_is_the_same_bit_for_bit(dtype, n):
    tensor = torch.tensor(RNG.integers(-2, 3, (3, n))).to(dtype)
    bitmap, values = prune.pack(tensor)
    assert (len(bitmap), len(values)) == (-(-3 * n // 8), int((tensor != 0).sum()))
    assert torch.equal(prune.unpack(bitmap, values, tensor.shape), tensor)
