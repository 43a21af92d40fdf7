"""A small SVG writer: axes with ticks from matplotlib's locators, lines, dots and words.

Lines and letters take `currentColor`, so a picture follows the theme of its page; each accent has a
value for light pages and one for dark pages.
"""

import base64
import io
from functools import lru_cache
from html import escape

import contourpy
import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator
from PIL import Image

from ..plots import PALETTE

WIDTH, HEIGHT = 430, 320
LEFT, RIGHT, TOP, BOTTOM = 56, 14, 34, 46
FAR = 9999.0  # pixels, well outside any picture: a runaway line ends there
KEY = 29  # pixels, the width of a box in a key
SHAPES = {  # of marks, in pixels around their middle
    "square": ((-4, -4), (4, -4), (4, 4), (-4, 4)),
    "triangle": ((-5, 4), (5, 4), (0, -5.5)),
    "diamond": ((-5.5, 0), (0, -5.5), (5.5, 0), (0, 5.5)),
    "circle": tuple((4.5 * np.cos(i * np.pi / 6), 4.5 * np.sin(i * np.pi / 6)) for i in range(12)),
}
RIM = ' style="paint-order:stroke;stroke:var(--jp-layout-color0,Canvas);stroke-width:3px"'
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

_LIGHT = "".join(f".parti .{name}{{color:{light}}}" for name, (light, dark) in PALETTE.items())
_DARK = "".join(f"{{}}.parti .{name}{{color:{dark}}}" for name, (light, dark) in PALETTE.items())
_LETTERS = ".parti{font:12px system-ui,sans-serif}.parti text{fill:currentColor}"
STYLE = f"<style>{_LETTERS}{_LIGHT}{_DARK.replace('{}', '[data-jp-theme-light=false] ')}</style>"


class Plot:
    """Axes of fixed ranges to draw on; `svg(alt)` gives the picture.

    Args:
        title, x_label, y_label: words.
        x, y: (low, high) of each axis, in data units, as tuples.
        log_y, log_x: a logarithmic axis.
        x_ticks, y_ticks: where its ticks stand, as tuples; of their own accord by default.
    """

    def __init__(
        self, title, x_label, y_label, x, y, log_y=False, log_x=False, *, x_ticks=None, y_ticks=None
    ):
        self.scales = x, y, log_y, log_x
        self.inside, self.around = [], [_axes(title, x_label, y_label, *self.scales, x_ticks, y_ticks)]

    def at(self, x, y):
        """Pixels of data points, two arrays, kept within bounds that a browser can draw."""
        return _pixels(x, y, *self.scales)

    def line(self, x, y, colour="ink", width=2.0, dash="", opacity=1.0):
        """A line through the points; it is interrupted where one is not a number."""
        points = np.column_stack(self.at(x, y))
        unknown = np.isnan(points).any(-1)
        stretches = np.split(points, np.flatnonzero(unknown)) if unknown.any() else [points]
        known = [part[np.isfinite(part).all(-1)].tolist() for part in stretches]
        path = [
            "M" + "L".join([f"{across:.1f} {down:.1f}" for across, down in part]) for part in known if part
        ]
        self.path("".join(path), colour, width, dash, opacity)

    def path(self, d, colour="ink", width=2.0, dash="", opacity=1.0):
        """A path in pixels, as `line` makes them."""
        self.inside.append(
            f'<path class="{colour}" d="{d}" fill="none" stroke="currentColor" stroke-width="{width}" '
            f'stroke-dasharray="{dash}" stroke-linejoin="round" stroke-opacity="{opacity}"/>'
        )

    def dots(self, x, y, colour="ink", radius=2.5, hollow=False):
        """A dot at each point; a hollow one is a ring."""
        fill = "none" if hollow else "currentColor"
        for across, down in zip(*self.at(x, y), strict=True):
            if not np.isnan(across + down):
                self.inside.append(
                    f'<circle class="{colour}" cx="{across:.1f}" cy="{down:.1f}" r="{radius}" '
                    f'fill="{fill}" stroke="currentColor" stroke-width="1.5"/>'
                )

    def arrows(self, x, y, colour="ink", width=1.5, shafts=True, opacity=1.0):
        """An arrow from the origin to each point; without its shaft where there are too many."""
        origin, tips = np.column_stack(self.at([0], [0])), np.column_stack(self.at(x, y))
        along = (tips - origin) / np.maximum(np.hypot(*(tips - origin).T), 1e-9)[:, None]
        across = along[:, ::-1] * [-1, 1]
        corners = [tips - 6 * along + 3 * across, tips, tips - 6 * along - 3 * across]
        lines = [corners, [np.broadcast_to(origin, tips.shape), tips]][: 1 + shafts]
        path = [
            "M" + "L".join([f"{a:.1f} {d:.1f}" for a, d in points])
            for line in lines
            for points in np.stack(line, 1).tolist()
        ]
        self.path("".join(path), colour, width, "", opacity)

    def cells(self, x, y, levels, opacities, colour="ink"):
        """A map of equal cells, (rows, columns) from the lower left, each filled as its level says.

        x, y: (low, high) of the whole map. levels: whole numbers from 0 on. opacities: of each level, in
        [0, 1]; 0 draws nothing.
        """
        (left, right), (bottom, top) = self.at(x, y)
        wide, high = (right - left) / levels.shape[1], (bottom - top) / levels.shape[0]
        for level, opacity in enumerate(opacities):
            turns = np.diff(np.pad(levels == level, ((0, 0), (1, 1))).astype(int))
            (rows, firsts), (_, ends) = np.nonzero(turns == 1), np.nonzero(turns == -1)
            path = [
                f"M{left + first * wide:.1f} {bottom - row * high:.1f}V{bottom - (row + 1) * high:.1f}"
                f"H{left + end * wide:.1f}V{bottom - row * high:.1f}z"
                for row, first, end in zip(rows.tolist(), firsts.tolist(), ends.tolist(), strict=True)
            ]
            if path and opacity:
                self.inside.append(
                    f'<path class="{colour}" d="{"".join(path)}" fill="currentColor" '
                    f'fill-opacity="{opacity}" shape-rendering="crispEdges"/>'
                )

    def key(self, borders, opacities, colour="ink"):
        """A bar of the fills of `cells` above the axes, at the right; words at inner borders and the end."""
        across = WIDTH - RIGHT - KEY * len(opacities)
        self.around.append(
            f'<path d="M{across} 4h{KEY * len(opacities)}v9H{across}z" fill="none" stroke="currentColor" '
            f'stroke-opacity=".4"/>'
        )
        for i, opacity in enumerate(opacities):
            self.around.append(
                f'<path class="{colour}" d="M{across + KEY * i} 4h{KEY}v9h-{KEY}z" fill="currentColor" '
                f'fill-opacity="{opacity}"/>'
            )
        for i, text in enumerate(borders, start=1):
            self.around.append(_text(across + KEY * i, TOP - 9, text, "middle"))

    def cross(self, x, y, colour="ink"):
        """A cross at one data point."""
        (across,), (down,) = self.at([x], [y])
        self.path(f"M{across - 5:.1f} {down:.1f}h10m-5 -5v10", colour)

    def box(self, x, y, colour="ink"):
        """A square around one data point, edged in ink to stand out from any fill."""
        (across,), (down,) = self.at([x], [y])
        for ink, width in (("ink", 4.5), (colour, 2.5)):
            self.path(f"M{across - 7:.1f} {down - 6:.1f}h14v12h-14z", ink, width)

    def mark(self, x, y, shape, colour="ink"):
        """A filled mark of a shape of SHAPES at one data point."""
        (across,), (down,) = self.at([x], [y])
        self.inside.append(_shape(across, down, shape, colour))

    def words(self, x, y, text, colour="ink", anchor="start", dx=7, dy=-7):
        """Words beside a data point, with a rim of the page's colour where lines run behind them."""
        (across,), (down,) = self.at([x], [y])
        self.inside.append(_text(across + dx, down + dy, text, anchor, colour, rim=RIM))

    def legend(self, *entries):
        """A row of (words, colour, dash) above the axes, at the right; a mark's shape may be the fourth."""
        across = float(WIDTH - RIGHT)
        for text, colour, dash, *shape in reversed(entries):
            self.around.append(_text(across, TOP - 10, text, "end"))
            across -= _width(text) + 28
            self.around.append(
                f'<path class="{colour}" d="M{across:.1f} {TOP - 14}h22" stroke="currentColor" '
                f'stroke-width="2.5" stroke-dasharray="{dash}"/>'
            )
            self.around.extend(_shape(across + 11, TOP - 14, one, colour) for one in shape)
            across -= 14

    def svg(self, alt):
        """The picture as a string; alt says in a sentence what it shows."""
        box = f"{LEFT} {TOP} {WIDTH - LEFT - RIGHT} {HEIGHT - TOP - BOTTOM}"
        x, y, width, height = box.split()
        return (
            f'<svg class="parti" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(alt)}" '
            f'xmlns="http://www.w3.org/2000/svg" style="flex:1 1 340px;max-width:{WIDTH + 50}px">'
            f'{"".join(self.around)}<svg x="{x}" y="{y}" width="{width}" height="{height}" viewBox="{box}">'
            f"{''.join(self.inside)}</svg></svg>"
        )


def contours(across, up, height, levels, every=1):
    """Contours of a surface over the ranges of a Plot, as one d for its `path`.

    Args:
        across, up: the points of the two axes, (n,) and (m,), end to end.
        height: the surface there, (m, n).
        levels: heights to draw.
        every: keep every so many points of a contour, and its last.
    """
    at = Plot("", "", "", (across[0], across[-1]), (up[0], up[-1])).at
    found = contourpy.contour_generator(across, up, height, line_type="Separate")
    path = []
    for line in (np.asarray(line) for level in levels for line in found.lines(level)):
        points = np.column_stack(at(*np.vstack([line[:-1:every], line[-1:]]).T)).tolist()
        path.append("M" + "L".join([f"{x:.1f} {y:.1f}" for x, y in points]))
    return "".join(path)


def number(value, digits=2):
    """A number for a sentence, to so many digits; no browser breaks its line within it.

    >>> number(0.0213), number(350.4), number(2.13e-5)
    ('0.021', '350', '2.1·10⁻⁵')
    """
    rounded = float(f"{value:.{digits}g}")
    if rounded == 0 or 1e-4 <= abs(rounded) < 1e6 or not np.isfinite(rounded):
        return f"{rounded:g}".replace("-", "−")
    figures, power = f"{value:.{digits - 1}e}".split("e")
    return f"{figures.replace('-', '−')}·{_power_of_ten(int(power))}"


def beside(*pictures):
    """Pictures beside each other where there is room, as HTML."""
    return f'<div style="display:flex;flex-wrap:wrap;gap:8px;max-width:960px">{"".join(pictures)}</div>'


def standalone(*pictures):
    """Pictures of `Plot.svg` side by side as one SVG file, which follows the reader's theme by itself."""
    dark = _DARK.replace("{}", "") + "svg{color:#eee;background:#111;--jp-layout-color0:#111}"
    light = f"svg{{color:#111;background:#fff;--jp-layout-color0:#fff}}{_LETTERS}{_LIGHT}"
    style = f"<style>{light}@media(prefers-color-scheme:dark){{{dark}}}</style>"
    parts = [
        p.replace("<svg ", f'<svg x="{i * (WIDTH + 10)}" width="{WIDTH}" height="{HEIGHT}" ', 1)
        for i, p in enumerate(pictures)
    ]
    box = f"0 0 {len(parts) * (WIDTH + 10)} {HEIGHT}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{style}{"".join(parts)}</svg>\n'


def png(light):
    """An image (h, w) of light in [0, 1] as a grey PNG in a data address, for the href of an <image>."""
    file = io.BytesIO()
    Image.fromarray(np.round(255 * np.clip(light, 0, 1)).astype(np.uint8)).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _pixels(x, y, x_ends, y_ends, log_y, log_x):
    x, left, right = _on_scale(x, x_ends, log_x)
    y, low, high = _on_scale(y, y_ends, log_y)
    across = LEFT + (x - left) / (right - left) * (WIDTH - LEFT - RIGHT)
    down = HEIGHT - BOTTOM - (y - low) / (high - low) * (HEIGHT - TOP - BOTTOM)
    return np.clip(across, -FAR, FAR), np.clip(down, -FAR, FAR)


def _on_scale(values, ends, log):
    numbers = np.asarray(values, float), *ends
    with np.errstate(divide="ignore", invalid="ignore"):
        return [np.log10(n) for n in numbers] if log else numbers


@lru_cache(maxsize=64)
def _axes(title, x_label, y_label, x, y, log_y, log_x, x_ticks, y_ticks):
    """Frame, ticks and words of the axes: they seldom change from one picture to the next."""
    bottom, right, parts = HEIGHT - BOTTOM, WIDTH - RIGHT, []
    parts.append(_text(LEFT, TOP - 10, title, weight=600))
    parts.append(_text((LEFT + right) / 2, HEIGHT - 8, x_label, "middle"))
    upright = _text(0, 0, y_label, "middle")
    parts.append(f'<g transform="translate(13 {(TOP + bottom) / 2}) rotate(-90)">{upright}</g>')
    for value in x_ticks or _ticks(x, log_x):
        across, _ = _pixels(value, y[1], x, y, log_y, log_x)
        parts.append(f'<path d="M{across:.1f} {bottom}v4" stroke="currentColor"/>')
        parts.append(_text(across, bottom + 18, _told(value, log_x and not x_ticks), "middle"))
    for value in y_ticks or _ticks(y, log_y):
        _, down = _pixels(x[0], value, x, y, log_y, log_x)
        parts.append(f'<path d="M{LEFT - 4} {down:.1f}h4" stroke="currentColor"/>')
        parts.append(f'<path d="M{LEFT} {down:.1f}H{right}" stroke="currentColor" stroke-opacity=".12"/>')
        parts.append(_text(LEFT - 8, down + 4, _told(value, log_y and not y_ticks), "end"))
    parts.append(f'<path d="M{LEFT} {TOP}V{bottom}H{right}" fill="none" stroke="currentColor"/>')
    return "".join(parts)


def _text(x, y, text, anchor="start", colour="ink", weight=400, rim=""):
    return (
        f'<text class="{colour}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}"{rim}>'
        f"{escape(text)}</text>"
    )


def _width(text):
    """Pixels that a line of text takes, about: DejaVu Sans, one of the widest."""
    return sum(4 if c in " ,.:;'ijlftr" else 11.5 if c in "mwMW" else 7.6 for c in text)


def _shape(across, down, shape, colour):
    points = " ".join(f"{across + x:.1f},{down + y:.1f}" for x, y in SHAPES[shape])
    return f'<polygon class="{colour}" points="{points}" fill="currentColor"/>'


def _ticks(ends, log=False):
    low, high = ends
    locator = LogLocator(numticks=6) if log else MaxNLocator(6, steps=[1, 2, 5, 10])
    return [v for v in locator.tick_values(low, high) if low <= v <= high]


def _told(value, log):
    if log:
        return _power_of_ten(round(np.log10(value)))
    return f"{value:g}".replace("-", "−")


def _power_of_ten(power):
    return "10" + str(power).translate(SUPERSCRIPT)
