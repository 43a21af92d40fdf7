"""Pictures of what a classifier gets right and wrong."""

import numpy as np

from ... import checks, plots


def confusion_map(counts, names, *, ax=None):
    """A confusion matrix as a map: a row for what it is, a column for what it was taken for.

    A cell is the fuller, the larger its share of its row; counts stand in all cells that are not 0.

    Args:
        counts: (n_classes, n_classes), see `metrics.confusion`.
        names: of the classes.
        ax: Axes to draw on; new ones by default.

    Returns:
        The Axes, with the three largest confusions as alt text.

    Raises:
        ValueError: if counts is not square, or has another number of classes than names.
    """
    import matplotlib.pyplot as plt

    counts = checks.array("counts", counts, 2)
    n = len(names)
    if counts.shape != (n, n):
        raise ValueError(f"counts must have shape ({n}, {n}), one row a name, got {counts.shape}")
    if ax is None:
        size, clear = (6.4, 4.6), {"facecolor": "none"}
        ax = plt.subplots(figsize=size, layout="constrained", facecolor="none", subplot_kw=clear)[1]
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    for (i, j), part in np.ndenumerate(share):
        colour, across = plots.COLOURS[i != j], (j / n, (j + 1) / n)
        ax.axhspan(i - 0.5, i + 0.5, *across, facecolor=colour, alpha=0.55 * part**0.5, linewidth=0)
        if counts[i, j]:
            ax.text(j, i, f"{counts[i, j]:.0f}", ha="center", va="center", fontsize=9)
    ax.set(xlim=(-0.5, n - 0.5), ylim=(n - 0.5, -0.5), xlabel="taken for", ylabel="is")
    ax.set_xticks(range(n), names, rotation=45, ha="right")
    ax.set_yticks(range(n), names)
    ax.set_label(f"Confusion matrix of {n} classes; most often, {_most(counts, names)}.")
    return ax


def _most(counts, names):
    """The three largest confusions in words."""
    off = counts * (1 - np.eye(len(names)))
    places = [np.unravel_index(i, off.shape) for i in np.argsort(-off, axis=None, kind="stable")[:3]]
    return ", ".join(f"{names[i]} taken for {names[j]} ({counts[i, j]:.0f})" for i, j in places)
