"""The merge explorer: what the merge coefficient and the group count do to one real training run."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .. import convergence, grouping, load, picking
from ..on_numpy import Adagrad, Adam, GradientDescent, LogisticRegression, Momentum, blend, train
from ..plots import loss_surface
from . import svg
from .explorer import Explorer, Knob

FEATURES = ("worst_concave_points", "mean_texture")
FEATURES_IN_WORDS = ("weight of worst concave points", "weight of mean texture")
MODEL = LogisticRegression(l2=0.01)
PASSES = 20  # the budget: each state may spend this many passes over the data
USUAL = {"gradient descent": 1.0, "momentum": 0.2, "Adagrad": 0.5, "Adam": 0.1}
METHODS = dict(zip(USUAL, (GradientDescent, Momentum, Adagrad, Adam), strict=True))
SPAN = ((-4.2, 0.6), (-2.4, 0.6))  # of the two parameters in the picture
GAP = (1e-6, 10.0)  # of the loss above its minimum in the picture
LEVELS = (0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2)  # contours of the same


@dataclass(frozen=True)
class State:
    beta: float = 0.5
    n_groups: int = 8
    optimizer: str = "gradient descent"
    rate: float = 1.0
    local_steps: int = 1
    rule: str = "stratified"


KNOBS = (
    Knob("beta", "merge β", tuple(i / 20 for i in range(21))),
    Knob("n_groups", "groups", (1, 2, 4, 8, 16, 32)),
    Knob("optimizer", "optimizer", tuple(USUAL)),
    Knob("rate", "rate, × usual", tuple(2.0**i for i in range(-4, 5)), folded=True),
    Knob("local_steps", "local steps", (1, 2, 3, 5, 10, 20), folded=True),
    Knob("rule", "grouping", ("stratified", "random", "by label"), folded=True),
)


class Run(NamedTuple):
    """One training run, its K recorded rounds."""

    theta: np.ndarray  # (K, 2 parameters)
    passes: np.ndarray  # sample-gradients over rows, (K,)
    gap: np.ndarray  # loss above its minimum, (K,)
    converged_at: int  # -1 where it did not


class Result(NamedTuple):
    """The state's run, and the same with β = 1."""

    state: State
    own: Run
    whole: Run


@lru_cache
def rows():
    """The training rows, two features: with no other parameter the contours are the whole loss."""
    return load("breast_cancer", features=FEATURES).train


@lru_cache
def minimum():
    """The parameters at the loss's minimum, (2,), and the loss there."""
    run = train(MODEL, rows(), optimizer=GradientDescent(2.0), rounds=2000, record="last")
    return run.final, float(run.loss(rows())[-1])


def rate(state):
    """The optimizer's learning rate."""
    return state.rate * USUAL[state.optimizer]


def n_rounds(state):
    """The rounds that the budget pays for, at least one."""
    return max(1, PASSES * state.n_groups // state.local_steps)


@lru_cache(maxsize=64)
def groups(rule, n_groups):
    y = rows().y
    makers = {
        "stratified": lambda: grouping.stratified(y, n_groups, seed=0),
        "random": lambda: grouping.random(len(y), n_groups, seed=0),
        "by label": lambda: grouping.by_label(y, n_groups),
    }
    return makers[rule]()


def result(state):
    """Train with the state's β and with β = 1, on the same groups in the same order."""
    return Result(state, run(state), run(replace(state, beta=1.0)))


@lru_cache(maxsize=256)  # to and fro: what was seen is not trained again
def run(state):
    """Train as the state says."""
    chosen = groups(state.rule, state.n_groups)
    rounds = n_rounds(state)
    history = train(
        MODEL,
        rows(),
        chosen,
        picking.reshuffled(chosen, seed=0),
        optimizer=METHODS[state.optimizer](rate(state)),
        merge=blend(state.beta),
        local_steps=state.local_steps,
        rounds=rounds,
        until=convergence.flat_loss(1e-4, hold=3),
        record=max(1, rounds // 160),
    )
    gap = history.loss(rows()) - minimum()[1]
    return Run(history.theta, history.passes, gap, history.converged_at)


def picture(result):
    """The two plots, beside each other where there is room."""
    return svg.beside(*plots(result))


def cost_plot():
    """Axes for the loss above its minimum against what it cost."""
    words = "Loss above its minimum", "passes over the data", "loss − minimum"
    return svg.Plot(*words, (0, 1.03 * PASSES), GAP, log_y=True)


def plots(result):
    """The loss against its cost, and the path of the two parameters on the contours: two SVG strings."""
    state, own, whole = result
    pair = state.beta != 1
    cost = cost_plot()
    path = svg.Plot("Path of the two parameters", *FEATURES_IN_WORDS, *SPAN)
    path.path(_contours(), width=1, opacity=0.35)
    for run, colour, marks in [(whole, "orange", {"width": 1.5, "dash": "5 4"})] * pair + [(own, "blue", {})]:
        cost.line(run.passes, run.gap, colour, **marks)
        path.line(run.theta[:, 0], run.theta[:, 1], colour, **marks)
    cost.dots(own.passes[-1:], own.gap[-1:], "blue", radius=4)
    path.dots(own.theta[-1:, 0], own.theta[-1:, 1], "blue", radius=4)
    path.dots([0], [0], radius=4, hollow=True)
    path.words(0, 0, "start", anchor="end")
    lowest, _ = minimum()
    path.cross(lowest[0], lowest[1])
    path.words(lowest[0], lowest[1], "minimum", dy=18)
    cost.legend((f"β = {state.beta:g}", "blue", ""), *[("β = 1", "orange", "5 4")] * pair)
    return cost.svg(words(result)), path.svg("The same runs as a path on the contours of the loss.")


def words(result):
    """What happened, in sentences."""
    state, one = result.state, result.state.local_steps == 1
    of = f"{state.n_groups} {state.rule} groups" if state.n_groups > 1 else "one group of all rows"
    if state.rule == "by label" and state.n_groups > 1:
        of = f"{state.n_groups} groups sorted by label"
    told = f"{state.optimizer.capitalize()} on {of}, β = {state.beta:g}: {_end(state, result.own)}"
    if state.beta == 0:
        return told + " With β = 0 every merge returns to the start: standing still looks like convergence."
    if state.beta == 1:
        return told + " With β = 1 the merge keeps the whole trial."
    told += f" With β = 1: {_end(state, result.whole)}"
    if one:
        told += f" One local step: this is exactly β = 1 at the rate {state.beta:g} × {rate(state):g} = "
        told += f"{state.beta * rate(state):g}."
    return told


def code(state):
    """The state's run as a student would write it."""
    method, n = METHODS[state.optimizer].__name__, state.n_groups
    makers = {
        "stratified": f"stratified(rows.y, {n}, seed=0)",
        "random": f"random(len(rows), {n}, seed=0)",
        "by label": f"by_label(rows.y, {n})",
    }
    return "\n".join(
        [
            "from parti_edu import convergence, grouping, load, picking",
            f"from parti_edu.on_numpy import {method}, LogisticRegression, blend, train",
            f'rows = load("breast_cancer", features={FEATURES}).train',
            f"groups = grouping.{makers[state.rule]}",
            "picks = picking.reshuffled(groups, seed=0)",
            f"run = train(LogisticRegression(l2={MODEL.l2}), rows, groups, picks,",
            f"            optimizer={method}(lr={rate(state):g}), merge=blend(beta={state.beta:g}),",
            f"            local_steps={state.local_steps}, rounds={n_rounds(state)},",
            "            until=convergence.flat_loss(1e-4, hold=3))",
        ]
    )


def _end(state, run):
    """How a run ended: after how many rounds and passes, and how far above the minimum."""
    passes, above = run.passes[-1], run.gap[-1] / minimum()[1]
    cost = f"{_counted(passes, 'pass', 'passes')} over the data"
    height = f"{100 * above:{'.0f' if above > 0.1 else '.2g'}} % above the minimum"
    if run.converged_at < 0:
        rounds = _counted(n_rounds(state), "round", "rounds")
        return f"not converged after {rounds}, {cost}; the loss is {height}."
    flat = "flat, yet " if above > 0.02 else ""
    return f"converged after {run.converged_at} rounds, {cost}; the loss is {flat}{height}."


def _counted(number, one, many):
    return f"{number:.3g} {one if number == 1 else many}"


@lru_cache
def _contours():
    across, up, loss = loss_surface(MODEL, rows(), *SPAN)
    return svg.contours(across, up, loss - minimum()[1], LEVELS)


merge_explorer = Explorer("merge", State, KNOBS, result, picture, words, code)
