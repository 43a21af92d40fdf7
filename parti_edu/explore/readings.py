"""The readings explorer: one printed merge formula, read in three ways, on the loss ½θ²."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .. import averaging
from ..on_numpy import GradientDescent, Quadratic, blend, blend_previous, train
from . import svg
from .explorer import Explorer, Knob

ROUNDS = 30
HEIGHT = 3.0  # of the picture, in units of the start
READINGS = {
    "A: the round's start": "A blends with the round's start",
    "B: one round earlier": "B blends with the state one round before the start",
    "C: only reported": "C reports an average that is not fed back",
}


@dataclass(frozen=True)
class State:
    reading: str = "A: the round's start"
    rate: float = 3.0
    beta: float = 0.5


KNOBS = (
    Knob("reading", "reading", tuple(READINGS)),
    Knob("rate", "rate α", tuple(i / 10 for i in range(1, 36))),
    Knob("beta", "merge β", tuple(i / 20 for i in range(1, 21))),
)


class Result(NamedTuple):
    """The path of the reading, and that of plain gradient descent; round 0 … R."""

    state: State
    theta: np.ndarray  # (R + 1,)
    plain: np.ndarray  # (R + 1,)
    factor: float  # by which θ shrinks or grows in a round, in the long run


def result(state):
    """Run the reading from θ = 1, and gradient descent beside it."""
    plain = _run(state.rate, blend(1.0))
    if state.reading[0] == "C":
        theta = np.append(1.0, averaging.ema(plain, state.beta).theta[:, 0])
    else:
        rule = blend if state.reading[0] == "A" else blend_previous
        theta = _run(state.rate, rule(state.beta)).theta[:, 0]
    return Result(state, theta, plain.theta[:, 0], factor(state))


def factor(state):
    """The largest root of the reading's recursion, with ρ = 1 − α what one step leaves of θ.

    A: |1 − β + βρ|. B: the larger |z| with z² = βρz + 1 − β. C: the larger of |ρ| and 1 − β.
    """
    rho, beta = 1 - state.rate, state.beta
    if state.reading[0] == "A":
        return abs(1 - beta + beta * rho)
    if state.reading[0] == "B":
        return float(max(abs(np.roots([1, -beta * rho, beta - 1]))))
    return max(abs(rho), 1 - beta)


def picture(result):
    """θ against the round, the reading's and plain gradient descent's."""
    plot = svg.Plot("θ on the loss ½θ²", "round", "θ", (-0.4, ROUNDS + 0.4), (-HEIGHT, HEIGHT))
    rounds = np.arange(ROUNDS + 1)
    plot.line([0, ROUNDS], [0, 0], width=1, opacity=0.5)
    plot.line(rounds, result.plain, "orange", width=1.5, dash="5 4")
    plot.line(rounds, result.theta, "blue")
    plot.dots(rounds, result.theta, "blue")
    plot.legend((f"reading {result.state.reading[0]}", "blue", ""), ("gradient descent", "orange", "5 4"))
    return f'<div style="display:flex">{plot.svg(words(result))}</div>'


def words(result):
    """What happened, and the factor that explains it."""
    state = result.state
    ends = f"after {ROUNDS} rounds |θ| is {svg.number(abs(result.theta[-1]), 1)}"
    if result.factor < 1 - 1e-9:
        fate = f"it comes to rest: in the long run a round leaves {result.factor:.2f} of θ, {ends}."
    elif result.factor < 1 + 1e-9:
        fate = f"it neither rests nor runs away: in the long run a round keeps the size of θ, {ends}."
    else:
        fate = f"it runs away: in the long run a round multiplies θ by {result.factor:.2f}, {ends}."
    alone = "rests" if state.rate < 2 else "swings for ever" if state.rate == 2 else "runs away"
    where = f"at α = {state.rate:g}, β = {state.beta:g}"
    return f"{READINGS[state.reading]}; {where} {fate} Gradient descent alone {alone}."


def code(state):
    """The state's run as a student would write it."""
    rules = {"A": f"blend({state.beta:g})", "B": f"blend_previous({state.beta:g})", "C": "blend(1.0)"}
    rule = rules[state.reading[0]]
    lines = [
        "from parti_edu import averaging",
        "from parti_edu.on_numpy import GradientDescent, Quadratic, blend, blend_previous, train",
        f"optimizer = GradientDescent(lr={state.rate:g})",
        f"run = train(Quadratic([1.0]), optimizer=optimizer, merge={rule}, rounds={ROUNDS})",
    ]
    if state.reading[0] == "C":
        lines.append(f"run = averaging.ema(run, beta={state.beta:g})")
    return "\n".join(lines)


def _run(rate, merge):
    return train(Quadratic([1.0]), optimizer=GradientDescent(rate), merge=merge, rounds=ROUNDS)


readings_explorer = Explorer("readings", State, KNOBS, result, picture, words, code)
