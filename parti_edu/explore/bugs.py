"""The bug explorer: a formula as printed and as it should be, where the mistake shows and where it hides."""

import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from .. import grouping, load, picking, read
from ..labs.errata import printed
from ..on_numpy import Adagrad, Adam, GradientDescent, LogisticRegression, Momentum, Quadratic, blend, train
from ..on_numpy.models import sigmoid
from ..plots import loss_surface
from . import svg
from .explorer import Explorer, Knob

ROUNDS = 100
GAP = (1e-8, 1e3)  # of the loss above its minimum in the picture, as shares of that at the start
SLOW = 0.1  # of the gap: whatever keeps more of it has hardly begun
LEVELS = np.array([0.003, 0.02, 0.1, 0.3, 0.7, 1.2, 2.5])  # contours of the same
COLUMNS = ("worst_concave_points", "mean_texture")
BOWL, HOME, STANDARD, RAW, ONES = PROBLEMS = (
    "a bowl lowest at (3, 1)",
    "a bowl lowest at 0",
    "breast cancer, standardised",
    "breast cancer, as measured",
    "two columns of ones",
)
INPUT, RATE, THETA, SUM, MOMENTS, ALIAS, WORKER = FORMULAS = (
    "gradient without x (F10)",
    "momentum, no rate (F11)",
    "Adagrad with θ on top (F12)",
    "Adagrad adding g (F12)",
    "Adam uncorrected (F13)",
    "merge of an alias (C04)",
    "the last worker alone (F07)",
)
OURS = {GradientDescent, Momentum, Adagrad, Adam, blend}  # the other kinds are the printed forms
USUAL = {INPUT: 1.0, RATE: 0.2, THETA: 0.5, SUM: 0.5, MOMENTS: 0.1, ALIAS: 1.0, WORKER: 1.0}


@dataclass(frozen=True)
class State:
    formula: str = THETA
    problem: str = BOWL
    rate: float = 1.0


KNOBS = (
    Knob("formula", "formula", FORMULAS),
    Knob("problem", "problem", PROBLEMS),
    Knob("rate", "rate, × usual", tuple(2.0**i for i in range(-4, 3))),
)


class Problem(NamedTuple):
    """A loss of two parameters, what it is trained on, and what of it is in the picture."""

    model: Any
    data: Any  # (X, y), or None for a bowl
    groups: Any
    start: tuple
    minimum: np.ndarray  # (2,)
    lowest: float
    steepest: float  # the largest curvature at the start
    span: tuple


class Result(NamedTuple):
    """Both runs, K rounds each."""

    state: State
    wrong: np.ndarray  # θ, (K, 2)
    right: np.ndarray
    wrong_gap: np.ndarray  # the loss above its minimum, as a share of the start's, (K,)
    right_gap: np.ndarray


@lru_cache
def problem(name):
    """The problem of this name."""
    if name in (BOWL, HOME):
        centre = np.array([3.0, 1.0]) if name == BOWL else np.zeros(2)
        start = (0.0, 0.0) if name == BOWL else (3.0, 1.0)
        bowl = Quadratic([0.5, 1.0], centre=centre)
        return Problem(bowl, None, None, start, centre, 0.0, 1.0, ((-1.5, 5.0), (-1.5, 2.5)))
    rows = load("breast_cancer", features=COLUMNS, test_share=0.3).train
    X, y = rows.X, rows.y
    if name == RAW:
        table = read("breast_cancer")
        X = np.column_stack([table[column].astype(float) for column in COLUMNS])
        y = table["benign"].astype(int)
    if name == ONES:
        X = np.ones_like(X)
    model = LogisticRegression(l2=0.01)
    theta = np.zeros(2)
    for _ in range(50):  # Newton's method
        p = sigmoid(X @ theta)
        hessian = (X.T * (p * (1 - p))) @ X / len(y) + model.l2 * np.eye(2)
        theta = theta - np.linalg.solve(hessian, model.gradient(theta, X, y))
    steepest = np.linalg.eigvalsh(X.T @ X / len(y) / 4).max() + model.l2
    across, down = (sorted((0.0, float(t))) for t in theta)
    wide = max(across[1] - across[0], down[1] - down[0], 0.5) * 0.6
    span = ((across[0] - wide, across[1] + wide), (down[0] - wide, down[1] + wide))
    groups = grouping.stratified(y, 4, seed=0)
    return Problem(model, (X, y), groups, (0.0, 0.0), theta, model.loss(theta, X, y), steepest, span)


def pair(state):
    """What differs between the printed and the right form, as settings of `train`: two dicts."""
    lr = state.rate * USUAL[state.formula]
    plain = lr / problem(state.problem).steepest  # a rate that this curvature bears
    descent = {"optimizer": GradientDescent(plain)}
    return {
        INPUT: (descent, descent),
        RATE: ({"optimizer": printed.RatelessMomentum(1.0)}, {"optimizer": Momentum(plain)}),
        THETA: ({"optimizer": printed.ThetaAdagrad(lr)}, {"optimizer": Adagrad(lr)}),
        SUM: ({"optimizer": printed.SumAdagrad(lr)}, {"optimizer": Adagrad(lr)}),
        MOMENTS: ({"optimizer": printed.UncorrectedAdam(lr)}, {"optimizer": Adam(lr)}),
        ALIAS: (descent | {"merge": printed.AliasedBlend(0.5)}, descent | {"merge": blend(0.5)}),
        WORKER: (descent | {"merge": printed.LastWorker()}, descent | {"merge": blend()}),
    }[state.formula]


def result(state):
    """Train with the printed and with the right form, from the same start on the same groups."""
    ground = problem(state.problem)
    groups = ground.groups if state.formula in (ALIAS, WORKER) else None
    picks = picking.all_groups(groups) if groups and state.formula == WORKER else None
    models = [ground.model, ground.model]
    if state.formula == INPUT and ground.data:
        models[0] = printed.InputlessRegression(l2=ground.model.l2)
    thetas, gaps = [], []
    for model, settings in zip(models, pair(state), strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a run diverged is told in words
            run = train(model, ground.data, groups, picks, **settings, rounds=ROUNDS, start=ground.start)
        with np.errstate(over="ignore", invalid="ignore"):
            gap = run.loss(ground.data) - ground.lowest
        thetas.append(run.theta)
        gaps.append(np.maximum(gap, 0) / gap[0])
    return Result(state, *thetas, *gaps)


def picture(result):
    """The loss of both, and their paths on the contours."""
    ground = problem(result.state.problem)
    loss = svg.Plot("Loss", "round", "above its minimum; start: 1", (0, ROUNDS), GAP, log_y=True)
    path = svg.Plot("Paths of the two parameters", "θ₁", "θ₂", *ground.span)
    path.path(_contours(result.state.problem), width=1, opacity=0.35)
    rounds = np.arange(ROUNDS + 1)
    runs = (
        ("mended", "blue", "", 5, result.right, result.right_gap),
        ("as printed", "orange", "5 4", 3, result.wrong, result.wrong_gap),  # on top: its dashes show both
    )
    for _, colour, dash, radius, theta, gap in runs:
        loss.line(rounds[: len(gap)], gap, colour, dash=dash)
        path.line(theta[:, 0], theta[:, 1], colour, dash=dash)
        path.dots(theta[-1:, 0], theta[-1:, 1], colour, radius=radius)
    path.dots(ground.start[:1], ground.start[1:], radius=4, hollow=True)
    path.cross(*ground.minimum)
    loss.legend(*[(name, colour, dash) for name, colour, dash, *_ in runs])
    alt = "The paths of both on the contours of the loss; a ring is the start, a cross the minimum."
    return svg.beside(loss.svg(words(result)), path.svg(alt))


def words(result):
    """What became of both, and whether the printed form can be told from the right one here."""
    state = result.state
    wrong, right = _fate(result.wrong_gap), _fate(result.right_gap)
    told = f"{state.formula[0].upper()}{state.formula[1:]}, on {state.problem}: as printed it {wrong}; "
    told += f"mended it {right}."
    ends = [gap[-1] if np.isfinite(gap[-1]) else np.inf for gap in (result.wrong_gap, result.right_gap)]
    if state.formula == INPUT and problem(state.problem).data is None:
        return told + " The mistake cannot be made here: a bowl has no x to leave out."
    if np.array_equal(result.wrong, result.right):
        return told + f" Both are the same: {_why_same(state)}."
    if ends[1] >= 1:
        return told + " The right form fails too at this rate."
    if ends[0] < 1 and ends[0] <= max(10 * ends[1], 1e-3):
        if ends[1] > SLOW:
            return told + " The right form hardly gets on here either, so a test tells nothing."
        return told + " Whoever tests it here sees nothing wrong: so it survives."
    return told + " Here the mistake shows."


def _why_same(state):
    return "every x is 1" if state.formula == INPUT else "there is one group, and no second worker"


def _fate(gap):
    if not np.isfinite(gap[-1]) or gap[-1] > 1e3:
        first = int(np.argmax(~np.isfinite(gap) | (gap > 1e3)))
        return (
            f"is no number from round {first} on" if np.isnan(gap).any() else f"has run away by round {first}"
        )
    if gap[-1] == gap[0] and np.ptp(gap) == 0:
        return "never moves"
    if gap[-1] > 1:
        return f"ends {gap[-1]:.3g} times as high as it began"
    return f"keeps {100 * gap[-1]:.2g} % of the gap" if gap[-1] > 1e-6 else "closes the gap"


def code(state):
    """The right form's run as a student would write it, and the printed form's beside it."""
    ground, wrong_right = problem(state.problem), pair(state)
    lines = ["import numpy as np", "from parti_edu import grouping, load, picking, read"]
    lines += ["from parti_edu.labs.errata import printed"]
    used = sorted(kind.__name__ for kind in {type(form["optimizer"]) for form in wrong_right} & OURS)
    model = "Quadratic" if ground.data is None else "LogisticRegression"
    lines += [f"from parti_edu.on_numpy import {', '.join([*used, model])}, blend, train"]
    many = ground.groups is not None and state.formula in (ALIAS, WORKER)
    if ground.data is None:
        lines += [f"model = wrong = Quadratic([0.5, 1.0], centre={ground.minimum.tolist()})", "data = None"]
    else:
        lines += _data_lines(state.problem)
        lines += ["model = wrong = LogisticRegression(l2=0.01)"]
        if state.formula == INPUT:
            lines += ["wrong = printed.InputlessRegression(l2=0.01)"]
    lines += [f"groups = {'grouping.stratified(data[1], 4, seed=0)' if many else 'None'}"]
    picks = "picking.all_groups(groups)" if many and state.formula == WORKER else "None"
    lines += [f"settings = {{'rounds': {ROUNDS}, 'start': {ground.start}}}"]
    for name, which, settings in zip(("as_printed", "right"), ("wrong", "model"), wrong_right, strict=True):
        optimizer, merge = settings["optimizer"], settings.get("merge")
        made, rule = _call(optimizer, optimizer.lr), _call(merge, merge.beta) if merge else "None"
        lines += [f"{name} = train({which}, data, groups, {picks}, optimizer={made},"]
        lines += [f"    merge={rule}, **settings)"]
    return "\n".join(lines)


def _call(made, number):
    kind = type(made)
    return f"{'' if kind in OURS else 'printed.'}{kind.__name__}({number})"


def _data_lines(name):
    if name == RAW:
        return [
            'table = read("breast_cancer")',
            f"X = np.column_stack([table[column].astype(float) for column in {COLUMNS}])",
            'data = X, table["benign"].astype(int)',
        ]
    X = "np.ones_like(rows.X)" if name == ONES else "rows.X"
    return [f'rows = load("breast_cancer", features={COLUMNS}).train', f"data = {X}, rows.y"]


@lru_cache
def _contours(name):
    ground = problem(name)
    across, up, loss = loss_surface(ground.model, ground.data, *ground.span)
    start = ground.model.loss(np.array(ground.start), *(ground.data or (None, None))) - ground.lowest
    return svg.contours(across, up, (loss - ground.lowest) / start, LEVELS)


bugs_explorer = Explorer("bugs", State, KNOBS, result, picture, words, code)
