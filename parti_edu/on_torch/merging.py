"""Merging: from the round's start and its trials to the merged state.

First combine the trials into one; then blend the result with a state that is older. A rule has
`init(theta)`, what it remembers before round 1, and `merge(start, trials, sizes, memory)`, which gives
the merged θ and the new memory. beta is a number, an array (C, 1) or a function of the round.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import checks
from .optimizers import Placed, of_this_package


def weighted_mean(start, trials, sizes):
    """Mean of the trials, weighted by the rows that each has seen.

    After one gradient-descent step each, this is the step on all the rows together.
    """
    if len(trials) == 1:
        return trials[0]
    return sum(n * trial for n, trial in zip(sizes, trials, strict=True)) / sum(sizes)


def mean(start, trials, sizes):
    """Mean of the trials, each with the same weight."""
    return sum(trials) / len(trials)


def sum_of_blocks(start, trials, sizes):
    """start + Σ(trial − start): for trials that moved different blocks of the parameters."""
    return start + sum(trial - start for trial in trials)


class Rule(Placed):
    """What the merge rules share: settings that are checked, and a repr that names `combine`."""

    combine: Callable

    def __post_init__(self):
        super().__post_init__()
        checks.role("combine", self.combine, "__call__", "a function such as weighted_mean")

    def __repr__(self):
        words = {name: getattr(value, "__name__", value) for name, value in vars(self).items()}
        return f"{type(self).__name__}({', '.join(f'{k}={v}' for k, v in words.items() if k[0] != '_')})"


@dataclass(frozen=True, eq=False, repr=False)
class blend(Rule):
    """θ = β·θ′ + (1 − β)·start: the combined trial θ′, blended with the round's start.

    Args:
        beta: merge coefficient, in [0, 1]; 1 keeps the trial, 0 keeps the start.
        combine: `weighted_mean`, `mean` or `sum_of_blocks`.

    Raises:
        ValueError, TypeError: if beta is out of its range.

    >>> import torch
    >>> blend(.5).merge(torch.tensor([2.0]), [torch.tensor([4.0])], [1], None)[0]
    tensor([3.])
    """

    beta: Any = 1.0
    combine: Callable = weighted_mean
    ranges = {"beta": (0, 1)}

    def init(self, theta):
        return None

    def merge(self, start, trials, sizes, memory):
        trial = self.combine(start, trials, sizes)
        return self.beta * trial + (1 - self.beta) * start, memory


class blend_previous(blend):
    """θ_k = β·θ′ + (1 − β)·θ_{k−2}: blended with the state one round before the start, θ_{−1} = θ_0.

    This is heavy-ball with negative momentum −(1 − β) and rate βα (see Gidel et al. 2019, AISTATS).

    Args:
        beta, combine: as for `blend`.
    """

    def init(self, theta):
        return theta

    def merge(self, start, trials, sizes, memory):
        trial = self.combine(start, trials, sizes)
        return self.beta * trial + (1 - self.beta) * memory, start


@dataclass(frozen=True, eq=False, repr=False)
class outer(Rule):
    """A step of an optimizer on the pseudo-gradient start − θ′, where θ′ is the combined trial.

    With gradient descent and lr = β it is `blend`; with momentum it is FedAvgM (Hsu et al. 2019),
    with Nesterov momentum DiLoCo's outer step (Douillard et al. 2023, arXiv 2311.08105).

    Args:
        optimizer: any of the four, with its own rate.
        combine: as for `blend`.
    """

    optimizer: Any
    combine: Callable = weighted_mean

    def __post_init__(self):
        super().__post_init__()
        checks.role("optimizer", self.optimizer, "step", "an optimizer such as Momentum(lr=1.0)")
        of_this_package("optimizer", self.optimizer)

    def on(self, theta):
        return self._with({"optimizer": self.optimizer.on(theta)})

    def at(self, k):
        optimizer = self.optimizer.at(k)
        return self if optimizer is self.optimizer else self._with({"optimizer": optimizer})

    def init(self, theta):
        return self.optimizer.init(theta)

    def merge(self, start, trials, sizes, memory):
        return self.optimizer.step(start, start - self.combine(start, trials, sizes), memory)
