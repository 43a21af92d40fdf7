"""Lesson 00: a round by hand, many rounds, what a constant rate leaves behind, and what a run costs."""

from itertools import pairwise

import numpy as np

from .task import Mistake, Property, Task, Tasks, quarters

RATES, BETAS = (0.5, 0.25, 0.125), (0.25, 0.75)


def points(rng, n):
    """X (n,) and y (n,) of the model xθ; no x is 0, 1 or −1, where some mistakes do not show."""
    return {"X": rng.choice([-2.0, -1.5, 0.5, 1.5, 2.0], n), "y": quarters(rng, n)}


def rate_and_beta(rng):
    return {"rate": float(rng.choice(RATES)), "beta": float(rng.choice(BETAS))}


# One round


def one_round(start, X, y, rate, beta):
    slope = ((X * start - y) * X).mean()
    trial = start - rate * slope
    return beta * trial + (1 - beta) * start


def one_round_by_hand(start, X, y, rate, beta):
    total = 0.0
    for x, label in zip(X, y, strict=True):
        total += (x * start - label) * x
    trial = start - rate * total / len(X)
    return start + beta * (trial - start)


def moved(move):
    """start + what `move` makes of (slope, rate, beta)."""
    return lambda start, X, y, rate, beta: start + move(((X * start - y) * X).mean(), rate, beta)


def with_slope(slope):
    """A round whose slope is another function of (start, X, y)."""
    return lambda start, X, y, rate, beta: start - beta * rate * slope(start, X, y)


ONE_ROUND = Task(
    lesson="00",
    claim="00.1",
    minutes=5,
    statement=(
        "**One round as a function.** The model is $x\\theta$ with one parameter, the loss "
        "$\\tfrac12(x\\theta-y)^2$, as on the blackboard. `X` and `y` hold the rows of the picked group, "
        "`start` is $\\theta_{k-1}$. Give back the merged state $\\theta_k$."
    ),
    stub="def one_round(start, X, y, rate, beta):\n    # slope, trial, merged state\n    return ...\n",
    inputs=lambda rng, size: {"start": quarters(rng), **points(rng, size), **rate_and_beta(rng)},
    oracle=one_round_by_hand,
    answer=one_round,
    hints=(
        "Three lines, one for each state that the blackboard names: how does the slope give the trial, and "
        "the trial the merged state?",
        "Each row pulls with (x·θ − y)·x at θ = start; the group pulls with the mean of these.",
        "Go against the slope, `rate` times as far: that is the trial. Then take β parts of it and 1 − β "
        "parts of the start.",
    ),
    mistakes=(
        Mistake(
            "β weighs the start",
            moved(lambda slope, rate, beta: -(1 - beta) * rate * slope),
            "Your β weighs the start, and 1 − β the trial. At β = 1, which of the two should be left?",
        ),
        Mistake(
            "a round ends with the trial, or the trial is merged with itself",
            moved(lambda slope, rate, beta: -rate * slope),
            "Your function ends at the trial, whatever β is. Which older state does the merge mix in?",
        ),
        Mistake(
            "the slope points to the minimum",
            moved(lambda slope, rate, beta: beta * rate * slope),
            "Your step goes the way the slope points. Does the loss rise or fall that way?",
        ),
        Mistake(
            "the merge mixes the trial with zero",
            lambda start, X, y, rate, beta: beta * (start - rate * ((X * start - y) * X).mean()),
            "Your merged state is β times the trial and nothing else. If nothing pulled, where would it end?",
        ),
        Mistake(
            "β shortens the step, and merges as well",
            moved(lambda slope, rate, beta: -(beta**2) * rate * slope),
            "Your β acts twice: on the way to the trial, and in the merge. In which of the two lines of "
            "the lesson does it stand?",
        ),
        Mistake(
            "the merged state is the move",
            lambda start, X, y, rate, beta: -beta * rate * ((X * start - y) * X).mean(),
            "Your function gives how far the state moves. From where does it move?",
        ),
        Mistake(
            "the slope is the residual, without x",
            with_slope(lambda start, X, y: (X * start - y).mean()),
            "Your slope is the mean residual. When θ grows by a little, does every row's prediction grow "
            "by the same?",
        ),
        Mistake(
            "a group's slope is the sum over its rows",
            with_slope(lambda start, X, y: ((X * start - y) * X).sum()),
            "Your slope adds up over the rows. If each row stood in the group twice, should the step change?",
        ),
        Mistake(
            "the loss is the square, not half of it",
            with_slope(lambda start, X, y: 2 * ((X * start - y) * X).mean()),
            "Your slope is twice as steep as the lesson's. What stands before the square in the loss?",
        ),
        Mistake(
            "the mean of a product is the product of the means",
            with_slope(lambda start, X, y: (X * start - y).mean() * X.mean()),
            "You take the mean of the residuals and the mean of x apart. In what order do the product and "
            "the mean come?",
        ),
    ),
    properties=(
        Property(
            "at β = 0 nothing moves",
            {"start": 1.0, "X": np.array([2.0]), "y": np.array([1.0]), "rate": 0.5, "beta": 0.0},
            lambda merged: merged == 1.0,
        ),
        Property(
            "a start that fits every row stays where it is",
            {"start": 2.0, "X": np.array([1.0, 2.0]), "y": np.array([2.0, 4.0]), "rate": 0.5, "beta": 0.5},
            lambda merged: merged == 2.0,
        ),
    ),
)


# Many rounds


def merged_states(start, X, y, groups, rate, beta, rounds):
    states = [start]
    for k in range(rounds):
        rows = groups[k % len(groups)]
        states.append(one_round(states[-1], X[rows], y[rows], rate, beta))
    return np.array(states)


def merged_states_by_hand(start, X, y, groups, rate, beta, rounds):
    theta, states = start, [start]
    for k in range(1, rounds + 1):
        slopes = [(X[i] * theta - y[i]) * X[i] for i in groups[(k - 1) % len(groups)]]
        trial = theta - rate * sum(slopes) / len(slopes)
        theta = theta + beta * (trial - theta)
        states.append(theta)
    return states


def rounds_with(
    rows=lambda groups, k: groups[k % len(groups)],
    begin=lambda states: states[-1],
    merge=lambda trial, begun, beta, states: beta * trial + (1 - beta) * begun,
    give=np.array,
):
    """Many rounds in which one thing is done in another way."""

    def run(start, X, y, groups, rate, beta, rounds):
        states = [start]
        for k in range(rounds):
            mine, begun = rows(groups, k), begin(states)
            trial = one_round(begun, X[mine], y[mine], rate, 1.0)
            states.append(merge(trial, begun, beta, states))
        return give(states)

    return run


def trials_of(start, X, y, groups, rate, beta, rounds):
    states = merged_states(start, X, y, groups, rate, beta, rounds)
    trials = [(new - (1 - beta) * old) / beta for old, new in pairwise(states)]
    return np.array([start, *trials])


def dealt_points(rng, size):
    """size + 2 rows dealt to two or three groups, of unlike sizes where that is possible."""
    n_groups = 2 + size % 2
    groups = tuple(np.array_split(rng.permutation(size + 2), n_groups))
    run = {"groups": groups, **rate_and_beta(rng), "rounds": 2 + size}
    return {"start": quarters(rng), **points(rng, size + 2), **run}


MERGED_STATES = Task(
    lesson="00",
    claim="00.1",
    minutes=10,
    statement=(
        "**Many rounds.** Write the whole loop: take the groups in turn, beginning with group 0, and give "
        "back an array of the states $\\theta_0, \\theta_1, \\dots$, one more than `rounds`. You may call "
        "your `one_round`."
    ),
    stub=(
        "def merged_states(start, X, y, groups, rate, beta, rounds):\n"
        "    states = [start]\n"
        "    # a loop over the rounds\n"
        "    return np.array(states)\n"
    ),
    inputs=dealt_points,
    oracle=merged_states_by_hand,
    answer=merged_states,
    hints=(
        "Each round needs two things: the rows of its group, and the state where the last round ended.",
        "`k % len(groups)` counts 0, 1, …, and begins again; `X[groups[g]]` holds the rows of group g.",
        "In the loop: take the rows of group k % G, do one round from states[-1], append what comes out. "
        "After the loop: np.array(states).",
    ),
    plotted="merged state",
    mistakes=(
        Mistake(
            "the group is picked, but all rows are used",
            rounds_with(rows=lambda groups, k: np.concatenate(groups)),
            "Your rounds pick a group and then step on all rows. What would change if you had only one "
            "group?",
        ),
        Mistake(
            "the first group is the training set",
            rounds_with(rows=lambda groups, k: groups[0]),
            "Every round of yours sees group 0. Which rows never have a say?",
        ),
        Mistake(
            "rounds count from 1, and so do groups",
            rounds_with(rows=lambda groups, k: groups[(k + 1) % len(groups)]),
            "Your first round takes group 1. What is k in your loop when it begins?",
        ),
        Mistake(
            "every round begins at θ_0",
            rounds_with(begin=lambda states: states[0]),
            "Each of your rounds begins at θ_0 again. Which state does round 2 hand to round 3?",
        ),
        Mistake(
            "the merge goes back to θ_0",
            rounds_with(merge=lambda trial, begun, beta, states: beta * trial + (1 - beta) * states[0]),
            "Your merge blends with θ_0 in every round. What is the start of round 5?",
        ),
        Mistake(
            "the trial is handed on",
            rounds_with(merge=lambda trial, begun, beta, states: trial),
            "Your rounds hand on the trial; β does nothing. Where should it come in?",
        ),
        Mistake(
            "β weighs the start",
            rounds_with(merge=lambda trial, begun, beta, states: (1 - beta) * trial + beta * begun),
            "Your β weighs the start of each round. At β = 1, would anything ever move?",
        ),
        Mistake(
            "the merge looks one round too far back",
            rounds_with(
                merge=lambda trial, begun, beta, states: beta * trial + (1 - beta) * states[-2:][0],
            ),
            "Your merge blends with the state before the round's start. Which of the three states of a "
            "round is that?",
        ),
        Mistake(
            "the trials are the record",
            trials_of,
            "Your array holds the trials; the loop itself is right. Which state does the next round begin "
            "with?",
        ),
        Mistake(
            "the start is no state",
            rounds_with(give=lambda states: np.array(states[1:])),
            "Your array begins after round 1. Where in it would you look for θ_0?",
        ),
        Mistake(
            "only the end counts",
            rounds_with(give=lambda states: states[-1]),
            "You give back the last state alone. Could you draw the path from it?",
        ),
        Mistake(
            "the last state, repeated, is a history",
            rounds_with(give=lambda states: np.full(len(states), states[-1])),
            "Your array holds the last state at every place. What would its curve look like, and should it?",
        ),
    ),
    properties=(
        Property(
            "without rounds there is the start alone",
            {
                "start": 1.0,
                "X": np.ones(2),
                "y": np.zeros(2),
                "groups": (np.array([0]), np.array([1])),
                "rate": 0.5,
                "beta": 0.5,
                "rounds": 0,
            },
            lambda states: states.tolist() == [1.0],
        ),
    ),
)


# What a constant rate leaves behind


def band(states, n_groups):
    return np.ptp(states[-n_groups:])


def band_by_hand(states, n_groups):
    last = [states[len(states) - 1 - i] for i in range(n_groups)]
    return max(last) - min(last)


def long_run(rng, size):
    """States that travel and then swing; one more than the passes hold, since θ_0 is among them."""
    n_groups = 3 + size % 3
    n_states = n_groups * (2 + size // 3) + 1
    return {"states": 4 * 0.5 ** np.arange(n_states) + quarters(rng, n_states), "n_groups": n_groups}


BAND = Task(
    lesson="00",
    claim="00.2",
    minutes=4,
    statement=(
        "**What a constant rate leaves behind.** `states` holds θ after round 0, 1, 2, …, for one "
        "parameter. How wide is the band that the states of the last pass cover, from the lowest to the "
        "highest? A pass is `n_groups` rounds."
    ),
    stub="def band(states, n_groups):\n    return ...\n",
    inputs=long_run,
    oracle=band_by_hand,
    answer=band,
    hints=(
        "Which states belong to the last pass? With 2 groups, the last two.",
        "A negative index counts from the end: states[-1] is the last one, and a slice may begin with one.",
        "Cut out the last n_groups states, then take the largest of them minus the smallest.",
    ),
    mistakes=(
        Mistake(
            "all states show the swing",
            lambda states, n_groups: np.ptp(states),
            "Your band takes in every state, the way from the start too. What is left of that way at the "
            "end?",
        ),
        Mistake(
            "the last two states are the band",
            lambda states, n_groups: abs(states[-1] - states[-2]),
            "You compare the last two states. With five groups, how many states does a pass visit?",
        ),
        Mistake(
            "a band is where it ends minus where it began",
            lambda states, n_groups: states[-1] - states[-n_groups],
            "You subtract the first state of the last pass from its last. Can the states between stick out?",
        ),
        Mistake(
            "a band is the distance of its ends",
            lambda states, n_groups: abs(states[-1] - states[-n_groups]),
            "You measure from the first to the last state of the pass. Can the states between stick out?",
        ),
        Mistake(
            "width is the standard deviation",
            lambda states, n_groups: np.std(states[-n_groups:]),
            "You give the standard deviation of the last pass. How far apart are its lowest and highest "
            "state?",
        ),
        Mistake(
            "a pass has one state more",
            lambda states, n_groups: np.ptp(states[-n_groups - 1 :]),
            "Your band takes in one state more than the pass has rounds. Which round made it?",
        ),
        Mistake(
            "the band is the first pass",
            lambda states, n_groups: np.ptp(states[:n_groups]),
            "You measure the first states of the run. Has it settled by then?",
        ),
        Mistake(
            "width is measured from the middle",
            lambda states, n_groups: np.ptp(states[-n_groups:]) / 2,
            "Your number is half the band: from its middle to an edge. How far is it from edge to edge?",
        ),
    ),
    properties=(
        Property(
            "a run that stands still has a band of width 0",
            {"states": np.ones(7), "n_groups": 3},
            lambda width: width == 0,
        ),
    ),
)


# What a run costs


def sample_gradients(sizes, rounds, local_steps):
    return local_steps * np.resize(sizes, rounds).sum()


def sample_gradients_by_hand(sizes, rounds, local_steps):
    cost = 0
    for k in range(rounds):
        for _ in range(local_steps):
            cost += sizes[k % len(sizes)]
    return cost


def uneven_groups(rng, size):
    sizes = rng.permutation(np.arange(3, 11))[: 1 + size]
    return {"sizes": sizes, "rounds": int(rng.integers(3, 12)), "local_steps": int(rng.integers(2, 5))}


SAMPLE_GRADIENTS = Task(
    lesson="00",
    claim="00.5",
    minutes=4,
    statement=(
        "**Count the cost.** `sizes[g]` is the number of rows in group g. The groups are taken in turn, "
        "one a round, with `local_steps` steps on it. How many sample-gradients (one row, one gradient) do "
        "`rounds` rounds cost?"
    ),
    stub="def sample_gradients(sizes, rounds, local_steps):\n    return ...\n",
    inputs=uneven_groups,
    oracle=sample_gradients_by_hand,
    answer=sample_gradients,
    hints=(
        "What does round 1 cost? And round 2, on the next group?",
        "One step on a group costs as many sample-gradients as it has rows; each local step costs them "
        "again.",
        "Add up sizes[k % len(sizes)] for k = 0 … rounds − 1, then think of the local steps.",
    ),
    mistakes=(
        Mistake(
            "every round costs all rows",
            lambda sizes, rounds, local_steps: rounds * local_steps * sizes.sum(),
            "You count all rows in every round. On which rows does a round take its gradients?",
        ),
        Mistake(
            "a gradient costs one, whatever its rows",
            lambda sizes, rounds, local_steps: rounds * local_steps,
            "You count steps. Does a step on 10 rows cost as much as one on 3?",
        ),
        Mistake(
            "local steps are free",
            lambda sizes, rounds, local_steps: np.resize(sizes, rounds).sum(),
            "You count each round once. How often does a round look at its rows?",
        ),
        Mistake(
            "all groups are as large as the first",
            lambda sizes, rounds, local_steps: rounds * local_steps * sizes[0],
            "You charge every round for group 0. What does the second round cost?",
        ),
        Mistake(
            "all groups have the mean size",
            lambda sizes, rounds, local_steps: rounds * local_steps * sizes.mean(),
            "You charge every round the mean size. When the last pass is not full, which groups were in it?",
        ),
        Mistake(
            "rounds count from 1, and so do groups",
            lambda sizes, rounds, local_steps: local_steps * np.resize(np.roll(sizes, -1), rounds).sum(),
            "Your first round pays for group 1. Which group comes first?",
        ),
        Mistake(
            "a round visits every group, and a gradient costs one",
            lambda sizes, rounds, local_steps: rounds * local_steps * len(sizes),
            "You multiply by the number of groups. How many groups does one round visit here, and how many "
            "rows has it?",
        ),
        Mistake(
            "the first round has no cost",
            lambda sizes, rounds, local_steps: local_steps * np.resize(sizes, rounds)[1:].sum(),
            "Your sum leaves out round 1. Which values does k take in your loop?",
        ),
    ),
    properties=(
        Property(
            "without rounds it costs nothing",
            {"sizes": np.array([3, 4]), "rounds": 0, "local_steps": 2},
            lambda cost: cost == 0,
        ),
    ),
)


# What a target costs


def cost_to_reach(losses, costs, target):
    reached = losses <= target
    return costs[reached.argmax()] if reached.any() else np.inf


def cost_to_reach_by_hand(losses, costs, target):
    for loss, cost in zip(losses, costs, strict=True):
        if loss <= target:
            return cost
    return np.inf


def falling_losses(rng, size):
    """Losses that fall and rise again, a target that one of them meets, and each third time none does."""
    losses = (np.arange(size + 3)[::-1] + rng.integers(0, 4, size + 3)) / 4 + 1
    target = losses.min() - 0.25 if rng.random() < 0.3 else rng.choice(losses[1:])
    return {"losses": losses, "costs": 50 * np.arange(size + 3), "target": float(target)}


COST_TO_REACH = Task(
    lesson="00",
    claim="00.5",
    minutes=6,
    statement=(
        "**Compare at equal loss.** A run recorded `losses`, and beside each the `costs` so far, in "
        "sample-gradients. At which cost was the loss for the first time no larger than `target`? Give "
        "`np.inf` if it never was."
    ),
    stub="def cost_to_reach(losses, costs, target):\n    return ...\n",
    inputs=falling_losses,
    oracle=cost_to_reach_by_hand,
    answer=cost_to_reach,
    hints=(
        "Walk along the record and stop at the first loss that is low enough. What do you hold then?",
        "`losses <= target` is an array of True and False; argmax gives the place of its first True.",
        "What does argmax give where all are False? Ask `.any()` before you trust it.",
    ),
    mistakes=(
        Mistake(
            "argmax of nothing but False is a place",
            lambda losses, costs, target: costs[np.argmax(losses <= target)],
            "Where the target is never met, your function says that it was met at once. What does argmax "
            "give when all are False?",
        ),
        Mistake(
            "a target never met was met at the end",
            lambda losses, costs, target: cost_to_reach_by_hand(
                [*losses, -np.inf], [*costs, costs[-1]], target
            ),
            "Where the target is never met, you give the last cost. Could a reader tell this from a run "
            "that met it there?",
        ),
        Mistake(
            "cost is the number of rounds",
            lambda losses, costs, target: cost_to_reach_by_hand(losses, range(len(losses)), target),
            "You give the place in the record. What does a round on 50 rows cost, compared with one on 400?",
        ),
        Mistake(
            "the target must be passed",
            lambda losses, costs, target: next(
                (c for loss, c in zip(losses, costs, strict=True) if loss < target), np.inf
            ),
            "You wait until the loss is under the target. What of a loss that meets it exactly?",
        ),
        Mistake(
            "the lowest loss is the target",
            lambda losses, costs, target: costs[losses.argmin()],
            "You give the cost of the lowest loss; the target has no say in it. Was it met before that?",
        ),
        Mistake(
            "a run costs what it cost in the end",
            lambda losses, costs, target: costs[-1],
            "You give the cost of the whole run. Could it have stopped earlier?",
        ),
        Mistake(
            "the first loss above the target",
            lambda losses, costs, target: next(
                (c for loss, c in zip(losses, costs, strict=True) if loss >= target), np.inf
            ),
            "You look for the first loss that is at least the target. On which side of it does a run begin?",
        ),
        Mistake(
            "the last time counts",
            lambda losses, costs, target: cost_to_reach_by_hand(losses[::-1], costs[::-1], target),
            "You give the last cost at which the loss is low enough. When was it so for the first time?",
        ),
        Mistake(
            "a list is kept of all of them",
            lambda losses, costs, target: costs[losses <= target],
            "You give every cost at which the loss is low enough. Which of them does a fair race compare?",
        ),
    ),
)

tasks = Tasks(ONE_ROUND, MERGED_STATES, BAND, SAMPLE_GRADIENTS, COST_TO_REACH)
