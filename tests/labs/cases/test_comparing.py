"""Gains are macro-F1's, on the same draws; importance and the word that decides, worked out by hand."""

import numpy as np
import pytest

from parti_edu import metrics
from parti_edu.labs.cases.comparing import gain, importance, turning_points
from parti_edu.on_numpy import LogisticRegression

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 3, 300)
ONE, OTHER = (np.where(RNG.random(300) < right, Y, RNG.integers(0, 3, 300)) for right in (0.7, 0.5))


def test_a_gain_and_each_draw_of_it_are_differences_of_macro_f1():
    difference, low, high = gain(Y, ONE, OTHER, draws=50, seed=3)
    assert difference == pytest.approx(metrics.macro_f1(Y, ONE, 3) - metrics.macro_f1(Y, OTHER, 3))
    times = np.random.default_rng(3).multinomial(300, np.full(300, 1 / 300), 50)
    rows = [np.repeat(np.arange(300), t) for t in times]
    gains = [metrics.macro_f1(Y[r], ONE[r], 3) - metrics.macro_f1(Y[r], OTHER[r], 3) for r in rows]
    assert (low, high) == pytest.approx(tuple(np.quantile(gains, [0.025, 0.975])))


def test_the_same_predictions_gain_nothing_and_the_other_way_round_is_the_other_sign():
    assert gain(Y, ONE, ONE) == (0, 0, 0)
    there, back = gain(Y, ONE, OTHER), gain(Y, OTHER, ONE)
    assert back == pytest.approx((-there[0], -there[2], -there[1]))


def test_pairing_makes_the_interval_of_two_alike_models_narrow():
    alike = np.where(np.arange(300) < 10, OTHER, ONE)
    _, low, high = gain(Y, ONE, alike)
    _, alone_low, alone_high = gain(Y, ONE, OTHER)
    assert high - low < (alone_high - alone_low) / 2


def test_the_interval_holds_a_true_gain_of_zero_about_as_often_as_it_says():
    held, rng = 0, np.random.default_rng(1)
    for seed in range(200):
        y = rng.integers(0, 2, 200)
        one, other = (np.where(rng.random(200) < 0.7, y, 1 - y) for _ in range(2))
        _, low, high = gain(y, one, other, level=0.9, draws=300, seed=seed)
        held += low <= 0 <= high
    assert 0.84 < held / 200 < 0.96  # 0.9 with a deviation of 0.02


def test_a_column_that_is_not_used_has_no_importance_and_one_that_decides_has_much():
    X = RNG.normal(size=(4000, 3))
    y = (X[:, 0] > 0).astype(int)
    lost = importance(LogisticRegression(), np.array([1.0, 0, 0]), X, y, [0, 1])
    assert lost[0] == pytest.approx(0.5, abs=0.03)
    assert lost[1] == 0


def test_importance_leaves_the_rows_as_they_were():
    X = RNG.normal(size=(50, 2))
    before = X.copy()
    importance(LogisticRegression(), np.array([1.0, 1]), X, np.zeros(50, int), [0, 1])
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize(
    ("theta", "decides"),
    [
        ([0.5, 3.0, -1.0], 1),  # 2.5, and -0.5 without column 1
        ([0.5, 1.0, 1.0], -1),  # none alone
        ([-0.5, -3.0, 1.0], 1),  # a negative decision
        ([0.5, 3.0, -3.0], 1),  # 0.5 in all; column 2 speaks against it
        ([2.0, 1.0, -1.5], -1),  # the intercept would, and must stay
        ([-5.0, 4.0, 4.5], 2),  # both would; the larger
        ([0.0, 1.0, -1.0], -1),  # undecided
    ],
)
def test_the_feature_that_decides(theta, decides):
    assert turning_points(np.array(theta), np.ones((1, 3))).tolist() == [decides]


def test_without_the_feature_that_decides_the_sign_is_the_other_one():
    X, theta = RNG.normal(size=(200, 6)), RNG.normal(size=6)
    X[:, 0] = 1
    turns = turning_points(theta, X)
    assert 0 < (turns >= 0).sum() < 200
    for x, j in zip(X, turns, strict=True):
        signs = {k: np.sign(np.delete(x, k) @ np.delete(theta, k)) for k in range(1, 6)}
        others = [k for k, sign in signs.items() if sign != np.sign(x @ theta)]
        assert j == max(others, key=lambda k, x=x: abs(x[k] * theta[k]), default=-1)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: gain(Y, ONE, OTHER[1:]), "must have 300 rows, as y, got 300 and 299"),
        (lambda: gain(Y, ONE, OTHER, level=0), r"level must be in \(0, "),
        (lambda: gain(Y, ONE, OTHER, draws=0), "draws must be at least 1, got 0"),
        (lambda: importance(None, None, None, None, [], repeats=0), "repeats must be at least 1, got 0"),
    ],
)
def test_bad_arguments_are_told(call, told):
    with pytest.raises(ValueError, match=told):
        call()
