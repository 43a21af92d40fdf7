"""Picking: what happens in round 1, 2, 3, ….

A round is a tuple of `Pick`s. Every pick starts at the round's start and walks its groups in order:

    (Pick((2,)),)                          one group
    (Pick((0,)), Pick((1,)), Pick((2,)))   three groups side by side, merged at the end
    (Pick((0, 1, 2)),)                     three groups in sequence: a walk
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count, cycle
from typing import NamedTuple

import numpy as np

from . import checks
from .grouping import Groups


class Pick(NamedTuple):
    """Groups to walk in order, and the block of parameters that may move.

    groups: group numbers, a tuple of ints.
    block: boolean mask (P,), True where a parameter may move; None for all of them.
    """

    groups: tuple[int, ...]
    block: np.ndarray | None = None


@dataclass(frozen=True)
class Picks:
    """An endless sequence of rounds that starts afresh at every `iter`.

    name: the rule and its settings, for the record.
    rounds_per_pass: rounds that visit each group once on average, at least 1.
    n_groups: the number of groups that are picked from.
    start: a function without arguments that gives the rounds from the first one.
    """

    name: str
    rounds_per_pass: int
    n_groups: int
    start: Callable[[], Iterator[tuple[Pick, ...]]] = field(repr=False)

    def __iter__(self):
        return self.start()


def cyclic(groups):
    """One group a round, in order: 0, 1, …, G−1, 0, 1, …

    >>> [pick.groups for (pick,), _ in zip(cyclic([[0], [1]]), range(3))]
    [(0,), (1,), (0,)]
    """
    n = len(Groups(groups))
    return Picks("cyclic", n, n, lambda: cycle((Pick((g,)),) for g in range(n)))


def reshuffled(groups, seed=0):
    """One group a round, every group once a pass, in a new random order each pass.

    Source: Mishchenko, Khaled & Richtárik 2020, Random Reshuffling (NeurIPS).
    """
    n = len(Groups(groups))
    return Picks(f"reshuffled, seed {seed}", n, n, _drawn(seed, lambda rng: rng.permutation(n)[:, None]))


def random(groups, seed=0, by_size=False):
    """One group a round, drawn with replacement.

    With equal chances the picked gradient is an unbiased estimate of the full one only if all
    groups are of one size; with `by_size` the chance is in proportion to size, and it always is.
    """
    n, weights = len(Groups(groups)), Groups(groups).sizes if by_size else np.ones(len(groups))
    start = _drawn(seed, lambda rng: rng.choice(n, size=(n, 1), p=weights / weights.sum()))
    return Picks(f"random, seed {seed}" + ", by size" * bool(by_size), n, n, start)


def stratified(groups, strata, seed=0):
    """One group from each stratum a round, side by side: the picked groups stay representative.

    Args:
        groups: the groups, G of them.
        strata: for each group the stratum that it belongs to, (G,).
        seed: of the draw, with replacement, within a stratum.

    Raises:
        ValueError, TypeError: if strata has not one entry a group.
    """
    n, (kinds, strata) = len(Groups(groups)), checks.kinds("strata", strata)
    if len(strata) != n:
        raise ValueError(f"strata must have one entry a group, ({n},), got {strata.shape}")
    members = [np.flatnonzero(strata == s) for s in range(len(kinds))]
    start = _drawn(seed, lambda rng: [[rng.choice(m) for m in members]])
    return Picks(f"stratified, seed {seed}", max(1, round(n / len(members))), n, start)


def all_groups(groups):
    """Every group every round, side by side (local SGD, federated averaging)."""
    n = len(Groups(groups))
    every = tuple(Pick((g,)) for g in range(n))
    return Picks("all_groups", 1, n, lambda: cycle([every]))


def walks(groups, length):
    """`length` groups a round in sequence: 0 … length−1, then on from there, wrapping at the end.

    One local step on each is merging once in `length` mini-batches.

    Raises:
        ValueError, TypeError: if length is not a whole number in 1..G.

    >>> [pick.groups for (pick,), _ in zip(walks([[0], [1], [2]], 2), range(3))]
    [(0, 1), (2, 0), (1, 2)]
    """
    n = len(Groups(groups))
    checks.count("length", length, 1, n, "number of groups")

    def rounds():
        return ((Pick(tuple((start + i) % n for i in range(length))),) for start in count(0, length))

    return Picks(f"walks of {length}", max(1, round(n / length)), n, rounds)


def blocks(n_parameters, n_blocks, groups, side_by_side=False):
    """Partial in the parameters: each pick moves one block of consecutive parameters.

    One block a round by default, all blocks on one group before the next group (block coordinate
    descent, when there is one group). With `side_by_side` all blocks in each round, one group a
    round: merge them with `sum_of_blocks`, since each moves its own coordinates. A pass moves every
    block on every group.

    Args:
        n_parameters: P, at least 1.
        n_blocks: in 1..P; sizes differ by at most one.
        groups: the groups, visited in order.

    Raises:
        ValueError, TypeError: if a count is out of its range or not whole.
    """
    checks.count("n_parameters", n_parameters)
    checks.count("n_blocks", n_blocks, 1, n_parameters, "n_parameters")
    owner = np.repeat(np.arange(n_blocks), [len(b) for b in np.array_split(range(n_parameters), n_blocks)])
    n = len(Groups(groups))
    turns = [[Pick((g,), owner == b) for b in range(n_blocks)] for g in range(n)]
    rounds = [tuple(turn) for turn in turns] if side_by_side else [(p,) for turn in turns for p in turn]
    name = f"{n_blocks} blocks" + " side by side" * bool(side_by_side)
    return Picks(name, len(rounds), n, lambda: cycle(rounds))


def _drawn(seed, draw):
    """Rounds without end: draw(rng) gives some of them, each the numbers of groups side by side."""
    checks.count("seed", seed, 0)

    def rounds():
        rng = np.random.default_rng(seed)
        while True:
            yield from (tuple(Pick((int(g),)) for g in side_by_side) for side_by_side in draw(rng))

    return rounds
