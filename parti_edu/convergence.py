"""Convergence: when to stop. Judged once a pass, on fixed rows, and only after several passes agree.

Inside the loop: `train(…, until=flat_loss(1e-4, hold=3))`; on a finished run:
`flat_loss(1e-4, hold=3).first_round(run, rows)`.
"""

from dataclasses import dataclass

import numpy as np

from . import checks


@dataclass(frozen=True)
class Criterion:
    """A measure at each look, smallness of its change, and `hold` small looks in a row.

    Args:
        tolerance: above 0.
        hold: looks in a row that must be small, at least 1.

    Raises:
        ValueError, TypeError: if an argument is out of its range.
    """

    tolerance: float
    hold: int = 3

    def __post_init__(self):
        checks.number("tolerance", self.tolerance, 0, above=True)
        checks.count("hold", self.hold)

    def measure(self, model, theta, X, y):
        """What is remembered of one look, for each configuration."""
        raise NotImplementedError

    def small(self, now, before):
        """Whether the look `now` counts as converged, given the look `before`: bool, (C,) or one."""
        raise NotImplementedError

    def watch(self, model, theta, rows):
        """Start at theta; the function returned takes each later theta and says who has converged."""
        X, y = checks.rows(rows, model, "rows", theta.shape[-1])
        before, streak = self.measure(model, theta, X, y), np.zeros((), dtype=int)

        def look(theta):
            nonlocal before, streak
            now = self.measure(model, theta, X, y)
            streak = np.where(self.small(now, before), streak + 1, 0)
            before = now
            return streak >= self.hold

        return look

    def first_round(self, run, rows=None):
        """The round at which this criterion would have stopped a finished run, −1 for never.

        It looks at the recorded rounds that end a pass. One number a configuration, (C,) or one.

        Raises:
            ValueError, TypeError: if it is no run, or one that holds only its last round.
        """
        checks.role("run", run, "rounds", "a finished run, as train gives it")
        if run.rounds[0] != 0:
            raise ValueError(f"run must hold its rounds from 0 on, got rounds {run.rounds}")
        look = self.watch(run.model, run.theta[0], rows)
        found = np.full(run.theta.shape[1:-1], -1)
        for k, theta in zip(run.rounds[1:], run.theta[1:], strict=True):
            if k % run.rounds_per_pass == 0:
                found = np.where(look(theta) & (found < 0), k, found)
        return found if found.ndim else int(found)


class flat_loss(Criterion):
    """The loss changed, over a pass, by at most tolerance relative to its size: |F − F₋| ≤ tol·|F₋|."""

    def measure(self, model, theta, X, y):
        return model.loss(theta, X, y)

    def small(self, now, before):
        return abs(now - before) <= self.tolerance * abs(before)


class small_gradient(Criterion):
    """The gradient's length on the fixed rows is at most tolerance: ‖∇F(θ)‖ ≤ tol."""

    def measure(self, model, theta, X, y):
        return np.linalg.norm(model.gradient(theta, X, y), axis=-1)

    def small(self, now, before):
        return now <= self.tolerance


class small_update(Criterion):
    """The parameters moved, over a pass, by at most tolerance: ‖θ − θ₋‖ ≤ tol·max(1, ‖θ₋‖).

    A small β or rate fools it: the steps are short although the minimum is far.
    """

    def measure(self, model, theta, X, y):
        return theta

    def small(self, now, before):
        scale = np.maximum(1, np.linalg.norm(before, axis=-1))
        return np.linalg.norm(now - before, axis=-1) <= self.tolerance * scale
