"""A small SVG writer: axes with ticks from matplotlib's locators, lines, dots and words.

Lines and letters take `currentColor`, so a picture follows the theme of its page; each accent has a
value for light pages and one for dark pages.
"""

from functools import lru_cache
from html import escape

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator

from ..plots import PALETTE

WIDTH, HEIGHT = 430, 320
LEFT, RIGHT, TOP, BOTTOM = 56, 14, 34, 46
FAR = 9999.0  # pixels, well outside any picture: a runaway line ends there
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
        log_y: a logarithmic y axis.
    """

    def __init__(self, title, x_label, y_label, x, y, log_y=False):
        self.x, self.y, self.log_y = x, y, log_y
        self.inside, self.around = [], [_axes(title, x_label, y_label, x, y, log_y)]

    def at(self, x, y):
        """Pixels of data points, two arrays, kept within bounds that a browser can draw."""
        return _pixels(x, y, self.x, self.y, self.log_y)

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

    def cross(self, x, y, colour="ink"):
        """A cross at one data point."""
        (across,), (down,) = self.at([x], [y])
        self.path(f"M{across - 5:.1f} {down:.1f}h10m-5 -5v10", colour)

    def words(self, x, y, text, colour="ink", anchor="start", dx=7, dy=-7):
        """Words beside a data point."""
        (across,), (down,) = self.at([x], [y])
        self.inside.append(_text(across + dx, down + dy, text, anchor, colour))

    def legend(self, *entries):
        """A row of (words, colour, dash) above the axes, at the right."""
        across = float(WIDTH - RIGHT)
        for text, colour, dash in reversed(entries):
            self.around.append(_text(across, TOP - 10, text, "end"))
            across -= 6.6 * len(text) + 28
            self.around.append(
                f'<path class="{colour}" d="M{across:.1f} {TOP - 14}h22" stroke="currentColor" '
                f'stroke-width="2.5" stroke-dasharray="{dash}"/>'
            )
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


def standalone(*pictures):
    """Pictures of `Plot.svg` side by side as one SVG file, which follows the reader's theme by itself."""
    dark = _DARK.replace("{}", "") + "svg{color:#eee;background:#111}"
    light = f"svg{{color:#111;background:#fff}}{_LETTERS}{_LIGHT}"
    style = f"<style>{light}@media(prefers-color-scheme:dark){{{dark}}}</style>"
    parts = [
        p.replace("<svg ", f'<svg x="{i * (WIDTH + 10)}" width="{WIDTH}" height="{HEIGHT}" ', 1)
        for i, p in enumerate(pictures)
    ]
    box = f"0 0 {len(parts) * (WIDTH + 10)} {HEIGHT}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{style}{"".join(parts)}</svg>\n'


def _pixels(x, y, x_ends, y_ends, log_y):
    x, y, (low, high) = np.asarray(x, float), np.asarray(y, float), y_ends
    if log_y:
        with np.errstate(divide="ignore", invalid="ignore"):
            y, low, high = np.log10(y), np.log10(low), np.log10(high)
    across = LEFT + (x - x_ends[0]) / (x_ends[1] - x_ends[0]) * (WIDTH - LEFT - RIGHT)
    down = HEIGHT - BOTTOM - (y - low) / (high - low) * (HEIGHT - TOP - BOTTOM)
    return np.clip(across, -FAR, FAR), np.clip(down, -FAR, FAR)


@lru_cache(maxsize=64)
def _axes(title, x_label, y_label, x, y, log_y):
    """Frame, ticks and words of the axes: they seldom change from one picture to the next."""
    bottom, right, parts = HEIGHT - BOTTOM, WIDTH - RIGHT, []
    parts.append(_text(LEFT, TOP - 10, title, weight=600))
    parts.append(_text((LEFT + right) / 2, HEIGHT - 8, x_label, "middle"))
    upright = _text(0, 0, y_label, "middle")
    parts.append(f'<g transform="translate(13 {(TOP + bottom) / 2}) rotate(-90)">{upright}</g>')
    for value in _ticks(x):
        across, _ = _pixels(value, y[1], x, y, log_y)
        parts.append(f'<path d="M{across:.1f} {bottom}v4" stroke="currentColor"/>')
        parts.append(_text(across, bottom + 18, _number(value), "middle"))
    for value in _ticks(y, log_y):
        _, down = _pixels(x[0], value, x, y, log_y)
        parts.append(f'<path d="M{LEFT - 4} {down:.1f}h4" stroke="currentColor"/>')
        parts.append(f'<path d="M{LEFT} {down:.1f}H{right}" stroke="currentColor" stroke-opacity=".12"/>')
        parts.append(_text(LEFT - 8, down + 4, _power(value) if log_y else _number(value), "end"))
    parts.append(f'<path d="M{LEFT} {TOP}V{bottom}H{right}" fill="none" stroke="currentColor"/>')
    return "".join(parts)


def _text(x, y, text, anchor="start", colour="ink", weight=400):
    return (
        f'<text class="{colour}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">'
        f"{escape(text)}</text>"
    )


def _ticks(ends, log=False):
    low, high = ends
    locator = LogLocator(numticks=6) if log else MaxNLocator(6, steps=[1, 2, 5, 10])
    return [v for v in locator.tick_values(low, high) if low <= v <= high]


def _number(value):
    return f"{value:g}".replace("-", "−")


def _power(value):
    return "10" + str(round(np.log10(value))).translate(SUPERSCRIPT)
