"""The map explorer: where on the plane of rate and merge coefficient a training ends well."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import contourpy
import numpy as np

from .. import grouping, load, picking
from ..on_numpy import LogisticRegression, Momentum, blend, grid, train
from . import svg
from .explorer import Explorer, Knob
from .merge import METHODS

MODEL = LogisticRegression(l2=0.01)
SIDE, COARSE, STEPS = 32, 8, 200
BETAS = tuple(round(2 ** (-i / 6), 3) for i in range(SIDE))[::-1]  # six to a halving
RATES = tuple(float(f"{2 ** (i / 2):.3g}") for i in range(-20, SIDE - 20))  # two to a doubling
# A map takes about as many milliseconds as a group has rows, and these; above QUICK it is drawn coarse first.
UPKEEP = {"gradient descent": 26, "momentum": 29, "Adagrad": 40, "Adam": 54}
QUICK = 52
AT_ONCE = 2**17  # model outputs that fit into a processor's cache
TARGET = 1.0  # % above the lowest loss
BORDERS = (0.3, TARGET, 3.0, 10.0, 30.0, 100.0)  # of the fills, in % above the lowest loss
FILLS = (0.0, 0.07, 0.15, 0.24, 0.34, 0.45, 0.58)
EDGES = ((2**-10.25, 2**5.75), (2 ** (-31.5 / 6), 2 ** (0.5 / 6)))  # of the map: rate, β
SPAN = ((2**-10.25, 2**6.25), (2 ** (-31.5 / 6), 2 ** (2 / 6)))  # of its axes: room for a mark at the edge
HEIGHTS = (0.003, 3000.0)  # of the runs in the picture, in %


@dataclass(frozen=True)
class State:
    n_groups: int = 16
    local_steps: int = 1
    optimizer: str = "gradient descent"
    rate: float = 1.0
    beta: float = 0.25
    data: str = "breast_cancer"


KNOBS = (
    Knob("n_groups", "groups", (1, 2, 4, 8, 16, 32, 64)),
    Knob("local_steps", "local steps", (1, 2, 5, 10)),
    Knob("optimizer", "optimizer", tuple(METHODS)),
    Knob("rate", "open the cell at rate", RATES, folded=True),
    Knob("beta", "and at β", BETAS, folded=True),
    Knob("data", "data", ("breast_cancer", "flights"), folded=True),
)


class Result(NamedTuple):
    """A map, and two of its runs: the open cell's and the best cell's. Heights in % above the lowest loss."""

    state: State
    heights: np.ndarray  # after STEPS steps, (rows: β, columns: rate)
    best: tuple[float, float]  # rate and β of the best cell
    rounds: np.ndarray  # (K,)
    runs: np.ndarray  # heights of the open cell's and the best cell's run, (K, 2)


@lru_cache
def rows(data):
    """The training rows; of flights every 32nd."""
    if data == "flights":
        return load("flights", intercept=True).train.at(slice(None, None, 32))
    return load(data).train


@lru_cache
def minimum(data):
    """The lowest loss there is."""
    run = train(MODEL, rows(data), optimizer=Momentum(0.25), rounds=1000, record="last")
    return float(run.loss(rows(data))[-1])


@lru_cache(maxsize=32)
def groups(data, n_groups):
    return grouping.stratified(rows(data).y, n_groups, seed=0)


def above(theta, data):
    """How far the loss at these states, (…, P), is above the lowest one, in %."""
    X, y = rows(data).X, rows(data).y
    states = theta.reshape(-1, theta.shape[-1])
    with np.errstate(over="ignore", invalid="ignore"):
        parts = [MODEL.loss(part, X, y) for part in np.array_split(states, _parts(len(states), len(y)))]
    return 100 * (np.concatenate(parts).reshape(theta.shape[:-1]) / minimum(data) - 1)


def fit(state, rate, beta, record="last"):
    """One call of `train` at these rates and βs, (C, 1) each: rounds (K,), heights in % (K, C)."""
    chosen = groups(state.data, state.n_groups)
    run = train(
        MODEL,
        rows(state.data),
        chosen,
        picking.reshuffled(chosen, seed=0),
        optimizer=METHODS[state.optimizer](rate),
        merge=blend(beta),
        local_steps=state.local_steps,
        rounds=STEPS // state.local_steps,
        record=record,
    )
    return run.rounds, above(run.theta, state.data)


@lru_cache(maxsize=256)
def heights(data, n_groups, local_steps, optimizer, side):
    """The map, (side, side), cell by cell as it comes out of `grid`."""
    state = State(n_groups, local_steps, optimizer, data=data)
    middle = SIDE // side // 2  # of the fine cells that a coarse one stands for
    cells = grid(beta=BETAS[middle :: SIDE // side], lr=RATES[middle :: SIDE // side])
    n_parts = _parts(side**2, len(rows(data).y) // n_groups)
    parts = zip(*(np.array_split(column, n_parts) for column in cells), strict=True)
    return np.concatenate([fit(state, rate, beta)[1][-1] for beta, rate in parts]).reshape(side, side)


def result(state, side=SIDE):
    """Train the whole map, or a coarse one, and the two runs."""
    high = heights(state.data, state.n_groups, state.local_steps, state.optimizer, side)
    middle, step = SIDE // side // 2, SIDE // side
    near = high <= 1.05 * max(high.min(), 1e-6)  # of cells as good as the best, the one with the largest β
    row, column = max(zip(*np.nonzero(near), strict=True), key=lambda cell: (cell[0], -cell[1]))
    best = RATES[middle + step * column], BETAS[middle + step * row]
    rate, beta = (np.array([[mine], [its]]) for mine, its in zip((state.rate, state.beta), best, strict=True))
    every = max(1, STEPS // state.local_steps // 100)
    return Result(state, high, best, *fit(state, rate, beta, record=every))


def coarse(state):
    """The same with a map of 8 × 8 cells, where the fine one takes longer than a move may."""
    rows_a_group = len(rows(state.data).y) / state.n_groups
    return None if rows_a_group + UPKEEP[state.optimizer] <= QUICK else result(state, COARSE)


def picture(result):
    """The map, and beside it the two runs."""
    state = result.state
    plane = svg.Plot(
        f"Loss after {STEPS} steps",
        "rate α",
        "merge β",
        *SPAN,
        log_y=True,
        log_x=True,
        x_ticks=(0.001, 0.01, 0.1, 1, 10),
        y_ticks=(0.03, 0.1, 0.3, 1),
    )
    plane.cells(*EDGES, np.digitize(result.heights, BORDERS, right=True), FILLS)
    for line in _border(result.heights):
        plane.line(line[:, 0], line[:, 1], "orange", dash="5 4")
    plane.dots([result.best[0]], [result.best[1]], "green", radius=6, hollow=True)
    plane.box(state.rate, state.beta, "blue")
    plane.key([f"{border:g}" for border in BORDERS] + ["%"], FILLS)

    runs = svg.Plot(
        "Two runs of the map",
        "steps (rounds × local steps)",
        "above the lowest loss, %",
        (0, STEPS),
        HEIGHTS,
        log_y=True,
        y_ticks=(0.01, 0.1, 1, 10, 100, 1000),
    )
    steps = result.rounds * state.local_steps
    shown = np.clip(np.nan_to_num(result.runs, nan=np.inf), HEIGHTS[0] / 2, 1e9)
    runs.line([0, STEPS], [TARGET, TARGET], "orange", dash="5 4")
    runs.line(steps, shown[:, 1], "green", dash="2 3")
    runs.line(steps, shown[:, 0], "blue")
    runs.legend(("open", "blue", ""), ("best", "green", "2 3"), ("target", "orange", "5 4"))
    return svg.beside(plane.svg(words(result)), runs.svg("The runs of the open and of the best cell."))


def words(result):
    """How much of the map is good, where it is best, and how the open cell's run went."""
    state, side = result.state, len(result.heights)
    n_rounds, passes = STEPS // state.local_steps, STEPS / state.n_groups
    of = f"{state.n_groups} groups" if state.n_groups > 1 else "one group of all rows"
    one = state.local_steps == 1
    told = f"{state.optimizer.capitalize()} on {of}, {_counted(state.local_steps, 'local step')}: "
    told += f"after {n_rounds} rounds, {_counted(passes, 'pass')} over the data, "
    told += f"{(result.heights <= TARGET).sum()} of {side**2:,} cells are within {TARGET:g} % of the lowest "
    told += "loss. " if side == SIDE else "loss (a coarse map; the fine one follows). "
    rate, beta = result.best
    told += f"Best cell (ring), rate {rate:g} and β = {beta:g}: {_high(result.runs[-1, 1])}. "
    told += f"Open cell (square), rate {state.rate:g} and β = {state.beta:g}: {_high(result.runs[-1, 0])}; "
    missed = np.flatnonzero(~(result.runs[:, 0] <= TARGET))
    if missed[-1] + 1 < len(result.rounds):
        told += f"within {TARGET:g} % from round {result.rounds[missed[-1] + 1]} on."
    else:
        told += f"not within {TARGET:g} % at the end."
    return told + (" With one local step only the product β × rate counts: the bands are straight." * one)


def code(state):
    """The state's map and the open cell as a student would write them."""
    method, data = METHODS[state.optimizer].__name__, f'"{state.data}"'
    some = ".at(slice(None, None, 32))" if state.data == "flights" else ""
    more = ", intercept=True" if state.data == "flights" else ""
    return "\n".join(
        [
            "from parti_edu import grouping, load, picking",
            f"from parti_edu.on_numpy import {method}, LogisticRegression, blend, grid, train",
            f"rows = load({data}{more}).train{some}",
            f"groups = grouping.stratified(rows.y, {state.n_groups}, seed=0)",
            "settings = dict(groups=groups, picks=picking.reshuffled(groups, seed=0),",
            f"                local_steps={state.local_steps}, rounds={STEPS // state.local_steps})",
            f"beta, lr = grid(beta=[round(2 ** (-i / 6), 3) for i in range({SIDE})][::-1],",
            f'                lr=[float(f"{{2 ** (i / 2):.3g}}") for i in range(-20, {SIDE - 20})])',
            f"runs = train(LogisticRegression(l2={MODEL.l2}), rows, **settings, record='last',",
            f"             optimizer={method}(lr), merge=blend(beta))",
            f"loss = runs.loss(rows)[-1].reshape({SIDE}, {SIDE})",
            f"cell = train(LogisticRegression(l2={MODEL.l2}), rows, **settings,",
            f"             optimizer={method}(lr={state.rate:g}), merge=blend({state.beta:g}))",
        ]
    )


def _parts(n_states, n_rows):
    """Into how many parts to cut the states, for each part's model outputs to fit into the cache."""
    return -(-n_states * n_rows // AT_ONCE)


def _border(high):
    """The lines on the map where the target is met, arrays (K, 2) of rate and β."""
    step = SIDE // len(high)
    rates, betas = (np.array(axis).reshape(-1, step).prod(1) ** (1 / step) for axis in (RATES, BETAS))
    level = np.log(np.clip(np.nan_to_num(high, nan=np.inf), 1e-3, 1e6))
    return contourpy.contour_generator(rates, betas, level).lines(np.log(TARGET))


def _high(percent):
    if not percent < 1e4 or percent < 1e-3:
        return "less than 0.001 % above it" if percent < 1e-3 else "over 10,000 % above it"
    return f"{percent:{'.0f' if percent > 10 else '.2g'}} % above it"


def _counted(number, what):
    plural = "" if number == 1 else "es" if what == "pass" else "s"
    return f"{'one' if number == 1 else format(number, '.3g')} {what}{plural}"


map_explorer = Explorer("map", State, KNOBS, result, picture, words, code, coarse)
