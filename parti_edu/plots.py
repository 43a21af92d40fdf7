"""Figures that stay still: History → matplotlib Axes. Each one carries its alt text as the Axes' label."""

import matplotlib.pyplot as plt
import numpy as np

from . import checks

# Name → (on a light page, on a dark page). Blue, orange and green after Okabe & Ito (2008), darkened or
# lightened until each stands out from its page; "ink" is the page's own.
PALETTE = {
    "ink": ("currentColor", "currentColor"),
    "blue": ("#0072B2", "#56B4E9"),
    "orange": ("#C65200", "#F0A030"),
    "green": ("#007A5A", "#2CC295"),
    "purple": ("#A23B80", "#E09CC8"),
}
COLOURS = [light for name, (light, _) in PALETTE.items() if name != "ink"]
STYLES = ["-", "--", "-.", ":"]


def loss_curves(runs, data, *, against="passes", ax=None):
    """The loss of finished runs on fixed rows, one line each.

    Args:
        runs: words → History, at most four.
        data: the rows the loss is computed on.
        against: "passes" over the data (the cost) or "rounds".
        ax: Axes to draw on; new ones by default.

    Returns:
        The Axes, with the alt text as label.
    """
    ax = ax or _axes()
    ends = []
    for (words, run), colour, style in zip(runs.items(), COLOURS, STYLES, strict=False):
        x = run.rounds if against == "rounds" else run.passes
        loss = run.loss(data)
        ax.plot(x, loss, style, color=colour, label=words)
        ends.append(f"{words} ends at {loss[-1]:.3g}")
    ax.set(xlabel="rounds" if against == "rounds" else "passes over the data", ylabel="loss")
    ax.legend(frameon=False)
    return _with_alt(ax, f"Loss against {against}: " + ", ".join(ends) + ".")


def path_on_contours(runs, data=None, *, ax=None, span=None):
    """The path of a model's two parameters on the contours of its loss.

    Args:
        runs: words → History of one model with P = 2, at most four.
        data: the rows of the loss; None for a surface.
        ax: Axes to draw on; new ones by default.
        span: ((low, high), (low, high)) of the two parameters; around the paths by default.

    Raises:
        ValueError: if a run has not two parameters and one configuration.
    """
    ax = ax or _axes()
    for words, run in runs.items():
        if run.theta.shape[1:] != (2,):
            raise ValueError(f"runs[{words!r}] must have theta of shape (K, 2), got {run.theta.shape}")
    states = np.concatenate([run.theta for run in runs.values()])
    if span is None:
        low, high = states.min(0), states.max(0)
        margin = 0.15 * np.maximum(high - low, 1e-3)
        span = list(zip(low - margin, high + margin, strict=True))
    model = next(iter(runs.values())).model
    across, down, loss = loss_surface(model, data, span[0], span[1])
    lowest = loss.min()
    ax.contour(
        across, down, loss, lowest + (loss.max() - lowest) * np.linspace(0.02, 1, 14) ** 2, colors="0.75"
    )
    ends = []
    for (words, run), colour, style in zip(runs.items(), COLOURS, STYLES, strict=False):
        ax.plot(*run.theta.T, style, color=colour, label=words, marker=".", markersize=4)
        ends.append(f"{words} ends at ({run.final[0]:.2f}, {run.final[1]:.2f})")
    ax.set(xlabel="parameter 1", ylabel="parameter 2")
    ax.legend(frameon=False)
    return _with_alt(ax, "Path of two parameters on the loss contours: " + ", ".join(ends) + ".")


def loss_surface(model, data, across, down, n=60):
    """The loss on an n × n grid of two parameters: (n,), (n,), (n, n) with rows downwards."""
    across, down = np.linspace(across[0], across[1], n), np.linspace(down[0], down[1], n)
    mesh = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)
    X, y = checks.rows(data, model, n_parameters=2)
    return across, down, model.loss(mesh, X, y).reshape(n, n)


def group_composition(groups, labels, *, ax=None):
    """What each group is made of: a bar a group, a segment a label.

    Args:
        groups: Groups of the rows.
        labels: (n,), at most four kinds.
        ax: Axes to draw on; new ones by default.

    Raises:
        ValueError: if there are more kinds than can be told apart.
    """
    ax = ax or _axes()
    kinds = np.unique(labels)
    if len(kinds) > len(COLOURS):
        raise ValueError(f"labels must be of at most {len(COLOURS)} kinds, got {len(kinds)}")
    counts = np.array([[(np.asarray(labels)[rows] == kind).sum() for kind in kinds] for rows in groups])
    bottom = np.zeros(len(groups))
    for kind, column, colour, hatch in zip(kinds, counts.T, COLOURS, ("", "//", "..", "xx"), strict=False):
        ax.bar(
            range(len(groups)),
            column,
            bottom=bottom,
            color=colour,
            hatch=hatch,
            edgecolor="w",
            label=str(kind),
        )
        bottom += column
    ax.set(xlabel="group", ylabel="rows")
    ax.legend(frameon=False, ncols=len(kinds), loc="lower center", bbox_to_anchor=(0.5, 1))
    share = counts / counts.sum(1, keepdims=True)
    spread = ", ".join(f"{k} {s.min():.0%} to {s.max():.0%}" for k, s in zip(kinds, share.T, strict=True))
    return _with_alt(ax, f"Rows of {len(groups)} groups by label. Share in a group: {spread}.")


def step_size_map(beta, lr, values, *, label, ax=None):
    """A map over merge coefficient and rate; what is not finite (diverged) stays blank and hatched.

    Args:
        beta, lr: the axes' values, (B,) and (L,), both increasing.
        values: (B, L), for instance the last loss.
        label: words for the values.
        ax: Axes to draw on; new ones by default.

    Raises:
        ValueError: if values has another shape than (B, L).
    """
    ax = ax or _axes()
    values = np.asarray(values, float)
    if values.shape != (len(beta), len(lr)):
        raise ValueError(f"values must have shape ({len(beta)}, {len(lr)}), got {values.shape}")
    known = np.where(np.isfinite(values), values, np.nan)
    ax.set_facecolor("0.9")
    ax.patch.set_hatch("xx")
    image = ax.pcolormesh(lr, beta, known, cmap="cividis", shading="nearest", rasterized=True)
    ax.figure.colorbar(image, ax=ax, label=label)
    ax.set(xscale="log", xlabel="learning rate", ylabel="merge coefficient β")
    row, column = np.unravel_index(np.nanargmin(known), known.shape)
    best = f"lowest, {known[row, column]:.3g}, at β = {beta[row]:.2g} and rate {lr[column]:.2g}"
    return _with_alt(ax, f"{label} over rate and β: {best}; {np.isnan(known).sum()} cells diverged.")


def _axes():
    return plt.subplots(
        figsize=(6.4, 3.8), layout="constrained", facecolor="none", subplot_kw={"facecolor": "none"}
    )[1]


def _with_alt(ax, alt):
    ax.set_label(alt)
    return ax
