"""What a run leaves behind. Losses and accuracies are computed from it afterwards."""

import warnings
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np

from . import checks

TOO_FAR = 1e12  # a parameter beyond this, or not finite, counts as diverged
AT_ONCE = 2**22  # model outputs held at a time when losses are computed: 32 MiB


@dataclass(frozen=True)
class History:
    """A finished run.

    theta: merged states, (K, P), or (K, C, P) for C configurations.
    rounds: the K recorded rounds; 0 is the start.
    sample_gradients: cost so far, one per row per gradient, (K,) or (K, C).
    converged_at, diverged_at: the round, −1 for never; a number or (C,).
    settings: what the run was made with, by argument: `train(data=data, **run.settings)` makes it again,
        given the same rows where `until` looked at others.
    starts, picked, trials: of each recorded round the state it began from, its picks, and the trial
        of each pick; for round 0 the start itself and nothing.
    """

    model: Any = field(repr=False)
    theta: np.ndarray = field(repr=False)
    rounds: np.ndarray = field(repr=False)
    sample_gradients: np.ndarray = field(repr=False)
    converged_at: Any
    diverged_at: Any
    settings: dict
    rounds_per_pass: int = field(repr=False)
    starts: list = field(repr=False)
    picked: list = field(repr=False)
    trials: list = field(repr=False)

    @property
    def final(self):
        """The last state, (P,) or (C, P)."""
        return self.theta[-1]

    @property
    def passes(self):
        """Cost so far in passes over the rows of all groups: sample_gradients / n, (K,) or (K, C)."""
        return self.sample_gradients / self.settings["groups"].sizes.sum()

    def loss(self, data=None):
        """The model's loss, penalty included, on these rows at every recorded round: (K,) or (K, C).

        A surface needs no rows.
        """
        return self._at_every_state(self.model.loss, data)

    def accuracy(self, data):
        """The share of rows predicted right at every recorded round: (K,) or (K, C).

        Raises:
            TypeError: if the model predicts numbers and not classes.
        """
        if not self.model.classifies:
            raise TypeError(f"accuracy must be asked of a classifier, got {self.model!r}")
        return self._at_every_state(lambda t, X, y: (self.model.predict(t, X) == y).mean(-1), data)

    def _at_every_state(self, function, data):
        X, y = checks.rows(data, self.model, n_parameters=self.theta.shape[-1])
        states = self.theta.reshape(-1, self.theta.shape[-1])
        step = max(1, AT_ONCE // len(y))
        with np.errstate(over="ignore", invalid="ignore"):
            parts = [function(states[i : i + step], X, y) for i in range(0, len(states), step)]
        return np.concatenate(parts).reshape(self.theta.shape[:-1])

    def trace(self, rounds=8):
        """Print start, trial and merged state of the first rounds as a table, a line a pick.

        A number is printed as a fraction where that is exact and its denominator at most 4096.

        Raises:
            ValueError: if the run holds several configurations.
        """
        checks.count("rounds", rounds)
        if self.theta.ndim != 2:
            raise ValueError(f"trace must be asked of one configuration, got theta {self.theta.shape}")
        line = "{:>5}  {:>6}  {:>10}  {:>10}  {:>10}".format
        print(line("round", "groups", "start", "trial", "merged"))
        record = zip(self.rounds, self.starts, self.picked, self.trials, self.theta, strict=True)
        for k, start, picked, trials, merged in islice(record, rounds + (self.rounds[0] == 0)):
            for pick, trial in zip(picked, trials, strict=True):
                groups = ",".join(map(str, pick.groups))
                print(line(k, groups, *map(_exact, (start, trial, merged))))


def _exact(theta):
    """A parameter vector as short text: its first three numbers, as exact fractions where possible."""
    words = []
    for value in theta[:3]:
        exact = Fraction(float(value)) if np.isfinite(value) else None
        words.append(str(exact) if exact is not None and exact.denominator <= 4096 else f"{value:.6g}")
    return " ".join(words) + " …" * (len(theta) > 3)


class Recorder:
    """Keeps the record while the loop runs: it freezes configurations that are done.

    record: every k-th round (round 0 and the last one included), or "last".
    look: None, or a function of theta that says which configurations have converged.
    """

    def __init__(self, theta, rounds, record, look, rounds_per_pass):
        self.theta, self.rounds, self.look, self.rounds_per_pass = theta, rounds, look, rounds_per_pass
        self.every = np.inf if record == "last" else record
        self.active: Any = True if theta.ndim == 1 else np.ones((len(theta), 1), dtype=bool)
        self.all_active, self.done, self.spent = True, False, 0 * self.active
        self.converged_at = np.full(theta.shape[:-1], -1)
        self.diverged_at = self.converged_at.copy()
        self.kept = [] if record == "last" else [0, theta, self.spent, theta, (), ()]

    def keep(self, k, picked, trials, merged, work):
        """End round k: freeze who is done, judge, and record. Returns the round's state."""
        start = self.theta
        theta = merged if self.all_active else np.where(self.active, merged, start)
        self.theta, self.spent = theta, self.spent + work * self.active
        flat = theta.ravel()
        if not flat.dot(flat) <= TOO_FAR:  # a cheap first sieve; NaN does not pass it
            self._finish(k, ~(np.abs(theta).max(-1) <= TOO_FAR), self.diverged_at)
        if self.look and k % self.rounds_per_pass == 0:
            self._finish(k, self.look(theta), self.converged_at)
        if k % self.every == 0 or k == self.rounds or self.done:
            self.kept += k, theta, self.spent, start, picked, trials
        return theta

    def _finish(self, k, who, at):
        who = who & (self.converged_at < 0) & (self.diverged_at < 0)
        at[who] = k
        if who.any():
            self.active = self.active & ~who[..., None]
            self.all_active, self.done = False, not self.active.any()

    def history(self, model, settings):
        """The finished run; warns once if a configuration diverged."""
        rounds, states, spent, *steps = (self.kept[i::6] for i in range(6))
        theta = np.array(states)
        cost = np.array(spent).reshape(theta.shape[:-1])
        n_diverged = int((self.diverged_at >= 0).sum())
        if n_diverged:
            of = f" in {n_diverged} of {self.diverged_at.size} configurations" if theta.ndim > 2 else ""
            warnings.warn(f"the run diverged{of}: see diverged_at; a smaller rate helps", stacklevel=3)
        converged, diverged = (a if a.ndim else int(a) for a in (self.converged_at, self.diverged_at))
        ends = np.array(rounds), cost, converged, diverged, settings, self.rounds_per_pass
        return History(model, theta, *ends, *steps)
