"""Grouping: which rows belong together. Every function returns `Groups`, uneven sizes included.

Of n rows each stands in exactly one group. `random` and `stratified` make groups that resemble the
whole; `contiguous`, `by_label`, `by_source` and `by_time` make groups that differ from it.
"""

import numpy as np

from . import checks


class Groups(tuple):
    """A tuple of index arrays, one a group; prints as a small table.

    Args:
        members: for each group the row numbers, at least one.
        names: for each group a word for the table; those left out are empty.
    """

    names: tuple[str, ...]

    def __new__(cls, members, names=()):
        if isinstance(members, Groups):
            return members
        try:
            self = super().__new__(cls, map(np.asarray, members))
        except (TypeError, ValueError):
            raise TypeError(f"groups must be index arrays, one a group, got {members!r}") from None
        if not self:
            raise ValueError("groups must hold at least one group, got none")
        for g, rows in enumerate(self):
            if rows.ndim != 1 or not len(rows) or rows.dtype.kind not in "iu" or rows.min() < 0:
                raise ValueError(f"group {g} must hold row numbers ≥ 0, at least one, got {rows!r}")
        self.names = (*map(str, names), *[""] * len(self))[: len(self)]
        return self

    @property
    def sizes(self):
        """Rows in each group, (G,)."""
        return np.array([len(rows) for rows in self])

    def __repr__(self):
        share = self.sizes / self.sizes.sum()
        lines = [f"{len(self)} groups of {self.sizes.sum()} rows", "group  rows  share  "]
        for g, rows in enumerate(self[:12]):
            lines.append(f"{g:5d} {len(rows):5d} {share[g]:6.1%}  {self.names[g]}".rstrip())
        return "\n".join(lines + ["    …"] * (len(self) > 12))


def random(n_samples, n_groups, seed=0):
    """Shuffle the rows and cut them into groups whose sizes differ by at most one.

    Args:
        n_samples: number of rows, at least 1.
        n_groups: in 1..n_samples.
        seed: of the shuffle, a whole number ≥ 0.

    Raises:
        ValueError, TypeError: if a count is out of its range or not whole.

    >>> random(10, 3).sizes
    array([4, 3, 3])
    """
    checks.count("n_samples", n_samples)
    checks.count("seed", seed, 0)
    return Groups(_cut(np.random.default_rng(seed).permutation(n_samples), n_groups))


def contiguous(n_samples, n_groups):
    """Cut the rows as they lie, 0 … n−1, into groups whose sizes differ by at most one.

    >>> contiguous(5, 2)[0]
    array([0, 1, 2])
    """
    checks.count("n_samples", n_samples)
    return Groups(_cut(np.arange(n_samples), n_groups))


def stratified(y, n_groups, seed=0):
    """Deal the rows of each label round like cards, so that every group holds nearly the same mix.

    Args:
        y: labels, (n,).
        n_groups: in 1..n.
        seed: of the shuffle within a label, a whole number ≥ 0.

    Raises:
        ValueError, TypeError: if y is not one axis of known labels, or n_groups is out of its range.

    >>> y = np.array([0, 0, 0, 0, 1, 1])
    >>> [y[rows].tolist() for rows in stratified(y, 2)]
    [[0, 0, 1], [0, 0, 1]]
    """
    _, y = checks.kinds("y", y)
    checks.count("n_groups", n_groups, 1, len(y), "n_samples")
    checks.count("seed", seed, 0)
    shuffled = np.random.default_rng(seed).permutation(len(y))
    dealt = shuffled[np.argsort(y[shuffled], kind="stable")]
    return Groups(dealt[g::n_groups] for g in range(n_groups))


def by_label(y, n_groups=None):
    """One group a label; with n_groups, sort the rows by label and cut (the worst case of sorting).

    >>> by_label(["b", "a", "b"]).names
    ('a', 'b')
    """
    return _by("y", y, n_groups)


def by_source(source, n_groups=None):
    """One group a source (an island, a carrier, a hospital); with n_groups, sort by source and cut."""
    return _by("source", source, n_groups)


def by_time(time, n_groups=None):
    """One group a time (a year, a date); with n_groups, sort by time and cut into equal stretches."""
    return _by("time", time, n_groups)


def _by(name, values, n_groups):
    kinds, code = checks.kinds(name, values)
    if n_groups is not None:
        return Groups(_cut(np.argsort(code, kind="stable"), n_groups))
    return Groups([np.flatnonzero(code == c) for c in range(len(kinds))], kinds)


def _cut(order, n_groups):
    checks.count("n_groups", n_groups, 1, len(order), "n_samples")
    return np.array_split(order, n_groups)
