"""The merge explorer's picture done the usual way: `interact`, matplotlib, `plt.show()` in the cell."""

from functools import lru_cache

import ipywidgets as w
import matplotlib.pyplot as plt
import numpy as np

from parti_edu.explore import merge
from parti_edu.plots import PALETTE, loss_surface

BLUE, ORANGE = PALETTE["blue"][0], PALETTE["orange"][0]


@lru_cache
def surface():
    """The loss on a grid, computed once, as the explorer's contours are."""
    return loss_surface(merge.MODEL, merge.rows(), *merge.SPAN)


def draw(beta, n_groups, optimizer):
    """Train as the explorer does, then draw its two plots with matplotlib."""
    result = merge.result(merge.State(beta, n_groups, optimizer))
    _, (cost, path) = plt.subplots(1, 2, figsize=(9.6, 3.6), layout="constrained")
    across, down, loss = surface()
    path.contour(across, down, loss - merge.minimum()[1], merge.LEVELS, colors="0.65", linewidths=1)
    own, whole = result.own, result.whole
    runs = [(own, f"β = {beta:g}", BLUE, "-")] + [(whole, "β = 1", ORANGE, "--")] * (beta != 1)
    for run, label, colour, dash in reversed(runs):
        cost.semilogy(run.passes, np.maximum(run.gap, 1e-12), dash, color=colour, label=label)
        path.plot(*run.theta.T, dash, color=colour)
    cost.plot(own.passes[-1], own.gap[-1], "o", color=BLUE)
    path.plot(*own.theta[-1], "o", color=BLUE)
    path.plot(0, 0, "o", mfc="none", color="black")
    path.plot(*merge.minimum()[0], "+", color="black")
    path.annotate("start", (0, 0))
    path.annotate("minimum", merge.minimum()[0])
    cost.set(title="Loss above its minimum", xlabel="passes over the data", ylabel="loss − minimum")
    cost.set(xlim=(0, 1.03 * merge.PASSES), ylim=merge.GAP)
    path.set(title="Path of the two parameters", xlabel=merge.FEATURES_IN_WORDS[0])
    path.set(ylabel=merge.FEATURES_IN_WORDS[1], xlim=merge.SPAN[0], ylim=merge.SPAN[1])
    cost.legend(frameon=False)
    plt.show()


def show():
    """`interact` with the three knobs that the explorer has in sight, opened at its defaults."""
    start, knobs = merge.State(), [knob for knob in merge.KNOBS if not knob.folded]
    made = {}
    for knob in knobs:
        kind = w.SelectionSlider if knob.name != "optimizer" else w.Dropdown
        made[knob.name] = kind(
            options=[(f"{v:g}" if isinstance(v, float) else str(v), v) for v in knob.values],
            value=getattr(start, knob.name),
            description=knob.label,
        )
    w.interact(draw, **made)
