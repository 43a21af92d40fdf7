"""The convergence explorer: its stops are the criteria's own, and its words and costs follow from them."""

import re

import numpy as np
import pytest

from parti_edu import convergence
from parti_edu.explore import convergence_explorer, stopping

RNG = np.random.default_rng(0)
KNOBS = convergence_explorer.knobs
RANDOM = [{k.name: k.values[RNG.integers(len(k.values))] for k in KNOBS} for _ in range(20)]


def at(**settings):
    return convergence_explorer.result(convergence_explorer.at(**settings))


def told(**settings):
    return convergence_explorer.words(at(**settings))


@pytest.mark.parametrize("settings", RANDOM[:10], ids=str)
def test_the_code_line_computes_the_same_run_and_the_same_stops(settings):
    state = convergence_explorer.at(**settings)
    result, names = convergence_explorer.result(state), {}
    exec(convergence_explorer.code(state), names)
    np.testing.assert_array_equal(names["run"].final, result.run.history.final)
    rounds = [passes * state.n_groups if passes > 0 else -1 for passes in result.stops]
    assert names["stops"] == rounds


@pytest.mark.parametrize("settings", RANDOM, ids=str)
def test_a_criterion_stops_at_the_end_of_the_first_run_of_looks_within_the_tolerance(settings):
    state = convergence_explorer.at(**settings)
    result = convergence_explorer.result(state)
    for looks, stop in zip(result.run.seen, result.stops, strict=True):
        small = looks <= state.tolerance
        held = np.lib.stride_tricks.sliding_window_view(small, state.hold).all(-1)
        assert stop == (held.argmax() + state.hold if held.any() else -1)


def test_the_looks_are_the_three_measures():
    theta = at().run.history.theta[::4]  # two rounds of eight a record: every fourth one ends a pass
    X, y = stopping.rows().X, stopping.rows().y
    loss = [stopping.MODEL.loss(t, X, y) for t in theta[:2]]
    slope = np.linalg.norm(stopping.MODEL.gradient(theta[1], X, y))
    assert at().run.seen[:, 0] == pytest.approx(
        [abs(loss[1] - loss[0]) / loss[0], slope, np.linalg.norm(theta[1])], rel=1e-12
    )


def test_heights_are_measured_from_the_minimum_and_the_minimum_is_one():
    result = at()
    run, rows = result.run.history, stopping.rows()
    for stop, height in zip(result.stops, result.heights, strict=True):
        loss = run.loss(rows)[run.rounds == 8 * stop][0]
        assert height == pytest.approx(100 * (loss / stopping.minimum() - 1), rel=1e-9)
    for settings in RANDOM:
        assert (at(**settings).run.above > -1e-6).all()


def test_a_look_at_rows_costs_a_pass_and_one_at_the_update_costs_nothing():
    loss, gradient, update = at().stops
    assert at().costs == [2 * loss, 2 * gradient, update]
    assert f"after {loss} passes ({2 * loss} with its looks)" in told()
    assert f"after {update} passes (its looks read no rows)" in told()


def test_words_name_who_is_fooled_by_short_steps_and_who_is_not():
    words = told(beta=0.001)
    assert "Too early: flat loss, small update." in words
    assert "Small gradient does not stop it in 40 passes." in words
    assert "Too early" not in told()


def test_on_groups_in_turn_loss_and_update_stop_in_a_cycle_and_the_gradient_does_not():
    loss, gradient, update = at(order="cyclic", rate=8.0).stops
    assert loss > 0 < update
    assert gradient == -1
    assert "8 groups in turn" in told(order="cyclic")
    assert "one group of all rows" in told(n_groups=1)


def test_a_decreasing_rate_ends_lower_than_a_constant_one_that_is_too_large():
    constant, decreasing = (at(rate=8.0, schedule=s).run.above[-1] for s in ("constant", "decreasing"))
    assert decreasing < constant / 5
    assert "rate decreasing from 8." in told(rate=8.0, schedule="decreasing")


def test_a_stricter_tolerance_or_a_longer_hold_never_stops_sooner():
    for name in ("tolerance", "hold"):
        knob = next(k for k in KNOBS if k.name == name)
        stops = [[s if s > 0 else 99 for s in at(**{name: value}).stops] for value in knob.values]
        assert (np.diff(stops, axis=0) >= 0).all(), name


@pytest.mark.parametrize("settings", [{}, *RANDOM[:8]], ids=str)
def test_each_flag_tells_its_pass_and_the_first_to_stop_stands_on_top(settings):
    result = at(**settings)
    flags = re.findall(r'y="([\d.]+)"[^>]*>(loss|gradient|update) (\d+|never)<', stopping.picture(result))
    assert len(flags) == 3
    stops = dict(zip(stopping.DRAWN, result.stops, strict=True))
    assert {name: int(word) if word != "never" else -1 for _, name, word in flags} == stops
    in_order = [stops[name] % 1000 for _, name, _ in sorted(flags, key=lambda flag: float(flag[0]))]
    assert in_order == sorted(in_order)


def test_the_criteria_are_the_packages():
    assert [kind.__name__ for kind in stopping.CRITERIA.values()] == [
        name.replace(" ", "_") for name in stopping.CRITERIA
    ]
    assert all(issubclass(kind, convergence.Criterion) for kind in stopping.CRITERIA.values())


def test_three_knobs_in_sight_the_rest_behind_the_fold():
    assert [k.name for k in KNOBS if not k.folded] == ["tolerance", "hold", "beta"]
