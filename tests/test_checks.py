"""Each check returns a good value and refuses a bad one with argument, rule and value in the message."""

from types import SimpleNamespace

import numpy as np
import pytest

from parti_edu import checks
from parti_edu.on_numpy import LinearRegression, LogisticRegression, Rosenbrock

SURFACE, MODEL = Rosenbrock(), LinearRegression()


@pytest.mark.parametrize("value", [1, 7, np.int64(7)])
def test_count_takes_whole_numbers_of_any_type_and_both_ends(value):
    checks.count("n", value, 1, 7)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: checks.count("n", 0), ValueError, "n must be at least 1, got 0"),
        (lambda: checks.count("n", 9, 1, 8), ValueError, "n must be in 1..8, got 9"),
        (lambda: checks.count("n", 9, 1, 8, "rows"), ValueError, "n must be in 1..8 (rows), got 9"),
        (lambda: checks.count("n", 2.0), TypeError, "n must be a whole number, got 2.0"),
        (lambda: checks.count("n", True), TypeError, "n must be a whole number, got True"),
        (lambda: checks.count("n", np.True_), TypeError, "n must be a whole number, got np.True_"),
        (lambda: checks.number("a", 2, 0, 1), ValueError, "a must be in [0, 1], got 2"),
        (lambda: checks.number("a", 0, 0, 1, above=True), ValueError, "a must be in (0, 1], got 0"),
        (lambda: checks.number("a", np.inf, 0), ValueError, "a must be in [0, inf), got inf"),
        (lambda: checks.number("a", [1], 0), TypeError, "a must be one number, got [1]"),
        (lambda: checks.setting("a", np.ones(3), 0), ValueError, "a must have shape (C, 1), got shape (3,)"),
        (lambda: checks.setting("a", np.ones((1, 3)), 0), ValueError, "a must have shape (C, 1), got"),
        (lambda: checks.setting("a", np.array([[0.5], [2]]), 0, 1), ValueError, "a must be in [0, 1], got"),
        (lambda: checks.setting("a", abs, 0, functions=False), TypeError, "a must be a number, an array"),
        (lambda: checks.one_of("a", "rsn", ("run", "x")), ValueError, "got 'rsn' (did you mean 'run'?)"),
        (
            lambda: checks.one_of("a", "zzz", ("run", "x")),
            ValueError,
            "a must be one of 'run', 'x', got 'zzz'",
        ),
        (lambda: checks.role("a", "x", "step", "a stepper"), TypeError, "a must be a stepper, got 'x'"),
        (lambda: checks.role("a", str, "upper", "a text"), TypeError, "a must be a text, got <class 'str'>"),
        (lambda: checks.array("a", "x", 1), TypeError, "a must be an array of numbers, got str"),
        (lambda: checks.array("a", [1.0], 2), ValueError, "a must have 2 axes, got shape (1,)"),
        (lambda: checks.array("a", [[1, np.nan]], 2), ValueError, "a must be finite, got a[0, 1] = nan"),
        (lambda: checks.rows(3, MODEL), TypeError, "data must have X and y or be a pair (X, y), got int"),
        (lambda: checks.rows(None, MODEL, "rows"), TypeError, "rows must have X and y"),
        (
            lambda: checks.rows(([[1.0]], [1, 2]), MODEL),
            ValueError,
            "data must have as many rows in X as in y",
        ),
    ],
)
def test_a_bad_value_is_refused_with_argument_rule_and_value(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(0.5), np.array([[0.0], [1.0]]), abs])
def test_setting_takes_numbers_columns_and_functions(value):
    checks.setting("a", value, 0, 1)


def test_rows_takes_a_pair_or_anything_with_X_and_y():
    X, y = np.ones((3, 2)), np.array([0, 1, 1])
    for data in ((X, y), [X, y], SimpleNamespace(X=X, y=y), (X.tolist(), y.tolist())):
        got_X, got_y = checks.rows(data, MODEL)
        assert np.array_equal(got_X, X)
        assert np.array_equal(got_y, y)
        assert got_y.dtype == y.dtype  # labels stay whole numbers


def test_no_rows_are_needed_by_a_surface():
    X, y = checks.rows(None, SURFACE)
    assert (X.shape, y.shape) == ((1, 0), (1,))


def test_rows_gives_a_classifier_whole_numbers_and_refuses_other_labels():
    X = np.ones((2, 3))
    assert checks.rows((X, [False, True]), LogisticRegression())[1].dtype == int
    with pytest.raises(ValueError, match=r"rows y must hold classes 0\.\.1, got 2"):
        checks.rows((X, [0, 2]), LogisticRegression(), "rows")


def test_rows_refuses_features_that_do_not_fit_the_parameters():
    with pytest.raises(ValueError, match=r"data must have features for 4 parameters, got X \(2, 3\)"):
        checks.rows((np.ones((2, 3)), [0, 1]), MODEL, n_parameters=4)


def test_one_of_offers_nothing_when_nothing_is_near():
    with pytest.raises(ValueError, match=r"got 'qqq'$"):
        checks.one_of("a", "qqq", ("run",))
