"""The laws of grouping, picking and merging, for every data set and setting."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from law_tools import EACH, MODEL, betas, data, law, other, same, seeds

from parti_edu import grouping, picking
from parti_edu.on_numpy import (
    Adagrad,
    Adam,
    GradientDescent,
    Momentum,
    blend,
    blend_previous,
    mean,
    outer,
    sum_of_blocks,
    train,
    weighted_mean,
)

# --- grouping ----------------------------------------------------------------------------------

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


# --- picking -----------------------------------------------------------------------------------

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


# --- merging -----------------------------------------------------------------------------------

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
    shorter = replace(optimizer, lr=beta * optimizer.lr)
    blended = train(MODEL, rows, groups, picks(groups), optimizer=optimizer, merge=blend(beta), rounds=60)
    slowed = train(MODEL, rows, groups, picks(groups), optimizer=shorter, rounds=60)
    same(blended.theta, slowed.theta)


@EACH
@pytest.mark.parametrize("difference", ["local_steps", "walks"])
def test_blend_is_no_rate_with_more_local_steps_or_groups_in_sequence(optimizer, difference):
    rows, groups = data(0), grouping.random(24, 3, 0)
    shorter = replace(optimizer, lr=0.5 * optimizer.lr)
    more = {"local_steps": 5} if difference == "local_steps" else {"picks": picking.walks(groups, 3)}
    blended = train(MODEL, rows, groups, optimizer=optimizer, merge=blend(0.5), rounds=60, **more)
    slowed = train(MODEL, rows, groups, optimizer=shorter, rounds=60, **more)
    other(blended.theta, slowed.theta, by=1e-4)  # ten thousand times what rounding could do, and more
