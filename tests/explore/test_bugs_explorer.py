"""The bug explorer: the words tell where a mistake shows and where it hides; the code computes the same."""

import warnings

import numpy as np
import pytest

from parti_edu.explore import bugs, bugs_explorer


def told(formula, problem, rate=1.0):
    return bugs.words(bugs.result(bugs_explorer.at(formula=formula, problem=problem, rate=rate)))


@pytest.mark.parametrize("formula", bugs.FORMULAS)
def test_each_mistake_hides_somewhere(formula):
    seen = [told(formula, problem) for problem in bugs.PROBLEMS]
    assert any("nothing wrong" in words or "Both are the same" in words for words in seen)


@pytest.mark.parametrize("formula", bugs.FORMULAS)
def test_each_mistake_shows_somewhere_but_those_that_are_only_slower_or_larger_steps(formula):
    seen = [told(formula, problem, rate) for problem in bugs.PROBLEMS for rate in (0.0625, 1.0, 4.0)]
    assert any("Here the mistake shows" in words for words in seen)


@pytest.mark.parametrize(
    ("formula", "problem", "expected"),
    [
        (bugs.THETA, bugs.BOWL, "as printed it never moves"),
        (bugs.THETA, bugs.HOME, "nothing wrong"),
        (bugs.SUM, bugs.BOWL, "is no number from round 1 on"),
        (bugs.RATE, bugs.STANDARD, "nothing wrong"),
        (bugs.RATE, bugs.RAW, "times as high as it began"),
        (bugs.INPUT, bugs.STANDARD, "Here the mistake shows"),
        (bugs.INPUT, bugs.BOWL, "a bowl has no x"),
        (bugs.INPUT, bugs.ONES, "every x is 1|nothing wrong"),
        (bugs.WORKER, bugs.HOME, "no second worker"),
        (bugs.ALIAS, bugs.RAW, "a test tells nothing"),
    ],
)
def test_the_words_tell_the_cases_apart(formula, problem, expected):
    assert any(part in told(formula, problem) for part in expected.split("|"))


@pytest.mark.parametrize("problem", bugs.PROBLEMS)
@pytest.mark.parametrize("formula", bugs.FORMULAS)
def test_the_code_computes_the_same(formula, problem):
    state, names = bugs_explorer.at(formula=formula, problem=problem, rate=2.0), {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(bugs.code(state), names)
    result = bugs.result(state)
    np.testing.assert_array_equal(names["as_printed"].theta, result.wrong)
    np.testing.assert_array_equal(names["right"].theta, result.right)


@pytest.mark.parametrize("name", bugs.PROBLEMS)
def test_the_cross_is_a_minimum(name):
    ground = bugs.problem(name)
    X, y = ground.data or (None, None)
    assert np.linalg.norm(ground.model.gradient(ground.minimum, X, y)) < 1e-9
    assert ground.lowest == pytest.approx(ground.model.loss(ground.minimum, X, y), abs=1e-15)


@pytest.mark.parametrize("problem", bugs.PROBLEMS)
@pytest.mark.parametrize("formula", bugs.FORMULAS)
def test_the_right_form_gets_closer_at_its_usual_rate(formula, problem):
    assert bugs.result(bugs_explorer.at(formula=formula, problem=problem)).right_gap[-1] < 1


def test_what_ends_higher_than_it_began_is_no_success():
    paths, state = (np.zeros((2, 2)), np.ones((2, 2))), bugs_explorer.at()
    close = bugs.Result(state, *paths, np.array([1.0, 2.0]), np.array([1.0, 0.5]))
    assert "Here the mistake shows" in bugs.words(close)
