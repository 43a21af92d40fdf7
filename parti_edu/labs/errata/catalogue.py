"""Thirty formulas and listings of five articles: what is printed, what happens, why, and the repair.

An erratum's `show()` runs both forms, small and seeded, and says what came out. What is a verdict is
claimed in the lesson named; here each formula and listing can be looked up and run again.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ... import averaging, blackboard, grouping, load, picking
from ...on_numpy import (
    Adagrad,
    Adam,
    GradientDescent,
    LinearRegression,
    LogisticRegression,
    Momentum,
    Quadratic,
    blend,
    blend_previous,
    decaying,
    train,
)
from ...on_numpy.merging import mean
from ...on_numpy.models import sigmoid
from . import printed

ERRATA: dict[str, "Erratum"] = {}
TWO = ("worst_concave_points", "mean_texture")
MODEL = LogisticRegression(l2=0.01)
BOWL = Quadratic([1.0], centre=[3.0])  # lowest at 3


class Shown(NamedTuple):
    """What came out when both forms ran: a sentence, and whether it is so."""

    printed: str
    fails: bool | np.bool_  # the printed form does what the sentence says
    mended: str
    works: bool | np.bool_  # so does the repair


@dataclass(frozen=True)
class Erratum:
    """One formula or listing.

    id: of the ledger. article: "A1" … "A5". title: in a few words. as_printed: its mathematics, or what the
    listing does. question: to answer before it runs. cause, repair: a sentence each. lesson: where its
    verdict stands and the thing is explained. show: runs it, () → Shown.
    """

    id: str
    article: str
    title: str
    as_printed: str
    question: str
    cause: str
    repair: str
    lesson: str
    show: Callable[[], Shown]

    def __str__(self):
        shown = self.show()
        return (
            f"{self.id} ({self.article}, lesson {self.lesson}) {self.title}\n"
            f"  printed: {self.as_printed}\n  asked:   {self.question}\n  symptom: {shown.printed}\n"
            f"  cause:   {self.cause}\n  repair:  {self.repair}\n  then:    {shown.mended}"
        )


def erratum(id, article, title, as_printed, question, cause, repair, lesson):
    """Enter the function below into ERRATA."""

    def enter(show):
        ERRATA[id] = Erratum(id, article, title, as_printed, question, cause, repair, lesson, lru_cache(show))
        return show

    return enter


@lru_cache
def rows():
    return load("breast_cancer", features=TWO).train


@lru_cache
def lowest():
    return train(MODEL, rows(), optimizer=GradientDescent(2.0), rounds=2000, record="last").loss(rows())[-1]


def above(run):
    """The loss of a run's end above the minimum."""
    return float(run.loss(rows())[-1] - lowest())


def escaping(*args, **settings):
    """A run that is meant to diverge, without the warning that it did."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return train(*args, **settings)


def error(call):
    """The kind of error that a call raises, or "none"."""
    try:
        call()
    except Exception as raised:
        return type(raised).__name__
    return "none"


def fed(optimizer, gradients):
    """Where θ is, from 0 on, after each of these gradients, (n,)."""
    theta, path = np.zeros(1), []
    state = optimizer.init(theta)
    for gradient in gradients:
        theta, state = optimizer.step(theta, np.array([gradient]), state)
        path.append(theta[0])
    return np.array(path)


@erratum(
    "F01",
    "A1",
    "part of what?",
    "θ_k = θ_{k−1} − α·∇L(θ_{k−1}, D_k), announced as changing part of the parameters",
    "How many of the two parameters does one round move?",
    "Two partialities under one name: part of the samples, and part of the parameters.",
    "Say which: groups are part of the samples, blocks part of the parameters.",
    "02",
)
def _part_of_what():
    groups = grouping.random(len(rows()), 4, seed=0)
    by_rows = train(MODEL, rows(), groups, optimizer=GradientDescent(1.0), rounds=1)
    picks = picking.blocks(2, 2, groups)
    by_block = train(MODEL, rows(), groups, picks, optimizer=GradientDescent(1.0), rounds=1)
    moved = [int((run.final != 0).sum()) for run in (by_rows, by_block)]
    return Shown(
        f"the formula moves {moved[0]} of 2", moved[0] == 2, f"a block moves {moved[1]} of 2", moved[1] == 1
    )


@erratum(
    "F02",
    "A1",
    "one merge, three readings",
    "θ_{k+1} = β·θ_k + (1 − β)·θ_{k−1}",
    "β = ½ and a rate at which the plain step would just diverge: does the merge help?",
    "The index does not say which states are blended, and whether the result is fed back.",
    "Name the start and the trial; say whether the average is fed back or only reported.",
    "03",
)
def _three_readings():
    too_fast = {"optimizer": GradientDescent(2.5), "start": [2.0], "rounds": 40}
    a = train(BOWL, merge=blend(0.5), **too_fast).final[0]
    b, plain = train(BOWL, merge=blend_previous(0.5), **too_fast), train(BOWL, **too_fast)
    c = averaging.ema(plain, 0.5).final[0]
    ends = [abs(x - 3) for x in (a, b.final[0], c)]
    return Shown(
        f"with the start it ends {ends[0]:.0g} from the minimum, with the state before {ends[1]:.0g}, "
        f"only reported {ends[2]:.0g}",
        ends[0] < 1e-6 < 1e2 < min(ends[1:]),
        "blended with the round's start it is the rate 1.25, half of 2.5",
        bool(np.isclose(a, train(BOWL, **too_fast | {"optimizer": GradientDescent(1.25)}).final[0])),
    )


@erratum(
    "F03",
    "A1",
    "the group's mean",
    "L(θ, D_k) = (1/m_k)·Σ loss, and the same for the gradient",
    "Is the mean of the groups' gradients the full gradient?",
    "Each group's mean counts the same, whatever its size.",
    "Weigh by size, or pick in proportion to size.",
    "01",
)
def _the_groups_mean():
    X, y = rows().X, rows().y
    cut = len(y) // 5
    parts = [MODEL.gradient(np.zeros(2), X[s], y[s]) for s in (slice(cut), slice(cut, None))]
    full = MODEL.gradient(np.zeros(2), X, y)
    plain, weighted = sum(parts) / 2, (cut * parts[0] + (len(y) - cut) * parts[1]) / len(y)
    off = [float(np.abs(g - full).max()) for g in (plain, weighted)]
    return Shown(
        f"groups of unlike size: off by {off[0]:.2g}",
        off[0] > 1e-3,
        f"weighted: off by {off[1]:.0e}",
        off[1] < 1e-12,
    )


@erratum(
    "F04",
    "A1",
    "two states, one name",
    "θ_{k+1} is the state after the step, and in the next line the state after the merge",
    "Blackboard example, round 1: which number is θ_1?",
    "One symbol for two quantities.",
    "Three names: start, trial, merged.",
    "03",
)
def _one_name():
    points = np.array(blackboard.X, dtype=float), np.array(blackboard.y)
    settings = {"groups": blackboard.groups, "optimizer": GradientDescent(0.5), "rounds": 1}
    trial = train(LinearRegression(), points, **settings).final[0]
    merged = train(LinearRegression(), points, merge=blend(0.5), **settings).final[0]
    return Shown(
        f"it is {trial:g} and it is {merged:g}",
        trial != merged,
        f"start 0, trial {trial:g}, merged {merged:g}",
        merged == trial / 2,
    )


@erratum(
    "F05",
    "A1",
    "convergence for certain",
    "partial iteration converges",
    "A constant rate, four rows a round, a convex loss: does it come to rest?",
    "At a constant rate each group keeps pulling towards its own minimum.",
    "A rate that falls, or groups that agree at the minimum.",
    "04",
)
def _comes_to_rest():
    groups = grouping.random(len(rows()), 100, seed=0)
    picks, settings = picking.random(groups, seed=0), {"rounds": 2000, "record": 50}
    left = []
    for rate in (0.5, decaying(2.5, power=0.75)):
        run = train(MODEL, rows(), groups, picks, optimizer=GradientDescent(rate), **settings)
        left.append(float(run.loss(rows())[20:].mean() - lowest()))  # over the second half
    return Shown(
        f"a constant rate stays {left[0]:.0e} above the minimum",
        left[0] > 1e-3,
        f"a falling one comes within {left[1]:.0e}",
        left[1] < left[0] / 3,
    )


@erratum(
    "F06",
    "A3",
    "a central server",
    "θ_{t+1} = θ_t − η·∇J(θ_t), the server averaging what its workers send",
    "Shards of 40, 160 and 198 rows: is a plain average of gradients the full-batch step?",
    "The formula does not say that the average is weighted.",
    "Weigh each worker's gradient with its rows.",
    "09",
)
def _central_server():
    X, y, theta = rows().X, rows().y, np.array([-0.5, 0.2])
    cuts = [slice(a, b) for a, b in pairwise((0, 40, 200, len(y)))]
    sent = np.array([MODEL.gradient(theta, X[cut], y[cut]) for cut in cuts])
    sizes = np.array([len(y[cut]) for cut in cuts])
    full = MODEL.gradient(theta, X, y)
    plain = float(np.abs(sent.mean(0) - full).max())
    weighted = float(np.abs(sizes @ sent / sizes.sum() - full).max())
    return Shown(
        f"a plain average is off by {plain:.2g}", plain > 1e-3, f"weighted: {weighted:.0e}", weighted < 1e-15
    )


@erratum(
    "F07",
    "A3",
    "data parallel",
    "θ_{t+1} = (Σ_i θ_{t,i} − η·∇J(θ_{t,i})) / Σ_i 1",
    "Read as printed, how many of the three workers' gradients count?",
    "The sum ends before the minus: what follows is one gradient, divided by n.",
    "Put the step inside the sum: average the workers' results.",
    "09",
)
def _data_parallel():
    groups = grouping.stratified(rows().y, 3, seed=0)
    settings = {"optimizer": GradientDescent(1.0), "rounds": 40}
    everyone = picking.all_groups(groups)
    right = train(MODEL, rows(), groups, everyone, merge=blend(combine=mean), **settings)
    read = train(MODEL, rows(), groups, everyone, merge=printed.LastWorker(), **settings)
    last = train(
        MODEL, (rows().X[groups[2]], rows().y[groups[2]]), **settings | {"optimizer": GradientDescent(1 / 3)}
    )
    same = bool(np.allclose(read.theta, last.theta, rtol=0, atol=1e-12))
    return Shown(
        f"one: it is the last worker alone at a third of the rate, {above(read):.2g} above the minimum",
        same,
        f"the mean of results: {above(right):.2g} above",
        above(right) < above(read) / 2,
    )


@erratum(
    "F08",
    "A4",
    "slices summed",
    "∇J(θ) = Σ_i ∇J(θ_i) over slices θ_i of the parameters",
    "Two slices of one parameter each: what shape does the sum have?",
    "Slices of a gradient are its entries; a sum is over shards of the data.",
    "Concatenate the slices.",
    "09",
)
def _slices():
    theta = np.array([-0.5, 0.2])
    full = MODEL.gradient(theta, rows().X, rows().y)
    summed = np.sum([full[:1], full[1:]], axis=0)
    joined = np.concatenate([full[:1], full[1:]])
    return Shown(
        f"shape {summed.shape}, the value {summed[0]:.3f}, which is neither {full[0]:.3f} nor {full[1]:.3f}",
        summed.shape == (1,) and not np.isclose(summed, full).any(),
        "concatenated it is the gradient",
        bool((joined == full).all()),
    )


@erratum(
    "F09",
    "A4",
    "tasks summed",
    "the same sum for several tasks",
    "Two tasks with parameters of their own: whose gradient is the sum?",
    "Independent tasks have independent gradients; only shared parameters add.",
    "Step each task on its own gradient; add for what they share.",
    "09",
)
def _tasks():
    one, other = Quadratic([1.0], centre=[3.0]), Quadratic([1.0], centre=[-1.0])
    a = b = np.zeros(1)
    for _ in range(100):
        total = one.gradient(a, np.zeros((1, 0)), np.zeros(1)) + other.gradient(
            b, np.zeros((1, 0)), np.zeros(1)
        )
        a, b = a - 0.1 * total, b - 0.1 * total
    alone = [train(task, optimizer=GradientDescent(0.1), rounds=200).final[0] for task in (one, other)]
    return Shown(
        f"both tasks go to {a[0]:.2f}; their minima are 3 and −1",
        bool(np.isclose(a[0], 1) and np.isclose(b[0], 1)),
        f"each on its own: {alone[0]:.2f} and {alone[1]:.2f}",
        bool(np.allclose(alone, [3, -1])),
    )


@erratum(
    "F10",
    "A5",
    "a gradient without x",
    "θ ← θ − α·mean(ŷ − y)",
    "Two weights that start equal: can this rule ever tell them apart?",
    "The derivative of θ·x by θ is x; it was left out.",
    "mean((ŷ − y)·x).",
    "02",
)
def _no_input():
    settings = {"optimizer": GradientDescent(0.5), "rounds": 200}
    wrong = train(printed.InputlessRegression(l2=0.01), rows(), **settings)
    right = train(MODEL, rows(), **settings)
    scores = [100 * run.accuracy(rows())[-1] for run in (wrong, right)]
    return Shown(
        f"never: both are {wrong.final[0]:.3f}; accuracy {scores[0]:.0f} %",
        wrong.final[0] == wrong.final[1] and scores[0] < scores[1] - 5,
        f"with x {scores[1]:.0f} %",
        scores[1] > 85,
    )


@erratum(
    "F11",
    "A5",
    "momentum without a rate",
    "v = a·v + (1 − a)·g, θ = θ − v",
    "On features as they were measured, not standardised: what happens?",
    "No rate means 1, and 1 is too much where curvature is above 2(1 + a)/(1 − a).",
    "v = μ·v + g, θ = θ − α·v, with a rate.",
    "05",
)
def _no_rate():
    steep = Quadratic([40.0], centre=[3.0])
    wrong = escaping(steep, optimizer=printed.RatelessMomentum(lr=1.0), rounds=3000, record="last")
    gentle = train(BOWL, optimizer=printed.RatelessMomentum(lr=1.0), rounds=300)
    right = train(steep, optimizer=Momentum(lr=0.01), rounds=400)
    return Shown(
        f"curvature 40 (limit 38): it runs away; curvature 1: it works ({gentle.final[0]:.2f})",
        wrong.diverged_at > 0 and bool(np.isclose(gentle.final[0], 3)),
        f"at rate .01 it finds {right.final[0]:.2f}",
        bool(np.isclose(right.final[0], 3)),
    )


@erratum(
    "F12",
    "A5",
    "Adagrad with θ",
    "Δ = θ/(√Σg² + ε), θ ← θ − α·Δ",
    "½(θ − 3)²: where does it go from θ = 0? And from the minimum, 3?",
    "Only g² enters: the step cannot know which way is down. Elsewhere Σg stands for Σg².",
    "g in the numerator, g² in the sum.",
    "05",
)
def _adagrad():
    wrong = [
        train(BOWL, optimizer=printed.ThetaAdagrad(0.5, eps=1e-8), start=[x], rounds=50).final[0]
        for x in (0.0, 3.0)
    ]
    summed = escaping(BOWL, optimizer=printed.SumAdagrad(0.5), start=[0.0], rounds=1).final[0]
    right = train(BOWL, optimizer=Adagrad(1.0), start=[0.0], rounds=200).final[0]
    return Shown(
        f"from 0 it stays at {wrong[0]:g}, from 3 it leaves for {wrong[1]:.0e}; with Σg it is {summed}",
        wrong[0] == 0 and wrong[1] < -1e6 and np.isnan(summed),
        f"mended it finds {right:.2f}",
        bool(np.isclose(right, 3)),
    )


@erratum(
    "F13",
    "A5",
    "Adam uncorrected",
    "m̂ = β₁m, v̂ = β₂v after the update; the step uses m and v",
    "How long is the first step, in units of the rate?",
    "m and v start at 0; m is a tenth of g, √v about a thirtieth of it.",
    "m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ), and these in the step.",
    "05",
)
def _adam():
    slope = Quadratic([1.0], centre=[1e6])  # so far away that its gradient hardly changes
    settings = {"start": [0.0], "rounds": 40}
    wrong = np.diff(train(slope, optimizer=printed.UncorrectedAdam(1.0), **settings).theta[:, 0])
    right = train(slope, optimizer=Adam(1.0), **settings).theta[1, 0]
    return Shown(
        f"{wrong[0]:.1f} rates, and {wrong.max():.1f} at step {wrong.argmax() + 1}",
        wrong[0] > 3 and wrong.max() > 6,
        f"corrected: {right:.1f}",
        bool(np.isclose(right, 1)),
    )


@erratum(
    "F14",
    "A5",
    "Adagrad plus momentum?",
    "Adam combines Adagrad and momentum",
    "A large gradient once, then small ones: who takes large steps again?",
    "Adagrad's sum never forgets; Adam's second moment is an exponential average, RMSProp's.",
    "Adam combines momentum and RMSProp.",
    "05",
)
def _forgets():
    methods = Adagrad(1.0), Adam(1.0, beta1=0.0, beta2=0.9)
    adagrad, adam = (abs(np.diff(fed(method, [1000.0] + [1.0] * 200))[-1]) for method in methods)
    return Shown(
        f"200 steps later Adagrad moves {adagrad:.3f} of its rate",
        adagrad < 0.01,
        f"an exponential average has forgotten: {adam:.2f}",
        adam > 0.9,
    )


@erratum(
    "F15",
    "A5",
    "global and local",
    "batch gradient descent reaches the global minimum, stochastic a local one",
    "Two minima; batch starts beside the worse one. Where does it end?",
    "Full batch follows the slope into the nearest hollow.",
    "Convex: neither gets stuck. Not convex: nobody promises anything.",
    "05",
)
def _local():
    # (θ² − 1)² + θ/2: lowest near −1, another hollow near 1
    theta = 1.5
    for _ in range(500):
        theta -= 0.05 * (4 * theta * (theta**2 - 1) + 0.5)
    there, best = (((x**2 - 1) ** 2 + x / 2) for x in (theta, -1.058))
    convex = train(BOWL, optimizer=GradientDescent(0.1), start=[40.0], rounds=300).final[0]
    return Shown(
        f"in the local one, {there - best:.2f} above the global one",
        theta > 0 and there - best > 0.5,
        f"on a convex loss it finds {convex:.2f} from far away",
        bool(np.isclose(convex, 3)),
    )


@erratum(
    "F16",
    "A5",
    "vanishing and exploding",
    "Adagrad prevents vanishing and exploding gradients",
    "One gradient of 10,000, then ordinary ones: what is left of Adagrad's rate?",
    "Adagrad scales the step, not the gradient; what exploded once weighs for ever.",
    "A good start (lesson 10), and clipping against outliers.",
    "10",
)
def _explodes():
    paths = (fed(Adagrad(0.5), [first] + [1.0] * 100) for first in (1e4, 1.0))
    moved = [abs(path[-1] - path[0]) for path in paths]  # in the 100 steps after the first
    return Shown(
        f"100 steps move θ by {moved[0]:.3f}",
        moved[0] < 0.01,
        f"with the outlier clipped to 1: {moved[1]:.1f}",
        moved[1] > 5,
    )


@erratum(
    "C01",
    "A1",
    "labels drawn at random",
    "X at random, y at random, independent of X; then train and show the accuracy",
    "What accuracy can any method reach on new rows?",
    "The labels do not depend on the inputs, so the inputs say nothing about them.",
    "Real rows; and before any comparison, the accuracy of a coin.",
    "14",
)
def _random_labels():
    rng, data = np.random.default_rng(0), load("breast_cancer", features=TWO)
    settings = {"optimizer": GradientDescent(1.0), "rounds": 100, "record": "last"}

    def drawn(part):
        return rng.normal(size=part.X.shape), rng.integers(0, 2, len(part))

    shares = [
        float(train(MODEL, drawn(data.train), **settings).accuracy(drawn(data.test))[-1]) for _ in range(20)
    ]
    real = float(train(MODEL, data.train, **settings).accuracy(data.test)[-1])
    least, most, middle = 100 * min(shares), 100 * max(shares), 100 * np.mean(shares)
    return Shown(
        f"on new rows {middle:.0f} % on average, in 20 draws between {least:.0f} and {most:.0f}",
        abs(middle - 50) < 100 * 2 / np.sqrt(20 * len(data.test)),  # four standard deviations of a coin's
        f"on real rows {100 * real:.0f} %",
        100 * real > most,
    )


@erratum(
    "C02",
    "A1",
    "a group that is not used",
    "members = groups[k]; then ŷ, loss and gradient of X and y, not of X[members] and y[members]",
    "Twenty rounds with four groups, twenty with forty: how far apart do they end?",
    "The group is picked and not used: every round sees all rows.",
    "X[members], y[members], in each line that computes.",
    "02",
)
def _unused_group():
    def listing(n_groups, used):
        theta, groups = np.zeros(2), grouping.random(len(rows()), n_groups, seed=0)
        for k in range(20):
            members = groups[k % n_groups]
            part = rows().at(members) if used else rows()
            theta = theta - 0.5 * MODEL.gradient(theta, part.X, part.y)
        return theta

    settings = {"optimizer": GradientDescent(0.5), "rounds": 20, "record": "last"}
    apart = [float(np.abs(listing(4, used) - listing(40, used)).max()) for used in (False, True)]
    full = train(MODEL, rows(), **settings).final
    part = train(MODEL, rows(), grouping.random(len(rows()), 40, seed=0), **settings).final
    return Shown(
        f"{apart[0]:g} apart: both are full-batch descent",
        apart[0] == 0 and bool(np.allclose(listing(4, False), full, rtol=0, atol=1e-14)),
        f"with the group used, {apart[1]:.1g} apart, and round for round the loop over groups",
        apart[1] > 1e-3 and bool(np.allclose(listing(40, True), part, rtol=0, atol=1e-14)),
    )


@erratum(
    "C03",
    "A1",
    "an elementwise product",
    "(ŷ − y) * X with (N,) times (N, d)",
    "Shapes (398,) and (398, 2): does it run?",
    "NumPy lines shapes up from the right; the sum over samples is a matrix product.",
    "(ŷ − y) @ X / N.",
    "02",
)
def _elementwise():
    X, y = rows().X, rows().y
    residual = X @ np.zeros(2) - y
    told = error(lambda: residual * X)
    grown = (np.zeros(2) - residual[:, None] * X).shape
    right = (residual @ X / len(y)).shape
    return Shown(
        f"{told}; with (N, 1) it runs and θ becomes {grown}",
        told == "ValueError" and grown == X.shape,
        f"the product has shape {right}",
        right == (2,),
    )


@erratum(
    "C04",
    "A1",
    "a merge of a thing with itself",
    "start = theta; theta −= …; theta = β·theta + (1 − β)·start",
    "β = ½: what does this merge do?",
    "start is a second name for the array that −= changes.",
    "start = theta.copy(), or a step that makes a new array.",
    "03",
)
def _alias():
    def listing(copy, rounds=20):
        theta = np.zeros(2)
        for _ in range(rounds):
            start = theta.copy() if copy else theta
            theta -= 1.0 * MODEL.gradient(theta, rows().X, rows().y)
            theta = 0.5 * theta + 0.5 * start
        return theta

    unmerged = train(MODEL, rows(), optimizer=GradientDescent(1.0), rounds=20).final
    merged = train(MODEL, rows(), optimizer=GradientDescent(1.0), merge=blend(0.5), rounds=20).final
    off = [float(np.abs(a - b).max()) for a, b in ((listing(False), unmerged), (listing(True), merged))]
    return Shown(
        f"nothing: it ends {off[0]:.0g} from no merge at all",
        off[0] < 1e-14,
        f"with a copy it is the merge, off by {off[1]:.0g}",
        off[1] < 1e-14 and np.abs(merged - unmerged).max() > 1e-2,
    )


@erratum(
    "C05",
    "A1",
    "a curve of one number",
    "plots [last_loss] * 10, and a name that was never defined",
    "How far is the highest point of this learning curve above the lowest?",
    "The losses of the rounds were never kept.",
    "Keep a history and plot that.",
    "14",
)
def _flat_curve():
    run = train(MODEL, rows(), optimizer=GradientDescent(1.0), rounds=50)
    curve = run.loss(rows())
    flat = [curve[-1]] * 10
    told = error(lambda: eval("loss_history", {}))  # a fixed text, the name that nobody defined
    return Shown(
        f"a flat line ({np.ptp(flat):g} from top to bottom), then a {told}",
        np.ptp(flat) == 0 and told == "NameError",
        f"{len(curve)} recorded losses, from {curve[0]:.2f} to {curve[-1]:.2f}",
        curve[-1] < curve[0],
    )


@erratum(
    "C06",
    "A1",
    "squared error for a yes or no",
    "a binary label, (ŷ − y)², no sigmoid",
    "Does it classify worse than logistic regression?",
    "A straight line knows no 0 and 1, and squared error punishes being right by too much.",
    "Logistic loss, if probabilities are wanted.",
    "14",
)
def _squared():
    data = load("breast_cancer", features=TWO, intercept=True)
    settings = {"optimizer": GradientDescent(0.5), "rounds": 500, "record": "last"}
    line = train(LinearRegression(), data.train, **settings).final
    curve = train(LogisticRegression(l2=0.01), data.train, **settings)
    values = data.test.X @ line
    share = float(((values > 0.5) == data.test.y).mean())
    outside = int(((values < 0) | (values > 1)).sum())
    right, chances = float(curve.accuracy(data.test)[-1]), sigmoid(data.test.X @ curve.final)
    inside = int(((chances >= 0) & (chances <= 1)).sum())
    return Shown(
        f"no: accuracy {100 * share:.1f} %; but {outside} of {len(values)} “probabilities” lie outside 0 … 1",
        share > right - 0.02 and outside > 0,
        f"logistic regression: {100 * right:.1f} %, and {inside} of {len(values)} inside",
        right > 0.8 and inside == len(values),
    )


@erratum(
    "C07",
    "A1",
    "another framework, and no merge",
    "trains on group 1, tests on group 2, never merges; calls one framework's methods on another's model",
    "Eight groups, and as many gradients as the loop would take: what does group 1 alone reach on all rows?",
    "It is not the algorithm. (That its calls do not exist we read, and did not run.)",
    "The loop: every group has its turn, every round ends in a merge.",
    "14",
)
def _other_framework():
    groups = grouping.contiguous(len(rows()), 8)
    settings = {"optimizer": GradientDescent(1.0), "rounds": 160, "record": "last"}
    alone = train(MODEL, rows().at(groups[0]), **settings)
    loop = train(MODEL, rows(), groups, merge=blend(0.5), **settings)
    left = [above(run) for run in (alone, loop)]
    return Shown(
        f"trained on group 1 of 8 it ends {left[0]:.2g} above the minimum of all rows",
        left[0] > 3 * left[1],
        f"the loop, at the same cost, {left[1]:.2g}",
        left[1] < 0.01 and abs(loop.sample_gradients[-1] / alone.sample_gradients[-1] - 1) < 0.02,
    )


@erratum(
    "C08",
    "A3",
    "in turn is not in parallel",
    "for each shard: θ −= 1.0 · X·(Xθ − y), no transpose",
    "It is called data parallel. With the transpose put in, is it?",
    "Each shard starts where the one before it ended.",
    "All shards start from the same θ; then average.",
    "14",
)
def _turns():
    X, y, theta = rows().X, rows().y.astype(float), np.zeros(2)
    groups = grouping.contiguous(len(y), 4)
    told = error(lambda: X @ (X @ theta - y))
    for cut in groups:
        theta = theta - 0.1 * X[cut].T @ (X[cut] @ theta - y[cut]) / len(y[cut])
    settings = {"optimizer": GradientDescent(0.1)}
    cyclic = train(LinearRegression(), (X, y), groups, rounds=4, **settings).final
    side_by_side = train(
        LinearRegression(), (X, y), groups, picking.all_groups(groups), rounds=1, **settings
    ).final
    full = train(LinearRegression(), (X, y), rounds=1, **settings).final
    return Shown(
        f"{told}; mended it is cyclic incremental descent, step for step",
        told == "ValueError"
        and bool(np.allclose(theta, cyclic, atol=1e-14))
        and not np.allclose(theta, full),
        "side by side and averaged it is the full-batch step",
        bool(np.allclose(side_by_side, full, atol=1e-14)),
    )


@erratum(
    "C09",
    "A3, A4",
    "equal parts only",
    "np.split(X, n_workers)",
    "398 rows for 4 workers: an error, a short last part, or rows lost?",
    "np.split wants equal parts.",
    "Parts of unlike size, and weights to match.",
    "14",
)
def _equal_parts():
    told = error(lambda: np.split(rows().X, 4))
    sizes = [len(members) for members in grouping.contiguous(len(rows()), 4)]
    return Shown(
        f"{told}",
        told == "ValueError",
        f"groups of {', '.join(map(str, sizes))}",
        sum(sizes) == len(rows()) and max(sizes) - min(sizes) <= 1,
    )


@erratum(
    "C10",
    "A4",
    "differences along the wrong axis",
    "np.gradient(J) as the gradient of J by θ, with a J that is never defined",
    "Let J hold the losses of the rows. Between neighbours of what does np.gradient take differences?",
    "np.gradient takes differences along the index of an array, and knows nothing of θ.",
    "Move one parameter at a time by h, both ways: (J(θ + h·e) − J(θ − h·e)) / 2h, e a row of the identity.",
    "14",
)
def _wrong_axis():
    theta, h = np.array([-0.5, 0.2]), 1e-6
    X, y = rows().X, rows().y
    right = MODEL.gradient(theta, X, y)
    losses = np.array([MODEL.loss(theta, X[i : i + 1], y[i : i + 1]) for i in range(len(y))])
    along = np.gradient(losses)
    shifted = np.gradient(losses[::-1])
    by_hand = [
        (MODEL.loss(theta + h * e, X, y) - MODEL.loss(theta - h * e, X, y)) / (2 * h) for e in np.eye(2)
    ]
    off = float(np.abs(by_hand - right).max())
    told = error(lambda: eval("np.gradient(J)", {"np": np}))  # a fixed text, without a J
    return Shown(
        f"a {told}; with a J, {len(along)} differences of rows for 2 parameters, which change their sign "
        "when the rows are reversed",
        told == "NameError" and along.shape != right.shape and bool(np.allclose(shifted, -along[::-1])),
        f"finite differences in θ: off by {off:.0e}",
        off < 1e-8,
    )


@erratum(
    "C11",
    "A4",
    "a quarter for the whole",
    "θ (8,) −= 1.0 · Σ of four gradients (2,)",
    "Does it run? And if the slices were one number each?",
    "The sum has the shape of a slice; one number is broadcast to all.",
    "Each slice steps on its own gradient.",
    "14",
)
def _quarter():
    model = Quadratic(np.ones(8), centre=np.arange(8.0))
    gradient = model.gradient(np.zeros(8), np.zeros((1, 0)), np.zeros(1))
    told = error(lambda: np.zeros(8) - gradient.reshape(4, 2).sum(0))
    silent = np.zeros(8) - gradient.reshape(8, 1).sum(0)
    right = np.zeros(8) - gradient
    return Shown(
        f"{told}; with slices of one it runs, and all eight become {silent[0]:g}",
        told == "ValueError" and bool((silent == 28).all()),
        "slice by slice the bowl's minimum is one step away",
        bool((right == np.arange(8.0)).all()),
    )


@erratum(
    "C12",
    "A5",
    "words where numbers belong",
    "labels like “positive” into a one-hot loss; test arrays that were never made",
    "One-hot labels are rows of an identity matrix. Which row is number “positive”?",
    "Words are no index: labels were never turned into classes 0 … n − 1.",
    "np.unique(labels, return_inverse=True), as load does.",
    "12",
)
def _words():
    labels = np.array(["positive", "neutral", "negative", "positive"])
    told = error(lambda: np.eye(3)[labels])
    _, y = np.unique(labels, return_inverse=True)
    return Shown(f"an {told}", told == "IndexError", f"classes {y.tolist()}", y.tolist() == [2, 1, 0, 2])


@erratum(
    "C13",
    "A5",
    "the central step",
    "parameter-efficiency training is announced; the model is compiled with Adam at its default settings",
    "How many of thirty parameters does that save?",
    "The announced method is missing: an optimizer moves parameters and removes none.",
    "Prune, factorise, quantise or distil (lesson 10).",
    "10",
)
def _empty_step():
    data, settings = load("breast_cancer"), {"optimizer": Adam(0.001), "rounds": 500, "record": "last"}
    full = train(MODEL, data.train, **settings)
    used, keep = int((full.final != 0).sum()), np.argsort(-np.abs(full.final))[:10]
    pruned = train(MODEL, (data.train.X[:, keep], data.train.y), start=full.final[keep], **settings)
    scores = [
        100 * full.accuracy(data.test)[-1],
        100 * pruned.accuracy((data.test.X[:, keep], data.test.y))[-1],
    ]
    return Shown(
        f"none: all {used} of {data.train.X.shape[1]} are in use, at {scores[0]:.1f} % on new rows",
        used == data.train.X.shape[1],
        f"the {len(pruned.final)} largest, trained on alone: {scores[1]:.1f} %",
        len(pruned.final) < used / 2 and scores[1] > scores[0] - 4,
    )


@erratum(
    "C14",
    "A5",
    "compiled again",
    "re-compiles the model to change the rate, trains on, and validates on the test set",
    "Adam at the minimum, its state thrown away: does the loss stay, rise or fall?",
    "The optimizer's memory is thrown away; without it the first steps are of full length.",
    "Change the rate, keep the state; choose settings on a validation set.",
    "11",
)
def _fresh():
    settings = {"rounds": 5, "record": 1}
    near = train(MODEL, rows(), optimizer=Adam(0.1), rounds=300).final
    fresh = train(MODEL, rows(), optimizer=Adam(0.1), start=near, **settings)
    kept = train(MODEL, rows(), optimizer=Adam(0.1), rounds=305).loss(rows())[300:]
    rises = [float(loss.max() - lowest()) for loss in (fresh.loss(rows()), kept)]
    return Shown(
        f"it rises to {rises[0]:.0e} above the minimum",
        rises[0] > 10 * rises[1],
        f"with its state it stays within {rises[1]:.0e}",
        rises[1] < 1e-3,
    )
