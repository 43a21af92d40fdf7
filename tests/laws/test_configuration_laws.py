"""A map equals its runs one by one; order and scale make no difference."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from law_tools import EACH, MODEL, data, law, same, seeds

from parti_edu import grouping, picking
from parti_edu.convergence import flat_loss, small_gradient
from parti_edu.on_numpy import (
    Adagrad,
    Adam,
    GradientDescent,
    LinearRegression,
    Momentum,
    Quadratic,
    blend,
    grid,
    train,
)

# --- configurations ----------------------------------------------------------------------------


def quiet(*args, **kwargs):
    """train without its warning, where divergence is what is looked for."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="the run diverged")
        return train(*args, **kwargs)


def assert_grid_is_its_runs(together, alone):
    """Every column is its own run up to where that ends, and stays there."""
    assert len(alone) == together.theta.shape[1]
    for c, run in enumerate(alone):
        end = run.rounds[-1]
        # rounded otherwise in each round; relative where θ is on its way to 1e12
        close = {"rtol": 1e-9, "atol": 1e-11}
        np.testing.assert_allclose(together.theta[: end + 1, c], run.theta, **close)
        assert (together.theta[end:, c] == together.theta[end, c]).all()
        assert together.sample_gradients[: end + 1, c].tolist() == run.sample_gradients.tolist()
        assert (together.sample_gradients[end:, c] == run.sample_gradients[-1]).all()
        assert together.converged_at[c] == run.converged_at
        assert together.diverged_at[c] == run.diverged_at


@law
@given(seed=seeds, local_steps=st.integers(1, 3))
def test_a_grid_equals_its_runs_one_by_one_with_some_converged_and_some_diverged(seed, local_steps):
    X, y = data(seed)
    axes = grid(beta=[0.3, 1.0], lr=[1e-4, 0.1, 0.3, 50.0])
    settings = {"rounds": 120, "until": small_gradient(0.05, hold=2), "local_steps": local_steps}
    together = quiet(
        LinearRegression(), (X, y), optimizer=GradientDescent(axes.lr), merge=blend(axes.beta), **settings
    )
    pairs = zip(axes.lr.ravel(), axes.beta.ravel(), strict=True)
    alone = [
        quiet(LinearRegression(), (X, y), optimizer=GradientDescent(lr), merge=blend(beta), **settings)
        for lr, beta in pairs
    ]
    assert_grid_is_its_runs(together, alone)
    assert (together.converged_at > 0).any()  # the law is about all three kinds
    assert (together.diverged_at > 0).any()
    assert ((together.converged_at < 0) & (together.diverged_at < 0)).any()


@EACH
@pytest.mark.parametrize("picks", [picking.cyclic, picking.all_groups])
@settings(law, max_examples=8)
@given(seed=seeds)
def test_a_grid_of_any_optimizer_with_other_local_steps_in_each_column(optimizer, picks, seed):
    rows, groups = data(seed), grouping.random(24, 3, seed)
    steps = np.array([[1], [4], [2]])
    rates = optimizer.lr * np.array([[1.0], [0.5], [0.2]])
    settings = {"rounds": 60, "until": flat_loss(1e-3)}
    together = train(
        MODEL,
        rows,
        groups,
        picks(groups),
        optimizer=replace(optimizer, lr=rates),
        local_steps=steps,
        **settings,
    )
    alone = [
        train(
            MODEL, rows, groups, picks(groups),
            optimizer=replace(optimizer, lr=lr), local_steps=int(n), **settings,
        )
        for lr, n in zip(rates.ravel(), steps.ravel(), strict=True)
    ]  # fmt: skip
    assert_grid_is_its_runs(together, alone)


@law
@given(seed=seeds)
def test_a_column_that_is_done_does_not_disturb_the_others(seed):
    rows = data(seed)
    rates = np.array([[0.5], [0.01]])
    together = train(MODEL, rows, optimizer=Momentum(rates), rounds=200, until=small_gradient(1e-2))
    assert 0 < together.converged_at[0] < 200
    alone = train(MODEL, rows, optimizer=Momentum(0.01), rounds=200, until=small_gradient(1e-2))
    same(together.theta[: len(alone.theta), 1], alone.theta, atol=1e-11)


# --- symmetries --------------------------------------------------------------------------------


@EACH
@law
@given(seed=seeds)
def test_the_order_of_the_rows_within_a_group_makes_no_difference(optimizer, seed):
    rows, groups, rng = data(seed), grouping.random(24, 3, seed), np.random.default_rng(seed)
    shuffled = [rng.permutation(members) for members in groups]
    first = train(MODEL, rows, groups, optimizer=optimizer, local_steps=2, rounds=20)
    again = train(MODEL, rows, shuffled, optimizer=optimizer, local_steps=2, rounds=20)
    same(first.theta, again.theta)  # sums in another order


@law
@given(seed=seeds, power=st.integers(-8, 8))
def test_a_loss_times_c_at_a_rate_over_c_is_the_same_path(seed, power):
    rng, c = np.random.default_rng(seed), 2.0**power  # a power of two: no rounding at all
    M = rng.normal(size=(4, 4))
    A, centre = M @ M.T, rng.normal(size=4)
    A = (A + A.T) / 2
    lr = 1 / np.trace(A)
    for optimizer in (GradientDescent, Momentum):
        first = train(Quadratic(A, centre), optimizer=optimizer(lr / 4), rounds=50)
        scaled = train(Quadratic(c * A, centre), optimizer=optimizer(lr / 4 / c), rounds=50)
        assert np.array_equal(first.theta, scaled.theta)


@pytest.mark.parametrize("optimizer", [Adagrad(0.1, eps=0.0), Adam(0.1, eps=0.0)], ids=repr)
@law
@given(seed=seeds, power=st.integers(-8, 8))
def test_adagrad_and_adam_without_eps_do_not_see_the_scale_of_the_loss(optimizer, seed, power):
    curvatures = np.random.default_rng(seed).uniform(0.1, 5, size=4)
    first = train(Quadratic(curvatures), optimizer=optimizer, rounds=50)
    scaled = train(Quadratic(2.0**power * curvatures), optimizer=optimizer, rounds=50)
    assert np.array_equal(first.theta, scaled.theta)
