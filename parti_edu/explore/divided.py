"""The picture of what two workers can divide: parameters above, rows below, and who has what."""

from .svg import STYLE

WIDE, HIGH, BAR, APART = 128, 64, 18, 170
WAYS = (  # words, how the parameters are divided, how the rows are
    ("rows", "data parallel", "copied", "rows"),
    ("layers", "model parallel", "cut", "columns"),
    ("storage", "sharded", "cut", "rows"),
    ("tasks", "side by side", "own", "own"),
)
ALT = (
    "Four ways to divide the work among workers 0 and 1. Rows: each has all parameters and half of the rows. "
    "Layers: each has half of the parameters and sees all rows. Storage: each keeps half of the parameters "
    "and half of the rows. Tasks: each has parameters and rows of its own."
)


def division_diagram():
    """Who has what when rows, layers, storage or tasks are divided, as an SVG string."""
    parts = []
    for i, (what, name, parameters, rows) in enumerate(WAYS):
        x = 58 + i * APART
        parts.append(_text(x + WIDE / 2, 16, what, 15, 600) + _text(x + WIDE / 2, 33, name, 12))
        apart = 8 if parameters == "own" else 0
        half = (WIDE - apart) / 2
        if parameters == "copied":
            parts += [_box(x, 42, WIDE, BAR, 0), _box(x, 42 + BAR + 4, WIDE, BAR, 1)]
        else:
            parts += [_box(x, 42, half, 2 * BAR + 4, 0), _box(x + half + apart, 42, half, 2 * BAR + 4, 1)]
        top = 42 + 2 * BAR + 16
        if rows == "rows":
            parts += [_box(x, top, WIDE, HIGH / 2, 0), _box(x, top + HIGH / 2, WIDE, HIGH / 2, 1)]
        else:
            parts += [_box(x, top, half, HIGH, 0), _box(x + half + apart, top, half, HIGH, 1)]
    for y, words in ((66, "θ"), (42 + 2 * BAR + 16 + HIGH / 2 + 5, "rows")):
        parts.append(_text(28, y, words, 14))
    return (
        f'<svg class="parti" viewBox="0 0 {58 + 4 * APART - 30} 168" role="img" aria-label="{ALT}" '
        f'xmlns="http://www.w3.org/2000/svg" style="width:100%;max-width:760px">{STYLE}{"".join(parts)}</svg>'
    )


def _box(x, y, wide, high, worker):
    """A part and the number of the worker that has it; worker 1's is filled."""
    colour, fill = (("blue", 0.08), ("orange", 0.3))[worker]
    return (
        f'<rect class="{colour}" x="{x}" y="{y}" width="{wide}" height="{high}" fill="currentColor" '
        f'fill-opacity="{fill}" stroke="currentColor" stroke-width="1.5"/>'
        + _text(x + wide / 2, y + high / 2 + 5, str(worker), 13)
    )


def _text(x, y, words, size, weight=400):
    style = f"font-size:{size}px;font-weight:{weight}"
    return f'<text x="{x}" y="{y}" text-anchor="middle" style="{style}">{words}</text>'
