"""Settings that change with the round: a number, one number a configuration, or a function of k."""

from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from . import checks


@dataclass(frozen=True)
class decaying:
    """A setting that shrinks with the round: first · k^(−power), for k = 1, 2, ….

    With a power in (½, 1] the sum of the rates is infinite and the sum of their squares is not: the
    condition under which noisy steps settle at the minimum (Robbins & Monro 1951; from memory).

    Args:
        first: the value in round 1, a number or an array (C, 1), above 0.
        power: in (0, 1]; 0.5 by default.

    Raises:
        ValueError, TypeError: if an argument is out of its range.

    >>> rate = decaying(.4)
    >>> rate(1), rate(4)
    (0.4, 0.2)
    """

    first: Any
    power: float = 0.5

    def __post_init__(self):
        checks.setting("first", self.first, 0, above=True, functions=False)
        checks.number("power", self.power, 0, 1, above=True)

    def __call__(self, k):
        return self.first * k**-self.power


class Scheduled:
    """Checks a frozen dataclass and gives it `at(k)`: itself, with plain numbers for round k.

    ranges: (low, high) of each setting. scheduled: those that may be functions of the round.
    """

    ranges: ClassVar[dict[str, tuple[float, float]]] = {}
    scheduled = ("lr", "beta")

    def __post_init__(self):
        for name, (low, high) in self.ranges.items():
            checks.setting(name, getattr(self, name), low, high, functions=name in self.scheduled)

    @cached_property
    def _functions(self):
        return {name: f for name in self.scheduled if callable(f := getattr(self, name, None))}

    def at(self, k):
        if not self._functions:
            return self
        return replace(self, **{name: f(k) for name, f in self._functions.items()})  # type: ignore[type-var]


def at(value, k):
    """The value in round k of a number, an array or a function of the round."""
    return value(k) if callable(value) else value


def configurations(*settings):
    """The numbers of configurations that settings of shape (C, 1) ask for: a set of C's.

    Settings are numbers, arrays, or dataclasses of them (optimizers, merge rules).
    """
    found = set()
    for value in settings:
        if is_dataclass(value):
            found |= configurations(*(getattr(value, f.name) for f in fields(value)))
        elif isinstance(value, np.ndarray) and value.ndim == 2:
            found.add(len(value))
    return found
