"""The grouping explorer: what groups are made of, and how far their gradients stray from the full one."""

from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import NamedTuple

import numpy as np

from .. import grouping, load
from ..on_numpy import GradientDescent, LogisticRegression, train
from ..on_numpy.models import sigmoid
from . import svg
from .explorer import Explorer, Knob

MODEL = LogisticRegression(l2=0.01)
SPREAD = (3e-4, 1.0)
TOP, BARS = 24, 60  # of the strip over the two plots: where its bars begin and their height, in pixels
SHAFTS, NUMBERS = 32, 24  # so many arrows at most are drawn whole, so many bars have a number


class Source(NamedTuple):
    """One feature of a data set, one question about it, and the keys to sort it by.

    ones: the words for y = 1. span: of the two slopes, a unit as long across as upwards. sizes: the ends
    of the axis of group sizes.
    """

    feature: str
    feature_in_words: str
    things: str
    ones: str
    y: str  # as code
    source: str
    time: str
    span: tuple[tuple[float, float], tuple[float, float]]
    sizes: tuple[float, float]


SOURCES = {
    "penguins": Source(
        "bill_length_mm",
        "bill length",
        "penguins",
        "Adelie penguins",
        '(rows.label["species"] == "Adelie").astype(int)',
        "island",
        "year",
        ((-1.125, 1.125), (-0.4, 1.1)),
        (0.8, 320.0),
    ),
    "flights": Source(
        "sched_dep_min",
        "hour of day",
        "flights",
        "late flights",
        "rows.y",
        "carrier",
        "date",
        ((-0.6, 0.6), (-0.45, 0.35)),
        (100.0, 50_000.0),
    ),
}


@dataclass(frozen=True)
class State:
    n_groups: int = 8
    rule: str = "random"
    data: str = "penguins"
    seed: int = 0
    where: str = "at the start"


KNOBS = (
    Knob("n_groups", "groups", (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 239)),
    Knob("rule", "grouping", ("random", "stratified", "by label", "by source", "by time", "contiguous")),
    Knob("data", "data", tuple(SOURCES)),
    Knob("seed", "seed", tuple(range(10)), folded=True),
    Knob("where", "gradients", ("at the start", "at the minimum"), folded=True),
)
COUNTS = np.array(KNOBS[0].values)


class Result(NamedTuple):
    """G groups of n rows; N group counts."""

    state: State
    sizes: np.ndarray  # (G,)
    shares: np.ndarray  # of y = 1 in each group, (G,)
    share: float  # of y = 1 in all rows
    gradients: np.ndarray  # (G, 2)
    full: np.ndarray  # (2,)
    curve: np.ndarray  # the rule's spread at every group count, (N,)
    chance: np.ndarray  # the root mean square spread of random groups at every group count, (N,)

    @property
    def spread(self):
        return self.curve[self.state.n_groups == COUNTS][0]

    @property
    def expected(self):
        return self.chance[self.state.n_groups == COUNTS][0]


@lru_cache
def rows(data):
    """The training rows, a column of ones and one feature, and what is asked of them: Rows, y (n,)."""
    chosen = load(data, features=(SOURCES[data].feature,), intercept=True).train
    return chosen, chosen.y if data == "flights" else (chosen.label["species"] == "Adelie").astype(int)


@lru_cache
def theta(data, where):
    """Where the gradients are taken, (2,)."""
    chosen, y = rows(data)
    if where == "at the start":
        return MODEL.start(chosen.X, y)
    return train(MODEL, (chosen.X, y), optimizer=GradientDescent(2.0), rounds=400, record="last").final


@lru_cache(maxsize=256)
def groups(data, rule, n_groups, seed):
    chosen, y = rows(data)
    about = SOURCES[data]
    makers = {
        "random": lambda: grouping.random(len(y), n_groups, seed),
        "stratified": lambda: grouping.stratified(y, n_groups, seed),
        "by label": lambda: grouping.by_label(y, n_groups),
        "by source": lambda: grouping.by_source(chosen.source[about.source], n_groups),
        "by time": lambda: grouping.by_time(chosen.time[about.time], n_groups),
        "contiguous": lambda: grouping.contiguous(len(y), n_groups),
    }
    return makers[rule]()


def gradients(state):
    """Each group's gradient, (G, 2)."""
    (chosen, y), at = rows(state.data), theta(state.data, state.where)
    members = groups(state.data, state.rule, state.n_groups, state.seed)
    return np.array([MODEL.gradient(at, chosen.X[g], y[g]) for g in members])


@lru_cache
def full_gradient(data, where):
    """Of all rows, (2,)."""
    chosen, y = rows(data)
    return MODEL.gradient(theta(data, where), chosen.X, y)


@lru_cache
def chance(data, where):
    """√(S²·(1/m − 1/n)) at every group count, for random groups of m = n/G of n rows.

    S² is the variance of a row's gradient, with n − 1 in the denominator, summed over the two slopes
    (the finite-population correction: Cochran 1977, from memory).
    """
    chosen, y = rows(data)
    each = (sigmoid(chosen.X @ theta(data, where)) - y)[:, None] * chosen.X
    return np.sqrt(each.var(0, ddof=1).sum() * (COUNTS - 1) / len(y))


@lru_cache(maxsize=64)
def curve(data, rule, where, seed):
    """The root mean square distance of the groups' gradients from the full one, at every group count."""
    return np.array([_spread(State(int(n), rule, data, seed, where)) for n in COUNTS])


def _spread(state):
    weights = groups(state.data, state.rule, state.n_groups, state.seed).sizes / len(rows(state.data)[1])
    away = gradients(state) - full_gradient(state.data, state.where)
    return np.sqrt(weights @ (away**2).sum(1))


def result(state):
    """What the groups are made of, and their gradients beside the full one."""
    members, (_, y) = groups(state.data, state.rule, state.n_groups, state.seed), rows(state.data)
    return Result(
        state,
        members.sizes,
        np.array([y[g].mean() for g in members]),
        y.mean(),
        gradients(state),
        full_gradient(state.data, state.where),
        curve(state.data, state.rule, state.where, state.seed),
        chance(state.data, state.where),
    )


def picture(result):
    """What the groups are made of, over their gradients and the spread of these."""
    pair = f'<div style="display:flex;flex-wrap:wrap;gap:8px">{arrows(result)}{spreads(result)}</div>'
    return f'<div style="max-width:960px">{strip(result)}{pair}</div>'


def strip(result):
    """A bar a group, as wide as its share of the rows and as high as its share of y = 1: one SVG string.

    It stretches with the page while its letters keep their size, so it is measured in percent across.
    """
    about = SOURCES[result.state.data]
    ends = np.append(0, 100 * result.sizes.cumsum() / result.sizes.sum())
    gap = 0.2 if len(result.sizes) < 100 else 0
    bars = zip(ends, np.diff(ends) - gap, BARS * result.shares, strict=False)
    path = "".join(f"M{x:.2f} {BARS}v{-h:.1f}h{w:.2f}v{h:.1f}z" for x, w, h in bars)
    title = f"{about.ones[0].upper()}{about.ones[1:]} in each group (bars, 0 to 100 %) and in all rows (line)"
    parts = [
        svg._text(0, 14, title, weight=600),
        f'<svg y="{TOP}" viewBox="0 0 100 {BARS}" preserveAspectRatio="none" width="100%" height="{BARS}">'
        f'<path class="blue" d="{path}" fill="currentColor" fill-opacity=".6" stroke-dasharray=""/></svg>',
    ]
    for share, opacity in ((0, 1), (1, 0.15), (result.share, 1)):
        down = f"{TOP + BARS * (1 - share):.1f}"
        parts.append(
            f'<line x2="100%" y1="{down}" y2="{down}" stroke="currentColor" stroke-width="1.5" '
            f'stroke-opacity="{opacity}"/>'
        )
    for g, middle in enumerate((ends[1:] + ends[:-1]) / 2 if len(result.sizes) <= NUMBERS else ()):
        parts.append(f'<text x="{middle:.2f}%" y="{TOP + BARS + 16}" text-anchor="middle">{g}</text>')
    alt = f"The share of {about.ones} runs from {_percent(result.shares.min())} to "
    alt += f"{_percent(result.shares.max())} over the groups; it is {_percent(result.share)} in all rows."
    return (
        f'<svg class="parti" role="img" aria-label="{escape(alt)}" xmlns="http://www.w3.org/2000/svg" '
        f'style="display:block;margin:4px 15px 0 58px;width:calc(100% - 73px);height:{TOP + BARS + 24}px">'
        f"{''.join(parts)}</svg>"
    )


def arrows(result):
    """The groups' gradients and the full one; a ring where chance would put them: one SVG string."""
    about, rest = SOURCES[result.state.data], result.state.where == "at the minimum"
    (left, right), (low, high) = about.span
    plot = svg.Plot("Gradients", "slope of the intercept", f"slope of {about.feature_in_words}", *about.span)
    plot.line([left, right], [0, 0], width=1, opacity=0.35)
    plot.line([0, 0], [low, high], width=1, opacity=0.35)
    across, up = result.gradients.T
    many = len(across) > SHAFTS
    plot.arrows(across, up, "blue", shafts=not many, opacity=0.6 if many else 0.85)
    turn, (x, y) = np.linspace(0, 2 * np.pi, 49), result.full
    ring = x + result.expected * np.cos(turn), y + result.expected * np.sin(turn)
    plot.line(ring[0], ring[1], "orange", dash="5 4")
    if rest:
        plot.cross(0, 0)
    else:
        plot.arrows([x], [y], width=3.5)
    of_all = "cross: all rows, where the slope is zero" if rest else "thick arrow: all rows together"
    plot.words(left, low, of_all, dy=-8)
    plot.legend(("each group", "blue", ""), ("by chance", "orange", "5 4"))
    return plot.svg(words(result))


def spreads(result):
    """The spread at every group size, and what chance gives: one SVG string."""
    state, about = result.state, SOURCES[result.state.data]
    names = "Spread", "rows in a group", "distance from the full gradient"
    plot = svg.Plot(*names, about.sizes, SPREAD, log_y=True, log_x=True)
    sizes = result.sizes.sum() / COUNTS
    plot.line(sizes[1:], result.chance[1:], "orange", dash="5 4")
    plot.line(sizes[1:], result.curve[1:], "blue")
    plot.words(about.sizes[0], SPREAD[0], "by chance it falls as 1/√size, to zero at one group", dy=-8)
    if state.n_groups > 1:
        here = sizes[state.n_groups == COUNTS]
        plot.dots(here, [result.expected], "orange", radius=5, hollow=True)
        plot.dots(here, [result.spread], "blue", radius=4.5)
    plot.legend((state.rule, "blue", ""), ("by chance", "orange", "5 4"))
    return plot.svg("The spread of the groups' gradients against the size of a group.")


def words(result):
    """What the groups are, how far their gradients stray, and whether chance alone would do that."""
    state, about, n = result.state, SOURCES[result.state.data], result.sizes.sum()
    if state.n_groups == 1:
        return f"One group of all {n:,} {about.things}: its gradient is the full one, and nothing spreads."
    told = f"{_which(state)}, {_sizes(result.sizes)} each. "
    told += f"The share of {about.ones} runs from {_percent(result.shares.min())} to "
    told += f"{_percent(result.shares.max())}; in all rows it is {_percent(result.share)}. "
    told += f"A group's gradient is {result.spread:.2g} from the full one (root mean square)"
    if state.n_groups == n:
        return f"{told}: each row is a group, and every grouping gives the same.{_outside(result)}"
    ratio = result.spread / result.expected
    if state.rule == "random":
        told += f"; over many seeds we expect {result.expected:.2g}."
    elif ratio < 0.8:
        told += f", {ratio:.2g} of what chance gives: these groups resemble the whole."
    elif ratio < 1.25:
        told += f", about what chance gives, {result.expected:.2g}."
    else:
        told += f", {ratio:.2g} times what chance gives: these groups differ from the whole."
    if state.where == "at the start":
        told += f" The widest angle between the two is {_angle(result):.0f}°."
    else:
        told += " The full gradient is zero here: the arrows show only how the groups disagree."
    return told + _outside(result)


def code(state):
    """The state's spread as a student would write it."""
    about, n = SOURCES[state.data], state.n_groups
    makers = {
        "random": f"random(len(rows), {n}, seed={state.seed})",
        "stratified": f"stratified(y, {n}, seed={state.seed})",
        "by label": f"by_label(y, {n})",
        "by source": f'by_source(rows.source["{about.source}"], {n})',
        "by time": f'by_time(rows.time["{about.time}"], {n})',
        "contiguous": f"contiguous(len(rows), {n})",
    }
    start = state.where == "at the start"
    lowest = "train(model, (rows.X, y), optimizer=GradientDescent(2.0), rounds=400).final"
    return "\n".join(
        [
            "import numpy as np",
            "from parti_edu import grouping, load",
            "from parti_edu.on_numpy import GradientDescent, LogisticRegression, train",
            f'rows = load("{state.data}", features=("{about.feature}",), intercept=True).train',
            f"y, model = {about.y}, LogisticRegression(l2={MODEL.l2})",
            f"groups = grouping.{makers[state.rule]}",
            f"theta = {'np.zeros(2)' if start else lowest}",
            "gradients = np.array([model.gradient(theta, rows.X[g], y[g]) for g in groups])",
            "away = gradients - model.gradient(theta, rows.X, y)",
            "spread = np.sqrt(groups.sizes / len(rows) @ (away**2).sum(1))",
        ]
    )


def _which(state):
    about, n = SOURCES[state.data], state.n_groups
    if state.rule in ("random", "stratified"):
        return f"{n} {state.rule} groups"
    key = {"by label": "label", "by source": about.source, "by time": about.time}.get(state.rule)
    return f"{n} groups cut from the rows " + (f"sorted by {key}" if key else "as they lie in the file")


def _sizes(sizes):
    low, high = sizes.min(), sizes.max()
    return ("1 row" if high == 1 else f"{low:,} rows") if low == high else f"{low:,} or {high:,} rows"


def _percent(share):
    return f"{100 * share:.0f}\u00a0%"


def _angle(result):
    """The widest angle between a group's gradient and the full one, in degrees."""
    lengths = np.linalg.norm(result.gradients, axis=1) * np.linalg.norm(result.full)
    cosines = result.gradients @ result.full / np.maximum(lengths, 1e-12)
    return np.degrees(np.arccos(np.clip(cosines.min(), -1, 1)))


def _outside(result):
    """How many arrows end where the picture does not reach, as a sentence."""
    low, high = np.array(SOURCES[result.state.data].span).T
    n = int(((result.gradients < low) | (result.gradients > high)).any(1).sum())
    return f" {n} {'arrow ends' if n == 1 else 'arrows end'} outside the picture." if n else ""


grouping_explorer = Explorer("grouping", State, KNOBS, result, picture, words, code)
