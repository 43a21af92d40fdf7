"""How a lesson shows things: a figure with alt text and caption, a picture, a piece of source."""

import ast
import inspect
import io
import textwrap
from html import escape

from .plots import PALETTE


def figure(ax, caption):
    """Show the figure of these Axes once, with their label as alt text and a caption sentence.

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
    alt = escape(ax.get_label())
    svg = svg.replace("<svg", f'<svg class="parti-figure" role="img" aria-label="{alt}"', 1)
    return picture(svg.replace(">", f">{style}", 1), caption)


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
