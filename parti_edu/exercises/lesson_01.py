"""Lesson 01: dealing rows, uneven chances, what a gradient tells, spread, drift, strata."""

from itertools import combinations, product

import numpy as np

from .lesson_00 import RATES, points
from .task import Mistake, Property, Task, Tasks, quarters

# Six ways to group


def deal(y, n_groups):
    deck = np.argsort(y, kind="stable")
    group = np.empty(len(y), dtype=int)
    group[deck] = np.arange(len(y)) % n_groups
    return group


def deal_card_by_card(y, n_groups):
    group, card = [0] * len(y), 0
    for label in sorted(set(y)):
        for row in range(len(y)):
            if y[row] == label:
                group[row] = card % n_groups
                card += 1
    return group


def dealt_from(order):
    """Cards dealt in turn from a deck in another order, which is made of y."""

    def run(y, n_groups):
        group = np.empty(len(y), dtype=int)
        group[order(y)] = np.arange(len(y)) % n_groups
        return group

    return run


def each_label_anew(y, n_groups):
    group = np.empty(len(y), dtype=int)
    for label in set(y):
        group[y == label] = np.arange((y == label).sum()) % n_groups
    return group


def sorted_and_cut(y, n_groups):
    group = np.empty(len(y), dtype=int)
    for g, rows in enumerate(np.array_split(np.argsort(y, kind="stable"), n_groups)):
        group[rows] = g
    return group


DEAL = Task(
    lesson="01",
    claim="01.1",
    minutes=8,
    statement=(
        "**Deal the rows** as `grouping.stratified` does, without its shuffle. The deck: the rows of the "
        "lowest label, in the order of the file, then those of the next label, and so on. Its cards go to "
        "group 0, 1, …, `n_groups` − 1, 0, 1, … in turn. Give back an array: for each row *of the file*, "
        "the number of its group."
    ),
    stub="def deal(y, n_groups):\n    # the deck, then who gets which card\n    return ...\n",
    inputs=lambda rng, size: {"y": rng.integers(0, 3, size + 3), "n_groups": 2 + size % 2},
    oracle=deal_card_by_card,
    answer=deal,
    hints=(
        "Lay out the deck first: which row of the file is its first card, which its second?",
        '`np.argsort(y, kind="stable")` is such a deck; the card at place i goes to group i % n_groups.',
        "Make an empty array for the answer. The places where the deck's cards stand in it are the rows: "
        "write the groups there, all at once.",
    ),
    mistakes=(
        Mistake(
            "to deal is to take every G-th row of the file",
            dealt_from(lambda y: np.arange(len(y))),
            "You deal the file as it lies; the labels have no say. If every second row were Adelie, what "
            "would two groups hold?",
        ),
        Mistake(
            "to deal is to cut the sorted deck",
            sorted_and_cut,
            "You cut the sorted deck into stretches: that is `by_label`. How many labels does your first "
            "group see?",
        ),
        Mistake(
            "any cut of the file resembles the whole",
            lambda y, n_groups: np.repeat(
                np.arange(n_groups), [len(part) for part in np.array_split(y, n_groups)]
            ),
            "You cut the file into stretches: that is `contiguous`. What becomes of it when the file comes "
            "sorted?",
        ),
        Mistake(
            "a group is a label",
            lambda y, n_groups: y + 0,
            "Your groups are the labels themselves. Which labels should a group hold, to resemble the whole?",
        ),
        Mistake(
            "each label is dealt from group 0",
            each_label_anew,
            "You begin at group 0 with every label. With ten labels of one row each, how large would the "
            "groups be?",
        ),
        Mistake(
            "an order of rows and its inverse are the same",
            lambda y, n_groups: (np.arange(len(y)) % n_groups)[np.argsort(y, kind="stable")],
            "Your groups follow from row numbers, listed in the order of the deck. At which place of the "
            "deck does row 0 of the file lie?",
        ),
        Mistake(
            "labels come as they first appear",
            dealt_from(lambda y: np.argsort([y.tolist().index(label) for label in y], kind="stable")),
            "Your deck begins with the label that the file begins with. Which label is the lowest?",
        ),
        Mistake(
            "groups are counted from 1",
            lambda y, n_groups: deal(y, n_groups) + 1,
            "Your first group has the number 1. Which number does the task begin with?",
        ),
        Mistake(
            "an answer is a list of groups",
            lambda y, n_groups: [np.argsort(y, kind="stable")[g::n_groups] for g in range(n_groups)],
            "You list the rows of each group, and they are the right ones. If someone asks for the group "
            "of row 5, how long must they look?",
        ),
    ),
    properties=(
        Property(
            "labels may be words, as in the lesson",
            {"y": np.array(["b", "a", "b", "a"]), "n_groups": 2},
            lambda group: group.tolist() == [0, 0, 1, 1],
        ),
    ),
)


# Weights for groups of unequal size


def factors(sizes, chances):
    return sizes / sizes.sum() / chances


def factors_by_row(sizes, chances):
    found = []
    for n, chance in zip(sizes, chances, strict=True):
        due = 1 / sum(sizes)  # what each row should weigh on average
        got = chance / n  # what a row of this group weighs on average, at factor 1
        found.append(due / got)
    return found


def uneven_chances(rng, size):
    sizes = rng.permutation(np.arange(1, size + 4))[: size + 1]
    tickets = rng.permutation(np.arange(1, size + 2))
    return {"sizes": sizes, "chances": tickets / tickets.sum()}


FACTORS = Task(
    lesson="01",
    claim="F03",
    minutes=5,
    statement=(
        "**Uneven chances, one line.** Each round picks one group: group g, which holds `sizes[g]` rows, "
        "with the chance `chances[g]`. By which factor do we multiply the gradient of a picked group, so "
        "that the mean over very many rounds is the gradient on all rows? Give back a factor for each group."
    ),
    stub="def factors(sizes, chances):\n    return ...\n",
    inputs=uneven_chances,
    oracle=factors_by_row,
    answer=factors,
    hints=(
        "In a thousand rounds, how often is group g picked? What should it contribute to the mean?",
        "The full gradient holds group g's with the weight (its rows) / (all rows).",
        "On average a picked group counts chance × factor. Which factor makes this its share of the rows?",
    ),
    mistakes=(
        Mistake(
            "the share of the rows is all",
            lambda sizes, chances: sizes / sizes.sum(),
            "You weigh by the share of the rows, as if all groups stepped in every round. If chances are "
            "already in proportion to size, what does yours do a second time?",
        ),
        Mistake(
            "the chance is all",
            lambda sizes, chances: 1 / chances,
            "Your factors undo the chances, and the sizes have no say. What do they add up to on average: a "
            "mean over rows, or a sum over groups?",
        ),
        Mistake(
            "each group is due the same",
            lambda sizes, chances: 1 / (len(sizes) * chances),
            "With your factors all groups count alike in the long run. What does one row of a small group "
            "weigh then?",
        ),
        Mistake(
            "weights add up to one",
            lambda sizes, chances: sizes / chances / (sizes / chances).sum(),
            "You scale your factors so that they add up to 1. What should they be when all groups are "
            "of one size and all chances even?",
        ),
        Mistake(
            "the sizes need no total",
            lambda sizes, chances: sizes / chances,
            "Your factors lead to a sum over all rows. Is the gradient here a sum, or a mean?",
        ),
        Mistake(
            "what is picked too often counts more",
            lambda sizes, chances: chances / (sizes / sizes.sum()),
            "Your factor grows with the chance. Does a group that is picked too often need to count more, "
            "or less?",
        ),
        Mistake(
            "share and chance multiply",
            lambda sizes, chances: sizes / sizes.sum() * chances,
            "You multiply by the chance, which every pick has done for you. How can a factor undo that?",
        ),
        Mistake(
            "chances are even",
            lambda sizes, chances: len(sizes) * sizes / sizes.sum(),
            "Your factors are right for even chances, and never look at `chances`. What if the largest "
            "group is seldom picked?",
        ),
        Mistake(
            "many rounds need no weights",
            lambda sizes, chances: np.ones(len(sizes)),
            "You leave every gradient as it is. For which chances would that be right?",
        ),
    ),
    properties=(
        Property(
            "chances in proportion to size need no factor",
            {"sizes": np.array([1, 3]), "chances": np.array([0.25, 0.75])},
            lambda value: np.allclose(value, 1),
        ),
    ),
)


# Reading the arrows


def share_of_ones(theta, X, gradient):
    predicted = 1 / (1 + np.exp(-X @ theta))
    return predicted.mean() - gradient[0]


def share_by_trying(theta, X, gradient):
    predicted = sum(1 / (1 + np.exp(-sum(x * t for x, t in zip(row, theta, strict=True)))) for row in X)
    slopes = {ones / len(X): (predicted - ones) / len(X) for ones in range(len(X) + 1)}
    return min(slopes, key=lambda share: abs(slopes[share] - gradient[0]))


def kept_labels(rng, size):
    """A group's rows and its gradient; the labels that made it stay here."""
    n, d = size + 2, 2 + size % 2
    X = np.column_stack([np.ones(n), quarters(rng, n, d - 1)])
    theta = rng.choice([-1.0, -0.5, 0.5, 1.0, 1.5], d)
    residual = 1 / (1 + np.exp(-X @ theta)) - rng.integers(0, 2, n)
    return {"theta": theta, "X": X, "gradient": residual @ X / n}


def probability(z):
    return 1 / (1 + np.exp(-z))


SHARE_OF_ONES = Task(
    lesson="01",
    claim="01.3",
    minutes=6,
    statement=(
        "**A gradient tells.** A group sends its gradient, and keeps its labels for itself. The model is "
        "logistic regression without a penalty; `X` (n, d) begins with a column of ones; `gradient` (d,) "
        "is that of the group's mean loss at `theta`, which need not be 0. Which share of the group's rows "
        "has the label 1?"
    ),
    stub="def share_of_ones(theta, X, gradient):\n    return ...\n",
    inputs=kept_labels,
    oracle=share_by_trying,
    answer=share_of_ones,
    hints=(
        "Which entry of the gradient has no x in it, or rather an x that is 1?",
        "That entry is the mean of (predicted probability − label). Which of the two means do you know?",
        "The mean label is the mean predicted probability minus that entry; the probability is σ(z), "
        "z = X @ theta.",
    ),
    mistakes=(
        Mistake(
            "every probability is a half",
            lambda theta, X, gradient: 0.5 - gradient[0],
            "You read it as if every row were predicted with ½. For which `theta` is that so?",
        ),
        Mistake(
            "the gradient is label minus probability",
            lambda theta, X, gradient: probability(X @ theta).mean() + gradient[0],
            "You add the gradient's entry. If all labels were 1, would that entry be positive or negative?",
        ),
        Mistake(
            "the share of the other label",
            lambda theta, X, gradient: 1 - probability(X @ theta).mean() + gradient[0],
            "Your number is the share of the label 0. What would a group of ones alone give?",
        ),
        Mistake(
            "a probability is x·θ",
            lambda theta, X, gradient: (X @ theta).mean() - gradient[0],
            "You take X @ theta for the prediction. Between which numbers does a probability lie?",
        ),
        Mistake(
            "σ of a mean is the mean of σ",
            lambda theta, X, gradient: probability((X @ theta).mean()) - gradient[0],
            "You take the mean first and σ after it. Do the two give the same when σ bends?",
        ),
        Mistake(
            "a prediction is 0 or 1",
            lambda theta, X, gradient: (X @ theta > 0).mean() - gradient[0],
            "You round each prediction to 0 or 1. Does the loss see rounded predictions?",
        ),
        Mistake(
            "the model's share is the share",
            lambda theta, X, gradient: probability(X @ theta).mean(),
            "You give the share that the model expects; the gradient has no part in it. Which part of it "
            "tells how far the model is off?",
        ),
        Mistake(
            "the last entry belongs to the intercept",
            lambda theta, X, gradient: probability(X @ theta).mean() - gradient[-1],
            "You read the last entry of the gradient. Which column of `X` holds the ones?",
        ),
        Mistake(
            "the gradient is one number",
            lambda theta, X, gradient: probability(X @ theta).mean() - gradient.mean(),
            "You take the mean over the gradient's entries. Which of them does not depend on the features?",
        ),
        Mistake(
            "a share is a count",
            lambda theta, X, gradient: len(X) * (probability(X @ theta).mean() - gradient[0]),
            "Your number counts rows. How large a part of the group are they?",
        ),
    ),
    properties=(
        Property(
            "at θ = 0 a slope of −½ means ones alone",
            {"theta": np.zeros(1), "X": np.ones((3, 1)), "gradient": np.array([-0.5])},
            lambda share: share == 1,
        ),
    ),
)


# How far off


def expected_spread(gradients, n_groups):
    variance = gradients.var(0, ddof=1).sum()
    return np.sqrt(variance * (n_groups - 1) / len(gradients))


def expected_spread_by_drawing(gradients, n_groups):
    full, squares = gradients.mean(0), []
    for group in combinations(gradients, len(gradients) // n_groups):
        away = sum(group) / len(group) - full
        squares.append(sum(a * a for a in away))
    return np.sqrt(sum(squares) / len(squares))


EQUAL_GROUPS = {1: (2, 2), 2: (2, 3), 3: (3, 2), 4: (1, 5), 6: (3, 3), 8: (2, 4), 12: (4, 3)}  # rows, groups


def rows_for_equal_groups(rng, size):
    n_rows, n_groups = EQUAL_GROUPS[size]
    return {"gradients": quarters(rng, n_rows * n_groups, 2), "n_groups": n_groups}


def single(gradients, ddof=1):
    """The mean squared distance of one row's gradient from the full one."""
    return gradients.var(0, ddof=ddof).sum()


EXPECTED_SPREAD = Task(
    lesson="01",
    claim="01.6",
    minutes=8,
    statement=(
        "**Before you group.** `gradients` (n, d) holds the gradient of each single row. The rows will be "
        "shuffled and cut into `n_groups` groups of one size. How far from the full gradient will a group's "
        "lie: the root mean square distance, over all the ways to shuffle? Nothing needs to be drawn."
    ),
    stub="def expected_spread(gradients, n_groups):\n    return ...\n",
    inputs=rows_for_equal_groups,
    oracle=expected_spread_by_drawing,
    answer=expected_spread,
    hints=(
        "The lesson has a formula with S, G and n. What is S² the variance of?",
        "`gradients.var(0, ddof=1)` has an entry a parameter. Squared distances add up over parameters.",
        "The spread is S·√((G − 1)/n), and S² is the sum of these variances.",
    ),
    mistakes=(
        Mistake(
            "rows are put back",
            lambda gradients, n_groups: np.sqrt(single(gradients) * n_groups / len(gradients)),
            "Your rows are drawn as if each were put back. What should one group of all rows be off by?",
        ),
        Mistake(
            "the variance of the rows at hand has n below",
            lambda gradients, n_groups: np.sqrt(single(gradients, 0) * (n_groups - 1) / len(gradients)),
            "Your variance divides by n. What does the lesson say stands below S²?",
        ),
        Mistake(
            "rows are put back, and n stands below",
            lambda gradients, n_groups: np.sqrt(single(gradients, 0) * n_groups / len(gradients)),
            "Your formula is that of draws with putting back. Can one row stand in a group twice here?",
        ),
        Mistake(
            "the spread is a mean square",
            lambda gradients, n_groups: single(gradients) * (n_groups - 1) / len(gradients),
            "You give the mean square. In which unit is a distance?",
        ),
        Mistake(
            "four times the rows, a quarter of the spread",
            lambda gradients, n_groups: np.sqrt(single(gradients)) * n_groups / len(gradients),
            "Your spread falls as 1 over the rows in a group. What did four times the flights leave of it?",
        ),
        Mistake(
            "a group strays as far as a row",
            lambda gradients, n_groups: np.sqrt(single(gradients)),
            "Your spread is that of single rows, whatever the groups. What does a mean over rows do to it?",
        ),
        Mistake(
            "the number of groups is that of rows in a group",
            lambda gradients, n_groups: np.sqrt(single(gradients) / n_groups),
            "Your spread falls when there are more groups. How many rows does each of them have then?",
        ),
        Mistake(
            "deviations add up over parameters",
            lambda gradients, n_groups: (
                gradients.std(0, ddof=1).sum() * np.sqrt((n_groups - 1) / len(gradients))
            ),
            "You add up standard deviations over the parameters. What would Pythagoras add up?",
        ),
        Mistake(
            "each parameter has its own",
            lambda gradients, n_groups: np.sqrt(gradients.var(0, ddof=1) * (n_groups - 1) / len(gradients)),
            "You give a number for each parameter. How long is an arrow that strays by so much along each "
            "axis?",
        ),
        Mistake(
            "the variance is taken over all numbers",
            lambda gradients, n_groups: np.sqrt(gradients.var(ddof=1) * (n_groups - 1) / len(gradients)),
            "You throw all parameters into one variance. Around which mean does each of them stray?",
        ),
    ),
    properties=(
        Property(
            "one group of all rows is not off",
            {"gradients": np.array([[0.0, 1.0], [2.0, 0.0], [1.0, 1.0]]), "n_groups": 1},
            lambda spread: spread == 0,
        ),
    ),
)


# What training makes of it


def drift(start, X, y, groups, rate, local_steps):
    def walk(rows):
        theta = start
        for _ in range(local_steps):
            theta = theta - rate * ((X[rows] * theta - y[rows]) * X[rows]).mean()
        return theta

    trials, sizes = [walk(g) for g in groups], [len(g) for g in groups]
    return np.average(trials, weights=sizes) - walk(np.arange(len(X)))


def drift_by_hand(start, X, y, groups, rate, local_steps):
    ends, everyone = [], range(len(X))
    for rows in (*groups, everyone):
        theta = start
        for _ in range(local_steps):
            theta -= rate * sum((X[i] * theta - y[i]) * X[i] for i in rows) / len(rows)
        ends.append(theta)
    apart = sum(end * len(rows) for end, rows in zip(ends, groups, strict=False)) / len(X)
    return apart - ends[-1]


def walked(start, X, y, rate, local_steps, slope=np.mean):
    for _ in range(local_steps):
        start = start - rate * slope((X * start - y) * X)
    return start


def by_size(trials, sizes):
    return np.average(trials, weights=sizes)


def drift_with(merge=by_size, less=walked, slope=np.mean):
    """A drift in which the trials are merged, or compared, in another way."""

    def run(start, X, y, groups, rate, local_steps):
        trials = [walked(start, X[g], y[g], rate, local_steps, slope) for g in groups]
        return merge(trials, [len(g) for g in groups]) - less(start, X, y, rate, local_steps)

    return run


def in_turn(start, X, y, groups, rate, local_steps):
    theta = start
    for g in groups:
        theta = walked(theta, X[g], y[g], rate, local_steps)
    return theta - walked(start, X, y, rate, local_steps)


def sorted_points(rng, size):
    """Rows in groups that were sorted by their own minimum y/x, of unlike sizes where possible."""
    rows = points(rng, size + 3)
    groups = np.array_split(np.argsort(rows["y"] / rows["X"]), 2 + size % 2)
    steps = {"rate": float(rng.choice(RATES[1:])), "local_steps": 1 + size % 4}
    return {"start": quarters(rng), **rows, "groups": tuple(groups), **steps}


DRIFT = Task(
    lesson="01",
    claim="B04",
    minutes=10,
    statement=(
        "**Apart, then together.** On the blackboard's model $x\\theta$, each group takes `local_steps` "
        "steps from `start` on its own rows, and the trials are averaged, weighted by rows. Give back where "
        "that ends, minus where as many steps on all rows end. Then try it: which `local_steps` give 0 for "
        "all groups? Which groups give 0 for all steps?"
    ),
    stub=(
        "def drift(start, X, y, groups, rate, local_steps):\n"
        "    # a walk for each group, a walk for all rows\n"
        "    return ...\n"
    ),
    inputs=sorted_points,
    oracle=drift_by_hand,
    answer=drift,
    hints=(
        "You need one walk many times: `local_steps` steps on given rows. Can it be a function?",
        "Every walk begins at `start`, and every step takes its slope where the walk is by then.",
        "Average the groups' ends with the weights len(g), and subtract the end of the walk on all rows.",
    ),
    mistakes=(
        Mistake(
            "all steps of a group may use the start's slope, or the rows of all",
            lambda start, X, y, groups, rate, local_steps: 0.0,
            "Your drift is 0 for all groups and steps. Does the second local step of a group take its slope "
            "from its own rows, where its own first step ended?",
        ),
        Mistake(
            "trials count alike",
            drift_with(lambda trials, sizes: np.mean(trials)),
            "You average the trials without weights. What then is the drift after one local step, when "
            "groups are of unequal size?",
        ),
        Mistake(
            "groups step one after the other",
            in_turn,
            "Your second group begins where the first one ended. Where do all of them stand when a round of "
            "groups side by side begins?",
        ),
        Mistake(
            "trials are added up",
            drift_with(lambda trials, sizes: np.sum(trials)),
            "You add the trials up. If no group moved at all, where would your sum be?",
        ),
        Mistake(
            "one step on all rows is the measure",
            drift_with(less=lambda start, X, y, rate, local_steps: walked(start, X, y, rate, 1)),
            "You compare with one step on all rows. How many has each group taken?",
        ),
        Mistake(
            "drift is from the start",
            drift_with(less=lambda start, X, y, rate, local_steps: start),
            "You measure how far the round has moved. Would steps on all rows not have moved as well, and "
            "by how much?",
        ),
        Mistake(
            "drift is the merged state",
            drift_with(less=lambda *given: 0.0),
            "You give the place where the groups' mean ends. With what do you compare it?",
        ),
        Mistake(
            "drift is from the minimum",
            drift_with(less=lambda start, X, y, rate, local_steps: X @ y / (X @ X)),
            "You measure from the minimum of all rows. Could steps on all rows be there already after so "
            "few?",
        ),
        Mistake(
            "the difference the other way round",
            lambda *given: -drift_by_hand(*given),
            "Your drift has the other sign. Which end is subtracted from which?",
        ),
        Mistake(
            "drift has no direction",
            lambda *given: abs(drift_by_hand(*given)),
            "You give a distance. To which side do the groups lead?",
        ),
        Mistake(
            "a group's slope is the sum over its rows",
            drift_with(slope=np.sum),
            "The slopes of your groups add up over their rows. What would a group twice as large do with "
            "the same rate?",
        ),
    ),
    properties=(
        Property(
            "a start that fits every row stays",
            {
                "start": 2.0,
                "X": np.array([1.0, 2.0, 1.5]),
                "y": np.array([2.0, 4.0, 3.0]),
                "groups": (np.array([0]), np.array([1, 2])),
                "rate": 0.25,
                "local_steps": 3,
            },
            lambda value: value == 0,
        ),
    ),
)


# Picking from sorted groups


def mean_offset(gradients, strata):
    of_strata = [gradients[strata == s].mean(0) for s in np.unique(strata)]
    return np.mean(of_strata, axis=0) - gradients.mean(0)


def mean_offset_by_drawing(gradients, strata):
    members = [[g for g in range(len(strata)) if strata[g] == s] for s in sorted(set(strata))]
    rounds = [sum(gradients[g] for g in picked) / len(picked) for picked in product(*members)]
    return sum(rounds) / len(rounds) - sum(gradients) / len(gradients)


def uneven_strata(rng, size):
    """One group in the first stratum, more in the others, in any order."""
    counts = [1, size + 1] if size < 4 else [1, 2, size - 1]
    strata = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    return {"gradients": quarters(rng, len(strata), 2), "strata": strata}


def of_strata(gradients, strata):
    return np.array([gradients[strata == s].mean(0) for s in np.unique(strata)])


MEAN_OFFSET = Task(
    lesson="01",
    claim="B20",
    minutes=7,
    statement=(
        "**One of each.** All groups are of one size. `gradients` (G, d) holds their gradients, `strata` "
        "(G,) the stratum of each. A round picks one group of each stratum at random, and steps on the mean "
        "of their gradients. Over very many rounds, what is the mean of that, minus the full gradient? Give "
        "back (d,). For which strata is it 0?"
    ),
    stub="def mean_offset(gradients, strata):\n    return ...\n",
    inputs=uneven_strata,
    oracle=mean_offset_by_drawing,
    answer=mean_offset,
    hints=(
        "Take one stratum with three groups. What is the mean gradient of the group that is drawn from it?",
        "`gradients[strata == s].mean(0)` is what stratum s sends on average; `np.unique(strata)` lists "
        "the strata.",
        "A round is the mean of what the strata send, each counting once. Subtract the mean of all groups.",
    ),
    mistakes=(
        Mistake(
            "stratified picking is always fair",
            lambda gradients, strata: np.zeros(gradients.shape[1]),
            "Your offset is 0 for all strata, as if each counted by its groups. How many groups does a round "
            "take from a large stratum?",
        ),
        Mistake(
            "the difference the other way round",
            lambda gradients, strata: gradients.mean(0) - of_strata(gradients, strata).mean(0),
            "Your offset points the other way. Which of the two is subtracted?",
        ),
        Mistake(
            "a round adds its gradients up",
            lambda gradients, strata: of_strata(gradients, strata).sum(0) - gradients.mean(0),
            "Your round adds up what the strata send. On what does a round here step, a sum or a mean?",
        ),
        Mistake(
            "the mean of a round is its offset",
            lambda gradients, strata: of_strata(gradients, strata).mean(0),
            "You give what a round is on average. How far is that from the full gradient?",
        ),
        Mistake(
            "the first group stands for its stratum",
            lambda gradients, strata: (
                gradients[np.unique(strata, return_index=True)[1]].mean(0) - gradients.mean(0)
            ),
            "Your strata always send their first group. Which other groups could be drawn?",
        ),
        Mistake(
            "each stratum has an offset of its own",
            lambda gradients, strata: of_strata(gradients, strata) - gradients.mean(0),
            "You give the offset of each stratum. What is left of them when a round takes their mean?",
        ),
        Mistake(
            "an offset is a length",
            lambda gradients, strata: np.linalg.norm(
                of_strata(gradients, strata).mean(0) - gradients.mean(0)
            ),
            "You give the length of the offset. In which direction is a round off?",
        ),
        Mistake(
            "what averages out is counted",
            lambda gradients, strata: np.sqrt(
                ((of_strata(gradients, strata) - gradients.mean(0)) ** 2).mean(0)
            ),
            "You average squares, so nothing can cancel. Do offsets to both sides cancel over many rounds?",
        ),
        Mistake(
            "the largest stratum speaks for all",
            lambda gradients, strata: (
                gradients[strata == np.bincount(strata).argmax()].mean(0) - gradients.mean(0)
            ),
            "Your mean is that of the largest stratum. Which others does each round visit?",
        ),
    ),
    properties=(
        Property(
            "strata with equally many groups are fair",
            {"gradients": np.array([[1.0], [3.0], [-2.0], [5.0]]), "strata": np.array([0, 1, 0, 1])},
            lambda value: np.allclose(value, 0),
        ),
    ),
)

tasks = Tasks(DEAL, FACTORS, SHARE_OF_ONES, EXPECTED_SPREAD, DRIFT, MEAN_OFFSET)
