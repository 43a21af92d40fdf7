"""The privacy explorer: what noise and clip do to a run of many clients, and what each round costs."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .. import grouping, load
from ..labs.cases.privacy import (
    best_guess,
    clip_and_noise,
    epsilon_added_up,
    epsilon_exact,
    epsilon_zcdp,
)
from ..on_numpy.models import sigmoid
from . import svg
from .explorer import Explorer, Knob

SEEDS = 8  # runs of one state, each with noise of its own
DELTA = 1e-5
NOISES = (0.0, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0, 11.0, 16.0)
ROUNDS = (1, 2, 3, 5, 7, 10, 14, 20, 30)  # at which the bounds on ε are worked out
BOUNDS = {"exact": epsilon_exact, "zCDP": epsilon_zcdp, "added up": epsilon_added_up}
MARKS = {"exact": ("blue", ""), "zCDP": ("green", "7 3"), "added up": ("purple", "2 3")}
EPSILON = (0.1, 1000.0)  # in the picture


@dataclass(frozen=True)
class State:
    noise: float = 2.0
    clip: float = 1.0
    n_clients: int = 32
    rounds: int = 20
    rate: float = 1.0


KNOBS = (
    Knob("noise", "noise σ", NOISES),
    Knob("clip", "clip C", (0.03, 0.06, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0)),
    Knob("n_clients", "clients", (4, 8, 16, 32, 64)),
    Knob("rounds", "rounds", ROUNDS[3:], folded=True),
    Knob("rate", "rate α", (0.1, 0.3, 1.0, 3.0), folded=True),
)


class Result(NamedTuple):
    """The state's runs, and one with neither clip nor noise; round 0 … R."""

    state: State
    accuracy: np.ndarray  # on the test rows, (R + 1, SEEDS)
    plain: np.ndarray  # likewise without clip and noise, (R + 1,)
    cut: float  # the share of the updates that the clip shortens
    epsilon: dict[str, np.ndarray]  # each bound at ROUNDS up to R; empty without noise


@lru_cache
def data():
    return load("breast_cancer")


@lru_cache
def clients(n_clients):
    """X (G, m, d), y (G, m, 1), and rows of each client (G, 1, 1); short clients end in rows of zeros."""
    rows, groups = data().train, grouping.random(len(data().train), n_clients, seed=0)
    X = np.zeros((n_clients, groups.sizes.max(), rows.X.shape[1]))
    y = np.zeros((*X.shape[:2], 1))
    for g, members in enumerate(groups):
        X[g, : len(members)], y[g, : len(members), 0] = rows.X[members], rows.y[members]
    return X, y, groups.sizes[:, None, None]


@lru_cache
def account():
    """Each bound on ε at ROUNDS, for every noise of the knob."""
    return {
        noise: {name: np.array([bound(noise, k, DELTA) for k in ROUNDS]) for name, bound in BOUNDS.items()}
        for noise in NOISES[1:]
    }


def result(state):
    """Train with the state's clip and noise, once for each seed, and without either."""
    seeds = np.arange(SEEDS)[:, None]
    accuracy, cut = run(state, clip_and_noise(state.clip, state.noise, seeds))
    spent = ROUNDS.index(state.rounds) + 1
    bounds = {name: values[:spent] for name, values in account()[state.noise].items()} if state.noise else {}
    return Result(state, accuracy, plain(state.n_clients, state.rounds, state.rate), cut, bounds)


@lru_cache(maxsize=64)
def plain(n_clients, rounds, rate):
    """Federated averaging alone: a clip that no update reaches, and no noise."""
    whole = State(n_clients=n_clients, rounds=rounds, rate=rate)
    return run(whole, clip_and_noise(clip=1e9, seed=np.zeros((1, 1), int)))[0][:, 0]


def run(state, rule):
    """Rounds of one step by every client, all clients and seeds at once: (R + 1, S), and the share cut.

    It is `train` on all groups side by side, written with a client axis: zeros in X add no slope.
    """
    X, y, sizes = clients(state.n_clients)
    theta, memory = np.zeros((len(rule.seed), X.shape[-1])), rule.init(None)
    states, cut = [theta], []
    for _ in range(state.rounds):
        slope = (sigmoid(X @ theta.T) - y) / sizes
        trials = theta - state.rate * (slope.swapaxes(1, 2) @ X)
        cut.append(np.linalg.norm(trials - theta, axis=-1) > rule.clip)
        theta, memory = rule.merge(theta, trials, sizes, memory)
        states.append(theta)
    test = data().test
    right = (np.stack(states) @ test.X.T > 0) == test.y
    return right.mean(-1), float(np.mean(cut))


def picture(result):
    """Accuracy against the round, and what the rounds cost, beside each other where there is room."""
    state, ends = result.state, (0, 1.02 * ROUNDS[-1])
    got = svg.Plot("Accuracy", "round", "share of test rows right", ends, (0.3, 1.0))
    rounds = np.arange(state.rounds + 1)
    for one in result.accuracy.T:
        got.line(rounds, one, "blue", width=1, opacity=0.4)
    got.line(rounds, result.plain, "orange", width=1.5, dash="5 4")
    got.line(rounds, np.median(result.accuracy, axis=1), "blue")
    got.dots(rounds[-1:], np.median(result.accuracy[-1:], axis=1), "blue", radius=4)
    got.legend((f"private: {SEEDS} runs", "blue", ""), ("not private", "orange", "5 4"))
    return svg.beside(got.svg(words(result)), cost(result, ends))


def cost(result, ends):
    """The bounds on ε against the round, as an SVG string."""
    plot = svg.Plot("Privacy spent", "round", "ε at δ = 10⁻⁵", ends, EPSILON, log_y=True)
    for name, values in result.epsilon.items():
        colour, dash = MARKS[name]
        plot.line(ROUNDS[: len(values)], values, colour, dash=dash)
        plot.dots([result.state.rounds], values[-1:], colour, radius=4)
    if not result.epsilon:
        plot.words(ends[1] / 2, 10.0, "no noise: no ε holds", anchor="middle")
    plot.legend(*((name, *MARKS[name]) for name in MARKS))
    return plot.svg("Bounds on ε against the round, on a logarithmic axis.")


def words(result):
    """What was got, what it cost, and what ε means."""
    state, last = result.state, 100 * np.sort(result.accuracy[-1])
    got = f"{state.n_clients} clients, C = {state.clip:g}, σ = {state.noise:g}, {state.rounds} rounds: "
    got += f"{np.median(last):.1f} % of the test rows right"
    if state.noise:
        got += f" (median of {SEEDS} runs, {last[0]:.1f} to {last[-1]:.1f})"
    got += f"; without clip and noise {100 * result.plain[-1]:.1f} %. "
    got += f"The clip shortens {100 * result.cut:.0f} % of the updates. "
    if not state.noise:
        return got + "Without noise a client is as visible as before: clipping alone protects nobody."
    exact, simple, added = (result.epsilon[name][-1] for name in BOUNDS)
    got += f"For each client ε is {exact:.3g} (by the looser bounds {simple:.3g} and {added:.3g}): the best "
    guess = 100 * best_guess(state.noise, state.rounds)
    often = f"at most {guess:.0f} % of the cases (a coin: 50 %)" if guess < 99.5 else "nearly all cases"
    return got + f"attacker can tell present from absent in {often}."


def code(state):
    """The state's runs as a student would write them."""
    return "\n".join(
        [
            "import numpy as np",
            "from parti_edu import grouping, load, picking",
            "from parti_edu.labs.cases.privacy import clip_and_noise",
            "from parti_edu.on_numpy import GradientDescent, LogisticRegression, train",
            'data = load("breast_cancer")',
            f"clients = grouping.random(len(data.train), {state.n_clients}, seed=0)",
            f"seeds = np.arange({SEEDS})[:, None]",
            f"rule = clip_and_noise(clip={state.clip:g}, noise={state.noise:g}, seed=seeds)",
            "run = train(LogisticRegression(), data.train, clients, picking.all_groups(clients),",
            f"            optimizer=GradientDescent(lr={state.rate:g}), merge=rule, rounds={state.rounds})",
            "accuracy = run.accuracy(data.test)",
        ]
    )


privacy_explorer = Explorer("privacy", State, KNOBS, result, picture, words, code)
