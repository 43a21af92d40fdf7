"""The race explorer: four optimizers from one start on one surface, each at a rate of its own."""

import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..on_numpy import Adagrad, Adam, GradientDescent, Momentum, Quadratic, Rosenbrock, Saddle, train
from ..plots import loss_surface
from . import merge, svg
from .explorer import Explorer, Knob

ROUNDS = 100
GAP = (1e-8, 1e2)  # of the loss above its minimum in the picture
RATES = tuple(float(f"{digit}e{power}") for power in range(-4, 1) for digit in (1, 2, 5))
LEVELS = np.array([0.02, 0.1, 1 / 3, 1, 3])  # contours, as shares of the gap at the start
ALONG, TURNED, CURVED, SADDLE, REAL = SURFACES = (
    "valley along the axes",
    "valley turned by 45°",
    "Rosenbrock",
    "saddle",
    "breast cancer",
)


class Runner(NamedTuple):
    """One of the four: its class, its words, and how it is drawn."""

    method: type
    words: str
    short: str
    colour: str
    dash: str
    shape: str


RUNNERS = (
    Runner(GradientDescent, "gradient descent", "GD", "blue", "", "circle"),
    Runner(Momentum, "momentum", "momentum", "orange", "7 3", "square"),
    Runner(Adagrad, "Adagrad", "Adagrad", "green", "2 3", "triangle"),
    Runner(Adam, "Adam", "Adam", "purple", "9 3 2 3", "diamond"),
)
FACTORS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True)
class State:
    surface: str = ALONG
    round: int = ROUNDS
    steepness: int = 30
    descent: float = 1.0
    momentum: float = 1.0
    adagrad: float = 1.0
    adam: float = 1.0


KNOBS = (
    Knob("surface", "surface", SURFACES),
    Knob("round", "round", tuple(range(ROUNDS + 1)), plays=True),
    Knob("steepness", "steepness", (1, 3, 10, 30, 100, 300)),
    Knob("descent", "GD rate ×", FACTORS, folded=True),
    Knob("momentum", "momentum rate ×", FACTORS, folded=True),
    Knob("adagrad", "Adagrad rate ×", FACTORS, folded=True),
    Knob("adam", "Adam rate ×", FACTORS, folded=True),
)


class Surface(NamedTuple):
    """A loss of two parameters, where the race starts, and what of it is in the picture."""

    model: Any
    rows: Any
    start: tuple
    minima: np.ndarray  # (m, 2)
    lowest: float
    span: tuple


class Run(NamedTuple):
    """One optimizer's race, as far as it came."""

    theta: np.ndarray  # (K, 2)
    gap: np.ndarray  # loss above its minimum, (K,)
    diverged_at: int


class Result(NamedTuple):
    """The four races, in the order of RUNNERS."""

    state: State
    runs: tuple[Run, ...]


@lru_cache
def surface(name, steepness):
    """The surface of this name. Steepness: a valley's condition number, the walls of Rosenbrock's.

    The two valleys are ½·(θ₁² + steepness·θ₂²), and the same with the plane turned by 45°.
    """
    wide = ((-1.5, 1.5), (-1.0, 1.0))
    if name in (ALONG, TURNED):
        mean, half = (1 + steepness) / 2, (1 - steepness) / 2
        turned = name == TURNED
        A = [[mean, half], [half, mean]] if turned else [1.0, float(steepness)]
        start = tuple((np.array([-1.5, -0.7]) * np.sqrt(0.5)).tolist()) if turned else (-1.1, 0.4)
        return Surface(Quadratic(A), None, start, np.zeros((1, 2)), 0.0, wide)
    if name == CURVED:
        model, span = Rosenbrock(float(steepness)), ((-1.8, 1.8), (-0.8, 2.0))
        return Surface(model, None, model.begins, np.ones((1, 2)), 0.0, span)
    if name == SADDLE:
        span = ((-1.2, 1.5), (-1.5, 1.5))
        return Surface(Saddle(), None, (0.8, 1e-3), np.array([[0.0, 1.0], [0.0, -1.0]]), -0.25, span)
    at, lowest = merge.minimum()
    return Surface(merge.MODEL, merge.rows(), (0.0, 0.0), at[None], lowest, merge.SPAN)


@lru_cache(maxsize=1024)
def best_rate(name, steepness, method):
    """The best of RATES: with it the loss stays under the lowest curve, on average over the picture.

    What the loss stays under from a round on is its largest value from there to the end: a spike counts
    against the rate. Left out are rates that take the path out of the picture.
    """
    ground = surface(name, steepness)
    run = _train(ground, method(np.array(RATES)[:, None]))
    gap = np.nan_to_num(run.loss(ground.rows) - ground.lowest, nan=np.inf)
    stays_under = np.maximum.accumulate(gap[::-1])[::-1]
    height = np.log10(np.clip(stays_under, *GAP)).mean(0)
    low, high = np.transpose(ground.span)
    inside = ((run.theta >= low) & (run.theta <= high)).all((0, 2))
    return RATES[np.where(inside, height, np.inf).argmin()]


def rates(state):
    """The learning rates of the four."""
    factors = state.descent, state.momentum, state.adagrad, state.adam
    best = (best_rate(state.surface, state.steepness, runner.method) for runner in RUNNERS)
    return tuple(float(f"{factor * rate:.3g}") for factor, rate in zip(factors, best, strict=True))


@lru_cache(maxsize=256)
def race(name, steepness, method, rate):
    """One optimizer's run of ROUNDS rounds."""
    ground = surface(name, steepness)
    run = _train(ground, method(rate))
    gap = np.maximum(run.loss(ground.rows) - ground.lowest, 0)
    return Run(run.theta, np.nan_to_num(gap, nan=np.inf), run.diverged_at)


def result(state):
    """Run all four, whatever the round: to play is to look at more of the same runs."""
    runs = zip(RUNNERS, rates(state), strict=True)
    return Result(
        state, tuple(race(state.surface, state.steepness, runner.method, rate) for runner, rate in runs)
    )


def picture(result):
    """The loss against the round, and the paths on the contours, beside each other where there is room."""
    state = result.state
    ground = surface(state.surface, state.steepness)
    axes = merge.FEATURES_IN_WORDS if state.surface == REAL else ("parameter 1", "parameter 2")
    loss = svg.Plot("Loss above its minimum", "rounds", "loss − minimum", (0, 1.03 * ROUNDS), GAP, log_y=True)
    path = svg.Plot("", *axes, *ground.span)
    path.path(_contours(state.surface, state.steepness), width=1, opacity=0.35)
    for at in ground.minima:
        path.cross(at[0], at[1])
    path.dots(ground.start[:1], ground.start[1:], radius=5, hollow=True)
    path.words(ground.start[0], ground.start[1], "start", anchor="end", dx=-8, dy=-6)
    for runner, run in zip(RUNNERS, result.runs, strict=True):
        theta, gap = run.theta[: state.round + 1], run.gap[: state.round + 1]
        loss.line(np.arange(len(gap)), gap, runner.colour, dash=runner.dash)
        path.line(theta[:, 0], theta[:, 1], runner.colour, dash=runner.dash)
        loss.mark(len(gap) - 1, gap[-1], runner.shape, runner.colour)
        path.mark(theta[-1, 0], theta[-1, 1], runner.shape, runner.colour)
    path.legend(*((runner.short, runner.colour, runner.dash, runner.shape) for runner in RUNNERS))
    alt = "The same runs as paths on the contours of the loss."
    return svg.beside(loss.svg(words(result)), path.svg(alt))


def words(result):
    """Who is nearest the minimum by now, who follows, who ran away."""
    state = result.state
    where = f"the {state.surface}" if state.surface in (ALONG, TURNED, SADDLE) else state.surface
    if state.surface in (ALONG, TURNED, CURVED):
        where += f", steepness {state.steepness}"
    told = f"Round {state.round} of {ROUNDS} on {where}: "
    ran, standing = [], []
    for runner, run, rate in zip(RUNNERS, result.runs, rates(state), strict=True):
        who = f"{runner.words} (rate {rate:g})"
        if 0 <= run.diverged_at <= state.round:
            ran.append(f"{who} ran away by round {run.diverged_at}")
        else:
            at = min(state.round, len(run.gap) - 1)
            standing.append((run.gap[at], who, runner.words, run.theta[at]))
    if state.round == 0:
        return told + f"all four stand at the start, {svg.number(standing[0][0])} above the minimum."
    standing.sort(key=lambda one: one[0])
    if standing:
        (gap, who, *_), *others = standing
        told += f"nearest the minimum is {who}, {_above(gap)}"
        told += "".join(f"; then {who}, {_above(gap)}" for gap, who, *_ in others) + "."
    else:
        told += "nobody is left."
    if ran:
        told += f" {_listed(ran)}."
    stuck = [name for _, _, name, theta in standing if abs(theta[1]) < 0.1]
    if state.surface == SADDLE and stuck:
        told += f" {_listed(stuck)} {'has' if len(stuck) == 1 else 'have'} not left the saddle."
    return told


def code(state):
    """The state's race as a student would write it."""
    ground = surface(state.surface, state.steepness)
    made = {
        ALONG: f"Quadratic([1, {state.steepness}])",
        TURNED: f"Quadratic({ground.model.A.tolist() if state.surface == TURNED else ''})",
        CURVED: f"Rosenbrock({state.steepness})",
        SADDLE: "Saddle()",
        REAL: f"LogisticRegression(l2={merge.MODEL.l2})",
    }[state.surface]
    names = sorted({runner.method.__name__ for runner in RUNNERS} | {made.split("(")[0], "train"})
    lines = [f"from parti_edu.on_numpy import {', '.join(names)}", f"model, rows = {made}, None"]
    if ground.rows is not None:
        lines.insert(0, "from parti_edu import load")
        lines.append(f'rows = load("breast_cancer", features={merge.FEATURES}).train')
    methods = ", ".join(
        f"{runner.method.__name__}({rate!r})" for runner, rate in zip(RUNNERS, rates(state), strict=True)
    )
    return "\n".join(
        [
            *lines,
            f"optimizers = {methods}",
            f"settings = {{'start': {ground.start}, 'rounds': {ROUNDS}}}",
            "runs = [train(model, rows, optimizer=one, **settings) for one in optimizers]",
            f"losses = [run.loss(rows)[: {state.round + 1}][-1] for run in runs]",
        ]
    )


def _train(ground, optimizer):
    with warnings.catch_warnings():  # who runs away is told in words
        warnings.simplefilter("ignore", UserWarning)
        return train(ground.model, ground.rows, optimizer=optimizer, start=ground.start, rounds=ROUNDS)


def _above(gap):
    """A loss above the minimum, in words."""
    if not gap < 1e6:
        return "more than a million above it"
    return f"{svg.number(gap)} above it" if gap >= 1e-10 else "less than 10⁻¹⁰ above it"


def _listed(words):
    """a, b and c, with a capital at the start."""
    text = " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    return text[0].upper() + text[1:]


@lru_cache(maxsize=64)
def _contours(name, steepness):
    ground = surface(name, steepness)
    across, up, height = loss_surface(ground.model, ground.rows, ground.span[0], ground.span[1], n=70)
    first = np.array(ground.start)
    top = ground.model.loss(first, *(() if ground.rows is None else (ground.rows.X, ground.rows.y)))
    levels = LEVELS * (top - ground.lowest)
    return svg.contours(across, up, height - ground.lowest, levels, every=2)  # enough to the eye


race_explorer = Explorer("race", State, KNOBS, result, picture, words, code)
