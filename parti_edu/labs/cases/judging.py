"""How good is it on what it has not seen? Folds, walks through time, and an interval around a mean.

A method is a function `fit(X, y) -> predict`, and `predict(X)` gives an answer a row.
"""

import numpy as np

from ... import checks, grouping


def folds(groups, n_folds):
    """Deal whole groups to folds: rows of one group never stand on both sides of a split.

    Fold j holds the groups j, j + n_folds, j + 2·n_folds, ….

    Args:
        groups: see `grouping`; by person, by source, by time, or at random.
        n_folds: in 2..G.

    Raises:
        ValueError, TypeError: if n_folds is out of its range or not whole.

    >>> folds(grouping.by_source(["ann", "bob", "ann", "eve"]), 2)[0]
    array([0, 2, 3])
    """
    groups = grouping.Groups(groups)
    checks.count("n_folds", n_folds, 2, len(groups), "number of groups")
    return grouping.Groups(np.concatenate(groups[j::n_folds]) for j in range(n_folds))


def cross(fit, X, y, folds):
    """Each row predicted by a fit that saw all folds but its own: cross-validation.

    Args:
        fit: (X, y) → predict. X: (n, …). y: (n,).
        folds: groups that hold each row once.

    Returns:
        Predictions, (n,).

    Raises:
        ValueError: if the folds do not hold each row once.

    Stone (1974).
    """
    rows = np.arange(len(y))
    if not np.array_equal(np.sort(np.concatenate(folds)), rows):
        raise ValueError(f"folds must hold each of the {len(y)} rows once, got sizes {list(map(len, folds))}")
    answers = []
    for fold in folds:
        others = np.setdiff1d(rows, fold)
        answers.append(fit(X[others], y[others])(X[fold]))
    return np.concatenate(answers)[np.argsort(np.concatenate(folds))]


def walk_forward(fit, X, y, stretches, first=1):
    """Each stretch of time predicted by a fit that saw the stretches before it, and nothing later.

    Args:
        fit: (X, y) → predict. X: (n, …). y: (n,).
        stretches: groups in the order of time, such as `grouping.by_time(day, 8)`.
        first: the first stretch to predict, in 1..S−1.

    Returns:
        (rows, predictions): which rows have been predicted, in the order of the stretches, and what.

    Raises:
        ValueError, TypeError: if first is out of its range.
    """
    checks.count("first", first, 1, len(stretches) - 1, "number of stretches less one")
    answers = []
    for s in range(first, len(stretches)):
        past = np.concatenate(stretches[:s])
        answers.append(fit(X[past], y[past])(X[stretches[s]]))
    return np.concatenate(stretches[first:]), np.concatenate(answers)


def interval(values, clusters, level=0.95, draws=1000, seed=0):
    """Ends of an interval for the mean of the values, whole clusters drawn anew with replacement.

    The mean of a draw is Σ_c k_c·s_c / Σ_c k_c·n_c, with s_c the sum and n_c the number of the values of
    cluster c, and k_c how often it was drawn; the ends are quantiles over many draws. Rows that belong
    together (votes on one bill, stocks on one day, windows of one person) err together: taken as rows
    of their own, they would make the interval far too narrow. With few clusters it is rough.

    Args:
        values: (n,), such as 1 where an answer is right, or one method's minus the other's.
        clusters: what each value belongs to, (n,).
        level: share of the draws inside, in (0, 1].
        draws: at least 1. seed: of the draws.

    Raises:
        ValueError, TypeError: if an argument breaks its rule, or there are fewer than 2 clusters.

    Efron (1979); of clusters: Davison & Hinkley (1997).

    >>> interval([1, 1, 0, 0], ["a", "a", "b", "b"])
    (0.0, 1.0)
    """
    values = checks.array("values", values, 1)
    checks.number("level", level, 0, 1, above=True)
    checks.count("draws", draws)
    groups = grouping.by_source(clusters)
    n = len(groups)
    if len(clusters) != len(values) or n < 2:
        found = f"{n} of {len(clusters)} entries"
        raise ValueError(f"clusters must be at least 2, one entry a value, got {found}")
    sums = np.array([values[rows].sum() for rows in groups])
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), draws)
    means = drawn @ sums / (drawn @ groups.sizes)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
