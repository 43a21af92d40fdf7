"""Folds keep groups whole, a walk sees the past alone, and an interval draws whole clusters."""

import numpy as np
import pytest

from parti_edu import grouping
from parti_edu.labs.cases.judging import cross, folds, interval, walk_forward


def remembering(seen):
    """A fit that notes which rows it saw, and predicts how many they were."""

    def fit(X, y):
        seen.append(X[:, 0].tolist())
        return lambda X: np.full(len(X), len(y))

    return fit


ROWS = np.arange(12)[:, None]


def test_no_group_stands_on_both_sides_of_a_split():
    who = np.random.default_rng(0).integers(0, 7, 100)
    parts = folds(grouping.by_source(who), 3)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(100))
    people = [set(who[rows]) for rows in parts]
    assert people[0] | people[1] | people[2] == set(range(7))
    assert sum(map(len, people)) == 7


def test_each_row_is_predicted_by_a_fit_that_did_not_see_it():
    seen: list = []
    parts = [np.array([0, 5, 7]), np.array([1, 2, 3, 4, 6, 8, 9, 10, 11])]
    answers = cross(remembering(seen), ROWS, np.zeros(12), parts)
    assert seen == [parts[1].tolist(), parts[0].tolist()]
    assert answers.tolist() == [9 if row in parts[0] else 3 for row in range(12)]


def test_a_walk_sees_nothing_of_its_stretch_or_later():
    seen: list = []
    stretches = grouping.contiguous(12, 4)
    rows, answers = walk_forward(remembering(seen), ROWS, np.zeros(12), stretches, first=2)
    assert seen == [list(range(6)), list(range(9))]
    assert rows.tolist() == list(range(6, 12))
    assert answers.tolist() == [6, 6, 6, 9, 9, 9]


def test_an_interval_holds_its_mean_as_often_as_it_says():
    rng = np.random.default_rng(1)
    held = []
    for seed in range(300):
        of_cluster = rng.normal(size=40)
        clusters = np.repeat(np.arange(40), 5)
        low, high = interval(of_cluster[clusters] + 0.1 * rng.normal(size=200), clusters, 0.9, 400, seed)
        held.append(low < 0 < high)
    # 300 tries at 0.9: a standard error of 0.017, and a bootstrap of 40 clusters is a little narrow.
    assert 0.83 < np.mean(held) < 0.95


def test_rows_that_err_together_count_as_one():
    values = np.repeat(np.random.default_rng(0).normal(size=30), 20)
    together = np.diff(interval(values, np.repeat(np.arange(30), 20)))
    apart = np.diff(interval(values, np.arange(600)))
    assert together == pytest.approx(np.sqrt(20) * apart, rel=0.15)


def test_clusters_count_by_their_values_and_the_seed_decides():
    values, clusters = [1, 1, 1, 0], ["a", "a", "a", "b"]
    low, high = interval(values, clusters, level=0.5, draws=9000)
    assert (low, high) == (0.0, 1.0)  # of four equal draws, aa ab ba bb, the middle half is ab: 3/4 …
    assert interval(values, [0, 1, 2, 3], seed=1) == interval(values, [0, 1, 2, 3], seed=1)
    assert interval(np.ones(6), range(6)) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: folds([[0], [1]], 3), r"n_folds must be in 2..2 \(number of groups\), got 3"),
        (lambda: cross(None, ROWS, np.zeros(12), [[0, 1]]), r"folds must hold each of the 12 rows once, .*2"),
        (
            lambda: cross(None, ROWS[:2], np.zeros(2), [[0, 1], [1]]),
            "folds must hold each of the 2 rows once",
        ),
        (
            lambda: walk_forward(None, ROWS, np.zeros(12), [[0], [1]], first=2),
            r"first must be in 1..1 .*got 2",
        ),
        (lambda: interval([1.0, 2.0], [0, 0]), "clusters must be at least 2, one entry a value, got 1 of 2"),
        (lambda: interval([1.0, np.nan], [0, 1]), "values must be finite"),
        (lambda: interval([1.0, 2.0], [0, 1], level=1.5), "level must be in"),
    ],
)
def test_a_bad_call_names_the_argument_and_the_rule(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
