"""A criterion looks once a pass, on fixed rows, and stops only after several small looks in a row."""

import numpy as np
import pytest

from parti_edu import grouping, picking
from parti_edu.convergence import Criterion, flat_loss, small_gradient, small_update
from parti_edu.on_numpy import (
    GradientDescent,
    LinearRegression,
    LogisticRegression,
    Quadratic,
    blend,
    decaying,
    train,
)

BOWL = Quadratic([1.0, 1.0])


def looks(criterion, path, model=BOWL):
    """What the criterion says of each state of the path after the first."""
    look = criterion.watch(model, np.array(path[0], float), None)
    return [bool(look(np.array(theta, float))) for theta in path[1:]]


def test_flat_loss_compares_with_the_size_of_the_loss_before():
    # losses 2, 1.98, 1.979: changes of 1.0 % and 0.05 %
    path = [(2, 0), (np.sqrt(3.96), 0), (np.sqrt(3.958), 0)]
    assert looks(flat_loss(0.005, hold=1), path) == [False, True]
    assert looks(flat_loss(0.0007, hold=1), path) == [False, True]  # .001 in absolute terms
    assert looks(flat_loss(0.0004, hold=1), path) == [False, False]


def test_flat_loss_counts_a_rise_as_a_change():
    assert looks(flat_loss(0.1, hold=1), [(1, 0), (2, 0)]) == [False]


def test_small_gradient_is_the_length_of_the_gradient():
    assert looks(small_gradient(0.5, hold=1), [(9, 9), (0.3, 0.4), (0.3, 0.41)]) == [True, False]


def test_small_update_is_relative_to_a_long_theta_and_absolute_for_a_short_one():
    assert looks(small_update(0.1, hold=1), [(0, 0), (0.06, 0.07), (0.3, 0.4)]) == [True, False]
    assert looks(small_update(0.1, hold=1), [(30, 40), (33, 44), (33, 50)]) == [True, False]


def test_small_looks_must_come_in_a_row():
    near, far = (0.0, 0.1), (5.0, 0.0)
    path = [far, near, near, far, near, near, near, near]
    assert looks(small_gradient(0.5, hold=3), path) == [False] * 5 + [True, True]


def test_each_configuration_is_judged_by_itself():
    look = small_gradient(0.5, hold=1).watch(BOWL, np.ones((3, 2)), None)
    assert look(np.array([[0, 0.1], [1, 1], [0.2, 0]])).tolist() == [True, False, True]


def test_a_criterion_of_ones_own_needs_a_measure_and_a_rule():
    with pytest.raises(NotImplementedError):
        Criterion(0.1).measure(None, None, None, None)
    with pytest.raises(NotImplementedError):
        Criterion(0.1).small(None, None)


def test_nan_never_counts_as_converged():
    path = [(1, 1), (np.nan, 1), (np.nan, 1)]
    for criterion in (flat_loss(0.9, hold=1), small_gradient(9, hold=1), small_update(0.9, hold=1)):
        assert looks(criterion, path) == [False, False]


@pytest.mark.parametrize(
    "criterion", [flat_loss(1e-3, hold=3), small_gradient(0.03, hold=2), small_update(0.02, hold=3)]
)
def test_inside_the_loop_and_on_a_finished_run_it_says_the_same(rows, criterion):
    groups = grouping.stratified(rows.y, 4)
    settings = {"optimizer": GradientDescent(decaying(0.5)), "rounds": 600}
    inside = train(LogisticRegression(0.1), rows, groups, until=criterion, **settings)
    after = train(LogisticRegression(0.1), rows, groups, **settings)
    assert 0 < inside.converged_at < 600
    assert inside.converged_at % 4 == 0  # judged once a pass of four groups
    assert criterion.first_round(after, rows) == inside.converged_at == inside.rounds[-1]


def test_hold_counts_passes(rows):
    settings = {"optimizer": GradientDescent(0.5), "rounds": 600}
    stops = [
        train(LogisticRegression(0.1), rows, until=small_gradient(0.01, hold=h), **settings)
        for h in (1, 2, 5)
    ]
    first = stops[0].converged_at
    assert [run.converged_at for run in stops] == [first, first + 1, first + 4]


def test_first_round_is_minus_one_where_it_never_holds_and_one_number_a_configuration(few):
    run = train(LinearRegression(), few, optimizer=GradientDescent(np.array([[0.3], [1e-4]])), rounds=300)
    found = small_gradient(0.01).first_round(run, few)
    assert found[0] > 0
    assert found[1] == -1
    slow = train(LinearRegression(), few, optimizer=GradientDescent(1e-4), rounds=20)
    assert small_gradient(0.01).first_round(slow, few) == -1


def test_the_rows_looked_at_may_be_others_than_the_training_rows(few):
    X, y = few
    first, last = (X[:20], y[:20]), (X[20:], y[20:])
    settings = {"optimizer": GradientDescent(0.3), "rounds": 500, "until": small_gradient(0.1, hold=1)}
    on_training = train(LogisticRegression(), first, **settings)
    on_others = train(LogisticRegression(), first, rows=last, **settings)
    assert on_training.converged_at > 0
    assert on_others.converged_at != on_training.converged_at
    state = on_training.final
    assert np.linalg.norm(LogisticRegression().gradient(state, *first)) <= 0.1
    for k in range(on_others.rounds[-1]):  # and never before, on those rows
        assert np.linalg.norm(LogisticRegression().gradient(on_others.theta[k], *last)) > 0.1 or k == 0


def test_the_loss_of_one_group_is_not_what_is_judged(rows):
    # at its own minimum a group's gradient is 0; on all rows it is not
    groups = grouping.by_label(rows.y)
    only_first = picking.Picks("first group", 1, 2, lambda: iter([(picking.Pick((0,)),)] * 50))
    run = train(
        LinearRegression(), rows, groups, only_first,
        optimizer=GradientDescent(0.05), rounds=50, until=small_gradient(1e-6, hold=1),
    )  # fmt: skip
    assert run.converged_at == -1


def test_small_update_is_fooled_by_a_small_beta(rows):
    settings = {"optimizer": GradientDescent(0.5), "until": small_update(1e-3), "rounds": 2000}
    honest, fooled = (train(LogisticRegression(0.1), rows, merge=blend(b), **settings) for b in (1.0, 1e-3))
    assert fooled.converged_at < honest.converged_at
    assert fooled.loss(rows)[-1] > 1.5 * honest.loss(rows)[-1]
