"""The small nets and the training run of our loop: shapes, seeds, a run by hand, what stays as it is."""

import numpy as np
import pytest
import torch
from torch.nn import functional
from torch.nn.utils import parameters_to_vector

from parti_edu import grouping, read
from parti_edu.labs.efficiency import nets

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(40, 6)).astype(np.float32), RNG.integers(0, 3, 40)


def theta(net):
    return parameters_to_vector(net.parameters()).detach().numpy()


def test_garments_have_one_mean_and_one_deviation():
    train, test = nets.garments(500)
    assert abs(train.X.mean()) < 1e-5
    assert train.X.std() == pytest.approx(1, abs=1e-5)
    raw = read("fashion_mnist")
    pixels = raw["x_train"][:500].astype(float)
    again = (raw["x_test"].reshape(2000, -1) - pixels.mean()) / pixels.std()
    np.testing.assert_allclose(test.X, again, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(test.y, raw["y_test"])


@pytest.mark.parametrize("n_train", [0, 8001])
def test_a_count_of_rows_that_are_not_there_is_refused(n_train):
    with pytest.raises(ValueError, match=r"n_train must be in 1..8000 \(training rows\), got"):
        nets.garments(n_train)


@pytest.mark.parametrize(
    "build", [lambda seed: nets.dense(6, 5, 3, seed=seed), lambda seed: nets.small_cnn(seed=seed)]
)
def test_a_net_is_that_of_its_seed_and_leaves_the_generator_alone(build):
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    first, again, other = build(1), build(1), build(2)
    assert torch.equal(before, torch.random.get_rng_state())
    np.testing.assert_array_equal(theta(first), theta(again))
    assert not np.array_equal(theta(first), theta(other))


def test_the_cnn_has_its_shapes():
    shapes = [tuple(p.shape) for p in nets.small_cnn(channels=(3, 5), hidden=7).parameters()]
    assert shapes == [(3, 1, 3, 3), (3,), (5, 3, 3, 3), (5,), (7, 245), (7,), (10, 7), (10,)]


def test_without_a_hidden_layer_the_last_one_follows_the_convolutions():
    shapes = [tuple(p.shape) for p in nets.small_cnn(channels=(3, 5), hidden=0).parameters()]
    assert shapes[4:] == [(10, 245), (10,)]
    with pytest.raises(ValueError, match="hidden must be at least 0, got -1"):
        nets.small_cnn(hidden=-1)


def test_bad_widths_are_refused():
    with pytest.raises(ValueError, match=r"widths must be inputs, …, outputs: at least 2, got \(5,\)"):
        nets.dense(5)
    with pytest.raises(ValueError, match="channels must be two counts"):
        nets.small_cnn(channels=(1, 2, 3))


def test_fit_is_adam_on_walks_and_a_merge_after_each():
    net = nets.dense(6, 5, 3)
    found = nets.fit(net, ROWS, passes=2, lr=0.01, walk=2, beta=0.25, size=10, seed=3, dtype=torch.float64)
    groups = grouping.random(40, 4, seed=3)
    by_hand = nets.holding(net, theta(net)).double()
    optimizer = torch.optim.Adam(by_hand.parameters())
    for k in range(4):
        start = [p.detach().clone() for p in by_hand.parameters()]
        for g in (2 * k % 4, 2 * k % 4 + 1):
            optimizer.param_groups[0]["lr"] = 0.01 * (1 - k / 4)
            X, y = torch.tensor(ROWS[0][groups[g]]).double(), torch.tensor(ROWS[1][groups[g]])
            optimizer.zero_grad()
            functional.cross_entropy(by_hand(X), y).backward()
            optimizer.step()
        with torch.no_grad():
            for p, before in zip(by_hand.parameters(), start, strict=True):
                p.copy_(0.25 * p + 0.75 * before)
    np.testing.assert_allclose(theta(found), theta(by_hand), rtol=1e-6, atol=1e-7)


def test_fit_leaves_the_net_and_what_is_not_kept_as_they_are():
    net = nets.dense(6, 5, 3)
    before, keep = theta(net).copy(), RNG.random(53) < 0.5
    found = nets.fit(net, ROWS, passes=1, size=10, walk=2, keep=keep)
    np.testing.assert_array_equal(theta(net), before)
    np.testing.assert_array_equal(theta(found)[~keep], before[~keep])
    assert (theta(found)[keep] != before[keep]).all()


def test_holding_takes_a_theta_of_its_length_only():
    with pytest.raises(
        ValueError, match=r"theta must have shape \(53,\), one number a parameter, got \(5,\)"
    ):
        nets.holding(nets.dense(6, 5, 3), np.zeros(5))


def test_outputs_in_parts_are_those_of_all_rows_at_once():
    net, X = nets.dense(6, 5, 3), RNG.normal(size=(2500, 6)).astype(np.float32)
    whole = net(torch.tensor(X)).detach().numpy()
    np.testing.assert_allclose(nets.outputs(net, X), whole, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(nets.predicted(net, X), whole.argmax(1))
