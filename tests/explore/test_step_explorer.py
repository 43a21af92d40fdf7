"""The step explorer: what it draws and says of a round against the run's own record."""

import re
from dataclasses import replace

import numpy as np
import pytest

from parti_edu import picking
from parti_edu.explore import step, step_explorer
from parti_edu.on_numpy import GradientDescent, blend, train

RNG = np.random.default_rng(0)
RANDOM = [{k.name: k.values[RNG.integers(len(k.values))] for k in step_explorer.knobs} for _ in range(40)]
X, y = step.rows()


def shown(**settings):
    return step_explorer.result(step_explorer.at(**settings))


def told(**settings):
    return step_explorer.words(shown(**settings))


@pytest.mark.parametrize("settings", RANDOM, ids=lambda s: "-".join(map(str, s.values())))
def test_the_code_lines_compute_the_same_round(settings):
    state = step_explorer.at(**settings)
    result, names = step_explorer.result(state), {}
    exec(step_explorer.code(state), names)
    run, k = names["run"], state.round
    assert names["k"] == k
    np.testing.assert_array_equal(names["merged"], result.theta[-1])
    np.testing.assert_array_equal(run.theta[: k + 1], result.theta)
    assert run.sample_gradients[k] == result.sample_gradients
    assert len(names["trials"]) == len(result.walks)
    for path, trial in zip(result.walks, names["trials"], strict=True):
        np.testing.assert_array_equal(path[0], names["start"])
        assert len(path) == state.local_steps + 1
        # The walk takes the slope as H(θ − c), the model as the mean over rows: they round differently.
        np.testing.assert_allclose(path[-1], trial, rtol=0, atol=1e-12)


@pytest.mark.parametrize("settings", RANDOM[:12], ids=str)
def test_the_gap_is_the_loss_above_its_minimum(settings):
    result = shown(**settings)
    loss = step.MODEL.loss(result.theta, X, y) - step.own("all rows")[2]
    np.testing.assert_allclose(result.gap, loss, rtol=0, atol=1e-12)


def test_the_minimum_of_all_rows_and_of_each_group_has_no_slope():
    for name in step.GROUPS:
        for members, g in zip(step.groups(name), range(8), strict=False):
            lowest = step.own(name, g)[1]
            assert step.MODEL.gradient(lowest, X[members], y[members]) == pytest.approx([0, 0], abs=1e-12)


@pytest.mark.parametrize("name", step.GROUPS)
@pytest.mark.parametrize(("local_steps", "beta"), [(1, 1.0), (3, 0.3), (10, 1.0)])
def test_the_square_is_where_the_loop_comes_to_rest(name, local_steps, beta):
    chosen = step.groups(name)
    end = train(
        step.MODEL,
        (X, y),
        chosen,
        picking.all_groups(chosen),
        optimizer=GradientDescent(0.3),
        merge=blend(beta),
        local_steps=local_steps,
        rounds=1000,
        record="last",
    ).final
    rest = shown(groups=name, picks="all side by side", local_steps=local_steps, beta=beta, rate=0.3).rest
    # 1000 rounds shrink the way to rest by at least 0.94 each: 1e-27 of it is left.
    np.testing.assert_allclose(rest, end, rtol=0, atol=1e-10)


def test_one_local_step_rests_at_the_minimum_and_ten_on_species_do_not():
    still, drifted = (shown(picks="all side by side", local_steps=steps) for steps in (1, 10))
    assert step.gap(still.rest) < 1e-12
    assert step.gap(drifted.rest) > 0.01
    assert told(picks="all side by side", local_steps=1).endswith("and that is the minimum.")
    assert re.search(
        r"rest at the square, 11 % above the minimum: drift\.$",
        told(picks="all side by side", local_steps=10),
    )


def test_there_is_no_square_where_groups_take_turns_or_nothing_moves():
    assert shown().rest is None
    assert shown(picks="all side by side", beta=0.0).rest is None
    assert "rest" not in told()


def test_words_tell_a_group_that_gains_from_all_rows_that_lose():
    words = told(round=2, picks="in turn", local_steps=3)
    found = re.search(
        r"its own loss falls from (\S+) to (\S+), the loss on all rows rises from (\S+) to (\S+)\.", words
    )
    result = shown(round=2, picks="in turn", local_steps=3)
    members = step.groups("3 species")[1]
    mine = step.MODEL.loss(result.walks[0][[0, -1]], X[members], y[members])
    every = step.MODEL.loss(result.walks[0][[0, -1]], X, y)
    assert [float(n) for n in found.groups()] == pytest.approx([*mine, *every], abs=5e-4)
    assert words.startswith("Round 2 of 24, Chinstrap, 47 rows: in 3 local steps ")


def test_words_count_what_was_paid():
    assert "Cost so far: 717 sample-gradients, 3 passes." in told(round=3)
    assert "Cost so far: 717 sample-gradients, 3 passes." in told(round=1, groups="all rows")
    assert "Cost so far: 239 sample-gradients, 1 pass." in told(round=3, local_steps=1)
    assert "Cost so far: 2390 sample-gradients" in told(picks="all side by side", local_steps=10)


def test_words_of_the_ends():
    assert told(round=0).startswith("Round 0 of 24: the start, before any step.")
    assert "β = 0, which returns to the start" in told(beta=0.0)
    assert "β = 1, which keeps the whole trial" in told(beta=1.0)
    assert "in 1 local step its own" in told(local_steps=1)
    assert "less than 0.001 % above" in told(round=24, groups="all rows", beta=1.0, local_steps=10, rate=0.5)
    assert "8 groups side by side, 3 local steps on each" in told(groups="8 random", picks="all side by side")


def test_one_parameter_a_round_moves_along_the_axes():
    for k, moves, stays in ((1, 0, 1), (2, 1, 0)):
        (path,) = shown(round=k, picks="one parameter").walks
        assert path[0, stays] == path[-1, stays]
        assert path[0, moves] != path[-1, moves]
        assert f"along the {step.PARAMETERS[moves]} alone" in told(round=k, picks="one parameter")


def test_stepping_to_and_fro_trains_once():
    step.run.cache_clear()
    for k in (0, 1, 2, 1, 24):
        shown(round=k)
    assert step.run.cache_info().misses == 1


def test_the_future_is_not_shown():
    assert len(shown(round=3).theta) == 4
    later = step.run(replace(step.State(), round=0)).theta[4:]
    drawn = step_explorer.picture(shown(round=3))
    across, down = step.svg.Plot("", "", "", *step.SPAN).at(later[:, 0], later[:, 1])
    assert not any(f"{a:.1f} {d:.1f}" in drawn for a, d in zip(across, down, strict=True))


def test_three_knobs_in_sight_and_the_first_is_the_round():
    assert [k.name for k in step_explorer.knobs if not k.folded] == ["round", "beta", "local_steps"]
    assert step_explorer.knobs[0].values == tuple(range(step.ROUNDS + 1))
