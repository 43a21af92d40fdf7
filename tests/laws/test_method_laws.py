"""The loop has the known methods as special cases, schedules included."""

from dataclasses import replace

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from law_tools import EACH, GD, MODEL, betas, data, law, other, same, seeds, slope

from parti_edu import grouping, picking
from parti_edu.on_numpy import (
    GradientDescent,
    LinearRegression,
    Momentum,
    blend,
    decaying,
    mean,
    sum_of_blocks,
    train,
)

# --- the loop has the known methods as special cases -------------------------------------------


@law
@given(seed=seeds, lr=st.floats(0.01, 1))
def test_one_group_is_full_batch_gradient_descent(seed, lr):
    X, y = data(seed)
    run = train(
        LinearRegression(), (X, y), grouping.random(24, 1, seed), optimizer=GradientDescent(lr), rounds=20
    )
    theta = np.zeros(5)
    for k in range(20):
        theta = theta - lr * sum((X[i] @ theta - y[i]) * X[i] for i in range(24)) / 24
        # a rate of 1 may double an error each round
        np.testing.assert_allclose(run.theta[k + 1], theta, rtol=1e-9, atol=1e-12)


def split(seed, cuts):
    """Groups of unequal sizes: the shuffled rows cut at these places."""
    return grouping.Groups(np.split(np.random.default_rng(seed).permutation(24), sorted(cuts)))


cuts = st.sets(st.integers(1, 23), min_size=1, max_size=4)


@law
@given(seed=seeds, cuts=cuts)
def test_groups_side_by_side_weighted_by_size_are_one_full_step(seed, cuts):
    rows, groups = data(seed), split(seed, cuts)
    every = picking.all_groups(groups)
    full = train(MODEL, rows, optimizer=GD, rounds=10)
    same(train(MODEL, rows, groups, every, optimizer=GD, rounds=10).theta, full.theta)


@law
@given(seed=seeds, cuts=cuts)
def test_the_plain_mean_of_unequal_groups_is_another_step(seed, cuts):
    rows, groups = data(seed), split(seed, cuts)
    assume(np.ptp(groups.sizes) > 2)
    every = picking.all_groups(groups)
    full = train(MODEL, rows, optimizer=GD, rounds=10)
    other(
        train(MODEL, rows, groups, every, optimizer=GD, merge=blend(1, mean), rounds=10).theta,
        full.theta,
        1e-4,
    )


@EACH
@law
@given(seed=seeds, n_blocks=st.integers(1, 5), rounds=st.integers(1, 12))
def test_blocks_side_by_side_are_summed_to_a_full_step(optimizer, seed, n_blocks, rounds):
    rows, groups = data(seed), grouping.contiguous(24, 1)
    picks = picking.blocks(5, n_blocks, groups, side_by_side=True)
    blocks = train(
        MODEL, rows, groups, picks, optimizer=optimizer, merge=blend(1, sum_of_blocks), rounds=rounds
    )
    full = train(MODEL, rows, optimizer=optimizer, rounds=rounds)
    same(blocks.theta, full.theta)


@EACH
@law
@given(seed=seeds, n_blocks=st.integers(2, 5), beta=betas)
def test_parameters_outside_the_block_do_not_move(optimizer, seed, n_blocks, beta):
    rows, groups = data(seed), grouping.random(24, 2, seed)
    picks = picking.blocks(5, n_blocks, groups)
    run = train(MODEL, rows, groups, picks, optimizer=optimizer, merge=blend(beta), local_steps=2, rounds=20)
    for k, (pick,) in zip(range(1, 21), picks, strict=False):
        moved = run.theta[k] - run.theta[k - 1]
        same(moved[~pick.block], 0, atol=1e-15)  # β·θ + (1−β)·θ may round
        assert (run.trials[k][0][~pick.block] == run.theta[k - 1][~pick.block]).all()
        assert moved[pick.block].all()


@EACH
@law
@given(seed=seeds, n_blocks=st.integers(1, 5))
def test_each_block_has_an_optimizer_of_its_own(optimizer, seed, n_blocks):
    rows, groups = data(seed), grouping.contiguous(24, 1)
    run = train(
        MODEL, rows, groups, picking.blocks(5, n_blocks, groups), optimizer=optimizer, rounds=4 * n_blocks
    )
    theta, parts = np.zeros(5), np.array_split(np.arange(5), n_blocks)
    states = [optimizer.init(np.zeros(len(part))) for part in parts]
    for k in range(4 * n_blocks):
        part = parts[k % n_blocks]
        gradient = MODEL.gradient(theta, *rows)[part]
        theta = theta.copy()
        theta[part], states[k % n_blocks] = optimizer.step(theta[part], gradient, states[k % n_blocks])
        same(run.theta[k + 1], theta)


@EACH
@law
@given(seed=seeds, beta=betas)
def test_a_walk_of_three_groups_is_three_steps_merged_once(optimizer, seed, beta):
    rows, groups = data(seed), grouping.random(24, 5, seed)
    run = train(
        MODEL, rows, groups, picking.walks(groups, 3), optimizer=optimizer, merge=blend(beta), rounds=10
    )
    theta, state = np.zeros(5), optimizer.init(np.zeros(5))
    for k in range(10):
        start = theta
        for g in (3 * k, 3 * k + 1, 3 * k + 2):
            theta, state = optimizer.step(theta, slope(theta, rows, groups[g % 5]), state)
        theta = beta * theta + (1 - beta) * start
        same(run.theta[k + 1], theta)


@EACH
@law
@given(seed=seeds)
def test_a_walk_is_single_group_rounds_without_a_merge_and_no_local_steps_on_one(optimizer, seed):
    rows, groups = data(seed), grouping.random(24, 3, seed)
    walk = train(MODEL, rows, groups, picking.walks(groups, 3), optimizer=optimizer, rounds=8)
    single = train(MODEL, rows, groups, optimizer=optimizer, rounds=24)
    assert np.array_equal(walk.theta, single.theta[::3])
    local = train(MODEL, rows, groups, optimizer=optimizer, local_steps=3, rounds=8)
    other(walk.theta, local.theta, by=1e-4)


@law
@given(seed=seeds, lr=st.floats(0.01, 0.5))
def test_momentum_that_is_reset_every_round_is_gradient_descent(seed, lr):
    rows, groups = data(seed), grouping.random(24, 3, seed)
    reset = train(MODEL, rows, groups, optimizer=Momentum(lr), state="reset", rounds=20)
    assert np.array_equal(
        reset.theta, train(MODEL, rows, groups, optimizer=GradientDescent(lr), rounds=20).theta
    )
    kept = train(MODEL, rows, groups, optimizer=Momentum(lr), state="keep", rounds=20)
    other(reset.theta, kept.theta, by=1e-4)


# --- schedules ---------------------------------------------------------------------------------


@EACH
@law
@given(seed=seeds, power=st.floats(0.1, 1), local_steps=st.integers(1, 3))
def test_a_rate_that_is_a_function_of_the_round_is_looked_up_each_round(optimizer, seed, power, local_steps):
    rows, groups, schedule = data(seed), grouping.random(24, 3, seed), decaying(0.2, power)
    scheduled = replace(optimizer, lr=schedule)
    run = train(MODEL, rows, groups, optimizer=scheduled, local_steps=local_steps, rounds=12)
    theta, state = np.zeros(5), optimizer.init(np.zeros(5))
    for k in range(1, 13):
        now = replace(optimizer, lr=0.2 / k**power)
        for _ in range(local_steps):
            theta, state = now.step(theta, slope(theta, rows, groups[(k - 1) % 3]), state)
        same(run.theta[k], theta)


@law
@given(seed=seeds)
def test_beta_and_local_steps_may_be_functions_of_the_round(seed):
    rows, steps = data(seed), lambda k: 1 + k % 3
    settings = {"optimizer": GD, "merge": blend(lambda k: 1 / k), "local_steps": steps, "rounds": 12}
    run = train(MODEL, rows, **settings)
    theta = np.zeros(5)
    for k in range(1, 13):
        trial = theta
        for _ in range(steps(k)):
            trial = trial - 0.3 * MODEL.gradient(trial, *rows)
        theta = trial / k + (1 - 1 / k) * theta
        same(run.theta[k], theta)
