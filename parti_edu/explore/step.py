"""The step explorer: one round after another, with its start, its local steps, its trials and its merge."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .. import grouping, load, picking
from ..on_numpy import GradientDescent, LinearRegression, blend, train
from . import svg
from .explorer import Explorer, Knob

MODEL = LinearRegression()
PARAMETERS = ("weight of bill length", "weight of bill depth")
ROUNDS = 24
SPAN = ((-0.8, 1.3), (-0.8, 0.6))  # of the two parameters in the picture: as wide a unit as it is high
GAP = (1e-5, 1.0)  # of the loss above its minimum in the picture
LEVELS = (0.003, 0.01, 0.03, 0.07, 0.13, 0.22, 0.35, 0.55, 0.8, 1.1)  # contours of the same
KEY = (-0.74, -0.45, 0.095)  # of the marks: across, the first line, and the distance to the next
GROUPS = ("all rows", "2 random", "4 random", "8 random", "3 species", "3 islands")
PICKS = {
    "in turn": "cyclic(groups)",
    "reshuffled": "reshuffled(groups, seed=0)",
    "with replacement": "random(groups, seed=0)",
    "all side by side": "all_groups(groups)",
    "one parameter": "blocks(2, 2, groups)",
}


@dataclass(frozen=True)
class State:
    round: int = 1
    beta: float = 0.5
    local_steps: int = 3
    groups: str = "3 species"
    picks: str = "in turn"
    rate: float = 0.2


KNOBS = (
    Knob("round", "round", tuple(range(ROUNDS + 1))),
    Knob("beta", "merge β", tuple(i / 10 for i in range(11))),
    Knob("local_steps", "local steps", (1, 2, 3, 5, 10)),
    Knob("groups", "groups", GROUPS, folded=True),
    Knob("picks", "picks", tuple(PICKS), folded=True),
    Knob("rate", "rate α", (0.05, 0.1, 0.2, 0.3, 0.5), folded=True),
)


class Result(NamedTuple):
    """The run up to the state's round, and that round in detail; E local steps."""

    state: State
    theta: np.ndarray  # merged states of round 0 … k, (k + 1, 2)
    gap: np.ndarray  # their loss above the minimum, (k + 1,)
    picked: tuple[picking.Pick, ...]  # of round k, nothing in round 0
    walks: tuple[np.ndarray, ...]  # for each pick the start, each local step, the trial: (E + 1, 2)
    sample_gradients: int
    rest: np.ndarray | None  # where rounds of all groups come to rest, (2,)


@lru_cache
def rows():
    """X: bill length and depth of the training penguins, (n, 2); y: their body mass, (n,); standardised."""
    X = load("penguins").train.X
    return X[:, :2], X[:, 3]


@lru_cache
def groups(name):
    """The groups that a knob's words name."""
    birds = load("penguins").train
    if name == "3 species":
        return grouping.by_label(birds.label["species"])
    if name == "3 islands":
        return grouping.by_source(birds.source["island"])
    return grouping.random(len(birds), 1 if name == "all rows" else int(name[0]), seed=0)


@lru_cache(maxsize=256)
def own(name, g=None):
    """Curvature (2, 2), minimum (2,) and loss there: of group g of these groups, or of all rows."""
    X, y = rows() if g is None else (part[groups(name)[g]] for part in rows())
    H = X.T @ X / len(y)
    theta = np.linalg.solve(H, X.T @ y / len(y))
    return H, theta, float(MODEL.loss(theta, X, y))


@lru_cache(maxsize=64)
def run(state):
    """All rounds; the state's own round does not matter, so that stepping to and fro trains nothing."""
    chosen = groups(state.groups)
    makers = {
        "in turn": picking.cyclic,
        "reshuffled": picking.reshuffled,
        "with replacement": picking.random,
        "all side by side": picking.all_groups,
        "one parameter": lambda groups: picking.blocks(2, 2, groups),
    }
    return train(
        MODEL,
        rows(),
        chosen,
        makers[state.picks](chosen),
        optimizer=GradientDescent(state.rate),
        merge=blend(state.beta),
        local_steps=state.local_steps,
        rounds=ROUNDS,
    )


def result(state):
    """The rounds up to the state's, and the local steps of its last one."""
    whole, k = run(replace(state, round=0)), state.round
    theta, picked = whole.theta[: k + 1], whole.picked[k]
    walks = tuple(walk(state, whole.starts[k], pick) for pick in picked)
    return Result(state, theta, gap(theta), picked, walks, int(whole.sample_gradients[k]), rest(state))


def walk(state, start, pick):
    """Start, local steps and trial of a pick of one group, (E + 1, 2)."""
    H, lowest, _ = own(state.groups, pick.groups[0])
    moves, path = (1.0 if pick.block is None else pick.block), [start]
    for _ in range(state.local_steps):
        path.append(path[-1] - state.rate * moves * (H @ (path[-1] - lowest)))
    return np.array(path)


def gap(theta):
    """The loss on all rows above its minimum, ½(θ − c)ᵀH(θ − c): (K,) of states (K, 2)."""
    H, lowest, _ = own("all rows")
    away = theta - lowest
    return (away @ H * away).sum(-1) / 2


def rest(state):
    """Where rounds of all groups end: with M_g = (I − αH_g)^E the solution of Σ w_g (I − M_g)(θ − c_g) = 0.

    β does not enter. None where the rounds visit one group at a time.
    """
    if state.picks != "all side by side" or state.beta == 0:
        return None
    left, right, chosen = np.zeros((2, 2)), np.zeros(2), groups(state.groups)
    for g, size in enumerate(chosen.sizes):
        H, lowest, _ = own(state.groups, g)
        pull = size * (np.eye(2) - np.linalg.matrix_power(np.eye(2) - state.rate * H, state.local_steps))
        left, right = left + pull, right + pull @ lowest
    return np.linalg.solve(left, right)


def picture(result):
    """The round on the contours, and the loss of the same states, beside each other where there is room."""
    alt = "The same states as loss on all rows above its minimum, round by round."
    return svg.beside(_plane(result).svg(words(result)), _losses(result).svg(alt))


def _plane(result):
    """Start, local steps, trials and merged state among the contours and the groups' own minima."""
    state = result.state
    plot = svg.Plot("One round", *PARAMETERS, *SPAN)
    plot.inside.append(_backdrop(state.groups, result.rest is not None))
    few = len(result.picked) <= 3
    if few and len(groups(state.groups)) > 1:
        for pick in result.picked:
            x, y = own(state.groups, pick.groups[0])[1]
            plot.words(
                x, y, _name(state, pick.groups[0]).removeprefix("group "), "purple", "middle", dx=0, dy=-9
            )
    plot.line(*_xy(result.theta), "blue")
    plot.dots(*_xy(result.theta[:-1]), "blue", radius=1.5)
    for path in result.walks:
        plot.line(*_xy(path), "orange", width=1.5, dash="5 4")
        plot.dots(*_xy(path[1 : -1 if few else 1]), "orange", radius=1.5)
        plot.mark(*_xy(path[-1]), "circle", "orange")
    if result.rest is not None:
        plot.mark(*_xy(result.rest), "square", "green")
    if result.walks:
        plot.dots(*_xy(result.theta[-2:-1]), radius=5, hollow=True)
    plot.mark(*_xy(result.theta[-1]), "diamond", "blue")
    _legend(plot)
    return plot


def _losses(result):
    """The loss of the merged states, and that of the last round's local steps, against the round."""
    k, span = result.state.round, (-0.5, ROUNDS + 0.5)
    plot = svg.Plot("Loss by round", "round", "loss − minimum", span, GAP, log_y=True)
    plot.line(range(k + 1), result.gap, "blue")
    plot.dots(range(k), result.gap[:-1], "blue", radius=1.5)
    for path in result.walks:
        heights = gap(path)
        plot.line(np.linspace(k - 1, k, len(path)), heights, "orange", width=1.5, dash="5 4")
        plot.mark(k, heights[-1], "circle", "orange")
    if result.walks:
        plot.dots([k - 1], result.gap[-2:-1], radius=5, hollow=True)
    plot.mark(k, result.gap[-1], "diamond", "blue")
    _legend(plot)
    return plot


def _legend(plot):
    plot.legend(("merged", "blue", "", "diamond"), ("local steps, trial", "orange", "5 4", "circle"))


def _xy(points) -> tuple[np.ndarray, np.ndarray]:
    """Across and down of points (…, 2)."""
    return points[..., 0], points[..., 1]


@lru_cache
def _backdrop(name, rests):
    """What does not move: contours, the minima of all rows and of each group, the key of the marks."""
    plot, (H, lowest, _) = svg.Plot("", "", "", *SPAN), own("all rows")
    turn = np.linspace(0, 2 * np.pi, 49)
    circle = np.column_stack([np.cos(turn), np.sin(turn)]) @ np.linalg.inv(np.linalg.cholesky(H))
    for level in LEVELS:
        plot.line(*_xy(lowest + np.sqrt(2 * level) * circle), width=1, opacity=0.3)
    plot.cross(*_xy(lowest))
    across, down, line = KEY
    plot.dots([across], [down], radius=5, hollow=True)
    plot.cross(across, down - line)
    told = ["start", "minimum"]
    if name != "all rows":
        for g in range(len(groups(name))):
            plot.mark(*_xy(own(name, g)[1]), "triangle", "purple")
        plot.mark(across, down - len(told) * line, "triangle", "purple")
        told.append("a group's own minimum")
    if rests:
        plot.mark(across, down - len(told) * line, "square", "green")
        told.append("rest")
    for i, text in enumerate(told):
        plot.words(across, down - i * line, text, dx=12, dy=4)
    return "".join(plot.inside)


def words(result):
    """The round in sentences."""
    state, k, high = result.state, result.state.round, own("all rows")[2] + result.gap
    now = f"{high[-1]:.3f}, {_above(result.gap[-1])} the minimum"
    if not k:
        return f"Round 0 of {ROUNDS}: the start, before any step. The loss on all rows is {now}."
    steps = "1 local step" if state.local_steps == 1 else f"{state.local_steps} local steps"
    if len(result.picked) == 1:
        told = _one(result, steps, high[-2])
    else:
        ends = own("all rows")[2] + gap(np.array([path[-1] for path in result.walks]))
        told = f"{len(ends)} groups side by side, {steps} on each: on all rows the start has the loss "
        told += f"{high[-2]:.3f}, the trials {ends.min():.3f} to {ends.max():.3f}."
    whole = {0.0: ", which returns to the start", 1.0: ", which keeps the whole trial"}
    told += f" Merged with β = {state.beta:g}{whole.get(state.beta, '')}: {now}."
    passes = result.sample_gradients / len(rows()[1])
    told += f" Cost so far: {result.sample_gradients} sample-gradients, "
    told += f"{passes:.3g} {'pass' if passes == 1 else 'passes'}."
    if result.rest is not None:
        off = gap(result.rest)
        told += " Rounds without end come to rest at the square, "
        told += f"{_above(off)} the minimum: drift." if off > 1e-9 else "and that is the minimum."
    return f"Round {k} of {ROUNDS}, {told}"


def _one(result, steps, before):
    """What the steps on one group did, to its own loss and to that on all rows."""
    state, (pick,), (path,) = result.state, result.picked, result.walks
    if pick.block is not None:
        steps += f" along the {PARAMETERS[int(pick.block.argmax())]} alone"
    after = own("all rows")[2] + gap(path[-1])
    if len(groups(state.groups)) == 1:
        return f"all {len(rows()[1])} rows: in {steps} the loss {_change(before, after)}."
    g = pick.groups[0]
    X, y = (part[groups(state.groups)[g]] for part in rows())
    told = f"{_name(state, g)}, {len(y)} rows: in {steps} its own loss "
    told += f"{_change(*MODEL.loss(path[[0, -1]], X, y))}, the loss on all rows {_change(before, after)}."
    return told


def _above(gap):
    """How far above the minimum a loss is, in percent of the minimum."""
    share = 100 * gap / own("all rows")[2]
    return f"{share:.2g} % above" if share >= 0.001 else "less than 0.001 % above"


def _change(before, after):
    if f"{before:.3f}" == f"{after:.3f}":
        return f"stays at {after:.3f}"
    return f"{'falls' if after < before else 'rises'} from {before:.3f} to {after:.3f}"


def _name(state, g):
    return groups(state.groups).names[g] or f"group {g}"


def code(state):
    """The state's run as a student would write it."""
    makers = {
        "3 species": 'by_label(birds.label["species"])',
        "3 islands": 'by_source(birds.source["island"])',
    }
    n = 1 if state.groups == "all rows" else state.groups[0]
    return "\n".join(
        [
            "from parti_edu import grouping, load, picking",
            "from parti_edu.on_numpy import GradientDescent, LinearRegression, blend, train",
            'birds = load("penguins").train',
            "rows = birds.X[:, :2], birds.X[:, 3]  # bill length and depth; body mass",
            f"groups = grouping.{makers.get(state.groups, f'random(len(birds), {n}, seed=0)')}",
            f"picks = picking.{PICKS[state.picks]}",
            "run = train(LinearRegression(), rows, groups, picks,",
            f"            optimizer=GradientDescent(lr={state.rate:g}), merge=blend(beta={state.beta:g}),",
            f"            local_steps={state.local_steps}, rounds={ROUNDS})",
            f"k = {state.round}",
            "start, trials, merged = run.starts[k], run.trials[k], run.theta[k]",
        ]
    )


step_explorer = Explorer("step", State, KNOBS, result, picture, words, code)
