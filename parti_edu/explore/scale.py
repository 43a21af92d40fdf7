"""The scale explorer: how long a round takes with up to 100,000 workers, and how much of it is waiting."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from .. import checks
from ..labs.timing import round_time
from . import svg
from .explorer import Explorer, Knob

LAYERS = 10  # square ones: a model of P parameters has √(P / LAYERS) units a layer
NUMBER = 4  # bytes, float32
OPERATIONS = 6  # for a row and a parameter: 2 forwards, 4 backwards
MOST = 100_000  # workers
WORKERS = (*(n * 10**k for k in range(5) for n in (1, 2, 3, 4, 6, 8)), MOST)[1:]
COUNTS = np.array([1, *WORKERS])  # that the lines go through: one worker alone, then those of the knob
E6 = (10, 15, 22, 33, 47, 68)  # to a factor of ten, each about half as much again
SPAN, SHARE, TIMES = (0.8, 1.5e5), (5e-6, 100.0), (0.01, 2e5)  # of the two pictures


def ladder(low, high):
    """Values from low to high, powers of ten both, six to a factor of ten."""
    decades = range(round(np.log10(low)), round(np.log10(high)))
    return (*(float(f"{n * 10.0 ** (k - 1):.2g}") for k in decades for n in E6), float(high))


@dataclass(frozen=True)
class State:
    workers: int = 8
    parameters: float = 10.0
    local_steps: int = 1
    rows: int = 256
    bandwidth: float = 1000.0
    latency: float = 47.0
    speed: float = 47.0
    measured: int = 1


KNOBS = (
    Knob("workers", "workers", WORKERS),
    Knob("parameters", "parameters, 10⁶", ladder(0.001, 100_000)),
    Knob("local_steps", "local steps", tuple(2**i for i in range(13))),
    Knob("rows", "rows a step", tuple(2**i for i in range(4, 21)), folded=True),
    Knob("bandwidth", "bandwidth, MB/s", ladder(1, 100_000), folded=True),
    Knob("latency", "latency, µs", ladder(1, 100_000), folded=True),
    Knob("speed", "speed, 10⁹ operations/s", ladder(0.1, 100_000), folded=True),
    Knob("measured", "measured up to W =", (1, 2, 4, 8, 16, 32), folded=True),
)


def nearest(name, value):
    """The value of a knob that is nearest to a measured one, by ratio.

    Raises:
        ValueError: if no knob has this name, or the value is not above 0.
    """
    values = {knob.name: knob.values for knob in KNOBS}
    checks.one_of("name", name, tuple(values))
    checks.number("value", value, 0, above=True)
    return min(values[name], key=lambda own: abs(np.log(own / value)))


class Way(NamedTuple):
    """One way to divide the work, for each of COUNTS: seconds of a round, and bytes of each worker."""

    computing: np.ndarray
    sending: np.ndarray
    sent: np.ndarray
    held: np.ndarray  # parameters

    @property
    def times(self):
        """How many times as fast as one worker alone."""
        return self.computing[0] / (self.computing + self.sending)


class Result(NamedTuple):
    """A round with the data divided, and with the model divided."""

    state: State
    data: Way
    model: Way

    @property
    def at(self):
        """Where the state is among COUNTS."""
        return COUNTS.tolist().index(self.state.workers)


def result(state):
    """A round of E steps on N rows, of a net with L square layers of h units, P = L·h² parameters.

    Data divided: each worker has N/W rows, and the P parameters are merged once a round. Model divided:
    each worker has h/W units of every layer, and of each layer, in each step, the activations of the N
    rows are merged, N·h numbers: such a round is L·E small ones. More than N, or h, workers stand idle.
    """
    n_parameters, units = state.parameters * 1e6, width(state)
    small = replace(state, local_steps=1)
    held = np.full(len(COUNTS), NUMBER * n_parameters)
    data = way(round_of(state, np.minimum(COUNTS, state.rows)), held)
    used, repeats = np.minimum(COUNTS, units), LAYERS * state.local_steps
    slices = round_of(small, used, state.rows * units, n_parts=LAYERS)
    return Result(state, data, way(slices, NUMBER * n_parameters / used, repeats))


def width(state):
    """Units of a layer."""
    return max(1, int(np.sqrt(state.parameters * 1e6 / LAYERS)))


def way(time, held, repeats=1):
    return Way(repeats * time.compute, repeats * time.communication, repeats * time.n_bytes, held)


def round_of(state, workers, merged=None, n_parts=1):
    """`round_time` of one of the parts of a round, at whose end so many numbers are merged, or all P."""
    n_parameters = state.parameters * 1e6
    alone = OPERATIONS * state.rows * n_parameters / (state.speed * 1e9) / n_parts
    network = state.bandwidth * 1e6, state.latency * 1e-6
    return round_time(workers, merged or n_parameters, *network, alone, state.local_steps)


def takes_over(state):
    """The fewest workers with divided data for whom sending takes as long as computing; None if for none."""
    workers = np.arange(2, min(MOST, state.rows) + 1)
    time = round_of(state, workers)
    late = time.communication >= time.compute
    return int(workers[late.argmax()]) if late.any() else None


def picture(result):
    """What a round with divided data is made of, and how much faster both divisions are than one alone."""
    state, data, model = result
    at, n, alone = result.at, COUNTS, data.computing[0]
    made = svg.Plot("One round", "workers", "time, one worker alone = 1", SPAN, SHARE, log_y=True, log_x=True)
    made.line(n, data.computing / alone, "green", dash="2 3")
    made.line(n[1:], data.sending[1:] / alone, "purple", dash="7 4")
    made.line(n, (data.computing + data.sending) / alone, "blue")
    made.dots([n[at]], [(data.computing[at] + data.sending[at]) / alone], "blue", radius=4.5)
    first = takes_over(state)
    if first:
        made.dots([first], [1 / first], "purple", radius=6, hollow=True)
        made.line([first, first], [1 / first, SHARE[0]], width=1, dash="2 3", opacity=0.6)
        side = {"anchor": "end", "dx": -5} if first > 1000 else {"dx": 5}
        made.words(first, SHARE[0], "sending takes over", "purple", dy=-5, **side)
    _limits(made, result, SHARE)
    made.legend(("both", "blue", ""), ("computing", "green", "2 3"), ("sending", "purple", "7 4"))

    times = svg.Plot(
        "Speed-up", "workers", "times as fast as one worker", SPAN, TIMES, log_y=True, log_x=True
    )
    times.line([1, MOST], [1, 1], width=1, opacity=0.4)
    times.line([1, MOST], [1, MOST], dash="1 4", opacity=0.7)
    times.words(3e3, 3e3, "ideal", anchor="end")
    times.line(n, model.times, "orange", dash="5 4")
    times.line(n, data.times, "blue")
    times.dots([n[at]], [data.times[at]], "blue", radius=4.5)
    times.mark(n[at], model.times[at], "diamond", "orange")
    _limits(times, result, TIMES)
    times.legend(("data divided", "blue", ""), ("model divided", "orange", "5 4"))
    alt = "Both divisions against the ideal, as many times as fast as there are workers."
    return svg.beside(made.svg(words(result)), times.svg(alt))


def _limits(plot, result, ends):
    """The number of workers up to which the network was measured: beyond it the lines are a model's."""
    if result.state.measured > 1:
        at = result.state.measured
        plot.line([at, at], ends, width=1.2, dash="3 3", opacity=0.7)
        plot.words(at, ends[1], "beyond it: a model", dx=5, dy=13)


def words(result):
    """What a round takes and where it goes, which division is quicker, and what was measured of it."""
    state, data, model = result
    at = result.at
    steps = "1 local step" if state.local_steps == 1 else f"{state.local_steps:,} local steps"
    told = (
        f"{state.workers:,} workers, {steps} on {state.rows:,} rows, {_many(state.parameters)} parameters. "
    )
    told += f"Data divided: {_seconds(data.computing[at])} computing and {_seconds(data.sending[at])} "
    told += f"sending, {_times(data.times[at])} as one worker alone, so "
    told += f"{_percent(data.times[at] / state.workers)} of each is used; each sends "
    told += f"{_bytes(data.sent[at])} and holds {_bytes(data.held[at])}. "
    first = takes_over(state)
    told += "Sending stays the smaller part. " if first is None else f"Sending takes over at {first:,}. "
    if state.workers > state.rows:
        told += f"Only {state.rows:,} workers get a row, the others are idle. "
    told += f"Model divided: {_times(model.times[at])}; each sends {_bytes(model.sent[at])} and holds "
    told += f"{_bytes(model.held[at])}. "
    if state.workers > width(state):
        told += f"A layer has {width(state):,} units, so the other workers are idle. "
    quicker = "data" if data.times[at] >= model.times[at] else "model"
    told += (
        "One worker alone is quicker. "
        if max(data.times[at], model.times[at]) < 1
        else (f"Dividing the {quicker} is the quicker way here. ")
    )
    if state.measured == 1:
        return told + "All of it is a model: nothing was measured."
    return told + f"The network was measured with up to {state.measured} workers; beyond, it is a model."


def code(state):
    """The state's round with divided data as a student would write it."""
    n_parameters = f"{state.parameters * 1e6:.0f}"
    return "\n".join(
        [
            "from parti_edu.labs.timing import round_time",
            f"alone = {OPERATIONS} * {state.rows} * {n_parameters} / {state.speed * 1e9:g}  # seconds a step",
            f"workers = min({state.workers}, {state.rows})  # no more than rows",
            f"network = dict(bandwidth={state.bandwidth * 1e6:g}, latency={state.latency * 1e-6:g})",
            f"settings = dict(compute_seconds=alone, local_steps={state.local_steps})",
            f"time = round_time(workers, {n_parameters}, **network, **settings)",
            f"speed_up = {state.local_steps} * alone / time.total",
        ]
    )


def _many(millions):
    return _scaled(millions * 1e6, ((1e9, " billion"), (1e6, " million"), (1, "")))


def _seconds(value):
    return _scaled(
        value, ((86400, " days"), (3600, " h"), (1, " s"), (1e-3, " ms"), (1e-6, " µs"), (0, " s"))
    )


def _bytes(value):
    return _scaled(value, ((1e12, " TB"), (1e9, " GB"), (1e6, " MB"), (1e3, " kB"), (0, " bytes")))


def _times(value):
    ratio, how = (value, "fast") if value >= 0.95 else (1 / value, "slow")
    return f"{float(f'{ratio:.2g}'):,.{0 if ratio >= 9.5 else 1}f} times as {how}"


def _percent(share):
    return f"{100 * share:.0f} %" if share >= 0.01 else "less than 1 %"


def _scaled(value, units):
    """Three digits and the first unit that is not larger than the value."""
    size, unit = next((size, unit) for size, unit in units if value >= size)
    number = value / (size or 1)
    return f"{number:,.{0 if number >= 100 else 1 if number >= 10 else 2}f}{unit}"


scale_explorer = Explorer("scale", State, KNOBS, result, picture, words, code)
