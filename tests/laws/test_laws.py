"""The laws of the loop: what must hold for every data set, grouping and setting."""

import warnings
from itertools import islice

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from parti_edu import grouping, picking
from parti_edu.convergence import flat_loss, small_gradient
from parti_edu.on_numpy import (
    Adagrad,
    Adam,
    GradientDescent,
    LinearRegression,
    LogisticRegression,
    Momentum,
    Quadratic,
    blend,
    blend_previous,
    decaying,
    grid,
    mean,
    outer,
    sum_of_blocks,
    train,
    weighted_mean,
)

law = settings(derandomize=True, deadline=None, max_examples=25)
seeds = st.integers(0, 2**31)
betas = st.floats(0.05, 1)
MODEL = LogisticRegression(l2=0.1)
GD = GradientDescent(0.3)
OPTIMIZERS = [GD, Momentum(0.05), Momentum(0.05, nesterov=True), Adagrad(0.1), Adam(0.05)]
EACH = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=["GD", "Momentum", "Nesterov", "Adagrad", "Adam"])
ROUNDING = 1e-12  # some hundred steps, each rounded at 1e-16, on θ and gradients of size 1


def data(seed, n=24, d=5):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.integers(0, 2, n)


def slope(theta, rows, members):
    return MODEL.gradient(theta, rows[0][members], rows[1][members])


def same(a, b, atol=ROUNDING):
    np.testing.assert_allclose(a, b, atol=atol, rtol=0)


def other(a, b, by):
    assert np.abs(np.asarray(a) - b).max() > by


# --- grouping -----------------------------------------------------------------------------------

MAKERS = {
    "random": lambda y, g, seed: grouping.random(len(y), g, seed),
    "contiguous": lambda y, g, seed: grouping.contiguous(len(y), g),
    "stratified": grouping.stratified,
    "by_label": lambda y, g, seed: grouping.by_label(y, g),
    "by_source": lambda y, g, seed: grouping.by_source(y, g),
    "by_time": lambda y, g, seed: grouping.by_time(y, g),
}


@pytest.mark.parametrize("name", MAKERS)
@law
@given(y=st.lists(st.integers(0, 4), min_size=1, max_size=60), share=st.floats(0, 1), seed=seeds)
def test_every_grouping_partitions_the_rows_into_even_groups(name, y, share, seed):
    n_groups = 1 + int(share * (len(y) - 1))
    groups = MAKERS[name](np.array(y), n_groups, seed)
    assert len(groups) == n_groups
    assert sorted(np.concatenate(groups).tolist()) == list(range(len(y)))
    assert np.ptp(groups.sizes) <= 1


@pytest.mark.parametrize("by", [grouping.by_label, grouping.by_source, grouping.by_time])
@law
@given(y=st.lists(st.integers(0, 4), min_size=1, max_size=60))
def test_one_group_a_value_partitions_the_rows_by_value(by, y):
    groups = by(y)
    assert sorted(np.concatenate(groups).tolist()) == list(range(len(y)))
    assert [{y[row] for row in group} for group in groups] == [{value} for value in sorted(set(y))]


@law
@given(y=st.lists(st.sampled_from("abc"), min_size=1, max_size=60), share=st.floats(0, 1), seed=seeds)
def test_stratified_groups_differ_by_at_most_one_row_of_each_label(y, share, seed):
    groups = grouping.stratified(y, 1 + int(share * (len(y) - 1)), seed)
    for label in set(y):
        assert np.ptp([sum(y[row] == label for row in group) for group in groups]) <= 1


# --- picking ------------------------------------------------------------------------------------

RULES = {
    "cyclic": lambda groups, seed: picking.cyclic(groups),
    "reshuffled": picking.reshuffled,
    "random": picking.random,
    "random by size": lambda groups, seed: picking.random(groups, seed, by_size=True),
    "stratified": lambda groups, seed: picking.stratified(groups, np.arange(len(groups)) % 2, seed),
    "all_groups": lambda groups, seed: picking.all_groups(groups),
    "walks": lambda groups, seed: picking.walks(groups, 1 + seed % len(groups)),
    "blocks": lambda groups, seed: picking.blocks(7, 3, groups),
    "blocks side by side": lambda groups, seed: picking.blocks(7, 3, groups, side_by_side=True),
}


def written(picks, n):
    """The first n rounds as text, masks included."""
    return [str(picked) for picked in islice(picks, n)]


@pytest.mark.parametrize("rule", RULES)
@law
@given(n_groups=st.integers(1, 9), seed=seeds)
def test_picks_start_afresh_every_time_and_know_their_groups(rule, n_groups, seed):
    picks = RULES[rule](grouping.contiguous(20, n_groups), seed)
    first = written(picks, 50)
    second = iter(picks)
    next(second)  # a second reader does not disturb a third
    assert written(picks, 50) == first
    assert len(first) == 50  # endless
    assert all(0 <= g < picks.n_groups for picked in islice(picks, 50) for p in picked for g in p.groups)
    assert picks.rounds_per_pass >= 1


@law
@given(n_groups=st.integers(1, 12), seed=seeds)
def test_reshuffled_visits_each_group_once_a_pass(n_groups, seed):
    rounds = islice(picking.reshuffled(grouping.contiguous(12, n_groups), seed), 5 * n_groups)
    order = np.array([picked[0].groups[0] for picked in rounds]).reshape(5, n_groups)
    assert (np.sort(order, axis=1) == np.arange(n_groups)).all()


# --- merging ------------------------------------------------------------------------------------

COMBINE = st.sampled_from([weighted_mean, mean, sum_of_blocks])


@law
@given(
    seed=seeds,
    beta=st.floats(0, 1),
    combine=COMBINE,
    sizes=st.lists(st.integers(1, 99), min_size=1, max_size=6),
)
def test_merging_equal_states_keeps_them(seed, beta, combine, sizes):
    theta = np.random.default_rng(seed).normal(size=5)
    rules = [blend(beta, combine), blend_previous(beta, combine), outer(GradientDescent(beta), combine)]
    rules += [outer(Momentum(beta), combine), outer(Adagrad(beta, eps=1.0), combine)]
    for rule in rules:
        merged, _ = rule.merge(theta, [theta] * len(sizes), sizes, rule.init(theta))
        same(merged, theta, atol=1e-14)  # a weighted sum of up to six equal terms


@EACH
@law
@given(seed=seeds, local_steps=st.integers(1, 4))
def test_beta_zero_keeps_the_start(optimizer, seed, local_steps):
    rows, start = data(seed), np.random.default_rng(seed).normal(size=5)
    groups = grouping.random(24, 3, seed)
    for picks in (picking.cyclic(groups), picking.all_groups(groups), picking.walks(groups, 2)):
        run = train(
            MODEL, rows, groups, picks,
            optimizer=optimizer, merge=blend(0), local_steps=local_steps, start=start, rounds=4,
        )  # fmt: skip
        assert (run.theta == start).all()


@law
@given(seed=seeds, beta=betas, local_steps=st.integers(1, 4))
def test_outer_gradient_descent_with_rate_beta_is_blend(seed, beta, local_steps):
    rows, groups = data(seed), grouping.random(24, 3, seed)
    plain, pseudo = (
        train(
            MODEL, rows, groups, picking.all_groups(groups),
            optimizer=Adam(0.05), merge=rule, local_steps=local_steps, rounds=30,
        )
        for rule in (blend(beta), outer(GradientDescent(beta)))
    )  # fmt: skip
    same(plain.theta, pseudo.theta)


@law
@given(seed=seeds, beta=betas, lr=st.floats(0.01, 0.5))
def test_blend_previous_is_heavy_ball_with_negative_momentum(seed, beta, lr):
    rows = data(seed)
    run = train(MODEL, rows, optimizer=GradientDescent(lr), merge=blend_previous(beta), rounds=40)
    before = theta = np.zeros(5)
    for k in range(40):
        gradient = MODEL.gradient(theta, *rows)
        before, theta = theta, theta - beta * lr * gradient - (1 - beta) * (theta - before)
        same(run.theta[k + 1], theta)


@pytest.mark.parametrize("picks", [picking.cyclic, picking.all_groups, picking.reshuffled])
@EACH
@law
@given(seed=seeds, beta=betas)
def test_blend_with_one_local_step_is_a_rate_of_beta_times_lr(optimizer, picks, seed, beta):
    rows, groups = data(seed), grouping.random(24, 3, seed)
    shorter = type(optimizer)(**{**vars_of(optimizer), "lr": beta * optimizer.lr})
    blended = train(MODEL, rows, groups, picks(groups), optimizer=optimizer, merge=blend(beta), rounds=60)
    slowed = train(MODEL, rows, groups, picks(groups), optimizer=shorter, rounds=60)
    same(blended.theta, slowed.theta)


def vars_of(optimizer):
    return {name: getattr(optimizer, name) for name in optimizer.__dataclass_fields__}


@EACH
@pytest.mark.parametrize("difference", ["local_steps", "walks"])
def test_blend_is_no_rate_with_more_local_steps_or_groups_in_sequence(optimizer, difference):
    rows, groups = data(0), grouping.random(24, 3, 0)
    shorter = type(optimizer)(**{**vars_of(optimizer), "lr": 0.5 * optimizer.lr})
    more = {"local_steps": 5} if difference == "local_steps" else {"picks": picking.walks(groups, 3)}
    blended = train(MODEL, rows, groups, optimizer=optimizer, merge=blend(0.5), rounds=60, **more)
    slowed = train(MODEL, rows, groups, optimizer=shorter, rounds=60, **more)
    other(blended.theta, slowed.theta, by=1e-4)  # ten thousand times what rounding could do, and more


# --- the loop has the known methods as special cases --------------------------------------------


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


# --- schedules ----------------------------------------------------------------------------------


@EACH
@law
@given(seed=seeds, power=st.floats(0.1, 1), local_steps=st.integers(1, 3))
def test_a_rate_that_is_a_function_of_the_round_is_looked_up_each_round(optimizer, seed, power, local_steps):
    rows, groups, schedule = data(seed), grouping.random(24, 3, seed), decaying(0.2, power)
    kind, fixed = type(optimizer), vars_of(optimizer)
    scheduled = kind(**{**fixed, "lr": schedule})
    run = train(MODEL, rows, groups, optimizer=scheduled, local_steps=local_steps, rounds=12)
    theta, state = np.zeros(5), optimizer.init(np.zeros(5))
    for k in range(1, 13):
        now = kind(**{**fixed, "lr": 0.2 / k**power})
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


# --- configurations -----------------------------------------------------------------------------


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
    kind, fixed = type(optimizer), vars_of(optimizer)
    together = train(
        MODEL,
        rows,
        groups,
        picks(groups),
        optimizer=kind(**{**fixed, "lr": rates}),
        local_steps=steps,
        **settings,
    )
    alone = [
        train(
            MODEL, rows, groups, picks(groups),
            optimizer=kind(**{**fixed, "lr": lr}), local_steps=int(n), **settings,
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


# --- symmetries ---------------------------------------------------------------------------------


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
