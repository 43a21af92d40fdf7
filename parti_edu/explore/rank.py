"""The rank explorer: Senate votes filled in by factors, more or fewer of them, more or less held back."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .. import read
from ..labs.cases import votes
from ..on_numpy.models import sigmoid
from . import svg
from .explorer import Explorer, Knob

ROUNDS = 40
SEEN = {"5 %": 0.05, "20 %": 0.2, "all": 1.0}  # of the training votes
RIGHT = (0.45, 1.02)  # of the votes told right, in the pictures
PARTIES = {  # in the table: words, mark, colour
    "R": ("Rep.", "square", "orange"),
    "D": ("Dem.", "circle", "blue"),
    "Indep": ("ind.", "triangle", "green"),
}


@dataclass(frozen=True)
class State:
    rank: int = 1
    l2: float = 0.0
    seen: str = "20 %"


KNOBS = (
    Knob("rank", "rank", (0, 1, 2, 3, 4, 8)),
    Knob("l2", "penalty λ", (0.0, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3)),
    Knob("seen", "votes to learn from", tuple(SEEN)),
)
RANKS, PENALTIES = KNOBS[0].values, KNOBS[1].values


class Fits(NamedTuple):
    """Every rank (axis 0) and penalty (axis 1), trained on one share of the votes."""

    theta: dict  # (rank, l2) → (P,)
    fitted: np.ndarray  # share right of the votes that were learned from, (6, 6)
    apart: np.ndarray  # of those kept apart, (6, 6)
    svd: np.ndarray  # of those kept apart, by the SVD of each rank, (6,)
    majority: float  # of those kept apart, by each bill's majority


class Result(NamedTuple):
    """The state among all fits, and the senators in its own."""

    state: State
    fits: Fits
    place: np.ndarray  # of each senator on the first axis, (102,)
    by_senator: np.ndarray  # share right of each senator's votes kept apart, (102,)

    @property
    def at(self):
        """Where the state is in the tables of `fits`."""
        return RANKS.index(self.state.rank), PENALTIES.index(self.state.l2)

    @property
    def astray(self):
        """How many senators the best single cut on the axis puts among the wrong party."""
        right = (party() == "R")[np.argsort(self.place)]
        left_of_cut = np.append(0, np.cumsum(right)) + np.append(np.cumsum(~right[::-1])[::-1], 0)
        return int(left_of_cut.min())


@lru_cache
def party():
    return read("senate_votes")["party"]


@lru_cache
def split(seen):
    return votes.split(keep=SEEN[seen])


@lru_cache
def fits(seen):
    """Train all ranks and penalties on a share of the votes, once."""
    some, theta = split(seen), {}
    fitted, apart = np.zeros((2, len(RANKS), len(PENALTIES)))
    for i, rank in enumerate(RANKS):
        for j, l2 in enumerate(PENALTIES):
            run = votes.fit(some.train, rank, l2, rounds=ROUNDS)
            theta[rank, l2] = run.final
            fitted[i, j], apart[i, j] = run.accuracy(some.train)[-1], run.accuracy(some.choose)[-1]
    tables = [votes.svd_scores(some.train, rank) for rank in RANKS]
    svd = np.array([_right(scores, some.choose).mean() for scores in tables])
    return Fits(theta, fitted, apart, svd, float(_right(tables[0], some.choose).mean()))


def result(state):
    """What has been learned at the state, from the table of all of them."""
    all_fits, model = fits(state.seen), votes.Factorisation(state.rank, state.l2)
    theta, apart = all_fits.theta[state.rank, state.l2], split(state.seen).choose
    place = votes.places(model, theta, party())[:, 0] if state.rank else np.zeros(len(party()))
    right = _right(model.scores(theta), apart)
    counts = np.bincount(apart.X[:, 0], right, len(place)), np.bincount(apart.X[:, 0], minlength=len(place))
    return Result(state, all_fits, place, counts[0] / np.maximum(counts[1], 1))


def picture(result):
    """The share told right at every rank, and the senators on the first axis."""
    return svg.beside(ranks(result), senators(result))


def ranks(result):
    """The share of votes told right against the rank, at the state's penalty: one SVG string."""
    fits, (i, j) = result.fits, result.at
    plot = svg.Plot("Told right", "rank", "share of the votes", (-0.3, 8.3), RIGHT, x_ticks=RANKS)
    plot.line(RANKS, fits.fitted[:, j], "orange", dash="6 4")
    plot.line(RANKS, fits.svd, "green", width=1.5, dash="2 3")
    plot.line(RANKS, fits.apart[:, j], "blue")
    plot.dots(RANKS, fits.apart[:, j], "blue")
    plot.dots([RANKS[i]], [fits.fitted[i, j]], "orange", radius=6, hollow=True)
    plot.dots([RANKS[i]], [fits.apart[i, j]], "blue", radius=6, hollow=True)
    plot.legend(("learned", "orange", "6 4"), ("kept apart", "blue", ""), ("SVD", "green", "2 3"))
    return plot.svg(words(result))


def senators(result):
    """Each senator's place on the first axis, and how well the votes kept apart are told: one SVG string."""
    plot = svg.Plot(
        "Senators", "first axis, as the chance of a yea", "share told right", (-0.04, 1.04), RIGHT
    )
    chance = sigmoid(result.place)
    plot.line([0.5, 0.5], RIGHT, width=1, opacity=0.35)
    for name, (_, shape, colour) in PARTIES.items():
        who = np.flatnonzero(party() == name)
        if shape == "circle":
            plot.dots(chance[who], result.by_senator[who], colour, radius=3.5)
        else:
            for s in who:
                plot.mark(chance[s], result.by_senator[s], shape, colour)
    plot.legend(*((words, colour, "0 99", shape) for words, shape, colour in PARTIES.values()))
    return plot.svg("The senators on the first axis; higher up, the model tells more of their votes right.")


def words(result):
    """How well the votes are told, against the two baselines, and what the axis parts."""
    state, fits, (i, j) = result.state, result.fits, result.at
    told = f"Rank {state.rank}, penalty {state.l2:g}, from {_share(state)}: "
    told += f"{_percent(fits.fitted[i, j])} of these votes are told right, and "
    told += f"{_percent(fits.apart[i, j])} of those kept apart. Each bill's majority tells "
    told += f"{_percent(fits.majority)} of them, the SVD of this rank {_percent(fits.svd[i])}."
    if state.rank == 0:
        return told + " At rank 0 senators have no numbers, so all stand in one place."
    if np.abs(result.place).max() < 0.05:
        return told + " The penalty has drawn all senators to one place: it has taken the axis away."
    gap = fits.fitted[i, j] - fits.apart[i, j]
    if gap > 0.1:
        told += " The wide gap between the two is over-fitting."
    others = f"all but {result.astray} of" if result.astray else "all"
    return told + f" One cut on the first axis parts Republicans from the rest, {others} {len(result.place)}."


def code(state):
    """The state's fit as a student would write it."""
    return "\n".join(
        [
            "from parti_edu.labs.cases import votes",
            f"some = votes.split(keep={SEEN[state.seen]:g})",
            f"run = votes.fit(some.train, rank={state.rank}, l2={state.l2:g}, rounds={ROUNDS})",
            "apart = run.accuracy(some.choose)[-1]",
        ]
    )


def _right(scores, some):
    return (scores[tuple(some.X.T)] > 0) == some.y


def _share(state):
    return "all training votes" if state.seen == "all" else f"{state.seen} of the training votes"


def _percent(share):
    return f"{100 * share:.1f}\u00a0%"


rank_explorer = Explorer("rank", State, KNOBS, result, picture, words, code)
