"""A setting that changes with the round is looked up once a round, checked, and gives plain numbers."""

import numpy as np
import pytest

from parti_edu.on_numpy import Adagrad, Adam, GradientDescent, Momentum, blend, blend_previous, outer
from parti_edu.schedules import at, configurations, decaying

RULES = [
    (GradientDescent, "lr"),
    (Momentum, "lr"),
    (Adagrad, "lr"),
    (Adam, "lr"),
    (blend, "beta"),
    (blend_previous, "beta"),
]


@pytest.mark.parametrize("k", [1, 2, 9, 100])
def test_decaying_is_first_times_k_to_the_minus_power(k):
    assert decaying(0.4, 0.75)(k) == pytest.approx(0.4 / k**0.75, rel=1e-15)  # one rounding
    assert decaying(0.4)(k) == pytest.approx(0.4 / np.sqrt(k), rel=1e-15)


def test_decaying_takes_one_value_a_configuration():
    first = np.array([[0.1], [0.2]])
    assert np.array_equal(decaying(first, 1)(2), first / 2)


@pytest.mark.parametrize(("rule", "name"), RULES)
def test_a_function_of_the_round_becomes_the_number_of_that_round(rule, name):
    scheduled = rule(lambda k: 1 / k)
    assert [getattr(scheduled.at(k), name) for k in (1, 2, 4)] == [1, 0.5, 0.25]
    assert callable(getattr(scheduled, name))  # and it is not changed itself


@pytest.mark.parametrize(("rule", "name"), RULES)
def test_without_functions_a_rule_is_handed_back_as_it_is(rule, name):
    plain = rule(0.5)
    assert plain.at(3) is plain


@pytest.mark.parametrize(("rule", "name"), RULES)
def test_the_value_of_each_round_is_checked(rule, name):
    scheduled = rule(lambda k: 0.5 if k < 3 else -0.5)
    scheduled.at(2)
    with pytest.raises(ValueError, match=rf"^{name} must be in \[0, .* got -0.5"):
        scheduled.at(3)


def test_the_other_settings_survive():
    momentum = Momentum(lambda k: 1 / k, momentum=0.3, nesterov=True).at(2)
    assert (momentum.lr, momentum.momentum, momentum.nesterov) == (0.5, 0.3, True)


def test_outer_passes_the_round_on_to_its_optimizer():
    assert outer(GradientDescent(lambda k: 1 / k)).at(4).optimizer.lr == 0.25


def test_at_takes_numbers_arrays_and_functions():
    column = np.ones((2, 1))
    assert at(3, 5) == 3
    assert at(column, 5) is column
    assert at(lambda k: 2 * k, 5) == 10


def test_configurations_are_found_in_arrays_optimizers_and_rules():
    column = np.full((3, 1), 0.5)
    assert configurations(1, Adam(0.1), blend(0.5)) == set()
    assert configurations(column) == {3}
    assert configurations(1, Adam(0.1, beta2=column)) == {3}
    assert configurations(Adam(0.1), outer(Momentum(column))) == {3}
    assert configurations(np.ones((2, 1)), column) == {2, 3}
