"""The threshold explorer: what counts as found, and what class weights in training have to do with it."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .. import grouping, load, picking
from ..labs.cases import text
from ..on_numpy import LogisticRegression, Momentum, blend, train, weighted_mean
from ..on_numpy.models import sigmoid
from . import svg
from .explorer import Explorer, Knob

MODEL = LogisticRegression(l2=0.0003)
ROUNDS = 60
WEIGHTS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
CUTS = np.arange(1, 100) / 100  # the thresholds that the curves go through
UNIT, ROOM = (0, 1), (0, 1.03)  # the room above is for lines that run along 1
LINES = ("recall", "blue", ""), ("precision", "green", "6 4"), ("F1", "purple", "2 3")


@dataclass(frozen=True)
class State:
    threshold: float = 0.5
    weight: float = 1.0
    wanted: str = "negative"
    n_words: int = 400


KNOBS = (
    Knob("threshold", "threshold", tuple(CUTS[1::2].round(2).tolist())),
    Knob("weight", "class weight w", WEIGHTS),
    Knob("wanted", "tweets to find", ("negative", "neutral", "positive")),
    Knob("n_words", "words", (50, 400, 800), folded=True),
)


class Result(NamedTuple):
    """Counts on the test tweets: at the state's threshold, and along CUTS."""

    state: State
    n: int  # test tweets
    wanted: int  # of them, those that are wanted
    hits: int  # wanted and found
    alarms: int  # found and not wanted
    curve: np.ndarray  # (recall, precision, F1) with the state's weight along CUTS, (3, 99)
    plain: np.ndarray  # the same with weight 1
    instead: float  # the threshold that does the same with weight 1
    plain_f1: float  # F1 with weight 1 at that threshold


@lru_cache
def rows(n_words):
    """Training and test tweets as TF-IDF rows with an intercept, X (n, 1 + n_words), and their labels."""
    data = load("tweets")
    words = text.learn(data.train.X, at_most=n_words)
    return [(words.rows(part.X, intercept=True), part.label["label"]) for part in (data.train, data.test)]


@lru_cache
def chances(wanted, n_words):
    """P(wanted) of each test tweet at each of WEIGHTS, (W, n), and which are wanted, (n,).

    A round takes a step on the wanted rows and one on the others, side by side, and merges them by
    n_g·weight_g: one call trains all the weights.
    """
    (X, label), (new, new_label) = rows(n_words)
    y, weight = (label == wanted).astype(int), np.array(WEIGHTS)[:, None]

    def weighted(start, trials, sizes):
        return weighted_mean(start, trials, [sizes[0], weight * sizes[1]])

    groups = grouping.by_label(y)
    run = train(
        MODEL,
        (X, y),
        groups,
        picking.all_groups(groups),
        optimizer=Momentum(4.0),
        merge=blend(combine=weighted),
        rounds=ROUNDS,
        record="last",
        start=np.zeros((len(WEIGHTS), X.shape[1])),
    )
    return sigmoid(run.final @ new.T), new_label == wanted


@lru_cache(maxsize=64)
def curve(wanted, n_words, weight):
    """(recall, precision, F1) along CUTS, (3, 99)."""
    chance, is_wanted = chances(wanted, n_words)
    found = chance[WEIGHTS.index(weight)] > CUTS[:, None]
    return np.array(scores((found & is_wanted).sum(1), found.sum(1), is_wanted.sum()))


def scores(hits, found, wanted):
    """Recall, precision, F1 of these counts; the precision of none found is not a number."""
    found = np.asarray(found)
    precision = np.divide(hits, found, out=np.full(found.shape, np.nan), where=found > 0)
    return hits / wanted, precision, 2 * hits / (found + wanted)


def instead_of(weight, threshold):
    """The threshold that does with weight 1 what this one does with a weight: t / (t + w·(1 − t)).

    Weight w multiplies the odds p/(1 − p) of a model that fits by w, so odds above t/(1 − t) were above
    t/(1 − t)/w.
    """
    return threshold / (threshold + weight * (1 - threshold))


def result(state):
    """Count what is found at the threshold, rightly and not, and what another one finds with weight 1."""
    chance, is_wanted = chances(state.wanted, state.n_words)
    found = chance[WEIGHTS.index(state.weight)] > state.threshold
    instead = instead_of(state.weight, state.threshold)
    plainly = chance[WEIGHTS.index(1.0)] > instead
    hits, wanted = int((found & is_wanted).sum()), int(is_wanted.sum())
    return Result(
        state,
        len(found),
        wanted,
        hits,
        int(found.sum()) - hits,
        curve(state.wanted, state.n_words, state.weight),
        curve(state.wanted, state.n_words, 1.0),
        instead,
        float(scores((plainly & is_wanted).sum(), plainly.sum(), wanted)[2]),
    )


def picture(result):
    """Precision against recall, and recall, precision and F1 against the threshold: two SVG strings."""
    alt = "Recall, precision and F1 against the threshold."
    return svg.beside(_trade(result).svg(words(result)), _against_threshold(result).svg(alt))


def _trade(result):
    plot = svg.Plot("What is found, what is right", "recall", "precision", UNIT, ROOM)
    plot.line(result.plain[0], result.plain[1], "green", dash="6 4")
    plot.line(result.curve[0], result.curve[1], "blue")
    share = result.wanted / result.n
    plot.line(UNIT, [share, share], width=1, dash="2 3")
    plot.words(0, share, "if all are found", dx=4, dy=14)
    recall, precision, _ = scores(result.hits, result.hits + result.alarms, result.wanted)
    if not np.isnan(precision):
        plot.mark(recall, precision, "circle", "orange")
    entries = ("w = 1", "green", "6 4"), (f"w = {result.state.weight:g}", "blue", "")
    plot.legend(*entries[result.state.weight == 1 :])
    return plot


def _against_threshold(result):
    plot = svg.Plot("", "threshold", "", UNIT, ROOM)
    for values, (_, colour, dash) in zip(result.curve, LINES, strict=True):
        plot.line(CUTS, values, colour, dash=dash)
    at = result.state.threshold
    plot.line([at, at], ROOM, width=1.5)
    plot.legend(*LINES)
    return plot


def words(result):
    """What is found, the three scores, the accuracy beside that of finding none, and the other way."""
    state, missed = result.state, result.wanted - result.hits
    found = result.hits + result.alarms
    _, precision, f1 = scores(result.hits, found, result.wanted)
    told = (
        f"Weight {state.weight:g} for {state.wanted} tweets, threshold {state.threshold:g}: "
        f"{result.hits} of {result.wanted} found, recall {result.hits / result.wanted:.2f}"
    )
    if found:
        alarms = f"{result.alarms} false alarm" + "s" * (result.alarms != 1)
        told += f", with {alarms}, precision {precision:.2f}; F1 {f1:.2f}."
    else:
        told += ", and no precision, since none is; F1 0."
    right, nobody = 1 - (missed + result.alarms) / result.n, 1 - result.wanted / result.n
    told += f" Accuracy {right:.2f}; finding none at all would have {nobody:.2f}."
    if state.weight != 1:
        told += f" Weight 1 and threshold {result.instead:.2g} instead: F1 {result.plain_f1:.2f}."
    return told


def code(state):
    """The state's model and whom it finds as a student would write them."""
    return "\n".join(
        [
            "from parti_edu import grouping, load, picking",
            "from parti_edu.labs.cases import text",
            "from parti_edu.on_numpy import LogisticRegression, Momentum, blend, train, weighted_mean",
            "from parti_edu.on_numpy.models import sigmoid",
            'data = load("tweets")',
            f"words = text.learn(data.train.X, at_most={state.n_words})",
            "X, new = (words.rows(part.X, intercept=True) for part in (data.train, data.test))",
            f'y = (data.train.label["label"] == "{state.wanted}").astype(int)',
            "groups = grouping.by_label(y)  # the others, and those to find",
            "def weighted(start, trials, sizes):",
            f"    return weighted_mean(start, trials, [sizes[0], {state.weight:g} * sizes[1]])",
            f"run = train(LogisticRegression(l2={MODEL.l2}), (X, y), groups, picking.all_groups(groups),",
            f"            optimizer=Momentum(4.0), merge=blend(combine=weighted), rounds={ROUNDS})",
            f"found = sigmoid(new @ run.final) > {state.threshold:g}",
        ]
    )


threshold_explorer = Explorer("threshold", State, KNOBS, result, picture, words, code)
