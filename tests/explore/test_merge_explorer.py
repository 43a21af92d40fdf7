"""The merge explorer: what it says and draws against what happened."""

import re

import numpy as np
import pytest
from readme_picture import PATH, draw

from parti_edu.explore import merge, merge_explorer
from parti_edu.on_numpy import GradientDescent

RNG = np.random.default_rng(0)
RANDOM = [{k.name: k.values[RNG.integers(len(k.values))] for k in merge_explorer.knobs} for _ in range(40)]


@pytest.mark.parametrize("settings", RANDOM, ids=lambda s: "-".join(map(str, s.values())))
def test_no_run_is_below_the_minimum_or_over_the_budget_and_the_words_are_true(settings):
    state = merge_explorer.at(**settings)
    result = merge_explorer.result(state)
    for run in result.own, result.whole:
        assert np.isfinite(run.theta).all()
        assert (run.gap > -1e-9).all()
        assert run.passes[-1] <= merge.PASSES + state.local_steps / state.n_groups
    words = merge_explorer.words(result)
    assert f"β = {state.beta:g}:" in words
    assert ("not converged" in words.split(". ")[0]) == (result.own.converged_at < 0)


def test_words_name_the_rounds_and_passes_that_the_run_took():
    result = merge_explorer.result(merge_explorer.at(beta=1.0))
    rounds = result.own.converged_at
    assert f"converged after {rounds} rounds, {rounds / 8:g} passes over the data" in merge_explorer.words(
        result
    )


def test_the_words_measure_from_the_minimum():
    result = merge_explorer.result(merge_explorer.at(beta=1.0))
    loss = merge.MODEL.loss(result.own.theta[-1], merge.rows().X, merge.rows().y)
    assert f"{100 * (loss / merge.minimum()[1] - 1):.2g} % above the minimum" in merge_explorer.words(result)


def test_words_warn_that_a_standstill_is_no_minimum():
    words = merge_explorer.words(merge_explorer.result(merge_explorer.at(beta=0.0)))
    assert "flat, yet" in words
    assert "standing still" in words


@pytest.mark.parametrize("settings", RANDOM[:12], ids=str)
def test_the_code_line_computes_the_same_run(settings):
    state = merge_explorer.at(**settings)
    names = {}
    exec(merge_explorer.code(state), names)
    result = merge_explorer.result(state)
    np.testing.assert_array_equal(names["run"].final, result.own.theta[-1])


def test_with_one_local_step_the_words_give_the_equal_rate():
    state = merge_explorer.at(beta=0.25, rate=2.0)
    said = re.search(
        r"exactly β = 1 at the rate .* = ([\d.]+)\.$", merge_explorer.words(merge_explorer.result(state))
    )
    same = merge.State(beta=1.0, rate=float(said[1]))
    # β·(α·d) and (β·α)·d round differently; 160 rounds keep them within 1e-12.
    one, other = merge.result(same).own, merge.result(state).own
    np.testing.assert_allclose(one.theta[-1], other.theta[-1], atol=1e-12)


def test_the_minimum_is_a_minimum():
    theta, loss = merge.minimum()
    rows = merge.rows()
    assert np.linalg.norm(merge.MODEL.gradient(theta, rows.X, rows.y)) < 1e-9
    assert loss == merge.MODEL.loss(theta, rows.X, rows.y)


def test_three_knobs_in_sight_the_rest_behind_the_fold():
    assert [k.name for k in merge_explorer.knobs if not k.folded] == ["beta", "n_groups", "optimizer"]
    assert [k.name for k in merge_explorer.knobs if k.folded] == ["rate", "local_steps", "rule"]


def test_the_picture_in_the_readme_is_the_explorers():
    numbers = [
        np.array(re.findall(r"-?\d+\.\d+", text), float)
        for text in (PATH.read_text(encoding="utf-8"), draw())
    ]
    # Coordinates are rounded to a tenth of a pixel; another processor may round the last digit otherwise.
    np.testing.assert_allclose(*numbers, atol=0.5)


def test_the_default_is_gradient_descent():
    assert merge.METHODS[merge.State().optimizer] is GradientDescent
