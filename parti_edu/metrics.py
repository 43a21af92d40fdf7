"""What a classifier's predictions are worth: counts of what was right and wrong, class by class."""

from typing import NamedTuple

import numpy as np

from . import checks


def confusion(y, predicted, n_classes=None):
    """How often each class was taken for each.

        C_ij = number of rows with y = i and prediction j

    Args:
        y, predicted: classes 0 … n_classes − 1, (n,).
        n_classes: the count of classes; one more than the largest that occurs by default.

    Returns:
        Counts, (n_classes, n_classes): a row for what it is, a column for what it was taken for.

    Raises:
        ValueError, TypeError: for no rows, unequal lengths, or what is no class.

    >>> confusion([0, 0, 1], [0, 1, 1])
    array([[1, 1],
           [0, 1]])
    """
    y, predicted = _classes("y", y), _classes("predicted", predicted)
    if len(y) != len(predicted):
        raise ValueError(f"predicted must have {len(y)} rows, as y has, got {len(predicted)}")
    most = int(max(y.max(), predicted.max()))
    n_classes = most + 1 if n_classes is None else n_classes
    checks.count("n_classes", n_classes, most + 1)
    return np.bincount(y * n_classes + predicted, minlength=n_classes**2).reshape(n_classes, n_classes)


def accuracy(y, predicted):
    """The share of the rows that are right, in [0, 1]; arguments as in `confusion`.

    >>> accuracy([0, 0, 1, 1], [0, 1, 1, 1])
    0.75
    """
    counts = confusion(y, predicted)
    return float(counts.trace() / counts.sum())


class Scores(NamedTuple):
    """Class by class, each (n_classes,), all in [0, 1] but support."""

    precision: np.ndarray  # of what was taken for the class, the share that is it
    recall: np.ndarray  # of what is the class, the share that was found
    f1: np.ndarray  # the harmonic mean of both
    support: np.ndarray  # rows that are the class


def scores(y, predicted, n_classes=None):
    """Precision, recall and F1 of each class; arguments and errors as in `confusion`.

        precision = TP / (TP + FP),   recall = TP / (TP + FN),   F1 = 2·TP / (2·TP + FP + FN)

    A share of nothing counts 0: the precision of a class that was never predicted, for one.
    van Rijsbergen (1979).

    >>> scores([0, 0, 1, 1], [0, 1, 1, 1]).recall.tolist()
    [0.5, 1.0]
    """
    counts = confusion(y, predicted, n_classes)
    hits, taken, support = counts.diagonal(), counts.sum(0), counts.sum(1)
    return Scores(_share(hits, taken), _share(hits, support), _share(2 * hits, taken + support), support)


def macro_f1(y, predicted, n_classes=None):
    """The mean of the classes' F1: each class counts the same, however rare; arguments as in `confusion`.

    >>> round(macro_f1([0, 0, 1, 1], [0, 1, 1, 1]), 4)
    0.7333
    """
    return float(scores(y, predicted, n_classes).f1.mean())


def _classes(name, values):
    values = checks.array(name, values, dtype=None)
    if values.ndim != 1 or not values.size:
        raise ValueError(f"{name} must have shape (n,) with n ≥ 1, got {values.shape}")
    if values.dtype.kind not in "iu" or values.min() < 0:
        raise ValueError(f"{name} must be whole numbers from 0, got {values[:3]!r} …")
    return values.astype(np.int64)


def _share(part, whole):
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
