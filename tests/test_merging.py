"""Each merge rule is its formula, and its memory is what the docstring says."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from parti_edu.on_numpy import Adam, GradientDescent, Momentum
from parti_edu.on_numpy.merging import blend, blend_previous, mean, outer, sum_of_blocks, weighted_mean

START = np.array([1.0, 2.0])
TRIALS = [np.array([3.0, 2.0]), np.array([0.0, 8.0])]
SIZES = [1, 3]


def test_combining_several_trials():
    assert weighted_mean(START, TRIALS, SIZES).tolist() == [0.75, 6.5]
    assert mean(START, TRIALS, SIZES).tolist() == [1.5, 5.0]
    assert sum_of_blocks(START, TRIALS, SIZES).tolist() == [2.0, 8.0]


@pytest.mark.parametrize("combine", [weighted_mean, mean, sum_of_blocks])
def test_one_trial_alone_is_the_combined_trial(combine):
    assert np.array_equal(combine(START, TRIALS[:1], [7]), TRIALS[0])


@pytest.mark.parametrize(
    ("beta", "merged"), [(1, [0.75, 6.5]), (0, [1, 2]), (0.5, [0.875, 4.25]), (0.25, [0.9375, 3.125])]
)
def test_blend_weighs_the_trial_with_beta_and_the_start_with_the_rest(beta, merged):
    theta, memory = blend(beta).merge(START, TRIALS, SIZES, None)
    assert theta.tolist() == merged
    assert memory is None


def test_the_combine_rule_is_taken_from_the_argument():
    assert blend(1, mean).merge(START, TRIALS, SIZES, None)[0].tolist() == [1.5, 5.0]
    assert blend_previous(1, sum_of_blocks).merge(START, TRIALS, SIZES, START)[0].tolist() == [2.0, 8.0]
    rule = outer(GradientDescent(1.0), mean)
    assert rule.merge(START, TRIALS, SIZES, rule.init(START))[0].tolist() == [1.5, 5.0]


def test_defaults_keep_the_weighted_mean():
    assert blend().beta == 1
    assert {rule.combine for rule in (blend(), blend_previous(0.5), outer(Adam(1)))} == {weighted_mean}


def test_blend_previous_remembers_the_start_of_the_round():
    rule = blend_previous(0.5)
    memory = rule.init(START)
    theta, memory = rule.merge(START, [START + 2], [1], memory)
    assert theta.tolist() == [2.0, 3.0]  # halfway between 3, 4 and θ_{−1} = θ_0 = 1, 2
    theta, memory = rule.merge(theta, [theta + 2], [1], memory)
    assert theta.tolist() == [2.5, 3.5]  # halfway between 4, 5 and 1, 2
    assert memory.tolist() == [2.0, 3.0]


@pytest.mark.parametrize("optimizer", [Momentum(0.5), Adam(0.1), Momentum(0.7, nesterov=True)], ids=repr)
def test_outer_steps_on_start_minus_combined_and_keeps_the_state(optimizer):
    rule = outer(optimizer)
    theta, state, memory, merged = START, optimizer.init(START), rule.init(START), START
    for shift in (1.0, -0.5, 2.0):
        theta, state = optimizer.step(theta, theta - (theta + shift), state)
        merged, memory = rule.merge(merged, [merged + shift], [1], memory)
    assert np.array_equal(merged, theta)


@pytest.mark.parametrize("rule", [blend(0.5), blend_previous(0.5), outer(Momentum(0.5))], ids=repr)
def test_merging_changes_nothing_in_place(rule):
    start, trials = START.copy(), [t.copy() for t in TRIALS]
    memory = rule.init(start)
    rule.merge(start, trials, SIZES, memory)
    assert np.array_equal(start, START)
    assert all(np.array_equal(a, b) for a, b in zip(trials, TRIALS, strict=True))


@pytest.mark.parametrize("make", [blend, blend_previous, lambda beta: outer(GradientDescent(beta))])
def test_a_column_of_betas_is_one_merge_a_row(make):
    betas = np.array([[0.0], [0.3], [1.0]])
    start, trials = np.tile(START, (3, 1)), [np.tile(t, (3, 1)) for t in TRIALS]
    together = make(betas).merge(start, trials, SIZES, make(betas).init(start))[0]
    for row, beta in zip(together, betas.ravel(), strict=True):
        one = make(beta)
        assert np.array_equal(row, one.merge(START, TRIALS, SIZES, one.init(START))[0])


def test_one_trial_is_its_own_weighted_mean_to_the_last_bit():
    trial = np.random.default_rng(0).normal(size=100)
    assert not np.array_equal(7 * trial / 7, trial)  # as a mean of one it would be rounded twice
    assert np.array_equal(weighted_mean(START, [trial], [7]), trial)


def test_every_trial_of_a_weighted_mean_has_a_size():
    with pytest.raises(ValueError, match=r"^zip\(\) argument 2 is longer"):
        weighted_mean(START, TRIALS, SIZES[:1])


@pytest.mark.parametrize("make", [blend, blend_previous])
def test_beta_is_a_share(make):
    assert (make(0).beta, make(1).beta) == (0, 1)
    for beta in (-0.5, 1.5):
        with pytest.raises(ValueError, match=rf"^beta must be in \[0, 1\], got {beta}"):
            make(beta)


COLUMN = np.array([[0.1], [0.2]])  # arrays have no one answer to ==


@pytest.mark.parametrize("make", [blend, blend_previous, outer])
def test_a_rule_cannot_be_changed_and_is_equal_to_itself_alone(make):
    setting = GradientDescent(COLUMN) if make is outer else COLUMN
    one, other = make(setting), make(setting)
    assert len({one, other, one}) == 2
    with pytest.raises(FrozenInstanceError):
        one.combine = mean


def test_a_rule_is_printed_with_the_name_of_its_combine():
    assert repr(blend(0.5)) == "blend(beta=0.5, combine=weighted_mean)"
    printed = "outer(optimizer=GradientDescent(lr=0.5), combine=mean)"
    assert repr(outer(GradientDescent(0.5), mean)) == printed
