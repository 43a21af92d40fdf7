"""Lesson 02: a gradient, its check, two kinds of part, whose loss falls, a round's bill, order, rest."""

import math

import numpy as np

from .lesson_00 import BETAS, RATES, points
from .task import Mistake, Property, Task, Tasks, quarters

# From a group's loss to its gradient


def count_gradient(theta, X, y):
    residual = np.exp(X @ theta) - y
    return residual @ X / len(y)


def count_gradient_by_hand(theta, X, y):
    slopes = [0.0] * len(theta)
    for row, label in zip(X, y, strict=True):
        z = sum(x * t for x, t in zip(row, theta, strict=True))
        for j, x in enumerate(row):
            slopes[j] += (math.exp(z) - label) * x / len(y)
    return slopes


def counted_rows(rng, size):
    """θ, X (n, d), y (n,) of whole numbers; now and then n = d, where some mistakes raise nothing."""
    d = 2 + size % 2
    return {
        "theta": quarters(rng, d),
        "X": quarters(rng, size + 2, d),
        "y": rng.integers(0, 5, size + 2).astype(float),
    }


def residual(theta, X, y):
    return np.exp(X @ theta) - y


COUNT_GRADIENT = Task(
    lesson="02",
    claim="02.2",
    minutes=8,
    statement=(
        "**Derive one yourself.** Poisson regression tells counts: with $z_i=x_i^\\top\\theta$ a row has the "
        "loss $e^{z_i}-y_iz_i$. A group's loss is the mean over its rows. Follow the three links of the "
        "chain, then write the gradient: `X` (n, d), `y` (n,), `theta` (d,), the result (d,)."
    ),
    stub="def count_gradient(theta, X, y):\n    return ...\n",
    inputs=counted_rows,
    oracle=count_gradient_by_hand,
    answer=count_gradient,
    hints=(
        "First link: what is the derivative of e^z − y·z in z?",
        "It is (prediction − truth) again. Second link: how does z change when θ_j does?",
        "`v @ X` adds up the rows of X, each times its entry of v, (n,) with (n, d) to (d,). Then the mean.",
    ),
    mistakes=(
        Mistake(
            "the gradient is the mean residual",
            lambda theta, X, y: np.full(len(theta), residual(theta, X, y).mean()),
            "Every parameter gets the same number from you, the mean residual. Which link of the chain "
            "brings x in?",
        ),
        Mistake(
            "(n,) times (n, d) multiplies row by row",
            lambda theta, X, y: (residual(theta, X, y) * X).mean(0),
            "You multiply (n,) with (n, d) as they are, and NumPy lines shapes up from the right. Along "
            "which axis should the residuals lie?",
        ),
        Mistake(
            "the sum may run over the features",
            lambda theta, X, y: X @ residual(theta, X, y) / len(y),
            "You write X before the residual, and @ adds up along the axis where the two meet. Which axis of "
            "X are the rows?",
        ),
        Mistake(
            "labels of shape (n, 1) are labels of shape (n,)",
            lambda theta, X, y: (np.exp(X @ theta) - y[:, None]) @ X / len(y),
            "Your residual has a number for each *pair* of rows. Which shapes do prediction and label have "
            "when you subtract?",
        ),
        Mistake(
            "a group's slope is the sum over its rows",
            lambda theta, X, y: residual(theta, X, y) @ X,
            "Your gradient adds up over the rows. If each row stood in the group twice, should it change?",
        ),
        Mistake(
            "a prediction is x·θ",
            lambda theta, X, y: (X @ theta - y) @ X / len(y),
            "Your gradient is that of half the square. What is the derivative of e^z?",
        ),
        Mistake(
            "a prediction is σ(z)",
            lambda theta, X, y: (1 / (1 + np.exp(-X @ theta)) - y) @ X / len(y),
            "Your prediction is the logistic one and stays under 1. Can it tell a count of four?",
        ),
        Mistake(
            "truth minus prediction",
            lambda theta, X, y: -residual(theta, X, y) @ X / len(y),
            "Your gradient points down the hill. Which sign has y·z in the loss?",
        ),
        Mistake(
            "the mean of a product is the product of the means",
            lambda theta, X, y: residual(theta, X, y).mean() * X.mean(0),
            "You take the mean of the residuals and the mean of the rows apart. In what order do the product "
            "and the mean come?",
        ),
        Mistake(
            "a mean has the number of parameters below",
            lambda theta, X, y: residual(theta, X, y) @ X / len(theta),
            "You divide by the number of parameters. Over what is the mean?",
        ),
    ),
    properties=(
        Property(
            "where every count is predicted exactly, the gradient is 0",
            {"theta": np.zeros(2), "X": np.array([[1.0, 2.0], [0.5, -1.0], [1.0, 1.0]]), "y": np.ones(3)},
            lambda value: np.array_equal(value, [0, 0]),
        ),
    ),
)


# Is it right?


def nudged_slopes(theta, X, y, h):
    def loss(t):
        return (np.log(1 + np.exp(X @ t)) - y * (X @ t)).mean()

    nudges = h * np.eye(len(theta))
    return np.array([(loss(theta + nudge) - loss(theta - nudge)) / (2 * h) for nudge in nudges])


def log_loss(theta, X, y):
    """The mean over the rows of log(1 + e^z) − y·z."""
    total = 0.0
    for row, label in zip(X, y, strict=True):
        z = sum(x * t for x, t in zip(row, theta, strict=True))
        total += math.log(1 + math.exp(z)) - label * z
    return total / len(y)


def nudged_by_hand(theta, X, y, h):
    slopes = []
    for j in range(len(theta)):
        up = [t + h * (i == j) for i, t in enumerate(theta)]
        down = [t - h * (i == j) for i, t in enumerate(theta)]
        slopes.append((log_loss(up, X, y) - log_loss(down, X, y)) / (2 * h))
    return slopes


def labelled_rows(rng, size):
    """θ, X (n, d), y (n,) of 0 and 1, and nudges large enough to tell one quotient from another."""
    d = 2 + size % 2
    rows = {"X": quarters(rng, size + 1, d), "y": rng.integers(0, 2, size + 1).astype(float)}
    return {"theta": quarters(rng, d), **rows, "h": float(rng.choice([0.25, 0.5]))}


def quotient(up, down, divide=lambda difference, h: difference / (2 * h)):
    """One quotient a parameter: the losses at up(θ, nudge) and down(θ, nudge), and what divides them."""

    def run(theta, X, y, h):
        nudges = h * np.eye(len(theta))
        pairs = [(log_loss(up(theta, n), X, y), log_loss(down(theta, n), X, y)) for n in nudges]
        return np.array([divide(above - below, h) for above, below in pairs])

    return run


def nudges_pile_up(theta, X, y, h):
    up, down, slopes = theta.copy(), theta.copy(), []
    for j in range(len(theta)):
        up[j] += h
        down[j] -= h
        slopes.append((log_loss(up, X, y) - log_loss(down, X, y)) / (2 * h))
    return np.array(slopes)


def one_array(theta, X, y, h):
    up = down = theta
    slopes = []
    for j in range(len(theta)):
        up[j] += h
        down[j] -= h
        slopes.append((log_loss(up, X, y) - log_loss(down, X, y)) / (2 * h))
    return np.array(slopes)


NUDGED_SLOPES = Task(
    lesson="02",
    claim="02.2",
    minutes=8,
    statement=(
        "**Trust nobody's algebra.** The loss is logistic regression's, the mean of $\\log(1+e^z)-yz$ with "
        "$z=x^\\top\\theta$. For each parameter in turn, nudge it by `h` up and down, the others at rest, "
        "and give back the two-sided quotient of the lesson: an array (d,)."
    ),
    stub=(
        "def nudged_slopes(theta, X, y, h):\n"
        "    # the loss as a function of theta, then a quotient for each parameter\n"
        "    return ...\n"
    ),
    inputs=labelled_rows,
    oracle=nudged_by_hand,
    answer=nudged_slopes,
    hints=(
        "Write the loss as a function inside yours. At how many places do you need it for one parameter?",
        "`np.eye(d)[j]` is 1 at place j and 0 elsewhere: h times it, added to theta, nudges one parameter.",
        "For each j: the loss above minus the loss below, over the whole way between the two points, 2h.",
    ),
    mistakes=(
        Mistake(
            "one nudge is enough",
            quotient(lambda t, n: t + n, lambda t, n: t, lambda difference, h: difference / h),
            "You nudge one way. Where between the two points is the slope of their chord the curve's own?",
        ),
        Mistake(
            "the way is h",
            quotient(lambda t, n: t + n, lambda t, n: t - n, lambda difference, h: difference / h),
            "Your slopes are twice as steep as the chord. How far apart are the two points?",
        ),
        Mistake(
            "/ 2 * h divides by 2h",
            quotient(lambda t, n: t + n, lambda t, n: t - n, lambda difference, h: difference / 2 * h),
            "Your quotient halves the difference and then multiplies by h. In what order does Python read "
            "`a / 2 * h`?",
        ),
        Mistake(
            "all parameters may be nudged at once",
            lambda theta, X, y, h: (log_loss(theta + h, X, y) - log_loss(theta - h, X, y)) / (2 * h),
            "You nudge all parameters at once, and get one number. Whose slope is it?",
        ),
        Mistake(
            "a nudge goes away by itself",
            nudges_pile_up,
            "Your first parameter is still nudged when its neighbour's turn comes. Where should the others "
            "stand?",
        ),
        Mistake(
            "a second name is a copy",
            one_array,
            "Your two points are one array under two names, so the nudges cancel. How many arrays do you "
            "need?",
        ),
        Mistake(
            "the derivative checks itself",
            lambda theta, X, y, h: (1 / (1 + np.exp(-X @ theta)) - y) @ X / len(y),
            "You give the derivative from algebra, and `h` has no say. If that algebra were off, what would "
            "tell you?",
        ),
        Mistake(
            "down minus up",
            quotient(lambda t, n: t - n, lambda t, n: t + n),
            "Your slopes have the other sign. When a nudge up raises the loss, should the slope be positive?",
        ),
        Mistake(
            "the loss is a sum over rows",
            lambda theta, X, y, h: len(y) * np.array(nudged_by_hand(theta, X, y, h)),
            "Your loss adds up over the rows. With which gradient would you compare it?",
        ),
    ),
    properties=(
        Property(
            "two rows that cancel have no slope at θ = 0",
            {
                "theta": np.zeros(2),
                "X": np.array([[1.0, 2.0], [1.0, 2.0]]),
                "y": np.array([0.0, 1.0]),
                "h": 0.5,
            },
            lambda value: np.allclose(value, 0, atol=1e-12),
        ),
    ),
)


# Two kinds of part


def partial_step(theta, X, y, rows, block, rate):
    residual = X[rows] @ theta - y[rows]
    slope = residual @ X[rows] / len(rows)
    return theta - rate * block * slope


def partial_step_by_hand(theta, X, y, rows, block, rate):
    new = list(theta)
    for j in range(len(theta)):
        if block[j]:
            pulls = [(sum(X[i] * theta) - y[i]) * X[i, j] for i in rows]
            new[j] = theta[j] - rate * sum(pulls) / len(rows)
    return new


def group_and_block(rng, size):
    """Rows, the numbers of some of them, and a mask that holds and leaves out a parameter at least."""
    d, n = 2 + size % 3, size + 3
    block = np.arange(d) < rng.integers(1, d)
    return {
        "theta": quarters(rng, d),
        "X": quarters(rng, n, d),
        "y": quarters(rng, n),
        "rows": np.sort(rng.permutation(n)[: size + 1]),
        "block": rng.permutation(block),
        "rate": float(rng.choice(RATES)),
    }


def slope_on(theta, X, y):
    return (X @ theta - y) @ X / len(y)


def block_apart(theta, X, y, rows, block, rate):
    new = theta.copy()
    new[block] -= rate * slope_on(theta[block], X[rows][:, block], y[rows])
    return new


def in_place(theta, X, y, rows, block, rate):
    theta[block] -= rate * slope_on(theta, X[rows], y[rows])[block]
    return theta


PARTIAL_STEP = Task(
    lesson="02",
    claim="F01",
    minutes=6,
    statement=(
        "**Partial in both.** One step at `rate` for linear regression, the loss the mean of "
        "$\\tfrac12(x^\\top\\theta-y)^2$. Part of the samples: `rows` are the numbers of the group's rows. "
        "Part of the parameters: `block` (d,) is True where a parameter may move. Give back the new θ, (d,), "
        "and leave `theta` as it was."
    ),
    stub="def partial_step(theta, X, y, rows, block, rate):\n    return ...\n",
    inputs=group_and_block,
    oracle=partial_step_by_hand,
    answer=partial_step,
    hints=(
        "Where does `rows` come in, and where `block`: before the gradient is computed, or after?",
        "`X[rows]` cuts out the rows. All their columns are needed, since a prediction needs the whole x.",
        "Compute the group's whole gradient; times `block`, it is 0 where nothing may move.",
    ),
    mistakes=(
        Mistake(
            "the group is picked, but all rows are used",
            lambda theta, X, y, rows, block, rate: theta - rate * block * slope_on(theta, X, y),
            "Your step uses all rows; `rows` changes nothing. Which of the two kinds of part is that?",
        ),
        Mistake(
            "part of the samples is part of the parameters",
            lambda theta, X, y, rows, block, rate: theta - rate * slope_on(theta, X[rows], y[rows]),
            "Your step moves every parameter. Which rows it sees is one thing; where does the block come in?",
        ),
        Mistake(
            "the block is what stands still",
            lambda theta, X, y, rows, block, rate: theta - rate * ~block * slope_on(theta, X[rows], y[rows]),
            "Your step moves the parameters outside the block. What does True stand for in it?",
        ),
        Mistake(
            "what does not move is zero",
            lambda theta, X, y, rows, block, rate: block * (theta - rate * slope_on(theta, X[rows], y[rows])),
            "Your mask also hits θ itself, and the other parameters become 0. Where should they stand after "
            "the step?",
        ),
        Mistake(
            "a block's prediction needs only its own columns",
            block_apart,
            "Your residual is made of the block's columns alone. What does the model predict for a row, with "
            "all its parameters?",
        ),
        Mistake(
            "a step on a block is the block",
            lambda theta, X, y, rows, block, rate: (theta - rate * slope_on(theta, X[rows], y[rows]))[block],
            "You give back the block alone. How many parameters has the model after the step?",
        ),
        Mistake(
            "a step may be done in place",
            in_place,
            "Your numbers are right, but they are written into the array that came in. Which start would a "
            "merge find afterwards?",
        ),
        Mistake(
            "the mean is over all rows",
            lambda theta, X, y, rows, block, rate: (
                theta - rate * block * slope_on(theta, X[rows], y[rows]) * len(rows) / len(y)
            ),
            "You divide the group's sum by all rows. Over which rows is a group's loss the mean?",
        ),
        Mistake(
            "a group's slope is the sum over its rows",
            lambda theta, X, y, rows, block, rate: (
                theta - rate * block * slope_on(theta, X[rows], y[rows]) * len(rows)
            ),
            "Your slope adds up over the group's rows. Should a group twice as large step twice as far?",
        ),
        Mistake(
            "the new state is the move",
            lambda theta, X, y, rows, block, rate: -rate * block * slope_on(theta, X[rows], y[rows]),
            "You give back the move. From where does θ move?",
        ),
    ),
    properties=(
        Property(
            "with an empty block nothing moves",
            {
                "theta": np.array([1.0, 2.0]),
                "X": np.eye(2),
                "y": np.zeros(2),
                "rows": np.array([0, 1]),
                "block": np.array([False, False]),
                "rate": 0.5,
            },
            lambda value: np.array_equal(value, [1, 2]),
        ),
    ),
)


# Round by round


def both_losses(start, X, y, rows, rate, local_steps):
    theta, table = start, []
    for _ in range(local_steps + 1):
        errors = (X * theta - y) ** 2 / 2
        table.append([errors[rows].mean(), errors.mean()])
        theta = theta - rate * ((X * theta - y) * X)[rows].mean()
    return np.array(table)


def both_losses_by_hand(start, X, y, rows, rate, local_steps):
    walk = [start]
    for _ in range(local_steps):
        slopes = [(X[i] * walk[-1] - y[i]) * X[i] for i in rows]
        walk.append(walk[-1] - rate * sum(slopes) / len(slopes))
    return [[half_square(theta, X, y, part) for part in (rows, range(len(X)))] for theta in walk]


def half_square(theta, X, y, rows):
    return sum((X[i] * theta - y[i]) ** 2 / 2 for i in rows) / len(rows)


def one_round_of(rng, size):
    """A group of some of the rows, and two local steps or more."""
    group = np.sort(rng.permutation(size + 3)[: 1 + size // 2])
    steps = {"rate": float(rng.choice(RATES[1:])), "local_steps": 2 + size % 3}
    return {"start": quarters(rng), **points(rng, size + 3), "rows": group, **steps}


def columns(*parts, steps_on=lambda rows, everyone: rows, give=np.array):
    """The table with other rows in a column, another walk, or another part of it given back."""

    def run(start, X, y, rows, rate, local_steps):
        everyone, theta, table = np.arange(len(X)), start, []
        others, own = np.setdiff1d(everyone, rows), steps_on(rows, everyone)
        named = {"group": rows, "all": everyone, "others": others}
        for _ in range(local_steps + 1):
            table.append([half_square(theta, X, y, named[part]) for part in parts])
            theta = theta - rate * ((X * theta - y) * X)[own].mean()
        return np.array(give(table))

    return run


def two_runs(start, X, y, rows, rate, local_steps):
    alone = columns("group", "all")(start, X, y, rows, rate, local_steps)
    together = columns("group", "all", steps_on=lambda rows, everyone: everyone)(
        start, X, y, rows, rate, local_steps
    )
    return np.column_stack([alone[:, 0], together[:, 1]])


def in_sums(start, X, y, rows, rate, local_steps):
    table = columns("group", "all")(start, X, y, rows, rate, local_steps)
    return table * [len(rows), len(X)]


BOTH_LOSSES = Task(
    lesson="02",
    claim="02.4",
    minutes=8,
    statement=(
        "**Whose loss falls?** The blackboard's model $x\\theta$, its loss the mean of "
        "$\\tfrac12(x\\theta-y)^2$. From `start`, take `local_steps` steps on the group `rows`. Give back a "
        "table of shape (local_steps + 1, 2), a line for the start and for each step: the loss on the "
        "group's rows, and on all rows. Which column can rise?"
    ),
    stub=(
        "def both_losses(start, X, y, rows, rate, local_steps):\n"
        "    table = []\n"
        "    # look twice at θ, step, look again\n"
        "    return np.array(table)\n"
    ),
    inputs=one_round_of,
    oracle=both_losses_by_hand,
    answer=both_losses,
    hints=(
        "How often do you look at the losses, and how often do you step? The two numbers differ by one.",
        "A line of the table is two means of ½(xθ − y)²: one over `rows`, one over all of them.",
        "Loop local_steps + 1 times: append the two means, then step with the slope of the group's rows.",
    ),
    mistakes=(
        Mistake(
            "the group's loss is the loss",
            columns("group", "group"),
            "Your second column is the group's own loss again. Who else must live with this θ?",
        ),
        Mistake(
            "the group is picked, but all rows are used",
            columns("group", "all", steps_on=lambda rows, everyone: everyone),
            "Your steps are taken on all rows. Which rows does a local step look at?",
        ),
        Mistake(
            "the columns change places",
            columns("all", "group"),
            "Your first column is the loss on all rows. Which one should come first?",
        ),
        Mistake(
            "all rows are the others",
            columns("group", "others"),
            "Your second column leaves the group out. Do its rows belong to all rows?",
        ),
        Mistake(
            "each column has a run of its own",
            two_runs,
            "Your columns come from two runs, one on the group and one on all rows. Which θ has the group's "
            "step left behind, for all of them?",
        ),
        Mistake(
            "the loss is the square, not half of it",
            lambda *given: 2 * np.array(both_losses_by_hand(*given)),
            "Your losses are twice as high. What stands before the square?",
        ),
        Mistake(
            "a loss is a sum",
            in_sums,
            "Your losses add up over rows. Can you compare a sum over three rows with one over ten?",
        ),
        Mistake(
            "a line is a column",
            columns("group", "all", give=lambda table: list(zip(*table, strict=True))),
            "Your table lies on its side. Which axis should the steps run along?",
        ),
        Mistake(
            "the start is no step",
            columns("group", "all", give=lambda table: table[1:]),
            "Your table begins after the first step. From which loss did it fall?",
        ),
        Mistake(
            "only start and end count",
            columns("group", "all", give=lambda table: [table[0], table[-1]]),
            "You give start and end. Could a loss have fallen first, and then risen?",
        ),
    ),
    properties=(
        Property(
            "without steps there is the start alone",
            {
                "start": 0.0,
                "X": np.ones(2),
                "y": np.array([2.0, 4.0]),
                "rows": np.array([0]),
                "rate": 0.5,
                "local_steps": 0,
            },
            lambda table: np.array_equal(table, [[2, 5]]),
        ),
    ),
)


# What a round costs


def bill(sizes, picked, local_steps, n_parameters, remembered):
    steps = local_steps * len(picked)
    rows = local_steps * sizes[picked].sum()
    copies = 1 + len(picked) + 1 + remembered
    return np.array([rows, steps, 8 * n_parameters * copies])


def bill_item_by_item(sizes, picked, local_steps, n_parameters, remembered):
    rows = calls = 0
    held = ["start", "merged"] + ["memory"] * remembered
    for g in picked:
        for _ in range(local_steps):
            calls += 1
            rows += sizes[g]
        held.append(f"trial of {g}")
    return [rows, calls, sum(8 for _ in held for _ in range(n_parameters))]


def a_round_to_pay(rng, size):
    return {
        "sizes": rng.permutation(np.arange(4, 20))[: size + 3],
        "picked": np.sort(rng.permutation(size + 3)[: 2 + size // 2]),
        "local_steps": int(rng.integers(2, 5)),
        "n_parameters": int(rng.integers(5, 31)),
        "remembered": size % 2,
    }


def bill_with(
    rows=lambda items: items["E"] * items["mine"],
    calls=lambda items: items["E"] * items["picked"],
    copies=lambda items: 2 + items["picked"] + items["memory"],
    each=8,
):
    """A bill in which an item is counted in another way."""

    def run(sizes, picked, local_steps, n_parameters, remembered):
        items = {"E": local_steps, "picked": len(picked), "mine": sizes[picked].sum(), "all": sizes.sum()}
        items |= {"memory": remembered, "mean": sizes.mean()}
        return np.array([rows(items), calls(items), each * n_parameters * copies(items)])

    return run


BILL = Task(
    lesson="02",
    claim="B16",
    minutes=6,
    statement=(
        "**The bill of a round.** Groups `picked` step side by side, `local_steps` times each; group g has "
        "`sizes[g]` rows. Then a merge. Give back three counts: sample-gradients; gradients called for, one "
        "a group and local step; bytes held at the merge, 8 a number: start, trials, merged state, and "
        "`remembered` more copies of θ."
    ),
    stub=(
        "def bill(sizes, picked, local_steps, n_parameters, remembered):\n"
        "    rows, calls, held = 0, 0, 0\n"
        "    return np.array([rows, calls, held])\n"
    ),
    inputs=a_round_to_pay,
    oracle=bill_item_by_item,
    answer=bill,
    hints=(
        "Take two groups of 5 and 7 rows, three local steps. How many gradients are called for, on how many "
        "rows in all?",
        "`sizes[picked]` holds the rows of the picked groups; each local step pays for them again.",
        "At the merge one copy is the start, one the merged state, one a trial for each picked group, "
        "whatever the local steps. A copy holds n_parameters numbers.",
    ),
    mistakes=(
        Mistake(
            "a round costs all rows",
            bill_with(rows=lambda items: items["E"] * items["all"]),
            "You pay for the rows of all groups. Which of them step in this round?",
        ),
        Mistake(
            "local steps are free",
            bill_with(rows=lambda items: items["mine"]),
            "You pay for each row once. How often does a group look at its rows in one round?",
        ),
        Mistake(
            "all groups have the mean size",
            bill_with(rows=lambda items: items["E"] * items["picked"] * items["mean"]),
            "You charge every picked group the mean size. Which sizes have the picked ones?",
        ),
        Mistake(
            "a group calls once",
            bill_with(calls=lambda items: items["picked"]),
            "You count one call a group. Can a second local step use the first one's gradient?",
        ),
        Mistake(
            "side by side is one call",
            bill_with(calls=lambda items: items["E"]),
            "You count the calls of one group. Does a second group, at another θ, share them?",
        ),
        Mistake(
            "a call is a row",
            bill_with(calls=lambda items: items["E"] * items["mine"]),
            "You count a call for each row. How many rows does one call of a gradient take in?",
        ),
        Mistake(
            "a number is a byte",
            bill_with(each=1),
            "Your last count is of numbers. How many bytes has one of them?",
        ),
        Mistake(
            "there is one trial",
            bill_with(copies=lambda items: 3 + items["memory"]),
            "You hold one trial. How many groups bring one to the merge?",
        ),
        Mistake(
            "every local step is kept",
            bill_with(copies=lambda items: 2 + items["E"] * items["picked"] + items["memory"]),
            "You hold a copy for every local step. Which states of a walk does a merge need?",
        ),
        Mistake(
            "the merged state takes the start's place",
            bill_with(copies=lambda items: 1 + items["picked"] + items["memory"]),
            "You hold one copy less: either the start or the merged state is missing. Can the one be written "
            "over the other while it is still read?",
        ),
        Mistake(
            "a merge remembers nothing",
            bill_with(copies=lambda items: 2 + items["picked"]),
            "Your bytes are those of a rule without memory. Where does `remembered` come in?",
        ),
    ),
    properties=(
        Property(
            "one group, one step, one parameter: its rows, one call, three numbers",
            {
                "sizes": np.array([4, 6]),
                "picked": np.array([1]),
                "local_steps": 1,
                "n_parameters": 1,
                "remembered": 0,
            },
            lambda counts: counts.tolist() == [6, 1, 24],
        ),
    ),
)


# The order


def end_of_pass(minima, order, rate):
    kept = (1 - rate) ** np.arange(len(order))[::-1]
    return np.average(minima[order], weights=kept)


def end_of_pass_by_walking(minima, order, rate):
    theta = 0.0
    for _ in range(300):
        for g in order:
            theta -= rate * (theta - minima[g])
    return theta


def visits_in_order(rng, size):
    n = size + 2
    return {
        "minima": 2 * quarters(rng, n),
        "order": rng.permutation(n),
        "rate": float(rng.choice([0.25, 0.125])),
    }


def kept_parts(order, rate):
    """How much of each visit's pull is left at the end of the pass, the last one's being 1."""
    return (1 - rate) ** np.arange(len(order))[::-1]


END_OF_PASS = Task(
    lesson="02",
    claim="02.8",
    minutes=8,
    statement=(
        "**What an order does.** Group g has the loss $\\tfrac12(\\theta-c_g)^2$, its minimum $c_g$ is "
        "`minima[g]`. The groups are visited in one fixed `order`, one step each at `rate`, pass after pass, "
        "always the same. Where do the passes end, after very many of them? Then compare with the mean of "
        "the minima: what does a small rate do to the order?"
    ),
    stub="def end_of_pass(minima, order, rate):\n    return ...\n",
    inputs=visits_in_order,
    oracle=end_of_pass_by_walking,
    answer=end_of_pass,
    hints=(
        "You may walk until nothing changes any more. Or think: which group of the order has the last word?",
        "Each step keeps 1 − rate of where θ was. How much is left, at the end, of a pull two visits ago?",
        "It is a weighted mean of the minima in their order: the last weighs 1, the one before it 1 − rate, "
        "and so on.",
    ),
    mistakes=(
        Mistake(
            "the order changes nothing; or the mean state of a pass is its end",
            lambda minima, order, rate: minima.mean(),
            "You give the mean of the minima; a pass swings about it. To which side does the group lead that "
            "is visited last?",
        ),
        Mistake(
            "the first visit weighs most",
            lambda minima, order, rate: np.average(minima[order[::-1]], weights=kept_parts(order, rate)),
            "Your first group weighs most. Whose pull is the freshest when a pass ends?",
        ),
        Mistake(
            "groups are visited by number",
            lambda minima, order, rate: np.average(minima, weights=kept_parts(order, rate)),
            "You visit group 0, 1, 2, …. What does `order` say?",
        ),
        Mistake(
            "an order and its inverse are the same",
            lambda minima, order, rate: np.average(
                minima[np.argsort(order)], weights=kept_parts(order, rate)
            ),
            "You read `order` as the place of each group. Does order[0] say which group is first, or when "
            "group 0 comes?",
        ),
        Mistake(
            "one pass is many",
            lambda minima, order, rate: rate * kept_parts(order, rate) @ minima[order],
            "Yours is where one pass from 0 ends. Where would the next one end?",
        ),
        Mistake(
            "weights need no total",
            lambda minima, order, rate: kept_parts(order, rate) @ minima[order],
            "Your weights are in the right proportion. If all minima were 1, where would you end?",
        ),
        Mistake(
            "the last group has its way",
            lambda minima, order, rate: minima[order[-1]],
            "You end at the last group's minimum. At which rate would one step reach it?",
        ),
        Mistake(
            "a step keeps the rate of what was",
            lambda minima, order, rate: np.average(
                minima[order], weights=rate ** np.arange(len(order))[::-1]
            ),
            "Your older pulls fade by the factor `rate` a step. At a small rate, does one step change much, "
            "or little?",
        ),
    ),
    properties=(
        Property(
            "at rate 1 the last group has its way",
            {"minima": np.array([3.0, -1.0, 2.0]), "order": np.array([2, 0, 1]), "rate": 1.0},
            lambda theta: theta == -1,
        ),
    ),
)


# Local steps


def resting_point(minima, curvatures, sizes, rate, local_steps, beta):
    gone = 1 - (1 - rate * curvatures) ** local_steps
    return np.average(minima, weights=sizes * gone)


def resting_by_walking(minima, curvatures, sizes, rate, local_steps, beta):
    theta = 0.0
    for _ in range(600):
        combined = 0.0
        for c, curvature, n in zip(minima, curvatures, sizes, strict=True):
            trial = theta
            for _ in range(local_steps):
                trial -= rate * curvature * (trial - c)
            combined += trial * n / sizes.sum()
        theta += beta * (combined - theta)
    return theta


def unlike_groups(rng, size):
    """Groups with minima, curvatures and sizes of their own; rates at which every walk is stable."""
    n = size + 1
    return {
        "minima": 2 * quarters(rng, n),
        "curvatures": rng.permutation(np.resize([2.0, 6.0, 4.0], n)),
        "sizes": rng.permutation(np.arange(1, n + 3))[:n],
        "rate": float(rng.choice([0.1, 0.125])),
        "local_steps": 1 + size % 4,
        "beta": float(rng.choice(BETAS)),
    }


def share_gone(curvatures, rate, local_steps):
    """Which share of the way to its own minimum each group goes."""
    return 1 - (1 - rate * curvatures) ** local_steps


def weighted_by(weights):
    """The mean of the minima with other weights."""

    def run(minima, curvatures, sizes, rate, local_steps, beta):
        w = weights(curvatures, sizes, rate, local_steps, beta)
        return w @ minima / w.sum()

    return run


def half_way_back(minima, curvatures, sizes, rate, local_steps, beta):
    lowest = np.average(minima, weights=sizes * curvatures)
    rest = np.average(minima, weights=sizes * share_gone(curvatures, rate, local_steps))
    return beta * rest + (1 - beta) * lowest


RESTING_POINT = Task(
    lesson="02",
    claim="02.11",
    minutes=12,
    statement=(
        "**Where local steps rest.** Group g has `sizes[g]` rows and the loss "
        "$\\tfrac12\\lambda_g(\\theta-c_g)^2$: its minimum $c_g$ in `minima`, $\\lambda_g$ in `curvatures`. "
        "All step side by side, `local_steps` each; the trials' mean, weighted by rows, is blended with the "
        "start by `beta`. Where do the rounds come to rest? Try two betas, and one local step."
    ),
    stub="def resting_point(minima, curvatures, sizes, rate, local_steps, beta):\n    return ...\n",
    inputs=unlike_groups,
    oracle=resting_by_walking,
    answer=resting_point,
    hints=(
        "One step of group g leaves (1 − rate·λ) of its distance to c. What do `local_steps` of them leave?",
        "So each group goes a certain share of its way to c. At rest, the ways that all go must cancel, "
        "weighted by rows.",
        "It is a mean of the minima with the weights: rows × share of the way. Does β stand in what cancels?",
    ),
    mistakes=(
        Mistake(
            "local steps change nothing, or are one long step",
            weighted_by(lambda curvatures, sizes, rate, E, beta: sizes * curvatures),
            "You end at the minimum of the loss on all rows, for any number of local steps. From where does "
            "a group take its second slope?",
        ),
        Mistake(
            "the mean of the minima is the minimum of the mean",
            weighted_by(lambda curvatures, sizes, rate, E, beta: sizes),
            "You take the mean of the minima. Does each group get all the way to its own in one round?",
        ),
        Mistake(
            "groups and ways count alike",
            weighted_by(lambda curvatures, sizes, rate, E, beta: np.ones(len(sizes))),
            "Every minimum counts the same with you. Which group walks further in a round, a flat or a "
            "steep one?",
        ),
        Mistake(
            "β leads back towards the minimum",
            half_way_back,
            "Your β pulls the resting point towards the minimum. If the start is already at rest, what does "
            "a blend of it with its own trial give?",
        ),
        Mistake(
            "β is a rate, also with local steps",
            weighted_by(
                lambda curvatures, sizes, rate, E, beta: sizes * share_gone(curvatures, beta * rate, E)
            ),
            "Your β shortens each local step. How often in a round does the blend act?",
        ),
        Mistake(
            "trials count alike",
            weighted_by(lambda curvatures, sizes, rate, E, beta: share_gone(curvatures, rate, E)),
            "Your groups weigh the same, whatever their rows. How are the trials averaged here?",
        ),
        Mistake(
            "the weight is what is left of the way",
            weighted_by(lambda curvatures, sizes, rate, E, beta: sizes * (1 - rate * curvatures) ** E),
            "Your weight is what a group leaves of its way. Does a group that has moved far pull less?",
        ),
        Mistake(
            "the curvature counts once more",
            weighted_by(
                lambda curvatures, sizes, rate, E, beta: sizes * curvatures * share_gone(curvatures, rate, E)
            ),
            "You weigh by the curvature on top of the way gone. Where is it already in the share of the way?",
        ),
        Mistake(
            "one round is many",
            lambda minima, curvatures, sizes, rate, E, beta: (
                beta * (sizes * share_gone(curvatures, rate, E)) @ minima / sizes.sum()
            ),
            "Yours is where one round from 0 ends. Where would the second one end?",
        ),
    ),
    properties=(
        Property(
            "on the blackboard two local steps rest at 38/23",
            {
                "minima": np.array([2.0, 1.5]),
                "curvatures": np.array([1.0, 4.0]),
                "sizes": np.array([2, 2]),
                "rate": 0.25,
                "local_steps": 2,
                "beta": 0.5,
            },
            lambda theta: np.isclose(theta, 38 / 23),
        ),
    ),
)

tasks = Tasks(COUNT_GRADIENT, NUDGED_SLOPES, PARTIAL_STEP, BOTH_LOSSES, BILL, END_OF_PASS, RESTING_POINT)
