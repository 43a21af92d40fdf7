"""The names explorer: its settings are the loop's, and the code line computes the same run."""

import numpy as np
import pytest

from parti_edu.explore import names, names_explorer
from parti_edu.explore.merge import minimum, rows

every_name = pytest.mark.parametrize("name", names.NAMES)


@every_name
@pytest.mark.parametrize("n_groups", [2, 16])
def test_the_code_line_computes_the_same_run(name, n_groups):
    state, made = names_explorer.at(name=name, n_groups=n_groups), {}
    exec(names_explorer.code(state), made)
    gap = made["run"].loss(rows()) - minimum()[1]
    np.testing.assert_array_equal(gap, names_explorer.result(state).gap)


@every_name
def test_every_name_stays_within_the_budget_and_gains(name):
    result = names_explorer.result(names_explorer.at(name=name))
    assert 0 < result.passes[-1] <= names.PASSES
    assert result.gap[-1] < result.gap[0]


def test_fifteen_names_at_least():
    assert len(names.NAMES) >= 15


def gap(name, n_groups=4):
    return names_explorer.result(names_explorer.at(name=name, n_groups=n_groups)).gap


def test_gradient_accumulation_is_full_batch():
    np.testing.assert_allclose(gap("gradient accumulation", 16), names.full_batch(), rtol=1e-10)


def test_reported_averages_leave_the_run_as_it_was():
    reshuffled, tail = gap("random reshuffling"), gap("SWA")
    half = len(reshuffled) // 2  # the tail mean begins in the middle
    np.testing.assert_array_equal(tail[: half - 1], reshuffled[1:half])
    assert not np.array_equal(tail[-5:], reshuffled[-5:])


def test_the_drawing_shows_what_is_picked():
    def drawn(name, n_groups=4):
        return names.drawing(names_explorer.result(names_explorer.at(name=name, n_groups=n_groups)))

    assert drawn("full-batch gradient descent").count(">all</text>") == names.SHOWN_ROUNDS
    assert drawn("local SGD").count("×5</text>") == 4 * names.SHOWN_ROUNDS
    assert drawn("post-local SGD").count("×5</text>") == 4 * (names.SHOWN_ROUNDS - 1)
    assert "16 side by side" in drawn("FedAvg", 16)
    assert [f">{g}</text>" in drawn("Lookahead") for g in (0, 3)] == [True, True]


def test_words_name_the_four_knobs():
    told = names_explorer.words(names_explorer.result(names_explorer.at(name="FedAvgM")))
    assert "grouped: 4 groups, by label, picked: all_groups, local steps: 5, merged: outer momentum" in told
    assert told.endswith(" Source: Hsu et al. 2019.")
