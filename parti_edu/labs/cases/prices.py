"""Daily moves of five stocks, told from earlier moves only: their direction and their size.

A row is one stock on one day. Its features end the day before; its labels are what that day did.
"""

from typing import NamedTuple

import numpy as np

from ... import checks, grouping, picking, read
from ...on_numpy import Adam, LinearRegression, LogisticRegression, train

PAST = 20  # days that a row looks back
DAYS = 5  # of these, the days that are features one by one


class Moves(NamedTuple):
    """Moves of T days and S stocks: the logarithm of the closing price over the day before's.

    move: (T, S), not a number where a stock was not yet traded. date: (T,), as text. stock: (S,).
    """

    move: np.ndarray
    date: np.ndarray
    stock: np.ndarray


class Rows(NamedTuple):
    """n rows, in the order of time.

    own, market, past: features, (n, 5), (n, 6), (n, 3); see `rows`. move: of the row's day, (n,).
    day, stock: numbers into Moves, (n,).
    """

    own: np.ndarray
    market: np.ndarray
    past: np.ndarray
    move: np.ndarray
    day: np.ndarray
    stock: np.ndarray

    @property
    def up(self):
        """1 where the price rose, else 0, (n,)."""
        return (self.move > 0).astype(int)

    @property
    def size(self):
        """How far it moved, in percent, (n,)."""
        return 100 * np.abs(self.move)


def moves():
    """Moves of all stocks from their adjusted closing prices.

    Adjusted for splits and dividends afterwards: the levels know the future, their ratios from one day to
    the next do not. The stocks were picked by somebody who knew how they had fared.
    """
    table = read("stocks")
    date, stock = np.unique(table["Date"]), np.unique(table["Ticker"])
    price = np.full((len(date), len(stock)), np.nan)
    where = np.searchsorted(date, table["Date"]), np.searchsorted(stock, table["Ticker"])
    price[where] = table["Adj Close"].astype(float)
    return Moves(np.diff(np.log(price), axis=0), date[1:], stock)


def rows(move):
    """What was known before each day, and what the day did. Row t uses the moves of days t − 20 … t − 1.

        own     the stock's last 5 moves, the latest first
        market  the mean of all stocks' moves: the last 5 days, and the mean of 20: alike for all on one day
        past    the stock's mean |move|: of the last day, of 5, of 20

    Args:
        move: (T, S), NaN where there is none.

    Returns:
        Rows, for each day and stock whose last 20 moves and own move are known.

    Raises:
        ValueError: if move has not two axes, or no more than 20 days.
    """
    move = np.asarray(move, float)
    if move.ndim != 2 or len(move) <= PAST:
        raise ValueError(f"move must have shape (T, S) with T > {PAST} days, got {move.shape}")
    known = np.isfinite(move)
    day, stock = np.nonzero(np.lib.stride_tricks.sliding_window_view(known, PAST + 1, 0).all(-1))
    day = day + PAST
    back = day[:, None] - np.arange(1, PAST + 1)
    own = move[back, stock[:, None]]
    market = (np.nansum(move, 1) / np.maximum(known.sum(1), 1))[back]
    size = 100 * np.abs(own)
    return Rows(
        own[:, :DAYS],
        np.column_stack([market[:, :DAYS], market.mean(1)]),
        np.column_stack([size[:, 0], size[:, :DAYS].mean(1), size.mean(1)]),
        move[day, stock],
        day,
        stock,
    )


def standardised(fit):
    """Features of mean 0 and deviation 1 on the rows that a fit is given, and a column of ones."""

    def fit_there(X, y):
        mean, spread = X.mean(0), X.std(0)

        def ready(X):
            return np.column_stack([np.ones(len(X)), (X - mean) / spread])

        predict = fit(ready(X), y)
        return lambda X: predict(ready(X))

    return fit_there


def by_loop(model, n_groups=8, rounds=160, lr=0.02):
    """A `fit` for `judging`: the loop on stretches of time, reshuffled, with Adam at a falling rate.

    Args:
        model: of on_numpy. n_groups: stretches, one a round. rounds: in all. lr: of round 1, falling to 0.
    """

    @standardised
    def fit(X, y):
        groups = grouping.contiguous(len(y), n_groups)
        picks, step = picking.reshuffled(groups, seed=0), Adam(lambda k: lr * (1 - (k - 1) / rounds))
        run = train(model, (X, y), groups, picks, optimizer=step, rounds=rounds, record="last")
        return lambda X: model.predict(run.final, X)

    return fit


def direction(**settings):
    """Fit up or down by logistic regression; settings as of `by_loop`."""
    return by_loop(LogisticRegression(l2=1e-3), **settings)


def sizes(**settings):
    """Fit the size by least squares; settings as of `by_loop`."""
    return by_loop(LinearRegression(), **({"lr": 0.1} | settings))


def explained(y, predicted, mean):
    """Share of the squared differences from a mean that a prediction saves: 1 − Σ(y − p)²/Σ(y − mean)².

    Args:
        y, predicted, mean: (n,); the mean is what was known before, not the mean of y.

    Returns:
        At most 1; below 0 where the mean did better.
    """
    return float(1 - ((y - predicted) ** 2).sum() / ((y - mean) ** 2).sum())


def earnings(predicted, move, day, stock, cost=0.001):
    """Daily earnings of holding a stock where it is predicted to rise, and nothing where it is not.

        e_t = mean over the stocks of [h_ts·move_ts − cost·|h_ts − h_{t−1,s}|],  h = 1 where "up"

    Args:
        predicted: 1 or 0, (n,). move, day, stock: of the rows, (n,); days one after the other.
        cost: of buying or selling, a share of what is traded, at least 0; 0.001 is ten basis points.

    Returns:
        (before costs, after costs): each (T,), a day of `day` each.

    Raises:
        ValueError, TypeError: if cost is out of its range.
    """
    checks.number("cost", cost, 0)
    days, t = np.unique(day, return_inverse=True)
    shape = len(days), stock.max() + 1
    held, moved = np.zeros(shape), np.full(shape, np.nan)
    held[t, stock], moved[t, stock] = predicted, move
    trades = np.abs(np.diff(held, axis=0, prepend=0))
    count = np.isfinite(moved).sum(1)
    gross = np.nansum(held * moved, axis=1) / count
    return gross, gross - cost * trades.sum(1) / count
