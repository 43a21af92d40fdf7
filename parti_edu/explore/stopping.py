"""The convergence explorer: where three criteria would stop one real run, and what that would cost."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .. import convergence, grouping, load, picking
from ..on_numpy import LogisticRegression, Momentum, blend, decaying, train
from . import svg
from .explorer import Explorer, Knob
from .merge import METHODS, USUAL

MODEL = LogisticRegression(l2=0.01)
PASSES = 40
FAR = 10.0  # % above the minimum: a stop beyond this is called out
CRITERIA = {
    "flat loss": convergence.flat_loss,
    "small gradient": convergence.small_gradient,
    "small update": convergence.small_update,
}
ORDERS = {
    "reshuffled": "{} reshuffled groups",
    "cyclic": "{} groups in turn",
    "random": "{} groups drawn at random",
}
DRAWN = {"loss": ("blue", ""), "gradient": ("orange", "6 4"), "update": ("green", "2 3")}
SPAN = (0, 56)  # passes; the room beyond the last one is for words
ABOVE = (1e-3, 1e5)  # % of the minimum
FLAGS = (10**4.65, 10**4.1, 10**3.55)  # heights of the three flags, first stop on top
SEEN = (1e-6, 1e1)


@dataclass(frozen=True)
class State:
    tolerance: float = 0.01
    hold: int = 3
    beta: float = 0.5
    n_groups: int = 8
    optimizer: str = "gradient descent"
    rate: float = 1.0
    schedule: str = "constant"
    order: str = "reshuffled"


KNOBS = (
    Knob("tolerance", "tolerance", (0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001)),
    Knob("hold", "hold, passes", (1, 2, 3, 5, 10)),
    Knob("beta", "merge β", (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)),
    Knob("n_groups", "groups", (1, 2, 4, 8, 16), folded=True),
    Knob("optimizer", "optimizer", tuple(USUAL), folded=True),
    Knob("rate", "rate, × usual", tuple(2.0**i for i in range(-4, 4)), folded=True),
    Knob("schedule", "rate over the rounds", ("constant", "decreasing"), folded=True),
    Knob("order", "order of the groups", tuple(ORDERS), folded=True),
)


class Run(NamedTuple):
    """What does not depend on the criteria; K recorded rounds, four or more of them a pass if G ≥ 4."""

    history: object
    passes: np.ndarray  # (K,)
    above: np.ndarray  # loss above its minimum in % of it, (K,)
    seen: np.ndarray  # what each criterion compares with its tolerance, at the end of each pass, (3, PASSES)


class Result(NamedTuple):
    """The run, and for each of the three criteria where it stops; −1 for never."""

    state: State
    run: Run
    stops: list[int]  # passes trained until then, (3,)
    costs: list[int]  # the same in passes over the rows, looks included, (3,)
    heights: list[float]  # % above the minimum at the stop, (3,)


@lru_cache
def rows():
    """The training rows, all thirty measurements."""
    return load("breast_cancer").train


@lru_cache
def minimum():
    """The lowest loss on the training rows."""
    run = train(MODEL, rows(), optimizer=Momentum(0.5), rounds=3000, record="last")
    return float(run.loss(rows())[-1])


def rate(state):
    """The learning rate of the first round."""
    return state.rate * USUAL[state.optimizer]


@lru_cache(maxsize=32)
def run(beta, n_groups, optimizer, lr, schedule, order):
    """Train for the whole budget; nothing stops this run."""
    groups = grouping.stratified(rows().y, n_groups, seed=0)
    history = train(
        MODEL,
        rows(),
        groups,
        getattr(picking, order)(groups),
        optimizer=METHODS[optimizer](decaying(lr) if schedule == "decreasing" else lr),
        merge=blend(beta),
        rounds=PASSES * n_groups,
        record=max(1, n_groups // 4),
    )
    above = 100 * (history.loss(rows()) / minimum() - 1)
    theta = history.theta[history.rounds % n_groups == 0]
    return Run(history, history.rounds / n_groups, above, seen(theta))


def seen(theta):
    """At pass 1, 2, …: |F − F₋|/|F₋|, ‖∇F‖ and ‖θ − θ₋‖/max(1, ‖θ₋‖); theta (passes + 1, P) → (3, passes)."""
    X, y = rows().X, rows().y
    loss, slope = MODEL.loss(theta, X, y), MODEL.gradient(theta[1:], X, y)
    moved = np.linalg.norm(theta[1:] - theta[:-1], axis=-1)
    size = np.maximum(1, np.linalg.norm(theta[:-1], axis=-1))
    return np.stack([abs(loss[1:] / loss[:-1] - 1), np.linalg.norm(slope, axis=-1), moved / size])


def result(state):
    """Train, then ask each criterion where it would have stopped.

    A look at loss or gradient visits every row once, as a pass does; a look at the update visits none.
    """
    done = run(state.beta, state.n_groups, state.optimizer, rate(state), state.schedule, state.order)
    rules = [rule(state.tolerance, hold=state.hold) for rule in CRITERIA.values()]
    rounds = [rule.first_round(done.history, rows()) for rule in rules]
    stops = [k // state.n_groups if k > 0 else -1 for k in rounds]
    costs = [n * times if n > 0 else -1 for n, times in zip(stops, (2, 2, 1), strict=True)]
    heights = done.above[np.searchsorted(done.passes, stops)]
    return Result(
        state, done, stops, costs, [h if n > 0 else -1 for h, n in zip(heights, stops, strict=True)]
    )


def picture(result):
    """The loss with a flag at each stop, and beside it what each criterion has seen: two SVG strings."""
    alt = "What each criterion sees at the end of each pass, and the tolerance."
    return svg.beside(_flags(result).svg(words(result)), _looks(result).svg(alt))


def _flags(result):
    plot = svg.Plot(
        "Loss above its minimum", "passes over the data", "% of the minimum", SPAN, ABOVE, log_y=True
    )
    plot.line(result.run.passes, result.run.above, width=1.5)
    first_to_last = sorted(zip(result.stops, result.heights, DRAWN, strict=True), key=lambda s: s[0] % 1000)
    for top, (stop, height, name) in zip(FLAGS, first_to_last, strict=True):
        colour, dash = DRAWN[name]
        if stop < 0:
            plot.words(PASSES, top, f"{name} never", colour, dx=3, dy=4)
        else:
            plot.line([stop, stop], [height, top], colour, 1.5, dash)
            plot.dots([stop], [height], colour, radius=4)
            plot.words(stop, top, f"{name} {stop}", colour, dx=5, dy=4)
    return plot


def _looks(result):
    plot = svg.Plot("The looks", "passes over the data", "what is measured", SPAN, SEEN, log_y=True)
    passes = np.arange(1, PASSES + 1)
    plot.line([0, PASSES], [result.state.tolerance] * 2, width=1.5)
    plot.words(PASSES, result.state.tolerance, "tolerance", dx=4, dy=4)
    for values, stop, (colour, dash) in zip(result.run.seen, result.stops, DRAWN.values(), strict=True):
        plot.line(passes, values, colour, dash=dash)
        if stop > 0:
            plot.dots([stop], [values[stop - 1]], colour, radius=4)
    plot.legend(*((name, *drawn) for name, drawn in DRAWN.items()))
    return plot


def words(result):
    """Where each criterion stops, at what cost and height, and which of them are fooled."""
    state, fooled = result.state, []
    of = ORDERS[state.order].format(state.n_groups) if state.n_groups > 1 else "one group of all rows"
    steady = "constant rate" if state.schedule == "constant" else "rate decreasing from"
    told = f"{state.optimizer.capitalize()} on {of}, β = {state.beta:g}, {steady} {rate(state):g}."
    stops = zip(CRITERIA, result.stops, result.costs, result.heights, strict=True)
    for name, stop, cost, height in stops:
        if stop < 0:
            told += f" {name.capitalize()} does not stop it in {PASSES} passes."
            continue
        looks = "its looks read no rows" if cost == stop else f"{cost} with its looks"
        told += f" {name.capitalize()} stops it after {_passes(stop)} ({looks}), {_percent(height)}."
        if height > FAR:
            fooled.append(name)
    if fooled:
        told += f" Too early: {', '.join(fooled)}. Short steps or a loose tolerance pass for arrival."
    return told + f" After {PASSES} passes the loss is {_percent(result.run.above[-1])}."


def code(state):
    """The state's run and its three stops as a student would write them."""
    method, seed = METHODS[state.optimizer].__name__, "" if state.order == "cyclic" else ", seed=0"
    lr = f"decaying({rate(state):g})" if state.schedule == "decreasing" else f"{rate(state):g}"
    return "\n".join(
        [
            "from parti_edu import convergence, grouping, load, picking",
            f"from parti_edu.on_numpy import {method}, LogisticRegression, blend, decaying, train",
            'rows = load("breast_cancer").train',
            f"groups = grouping.stratified(rows.y, {state.n_groups}, seed=0)",
            f"picks = picking.{state.order}(groups{seed})",
            f"run = train(LogisticRegression(l2={MODEL.l2}), rows, groups, picks,",
            f"            optimizer={method}(lr={lr}), merge=blend(beta={state.beta:g}),",
            f"            rounds={PASSES * state.n_groups})",
            "rules = convergence.flat_loss, convergence.small_gradient, convergence.small_update",
            f"rules = [rule({state.tolerance:g}, hold={state.hold}) for rule in rules]",
            "stops = [rule.first_round(run, rows) for rule in rules]",
        ]
    )


def _passes(number):
    return "1 pass" if number == 1 else f"{number} passes"


def _percent(height):
    return f"{height:{'.0f' if height > FAR else '.2g'}} % above the minimum"


convergence_explorer = Explorer("convergence", State, KNOBS, result, picture, words, code)
