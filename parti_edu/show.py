"""How a lesson shows things: a figure with alt text and caption, a picture, a piece of source."""

import ast
import inspect
import io
import textwrap
from html import escape

import numpy as np

from .plots import PALETTE


def figure(ax, caption):
    """Show the figure of these Axes once, with alt text (see `described`) and a caption sentence.

    It is shown as SVG; its black follows the page's text and its accents the page's theme.
    """
    import matplotlib.pyplot as plt

    file = io.StringIO()
    with plt.rc_context({"svg.fonttype": "none"}):
        ax.figure.savefig(file, format="svg")
    plt.close(ax.figure)
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :].replace("#000000", "currentColor")
    themed = "".join(f"--{name}:{light};" for name, (light, _) in PALETTE.items())
    dark = "".join(f"--{name}:{dark};" for name, (_, dark) in PALETTE.items())
    for name, (light, _) in PALETTE.items():
        svg = svg.replace(light.lower(), f"var(--{name})")
    style = (
        f"<style>.parti-figure{{{themed}}}[data-jp-theme-light=false] .parti-figure{{{dark}}}"
        ".parti-figure text{fill:currentColor}</style>"
    )
    alt = escape(described(ax))
    svg = svg.replace("<svg", f'<svg class="parti-figure" role="img" aria-label="{alt}"', 1)
    return picture(svg.replace(">", f">{style}", 1), caption)


def described(ax):
    """The alt text of Axes: their label, or title, axes and ends of each line; then where a line turns."""
    from matplotlib.contour import ContourSet

    lines = {line.get_label(): np.asarray(line.get_xydata(), float) for line in ax.lines}
    lines = {words: at[np.isfinite(at).all(1)] for words, at in lines.items() if words[:1] != "_"}
    lines = {words: at for words, at in lines.items() if len(at)}
    told = ax.get_label()
    if not told:
        names = " against ".join(filter(None, (ax.get_ylabel(), ax.get_xlabel())))
        ends = [f"{words} goes from {at[0, 1]:.3g} to {at[-1, 1]:.3g}" for words, at in lines.items()]
        head = ": ".join(filter(None, (ax.get_title(), names)))
        told = ": ".join(filter(None, (head, ", ".join(ends)))) + "."
    if any(isinstance(drawn, ContourSet) for drawn in ax.collections):  # a line is a path there
        return told
    turns = [f"{words} {turn}" for words, at in lines.items() if (turn := _turns(*at.T))]
    return " ".join([told, *([", ".join(turns) + "."] if turns else [])])


def _turns(x, y):
    """Where a line over increasing x is lowest and highest, if that is not at an end."""
    if np.any(np.diff(x) < 0):
        return ""
    inside = {"lowest": y.argmin(), "highest": y.argmax()}
    low, high = sorted((y[0], y[-1]))
    there = [f"{word}, {y[i]:.3g}, at {x[i]:.3g}" for word, i in inside.items() if not low <= y[i] <= high]
    return f"is {' and '.join(there)}" if there else ""


def picture(svg, caption):
    """Show an SVG string with a caption sentence."""
    from IPython.display import HTML

    return HTML(f'<figure style="margin:0">{svg}<figcaption>{escape(caption)}</figcaption></figure>')


def source(thing):
    """Show the source of a function or class as it stands in the package, without its docstring."""
    from IPython.display import Code

    text = textwrap.dedent(inspect.getsource(thing))
    lines, definition = text.splitlines(), ast.parse(text).body[0]
    assert isinstance(definition, ast.FunctionDef | ast.ClassDef)
    if ast.get_docstring(definition):
        doc = definition.body[0]
        assert doc.end_lineno is not None
        after = doc.end_lineno + (not lines[doc.end_lineno].strip())
        del lines[doc.lineno - 1 : after]
    return Code("\n".join(lines), language="python")
