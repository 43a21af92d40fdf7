"""Two models of the same rows: is one of them better, and what do they look at?"""

import numpy as np

from ... import checks


def gain(y, one, other, level=0.95, draws=2000, seed=0):
    """How much higher the macro-F1 of `one` is than that of `other`, and an interval: a paired bootstrap.

    In each draw both are judged on the same rows, n drawn anew with replacement; the ends are quantiles
    of the differences. It tells how far the choice of the *test rows* matters; both models stay as
    they are, so other training rows or another start may move them further.

    Args:
        y, one, other: classes, and two predictions of them, (n,).
        level: share of the draws inside, in (0, 1].
        draws: at least 1. seed: of the draws.

    Returns:
        (difference, low, high).

    Raises:
        ValueError, TypeError: if a setting is out of its range, or the lengths differ.

    Efron (1979).
    """
    checks.number("level", level, 0, 1, above=True)
    checks.count("draws", draws)
    y, one, other = (np.asarray(values) for values in (y, one, other))
    if not len(y) == len(one) == len(other):
        raise ValueError(f"one and other must have {len(y)} rows, as y, got {len(one)} and {len(other)}")
    n = len(y)
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), draws)
    drawn = np.vstack([np.ones(n, dtype=int), drawn])
    n_classes = 1 + int(max(y.max(), one.max(), other.max()))
    difference = _macro_f1(drawn, y, one, n_classes) - _macro_f1(drawn, y, other, n_classes)
    low, high = np.quantile(difference[1:], [(1 - level) / 2, (1 + level) / 2])
    return float(difference[0]), float(low), float(high)


def importance(model, theta, X, y, columns, repeats=3, seed=0):
    """Permutation importance: the share of right answers that is lost when a column is shuffled.

    Args:
        model, theta: a classifier and its parameters, (P,). X: (n, d). y: (n,).
        columns: which to shuffle, one after another.
        repeats: shuffles of each, at least 1. seed: of the shuffles.

    Returns:
        The mean loss of accuracy, a column each, (len(columns),).

    Breiman (2001); for any model: Fisher, Rudin & Dominici (2019).
    """
    checks.count("repeats", repeats)
    rng, before, lost = np.random.default_rng(seed), (model.predict(theta, X) == y).mean(), []
    for column in columns:
        shuffled, right = X.copy(), []
        for _ in range(repeats):
            shuffled[:, column] = rng.permutation(X[:, column])
            right.append((model.predict(theta, shuffled) == y).mean())
        lost.append(before - np.mean(right))
    return np.array(lost)


def turning_points(theta, X):
    """Of each row, the feature that decides: without it the linear score xᵀθ has the other sign.

        x_j·θ_j has the sign of xᵀθ, and is larger in size;   of several the largest

    The first column stands for the intercept and stays.

    Args:
        theta: (d,). X: (n, d).

    Returns:
        Columns, (n,); −1 where no single feature decides.

    A counterfactual explanation: Wachter, Mittelstadt & Russell (2018).
    """
    score, parts = X @ theta, X * theta
    parts[:, 0] = 0
    excess = parts * np.sign(score)[:, None] - np.abs(score)[:, None]
    return np.where(excess.max(1) > 0, excess.argmax(1), -1)


def _macro_f1(times, y, predicted, n_classes):
    """Macro-F1 where row i occurs times[:, i] times, (draws,); as in `metrics`."""
    f1 = []
    for c in range(n_classes):
        is_c, taken = y == c, predicted == c
        both = times @ is_c + times @ taken
        f1.append(2 * (times @ (is_c & taken)) / np.maximum(both, 1))
    return np.mean(f1, axis=0)
