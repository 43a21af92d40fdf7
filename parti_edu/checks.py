"""Argument checks: each error names the argument, the rule and the value.

A wrong *kind* of value raises TypeError, a value out of bounds raises ValueError.
"""

from collections.abc import Mapping
from difflib import get_close_matches

import numpy as np


def count(name, value, low=1, high=None, of=""):
    """A whole number in low..high (both included), where `of` says what high counts."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    if value < low or (high is not None and value > high):
        rule = f"at least {low}" if high is None else f"in {low}..{high}" + (f" ({of})" if of else "")
        raise ValueError(f"{name} must be {rule}, got {value}")


def number(name, value, low, high=np.inf, above=False):
    """A number in [low, high], or in (low, high] if `above`."""
    if isinstance(value, list | tuple) or np.ndim(value) or np.asarray(value).dtype.kind not in "iuf":
        raise TypeError(f"{name} must be one number, got {value!r}")
    setting(name, value, low, high, above)


def setting(name, value, low, high=np.inf, above=False, functions=True):
    """A hyperparameter in [low, high], or in (low, high] if `above`.

    A number, an array of shape (C, 1) with one value a configuration, or, where `functions` are
    allowed, a function of the round k = 1, 2, …, whose values are checked when they are asked for.
    """
    if callable(value) and functions:
        return
    if isinstance(value, list | tuple) or np.asarray(value).dtype.kind not in "iuf":
        kinds = "a number, an array of shape (C, 1)" + " or a function of the round" * functions
        raise TypeError(f"{name} must be {kinds}, got {value!r}")
    if np.ndim(value) and (np.ndim(value) != 2 or np.shape(value)[1] != 1 or not np.size(value)):
        raise ValueError(f"{name} must have shape (C, 1), got shape {np.shape(value)}")
    good = np.greater(value, low) if above else np.greater_equal(value, low)
    if not np.all(good & np.less_equal(value, high) & np.isfinite(value)):
        rule = f"{'(' if above else '['}{low:g}, {high:g}{']' if np.isfinite(high) else ')'}"
        raise ValueError(f"{name} must be in {rule}, got {value!r}")


def one_of(name, value, known):
    """One of the known values; the error offers the nearest names."""
    if getattr(value, "ndim", 0) or value not in known:
        near = get_close_matches(str(value), [k for k in known if isinstance(k, str)], n=2)
        hint = f" (did you mean {' or '.join(map(repr, near))}?)" if near else ""
        raise ValueError(f"{name} must be one of {', '.join(map(repr, known))}, got {value!r}{hint}")


def role(name, value, ability, like):
    """Something with these methods or attributes; not a class where an instance is meant."""
    if isinstance(value, type) or not all(hasattr(value, part) for part in ability.split()):
        raise TypeError(f"{name} must be {like}, got {value!r}")


def array(name, value, ndim=None, dtype: type | None = float):
    """A finite array of real numbers with that many axes, any if None; dtype None keeps its own."""
    try:
        if np.asarray(value).dtype.kind in "cmM":  # complex numbers, dates
            raise TypeError
        out = np.asarray(value, dtype)
        finite = np.isfinite(out)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be an array of numbers, got {type(value).__name__}") from None
    if ndim not in (None, out.ndim):
        raise ValueError(f"{name} must have {ndim} axes, got shape {out.shape}")
    if not finite.all():
        bad = np.argwhere(~finite)[0]
        where = f"{name}[{', '.join(map(str, bad))}]"
        raise ValueError(f"{name} must be finite, got {where} = {out[tuple(bad)]}")
    return out


def kinds(name, values):
    """The values that occur, sorted, and for each row the number of its own: of one value a row, (n,)."""
    if values is None or isinstance(values, Mapping):
        found = f"a mapping with the keys {list(values)}" if values else "no such key"
        raise TypeError(f"{name} must be one array, a value for each row, got {found}")
    try:
        column = np.asarray(values)
        known, code = np.unique(column, return_inverse=True)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be an array of values that sort, got {type(values).__name__}") from None
    if column.ndim != 1 or not len(column):
        raise ValueError(f"{name} must have shape (n,) with n ≥ 1, got shape {column.shape}")
    if column.dtype.kind == "f":
        array(name, column, 1)
    return known, code


def rows(data, model, name="data", n_parameters=None):
    """(X, y) of a pair, or of anything with X and y: X (n, d), y (n,), finite, with labels of the model.

    A surface needs no data: then None stands for one row without features.
    """
    if data is None and not model.needs_data:
        return np.zeros((1, 0)), np.zeros(1)
    if not hasattr(data, "X") and not (isinstance(data, tuple | list) and len(data) == 2):
        raise TypeError(f"{name} must have X and y or be a pair (X, y), got {type(data).__name__}")
    X, y = (data.X, data.y) if hasattr(data, "X") else data
    X, y = array(f"{name} X", X, 2), array(f"{name} y", y, 1, dtype=None)
    if len(X) != len(y) or not len(X):
        raise ValueError(f"{name} must have as many rows in X as in y, got {X.shape} and {y.shape}")
    if n_parameters not in (None, len(model.start(X, y))):
        raise ValueError(f"{name} must have features for {n_parameters} parameters, got X {X.shape}")
    return X, model.labels(y, name)
