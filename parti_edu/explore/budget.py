"""The budget explorer: a trained net, cut, narrowed and shortened, and what it then gets wrong."""

from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple

import numpy as np

from ..data import SETS
from . import svg
from .explorer import Explorer, Knob

WIDTHS, PASSES, N_TEST = (784, 100, 10), 5, 1000
FULL_RANK, FLOAT = 100, 32
NAMES = SETS["fashion_mnist"].words
KILOBYTES, PERCENT, SPAN = (1.0, 500.0), (20.0, 90.0), (-0.61, 0.61)
BINS = np.linspace(*SPAN, 62)  # the middle one around 0
SHOWN = 6  # examples in the picture


@dataclass(frozen=True)
class State:
    sparsity: int = 80
    rank: int = FULL_RANK
    bits: int = 8
    scales: str = "one a unit"


WHOLE = State(0, FULL_RANK, FLOAT)  # the net as it was trained
KNOBS = (
    Knob("sparsity", "weights cut, %", (0, 20, 40, 50, 60, 70, 80, 85, 90, 95, 98)),
    Knob("rank", "rank", (2, 4, 8, 16, 32, 64, FULL_RANK)),
    Knob("bits", "bits of a weight", (2, 3, 4, 5, 6, 8, FLOAT)),
    Knob("scales", "scales", ("one a unit", "one a layer"), folded=True),
)
ALONE = (  # knob, its words, colour, dash, mark
    ("sparsity", "cut", "blue", "9 3 2 3", "circle"),
    ("rank", "rank", "orange", "7 3", "square"),
    ("bits", "bits", "green", "2 3", "triangle"),
)


class Result(NamedTuple):
    """A net within its budget."""

    state: State
    kilobytes: float
    operations: int  # multiply-adds by weights that are not 0, for one image
    weights: np.ndarray  # all that are held, (P,)
    predicted: np.ndarray  # classes, (N_TEST,)

    @property
    def percent(self):
        return 100 * (self.predicted == trained().y).mean()


class Trained(NamedTuple):
    """The net that everything starts from, and the test rows."""

    net: Any
    X: np.ndarray  # (N_TEST, 784)
    y: np.ndarray
    images: np.ndarray  # 0 … 255, (N_TEST, 28, 28)


@lru_cache
def trained():
    """The full net, trained once by our loop, and the rows that it is tested on."""
    from ..data import read
    from ..labs.efficiency import nets

    train, test = nets.garments()
    net = nets.fit(nets.dense(*WIDTHS), train, passes=PASSES)
    return Trained(net, test.X[:N_TEST], test.y[:N_TEST], read("fashion_mnist")["x_test"][:N_TEST])


@lru_cache
def _narrowed(rank):
    from ..labs.efficiency import factorise

    return factorise.factorise(trained().net, rank)


@lru_cache(maxsize=16)
def _cut(rank, sparsity):
    from ..labs.efficiency import prune

    net = _narrowed(rank)
    return prune.cut(net, prune.magnitude(net, sparsity / 100))


@lru_cache(maxsize=64)  # 0.3 MB each
def result(state):
    """Narrow, then cut, then shorten; no training afterwards."""
    from ..labs.efficiency import measure, nets, quantise

    net = _cut(state.rank, state.sparsity)
    if state.bits < FLOAT:
        net = quantise.quantise(net, bits=state.bits, per_channel=state.scales == "one a unit")
    return Result(
        state,
        measure.bytes_packed(net, min(state.bits, 8)) / 1000,
        measure.multiply_adds(net, zeros=False),
        _weights(net),
        nets.predicted(net, trained().X),
    )


def full():
    """The net as it was trained."""
    return result(WHOLE)


@lru_cache
def _alone(knob):
    """(kilobytes, percent) with this knob alone turned, along its values."""
    values = next(k.values for k in KNOBS if k.name == knob)
    found = [result(replace(WHOLE, **{knob: value})) for value in values]
    return np.array([[one.kilobytes, one.percent] for one in found]).T


def picture(result):
    """Accuracy against kilobytes, the weights' histogram, and garments that are taken for others now."""
    price = _axes()
    price.inside += _curves()
    at = result.kilobytes, max(result.percent, PERCENT[0] + 1)
    price.box(*at, "purple")
    side = ("start", 10) if at[0] < 2 else ("end", -10)
    price.words(*at, "here", "purple", side[0], dx=side[1], dy=-8 if at[1] < 25 else 16)
    price.legend(*((f"{words} alone", *looks) for _, words, *looks in ALONE))

    held = svg.Plot("", "weight", "weights held", SPAN, (0.7, 1e5), log_y=True)
    for weights, looks in ((full().weights, ("ink", 1.5, "2 3")), (result.weights, ("purple", 2.0, ""))):
        counts = np.histogram(weights, BINS)[0]
        held.line(np.repeat(BINS, 2)[1:-1], np.repeat(np.maximum(counts, 0.5), 2), *looks)
    held.legend(("full net", "ink", "2 3"), ("here", "purple", ""))
    alt = "Histogram of the weights that are held, beside that of the full net."
    return svg.beside(price.svg(words(result)), held.svg(alt), _strip(result))


def _axes():
    right = f"% of {N_TEST:,} test garments right"
    return svg.Plot("", "kilobytes held", right, KILOBYTES, PERCENT, log_x=True)


@lru_cache
def _curves():
    """What each knob alone does, as parts of a picture."""
    plot = _axes()
    for knob, _, colour, dash, shape in ALONE:
        kilobytes, percent = _alone(knob)
        plot.line(kilobytes, percent, colour, dash=dash, opacity=0.7)
        for x, y in zip(kilobytes, percent, strict=True):
            if y >= PERCENT[0]:
                plot.mark(x, y, shape, colour)
    return plot.inside


def words(result):
    """What was done, what it saves, and what it costs."""
    state, whole = result.state, full()
    done = [f"{state.sparsity} % of the weights cut"] if state.sparsity else []
    done += [f"rank {state.rank} of {FULL_RANK}"] if state.rank < FULL_RANK else []
    done += [f"{state.bits} bits a weight"] if state.bits < FLOAT else []
    said = ", ".join(done) or "the full net"
    text = f"{said[0].upper()}{said[1:]}: {result.kilobytes:.3g} kB"
    if done:
        text += f" in place of {whole.kilobytes:.3g}"
    text += (
        f", {result.operations:,} multiply-adds an image; {result.percent:.1f} % of the test garments right"
    )
    if not done:
        return text + "."
    lost, won = (len(rows) for rows in flips(result))
    points = result.percent - whole.percent
    side = f"{abs(points):.1f} points {'more' if points > 0 else 'less'} than" if points else "as many as"
    text += f", {side} the full net: {lost} that it had right are wrong now, {won} the other way round."
    return text + " Nothing was trained afterwards."


def flips(result):
    """(rows that the full net had right and this one has wrong, rows the other way round)."""
    y, before = trained().y, full().predicted == trained().y
    now = result.predicted == y
    return np.flatnonzero(before & ~now), np.flatnonzero(~before & now)


def code(state):
    """The state's net as a student would make it."""
    lines = [
        "from parti_edu.labs.efficiency import factorise, measure, nets, prune, quantise",
        "train, test = nets.garments()",
        f"net = nets.fit(nets.dense{WIDTHS}, train, passes={PASSES})",
    ]
    if state.rank < FULL_RANK:
        lines.append(f"net = factorise.factorise(net, rank={state.rank})")
    if state.sparsity:
        lines.append(f"net = prune.cut(net, prune.magnitude(net, {state.sparsity / 100}))")
    bits = ""
    if state.bits < FLOAT:
        scales = "" if state.scales == "one a unit" else ", per_channel=False"
        lines.append(f"net = quantise.quantise(net, bits={state.bits}{scales})")
        bits = f", bits={min(state.bits, 8)}"
    lines.append(f"kilobytes = measure.bytes_packed(net{bits}) / 1000")
    lines.append(f"predicted = nets.predicted(net, test.X[:{N_TEST}])")
    lines.append(f"percent = 100 * (predicted == test.y[:{N_TEST}]).mean()")
    return "\n".join(lines)


def _weights(net):
    """All weights that are held, as the numbers that they stand for."""
    found = []
    for part in net.modules():
        weight = getattr(part, "weight", None)
        if weight is not None:
            scale = getattr(part, "scale", None)
            found.append((weight if scale is None else weight * scale[:, None]).detach().numpy().ravel())
    return np.concatenate(found)


def _strip(result):
    """Garments that the full net had right and this one has wrong, with what they are taken for."""
    lost, each, parts, told = flips(result)[0], 144, [], []
    for i, row in enumerate(lost[:SHOWN].tolist()):
        own, taken = NAMES[trained().y[row]], NAMES[result.predicted[row]]
        light = trained().images[row] / 255
        parts.append(
            f'<image x="{i * each + 30}" y="24" width="84" height="84" href="{svg.png(light)}"/>'
            f"{_line(i * each + 72, 126, own)}{_line(i * each + 72, 143, f'→ {taken}')}"
        )
        told.append(f"{own} taken for {taken}")
    title = "Right before, wrong now" if len(lost) else "Right before, wrong now: none"
    parts.append(f'<text x="8" y="14" font-weight="600">{title}</text>')
    alt = escape(f"{title}: {', '.join(told)}." if told else f"{title}.")
    return (
        f'<svg class="parti" viewBox="0 0 {SHOWN * each} 150" role="img" aria-label="{alt}" '
        f'xmlns="http://www.w3.org/2000/svg" style="flex:1 1 100%;max-width:{SHOWN * each + 60}px">'
        f"{''.join(parts)}</svg>"
    )


def _line(x, y, text):
    return f'<text x="{x}" y="{y}" text-anchor="middle">{escape(text)}</text>'


budget_explorer = Explorer("budget", State, KNOBS, result, picture, words, code)
