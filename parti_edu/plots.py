"""Figures that stay still: History → matplotlib Axes. Each one carries its alt text as the Axes' label."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator

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

    Raises:
        ValueError: if against is neither, or there are more runs than can be told apart.
    """
    checks.one_of("against", against, ("passes", "rounds"))
    styled, ends = _styled("runs", runs), []
    ax = ax or _axes()
    for (words, run), colour, style in styled:
        x = run.rounds if against == "rounds" else run.passes
        loss = run.loss(data)
        ax.plot(x, loss, style, color=colour, label=words)
        ends.append(f"{words} ends at {loss[-1]:.3g}")
    ax.set(xlabel="rounds" if against == "rounds" else "passes over the data", ylabel="loss")
    ax.legend(frameon=False)
    return _with_alt(ax, f"Loss against {against}: " + ", ".join(ends) + ".")


def curves(lines, x_label, y_label, *, log="", dots=(), ax=None):
    """Lines of any two quantities.

    Args:
        lines: words → (x, y), two arrays each, at most four.
        x_label, y_label: words for the axes.
        log: which axes are logarithmic: "", "x", "y" or "xy".
        dots: the words of those to draw as dots without a line.
        ax: Axes to draw on; new ones by default.

    Raises:
        ValueError: if log is none of these, or there are more lines than can be told apart.
    """
    checks.one_of("log", log, ("", "x", "y", "xy"))
    styled, ends = _styled("lines", lines), []
    ax = ax or _axes()
    for (words, (x, y)), colour, style in styled:
        ax.plot(x, y, "o" if words in dots else style, color=colour, label=words)
        ends.append(f"{words} goes from {y[0]:.3g} to {y[-1]:.3g}")
    ax.set(xlabel=x_label, ylabel=y_label, **{f"{axis}scale": "log" for axis in log})
    for axis in (ax.xaxis, ax.yaxis):
        low, high = axis.get_view_interval()
        if axis.get_scale() == "log" and high < 100 * low:  # too short for powers of ten
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter("{x:g}")
            axis.set_minor_formatter("")
    ax.legend(frameon=False)
    return _with_alt(ax, f"{y_label} against {x_label}: " + ", ".join(ends) + ".")


def path_on_contours(runs, data=None, *, ax=None, span=None):
    """The path of a model's two parameters on the contours of its loss.

    Args:
        runs: words → History of one model with P = 2, at most four.
        data: the rows of the loss; None for a surface.
        ax: Axes to draw on; new ones by default.
        span: ((low, high), (low, high)) of the two parameters; around the paths by default.

    Raises:
        ValueError: if a run has not two parameters and one configuration, or there are more runs than can be
            told apart.
    """
    styled, ends = _styled("runs", runs), []
    for words, run in runs.items():
        if run.theta.shape[1:] != (2,):
            raise ValueError(f"runs[{words!r}] must have theta of shape (K, 2), got {run.theta.shape}")
    states = np.concatenate([run.theta for run in runs.values()])
    if span is None:
        low, high = states.min(0), states.max(0)
        margin = 0.15 * np.maximum(high - low, 1e-3)
        span = list(zip(low - margin, high + margin, strict=True))
    model = next(iter(runs.values())).model
    across, up, loss = loss_surface(model, data, *span)
    levels = loss.min() + np.ptp(loss) * np.linspace(0.02, 1, 14) ** 2
    ax = ax or _axes()
    ax.contour(across, up, loss, levels, colors="0.75")
    for (words, run), colour, style in styled:
        ax.plot(*run.theta.T, style, color=colour, label=words, marker=".", markersize=4)
        ends.append(f"{words} ends at ({run.final[0]:.2f}, {run.final[1]:.2f})")
    ax.set(xlabel="parameter 1", ylabel="parameter 2")
    ax.legend(frameon=False)
    return _with_alt(ax, "Path of two parameters on the loss contours: " + ", ".join(ends) + ".")


def loss_surface(model, data, across, up, n=60):
    """The loss on an n × n grid of two parameters.

    Args:
        model: of P = 2 parameters.
        data: the rows of the loss; None for a surface.
        across, up: (low, high) of the first and of the second parameter.
        n: points along each.

    Returns:
        The points of the first parameter (n,) and of the second (n,); the losses (n, n), a row for each of
        the second, upwards.
    """
    across, up = np.linspace(across[0], across[1], n), np.linspace(up[0], up[1], n)
    mesh = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    X, y = checks.rows(data, model, n_parameters=2)
    return across, up, model.loss(mesh, X, y).reshape(n, n)


def group_composition(groups, labels, *, ax=None):
    """What each group is made of: a bar a group, a segment a label.

    Args:
        groups: Groups of the rows.
        labels: (n,), at most four kinds.
        ax: Axes to draw on; new ones by default.

    Raises:
        ValueError: if there are more kinds than can be told apart.
    """
    kinds = np.unique(labels)
    if len(kinds) > len(COLOURS):
        raise ValueError(f"labels must be of at most {len(COLOURS)} kinds, got {len(kinds)}")
    ax = ax or _axes()
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


def gradient_arrows(gradients, *, labels=("slope of parameter 1", "slope of parameter 2"), ax=None):
    """Gradients in two parameters as arrows from the origin, a unit as long across as upwards.

    Args:
        gradients: words → (2,), at most four.
        labels: words for the two axes.
        ax: Axes to draw on; new ones by default.

    Raises:
        ValueError: if a gradient has not two parameters, or there are more than can be told apart.
    """
    styled, ends = _styled("gradients", gradients), []
    ax = ax or _axes()
    for (words, gradient), colour, style in styled:
        if np.shape(gradient) != (2,):
            raise ValueError(f"gradients[{words!r}] must have shape (2,), got {np.shape(gradient)}")
        x, y = gradient
        ax.plot([0, x], [0, y], style, color=colour, label=words)
        ax.annotate(
            "", (x, y), (0.9 * x, 0.9 * y), arrowprops={"arrowstyle": "-|>", "color": colour, "shrinkB": 0}
        )
        ends.append(f"{words} ({x:.2f}, {y:.2f})")
    ax.set(xlabel=labels[0], ylabel=labels[1], aspect="equal")
    ax.margins(0.15)
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return _with_alt(ax, "Gradients as arrows from the origin: " + ", ".join(ends) + ".")


def spread_map(values, rows, columns, *, label, x_label, ax=None):
    """Medians over repetitions, a cell for each row and column, with the lowest and the highest value.

    Args:
        values: (S, R, C) of S repetitions, finite and above 0; a cell is the fuller, the higher its median.
        rows, columns: words, R and C of them.
        label, x_label: words for the values and for the columns.
        ax: Axes to draw on; new ones by default.

    Raises:
        ValueError: if values has another shape, or is not finite and above 0.
    """
    values = checks.array("values", values, 3)
    if values.shape[1:] != (len(rows), len(columns)):
        raise ValueError(f"values must have shape (S, {len(rows)}, {len(columns)}), got {values.shape}")
    if values.min() <= 0:
        raise ValueError(f"values must be above 0, got {values.min()}")
    ax = ax or _axes()
    low, middle, high = values.min(0), np.median(values, axis=0), values.max(0)
    height = np.log(middle / middle.min()) / max(np.log(middle.max() / middle.min()), 1e-9)
    for (i, j), full in np.ndenumerate(height):
        across = j / len(columns), (j + 1) / len(columns)
        ax.axhspan(i - 0.5, i + 0.5, *across, facecolor=COLOURS[0], alpha=full / 2, linewidth=0)
        text = f"{middle[i, j]:.3g}\n{low[i, j]:.3g}–{high[i, j]:.3g}"
        ax.text(j, i, text, ha="center", va="center", fontsize=9)
    ax.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5), xlabel=x_label, title=label)
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(rows)), rows)
    ends = [f"{row} from {m[0]:.3g} to {m[-1]:.3g}" for row, m in zip(rows, middle, strict=True)]
    return _with_alt(ax, f"{label}, median by {x_label} {columns[0]} to {columns[-1]}: {', '.join(ends)}.")


def images(pictures, *, ax=None):
    """Small images beside each other, each drawn from its lowest number (light) to its highest (dark).

    Args:
        pictures: words → image (h, w), at least one.
        ax: Axes to draw on; new ones by default.

    Raises:
        ValueError: if there is no image, or one has not two axes or is not finite.
    """
    checks.count("the number of pictures", len(pictures))
    ax = ax or _axes(height=7.5 / max(3, len(pictures)))
    for i, (words, picture) in enumerate(pictures.items()):
        picture = checks.array(f"pictures[{words!r}]", picture, 2)
        place = 1.1 * i, 1.1 * i + 1, 0, picture.shape[0] / picture.shape[1]
        ax.imshow(picture, cmap="gray_r", extent=place, interpolation="nearest")
        ax.text(1.1 * i + 0.5, -0.06, words, ha="center", va="top")
    ax.set(xlim=(0, 1.1 * len(pictures) - 0.1), ylim=(-0.25, place[-1]), aspect="equal")
    ax.axis("off")
    return _with_alt(ax, f"Images, from left to right: {', '.join(pictures)}.")


def _styled(name, entries):
    """(words, what they name), colour and line style of each entry, if all can be told apart."""
    if len(entries) > len(COLOURS):
        raise ValueError(f"{name} must be at most {len(COLOURS)}, got {len(entries)}")
    return zip(entries.items(), COLOURS, STYLES, strict=False)


def _axes(height=3.8):
    return plt.subplots(
        figsize=(6.4, height), layout="constrained", facecolor="none", subplot_kw={"facecolor": "none"}
    )[1]


def _with_alt(ax, alt):
    ax.set_label(alt)
    return ax
