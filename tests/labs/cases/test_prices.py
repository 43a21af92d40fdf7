"""Prices: features by hand, no look-ahead, the two halves of the answer, costs."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from parti_edu import grouping
from parti_edu.labs.cases import prices
from parti_edu.labs.cases.judging import interval, walk_forward
from parti_edu.labs.cases.prices import earnings, explained

MOVES = prices.moves()
ROWS = prices.rows(MOVES.move)
YEAR = np.array([int(date[:4]) for date in MOVES.date])[ROWS.day]
YEARS = grouping.by_time(YEAR)
X = np.column_stack([ROWS.own, ROWS.market])


def test_moves_are_logarithms_of_price_ratios():
    apple = np.flatnonzero(MOVES.stock == "AAPL")[0]
    first = np.log(3.9196750983419 / 4.186662803811)
    assert MOVES.date[0] == "2000-03-02"
    assert MOVES.move[0, apple] == pytest.approx(first)
    facebook = np.flatnonzero(MOVES.stock == "FB")[0]
    assert np.isnan(MOVES.move[MOVES.date <= "2012-05-18", facebook]).all()


def test_features_by_a_loop():
    rng = np.random.default_rng(0)
    for i in rng.choice(len(ROWS.day), 60, replace=False):
        t, s = ROWS.day[i], ROWS.stock[i]
        back = MOVES.move[t - 20 : t, s][::-1]
        mean = np.array([np.nanmean(MOVES.move[u]) for u in range(t - 1, t - 21, -1)])
        np.testing.assert_allclose(ROWS.own[i], back[:5])
        np.testing.assert_allclose(ROWS.market[i], [*mean[:5], mean.mean()])
        size = 100 * abs(back)
        np.testing.assert_allclose(ROWS.past[i], [size[0], size[:5].mean(), size.mean()])
        assert ROWS.move[i] == MOVES.move[t, s]
        assert ROWS.up[i] == (ROWS.move[i] > 0)
        assert ROWS.size[i] == pytest.approx(100 * abs(ROWS.move[i]))


def test_every_day_that_can_be_told_is_a_row_once_in_the_order_of_time():
    pairs = list(zip(ROWS.day.tolist(), ROWS.stock.tolist(), strict=True))
    assert pairs == sorted(set(pairs))
    window = [np.isfinite(MOVES.move[t - 20 : t + 1]).all(0) for t in range(20, len(MOVES.move))]
    assert len(pairs) == np.sum(window)


@pytest.mark.parametrize("change", ["shift", "noise", "unknown"])
def test_nothing_that_happens_later_changes_a_prediction(change):
    cut = int(np.flatnonzero(MOVES.date >= "2009-07-01")[0])  # in the middle of a stretch
    move = MOVES.move.copy()
    later = {
        "shift": np.roll(move[cut:], 1, axis=0),
        "noise": 5 * np.random.default_rng(0).normal(size=move[cut:].shape),
        "unknown": np.full_like(move[cut:], np.nan),
    }
    move[cut:] = later[change]
    other = prices.rows(move)
    # The rows of day `cut` itself look at the day before: they too stay as they were, but for the label.
    known, same = ROWS.day < cut, other.day < cut
    for name in ("own", "market", "past", "move", "day", "stock"):
        np.testing.assert_array_equal(getattr(ROWS, name)[known], getattr(other, name)[same])
    told = predicted(ROWS)
    told_other = predicted(other)
    before = {pair: told[pair] for pair in told if pair[0] < cut}
    assert len(before) > 7000
    assert before == {pair: told_other[pair] for pair in told_other if pair[0] < cut}


def predicted(rows):
    """(day, stock) → (direction, size) of a walk forward, a year of 260 days at a time."""
    X, year = np.column_stack([rows.own, rows.market]), rows.day // 260
    stretches = grouping.by_time(year)
    where, up = walk_forward(prices.direction(rounds=20), X, rows.up, stretches)
    _, size = walk_forward(prices.sizes(rounds=20), rows.past, rows.size, stretches)
    pairs = zip(rows.day[where].tolist(), rows.stock[where].tolist(), strict=True)
    return dict(zip(pairs, zip(up.tolist(), size.tolist(), strict=True), strict=True))


def test_today_s_features_do_not_know_today():
    move = MOVES.move.copy()
    move[1000] = 7.0
    other, today = prices.rows(move), ROWS.day == 1000
    for name in ("own", "market", "past"):
        np.testing.assert_array_equal(getattr(ROWS, name)[today], getattr(other, name)[today])
    assert np.all(other.move[today] == 7)
    tomorrow = ROWS.day == 1001
    assert np.all(other.own[tomorrow, 0] == 7)


def test_direction_is_near_the_base_rate_and_scikit_learn_s_is_no_better():
    rows, told = walk_forward(prices.direction(), X, ROWS.up, YEARS, first=3)
    right = told == ROWS.up[rows]
    low, high = interval(right, ROWS.day[rows])
    assert low < max(ROWS.up[rows].mean(), 0.5) < high + 0.01

    def theirs(X, y):
        return make_pipeline(StandardScaler(), LogisticRegression(C=1000 / len(y))).fit(X, y).predict

    _, other = walk_forward(theirs, X, ROWS.up, YEARS, first=3)
    assert np.mean(told == other) > 0.97


def test_size_is_told_and_as_well_as_by_least_squares():
    rows, told = walk_forward(prices.sizes(), ROWS.past, ROWS.size, YEARS, first=3)
    _, exact = walk_forward(
        lambda X, y: LinearRegression().fit(X, y).predict, ROWS.past, ROWS.size, YEARS, first=3
    )
    before = {year: ROWS.size[YEAR < year].mean() for year in set(YEAR[rows].tolist())}  # noqa: SIM300
    mean = np.array([before[year] for year in YEAR[rows].tolist()])
    share, best = (explained(ROWS.size[rows], each, mean) for each in (told, exact))
    assert share > 0.15
    assert share == pytest.approx(best, abs=0.005)


def test_explained_by_hand():
    y, mean = np.array([1.0, 3.0]), np.array([2.0, 2.0])
    assert explained(y, y, mean) == 1
    assert explained(y, mean, mean) == 0
    assert explained(y, np.array([3.0, 1.0]), mean) == -3


def test_earnings_by_hand():
    day, stock = np.array([5, 5, 6, 6, 7, 7]), np.array([0, 2, 0, 2, 0, 2])
    move = np.array([0.02, -0.04, 0.02, 0.06, 0.04, 0.0])
    told = np.array([1, 0, 1, 1, 0, 1])
    gross, net = earnings(told, move, day, stock, cost=0.01)
    np.testing.assert_allclose(gross, [0.01, 0.04, 0.0])
    np.testing.assert_allclose(net, [0.005, 0.035, -0.005])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: prices.rows(np.zeros(30)), r"move must have shape \(T, S\) with T > 20 days, got \(30,\)"),
        (lambda: prices.rows(np.zeros((20, 5))), r"move must have .*got \(20, 5\)"),
        (lambda: earnings(ROWS.up, ROWS.move, ROWS.day, ROWS.stock, cost=-1), "cost must be .* got -1"),
    ],
)
def test_a_bad_call_names_the_argument_and_the_rule(call, message):
    with pytest.raises(ValueError, match=message):
        call()
