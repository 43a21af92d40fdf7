"""A network that is divided over workers, by layers, units or storage, takes the steps of one that is not.

1e-12: a sum over rows in another order differs by 1e-16, and a few steps of SGD or Adam do not enlarge it.
"""

from functools import partial

import numpy as np
import pytest
import torch

from parti_edu.labs.workers import launch, model_parallel, storage

SGD, ADAM = partial(torch.optim.SGD, lr=0.5), partial(torch.optim.Adam, lr=0.05)
WIDTHS = (30, 9, 7, 6, 2)  # four layers, no number of units that 2 or 4 divides everywhere
STEPS = 5


@pytest.fixture(scope="module")
def some(rows):
    """101 rows: 2 and 4 do not divide them."""
    return rows.X[:101], rows.y[:101].astype(int)


def same(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("make_optimizer", [SGD, ADAM], ids=["SGD", "Adam"])
@pytest.mark.parametrize("n_workers", [2, 4])
def test_a_pipeline_is_the_network_in_one_process(some, n_workers, make_optimizer):
    expected = model_parallel.alone(WIDTHS, *some, STEPS, make_optimizer)
    stages = launch(model_parallel.pipeline, n_workers, WIDTHS, *some, STEPS, make_optimizer)
    assert all(len(theta) for theta, _ in stages)
    for found, value in zip(zip(*stages, strict=True), expected, strict=True):
        same(np.concatenate(found), value)


@pytest.mark.parametrize("n_workers", [2, 4])
def test_tensor_parallel_is_the_network_in_one_process(some, n_workers):
    widths = (30, 8, 7, 12, 2)  # the units that are divided, 8 and 12, must be multiples of n_workers
    expected = model_parallel.alone(widths, *some, STEPS, ADAM)
    for found in launch(model_parallel.tensor_parallel, n_workers, widths, *some, STEPS, ADAM):
        same(found, expected)


@pytest.mark.parametrize("n_workers", [2, 4])
def test_divided_storage_is_the_network_in_one_process_in_fewer_bytes_a_rank(some, n_workers):
    theta, gradient = model_parallel.alone(WIDTHS, *some, STEPS, ADAM)
    ranks = launch(storage.divided, n_workers, WIDTHS, *some, STEPS, ADAM)
    for held in ranks:
        same(held.theta, theta)
        same(held.gradient, gradient)
    counters = 2 * (len(WIDTHS) - 1) * 4  # Adam's count of steps, float32, one for each weight and bias
    assert sum(held.parameters for held in ranks) == theta.nbytes
    assert sum(held.state - counters for held in ranks) == 2 * theta.nbytes
    assert (
        max(held.parameters for held in ranks) < 1.35 * theta.nbytes / n_workers
    )  # rows are dealt out whole


def test_the_network_moves_and_its_start_is_the_seed_s_alone(some):
    before = torch.random.get_rng_state()
    start = model_parallel.alone(WIDTHS, *some, 1, partial(torch.optim.SGD, lr=0.0), seed=3)[0]
    again = model_parallel.alone(WIDTHS, *some, 1, partial(torch.optim.SGD, lr=0.0), seed=3)[0]
    other = model_parallel.alone(WIDTHS, *some, STEPS, SGD, seed=3)[0]
    assert torch.equal(torch.random.get_rng_state(), before)
    np.testing.assert_array_equal(start, again)
    assert np.abs(other - start).max() > 0.01


def test_stages_are_cut_between_layers():
    net = model_parallel.network(WIDTHS)
    assert [len(stage) for stage in model_parallel.stages(net, 2)] == [4, 3]
    assert [stage[0].in_features for stage in model_parallel.stages(net, 4)] == [30, 9, 7, 6]
    with pytest.raises(ValueError, match=r"n_workers must be in 1\.\.4 \(layers\), got 5"):
        model_parallel.stages(net, 5)


def test_what_cannot_be_divided_is_said(some):
    for widths in ((30, 4, 4, 2), (30, 4, 7, 3, 2)):
        with pytest.raises(
            ValueError, match=r"an even number .* multiple of 2 \(n_workers\) units, got \(30, 4,"
        ):
            model_parallel.tensor_parallel(0, 2, widths, *some, 1, SGD)
    with pytest.raises(ValueError, match=r"n_micro must be in 1\.\.101 \(rows\), got 102"):
        model_parallel.pipeline(0, 1, WIDTHS, *some, 1, SGD, n_micro=102)
