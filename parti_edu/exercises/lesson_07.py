"""Lesson 07: Lookahead by hand, what local steps save, gradients that add up, two averages, fused nets."""

from itertools import product

import numpy as np

from .lesson_00 import rate_and_beta
from .task import Mistake, Property, Task, Tasks, quarters

# Lookahead


def lookahead(start, centres, rate, beta, every, walks):
    slow, states, i = start, [start], 0
    for _ in range(walks):
        fast = slow
        for _ in range(every):
            fast = fast - rate * (fast - centres[i % len(centres)])
            i += 1
        slow = slow + beta * (fast - slow)
        states.append(slow)
    return np.array(states)


def lookahead_by_hand(start, centres, rate, beta, every, walks):
    states = [start]
    for k in range(walks):
        fast = states[k]
        for i in range(k * every, (k + 1) * every):
            slope = fast - centres[i % len(centres)]
            fast = fast - rate * slope
        states.append(beta * fast + (1 - beta) * states[k])
    return states


def lookahead_with(
    batch=lambda k, i, every: k * every + i,
    begin=lambda slow, fast: slow,
    move=lambda slow, fast, beta, start: slow + beta * (fast - slow),
    give=lambda slows, fasts: np.array(slows),
):
    """Lookahead in which one thing is done in another way."""

    def run(start, centres, rate, beta, every, walks):
        slows, fasts, ends = [start], [], [start]
        for k in range(walks):
            fast = begin(slows[-1], ends[-1])
            for i in range(every):
                fast = fast - rate * (fast - centres[batch(k, i, every) % len(centres)])
                fasts.append(fast)
            ends.append(fast)
            slows.append(move(slows[-1], fast, beta, start))
        return give(slows, fasts)

    return run


def side_by_side(start, centres, rate, beta, every, walks):
    states = [start]
    for k in range(walks):
        chosen = [centres[(k * every + i) % len(centres)] for i in range(every)]
        states.append(states[-1] - beta * rate * (states[-1] - np.mean(chosen)))
    return np.array(states)


def a_merge_a_step(start, centres, rate, beta, every, walks):
    theta, states = start, [start]
    for i in range(every * walks):
        theta = theta - beta * rate * (theta - centres[i % len(centres)])
        states.append(theta)
    return np.array(states[::every])


LOOKAHEAD = Task(
    lesson="07",
    claim="07.1",
    minutes=10,
    statement=(
        "**Lookahead by hand.** Batch i has the slope $\\theta-c_i$, with $c_i$ in `centres`; after the "
        "last batch comes the first again. From the slow weight run `every` fast steps on successive "
        "batches, the next walk going on with the next batch; then move the slow weight the share `beta` "
        "of the way to where they ended. Give back the slow weights, one more than `walks`."
    ),
    stub=(
        "def lookahead(start, centres, rate, beta, every, walks):\n"
        "    states = [start]\n"
        "    # a loop over the walks, in it one over the steps\n"
        "    return np.array(states)\n"
    ),
    inputs=lambda rng, size: {
        "start": quarters(rng),
        "centres": rng.permutation([-2.0, -1.5, -0.5, 0.75, 1.0, 2.5, 3.0])[: 3 + size % 5],
        **rate_and_beta(rng),
        "every": 2 + size % 3,
        "walks": 2 + size,
    },
    oracle=lookahead_by_hand,
    answer=lookahead,
    hints=(
        "Two weights: where does the fast one stand when a walk begins, and which of the two outlives it?",
        "Which batch does step i of walk k see, when every walk before it took `every` batches? "
        "`% len(centres)` begins again after the last.",
        "For each walk: fast = the last slow weight; `every` times fast −= rate · (fast − c of the next "
        "batch); then slow moves β of the way to fast, and is appended.",
    ),
    plotted="slow weight",
    mistakes=(
        Mistake(
            "each walk begins with the first batch",
            lookahead_with(batch=lambda k, i, every: i),
            "Each of your walks begins with batch 0 again. Which batches are never seen, if a walk is "
            "shorter than a pass?",
        ),
        Mistake(
            "a walk is that many steps on one batch",
            lookahead_with(batch=lambda k, i, every: k),
            "Each of your walks stays on one batch: these are local steps. Which batch should its second "
            "step see?",
        ),
        Mistake(
            "a walk is its batches side by side",
            side_by_side,
            "All steps of your walk start from the slow weight, side by side. From where does the second "
            "fast step start?",
        ),
        Mistake(
            "the merge comes after each step",
            a_merge_a_step,
            "You move the slow weight after each fast step. How many fast steps does one merge wait for?",
        ),
        Mistake(
            "β weighs the slow weight",
            lookahead_with(move=lambda slow, fast, beta, start: beta * slow + (1 - beta) * fast),
            "Your slow weight stays the more, the larger β is. At β = 1, where should it be after a walk?",
        ),
        Mistake(
            "the fast weight runs on",
            lookahead_with(begin=lambda slow, fast: fast),
            "Your fast weight runs on from where it was; the slow one only follows it. Where does the next "
            "walk begin?",
        ),
        Mistake(
            "the slow weight starts from θ_0 each time",
            lookahead_with(move=lambda slow, fast, beta, start: start + beta * (fast - start)),
            "You measure the move from the very first weight each time. From where did this walk begin?",
        ),
        Mistake(
            "the merge keeps the fast weight",
            lookahead_with(move=lambda slow, fast, beta, start: fast),
            "Your slow weight goes all the way to the fast one. What is β for?",
        ),
        Mistake(
            "the fast weights are the record",
            lookahead_with(give=lambda slows, fasts: np.array([slows[0], *fasts])),
            "Your array holds every fast step. How many slow weights are there after three walks?",
        ),
        Mistake(
            "batches count from 1",
            lookahead_with(batch=lambda k, i, every: k * every + i + 1),
            "Your first step sees batch 1. When does your counter go up, before or after the step?",
        ),
    ),
    properties=(
        Property(
            "at β = 0 the slow weight stays",
            {
                "start": 1.0,
                "centres": np.array([3.0, 5.0]),
                "rate": 0.5,
                "beta": 0.0,
                "every": 3,
                "walks": 2,
            },
            lambda slow: np.array_equal(slow, [1, 1, 1]),
        ),
    ),
)

# What local steps save


def tally(sizes, n_parameters, passes, local_steps):
    merges = passes // local_steps
    sent = 2 * n_parameters * len(sizes) * merges
    return np.array([merges, sent, passes * sizes.sum()])


def tally_by_hand(sizes, n_parameters, passes, local_steps):
    merges = sent = gradients = 0
    for step in range(1, passes + 1):
        for n_rows in sizes:
            gradients += n_rows
        if step % local_steps == 0:
            merges += 1
            for _ in sizes:
                sent += n_parameters  # up to the server
                sent += n_parameters  # and the mean back down
    return [merges, sent, gradients]


def tallied(line):
    """A tally whose three lines are another function of (sizes, P, passes, E, merges)."""
    return lambda sizes, n_parameters, passes, local_steps: np.array(
        line(sizes, n_parameters, passes, local_steps, passes // local_steps)
    )


def workers(rng, size):
    local_steps = int(rng.integers(2, 6))
    return {
        "sizes": rng.permutation(np.arange(5, 40))[: 2 + size],
        "n_parameters": int(rng.integers(2, 31)),
        "passes": local_steps * int(rng.integers(2, 6)),
        "local_steps": local_steps,
    }


TALLY = Task(
    lesson="07",
    claim="07.3",
    minutes=6,
    statement=(
        "**What do local steps save?** Worker g holds `sizes[g]` rows. In a round each takes `local_steps` "
        "steps on all of its rows, sends its parameters to a server, and gets their mean back. The budget "
        "is `passes` over all rows, a multiple of `local_steps`. Give back the array "
        "[merges, numbers sent both ways by all, sample-gradients]."
    ),
    stub=(
        "def tally(sizes, n_parameters, passes, local_steps):\n"
        "    merges = sent = gradients = 0\n"
        "    return np.array([merges, sent, gradients])\n"
    ),
    inputs=workers,
    oracle=tally_by_hand,
    answer=tally,
    hints=(
        "How many passes over all rows does one round make, if everyone takes five local steps?",
        "Count the rounds first. In each, how many workers talk to the server, how often, and how many "
        "numbers is θ?",
        "rounds = passes / local_steps; up and down, for each worker, for each parameter; and a pass costs "
        "all rows once, however it is cut into rounds.",
    ),
    mistakes=(
        Mistake(
            "local steps save computing",
            tallied(lambda s, P, passes, E, merges: [merges, 2 * P * len(s) * merges, merges * s.sum()]),
            "Your local steps save gradients, too. How many times does a worker look at its rows in a round?",
        ),
        Mistake(
            "local steps save nothing",
            tallied(lambda s, P, passes, E, merges: [passes, 2 * P * len(s) * passes, passes * s.sum()]),
            "You merge once a pass, however many local steps there are. When do the workers meet?",
        ),
        Mistake(
            "the budget counts rounds",
            tallied(lambda s, P, passes, E, merges: [passes, 2 * P * len(s) * passes, E * passes * s.sum()]),
            "You make as many rounds as there are passes in the budget. How many passes is one round?",
        ),
        Mistake(
            "results go one way",
            tallied(lambda s, P, passes, E, merges: [merges, P * len(s) * merges, passes * s.sum()]),
            "You count one way. How does a worker learn where the next round starts?",
        ),
        Mistake(
            "everyone talks to everyone",
            tallied(
                lambda s, P, passes, E, merges: [
                    merges,
                    P * len(s) * (len(s) - 1) * merges,
                    passes * s.sum(),
                ]
            ),
            "Your workers all write to each other. With a server between them, how many letters does one "
            "worker send and get?",
        ),
        Mistake(
            "a message is one number",
            tallied(lambda s, P, passes, E, merges: [merges, 2 * len(s) * merges, passes * s.sum()]),
            "You count messages. How many numbers are in one?",
        ),
        Mistake(
            "one worker talks",
            tallied(lambda s, P, passes, E, merges: [merges, 2 * P * merges, passes * s.sum()]),
            "You count what one worker sends and gets. How many of them are there?",
        ),
        Mistake(
            "a message after each local step",
            tallied(lambda s, P, passes, E, merges: [merges, 2 * P * len(s) * passes, passes * s.sum()]),
            "Your merges are right, and your workers write after every local step. What would the server "
            "do with these letters?",
        ),
        Mistake(
            "work is what the slowest does",
            tallied(
                lambda s, P, passes, E, merges: [merges, 2 * P * len(s) * merges, passes * s.max()],
            ),
            "You count the largest worker's gradients: that is how long one waits. How much is computed by "
            "all of them together?",
        ),
        Mistake(
            "a gradient costs one, whatever its rows",
            tallied(
                lambda s, P, passes, E, merges: [merges, 2 * P * len(s) * merges, passes * len(s)],
            ),
            "You count gradients of workers. How many rows are in each of them?",
        ),
    ),
    properties=(
        Property(
            "with one local step there is a merge a pass",
            {"sizes": np.array([3, 4]), "n_parameters": 5, "passes": 6, "local_steps": 1},
            lambda lines: np.array_equal(lines, [6, 120, 42]),
        ),
    ),
)

# Gradients that add up


def accumulated_step(theta, X, y, parts, rate):
    total = np.zeros(len(theta))
    for part in parts:
        residual = X[part] @ theta - y[part]
        total += residual @ X[part]
    return theta - rate * total / len(y)


def accumulated_step_row_by_row(theta, X, y, parts, rate):
    pull = 0 * theta
    for part in parts:
        for i in part:
            pull = pull + (X[i] @ theta - y[i]) * X[i]
    return theta - rate * pull / sum(len(part) for part in parts)


def pulls(theta, X, y, parts):
    """The sum of the row gradients of each part."""
    return [(X[part] @ theta - y[part]) @ X[part] for part in parts]


def with_total(total):
    """One step against another total of (pulls, sizes)."""
    return lambda theta, X, y, parts, rate: (
        theta - rate * total(pulls(theta, X, y, parts), [len(part) for part in parts])
    )


def with_a_step_each(size):
    """A step after each part, from where the last one ended."""

    def walk(theta, X, y, parts, rate):
        for part in parts:
            (pull,) = pulls(theta, X, y, [part])
            theta = theta - rate * pull / size(part, y)
        return theta

    return walk


def dealt_rows(rng, size):
    """3 + 2·size rows of 1 to 3 features, dealt to two or three parts of unlike sizes."""
    n, d = 3 + 2 * size, 1 + size % 3
    cuts = [1] if size % 2 else [1, 3]
    return {
        "theta": quarters(rng, d),
        "X": rng.choice([-2.0, -1.5, 0.5, 1.5, 2.0], (n, d)),
        "y": quarters(rng, n),
        "parts": tuple(np.split(rng.permutation(n), cuts)),
        "rate": float(rng.choice([0.5, 0.25])),
    }


ACCUMULATED_STEP = Task(
    lesson="07",
    claim="B18",
    minutes=6,
    statement=(
        "**Mend it: gradients that add up.** The model is $X\\theta$, the loss the mean over rows of half "
        "the squared residual. `parts` are index arrays that share out the rows; only one part at a time "
        "fits into memory. The result should be one step at `rate` on *all* rows, and it is not. Give "
        "back the new θ."
    ),
    stub=(
        "def accumulated_step(theta, X, y, parts, rate):\n"
        "    total = np.zeros(len(theta))\n"
        "    for part in parts:\n"
        "        residual = X[part] @ theta - y[part]\n"
        "        total += residual @ X[part] / len(part)\n"
        "    return theta - rate * total / len(parts)\n"
    ),
    inputs=dealt_rows,
    oracle=accumulated_step_row_by_row,
    answer=accumulated_step,
    hints=(
        "Try it with equal parts, then with parts of 1 and 9 rows. In which of the two does it go amiss?",
        "How much does a row in the small part count, and how much a row in the large one?",
        "Add up what the rows pull, and divide once, at the end: by the number of all rows, not of parts.",
    ),
    mistakes=(
        Mistake(
            "the mean of means is the mean",
            with_total(lambda pulls, sizes: np.mean([p / n for p, n in zip(pulls, sizes, strict=True)], 0)),
            "Every part weighs the same with you. If one has 1 row and another 9, how much does the one "
            "row count?",
        ),
        Mistake(
            "means add up",
            with_total(lambda pulls, sizes: sum(p / n for p, n in zip(pulls, sizes, strict=True))),
            "You add up the parts' means, so more parts make a longer step. If a part were cut in two "
            "halves, should the step change?",
        ),
        Mistake(
            "a sum needs no division",
            with_total(lambda pulls, sizes: sum(pulls)),
            "You add up over all rows and divide by nothing. What would ten times as many rows do to your "
            "step?",
        ),
        Mistake(
            "the sum is divided by the number of parts",
            with_total(lambda pulls, sizes: sum(pulls) / len(sizes)),
            "You divide the sum over rows by the number of parts. Of how many numbers is it a sum?",
        ),
        Mistake(
            "a share of the rows, and a share of the parts",
            with_total(lambda pulls, sizes: sum(pulls) / sum(sizes) / len(sizes)),
            "You divide by the rows and by the parts as well. With one part or with five, should the step "
            "be equally long?",
        ),
        Mistake(
            "each part begins with a fresh gradient",
            with_total(lambda pulls, sizes: pulls[-1] / sizes[-1]),
            "Your step knows the last part alone, as if `zero_grad` stood in the loop. When may the total "
            "go back to zero?",
        ),
        Mistake(
            "only the last part remains, with its share",
            with_total(lambda pulls, sizes: pulls[-1] / sum(sizes)),
            "Your total is replaced by each part, not added to. What is left of the first one?",
        ),
        Mistake(
            "a step after each part: a walk",
            with_a_step_each(lambda part, y: len(part)),
            "You step after each part, so the next one sees another θ: that is a walk. At which θ should "
            "every part take its gradient?",
        ),
        Mistake(
            "a small step after each part is the same",
            with_a_step_each(lambda part, y: len(y)),
            "Your parts have the right weights, but each moves θ before the next looks. How many steps are "
            "there to be?",
        ),
        Mistake(
            "the step goes up the slope",
            with_total(lambda pulls, sizes: -sum(pulls) / sum(sizes)),
            "Your step goes the way the slope points. Does the loss rise or fall that way?",
        ),
    ),
    properties=(
        Property(
            "where every row fits nothing moves",
            {
                "theta": np.array([2.0]),
                "X": np.array([[1.0], [2.0], [3.0]]),
                "y": np.array([2.0, 4.0, 6.0]),
                "parts": (np.array([0]), np.array([1, 2])),
                "rate": 0.5,
            },
            lambda theta: np.array_equal(theta, [2]),
        ),
    ),
)

# Fed back, or reported


def two_ends(start, centres, rate, beta):
    fed_back = walk = start
    reported = None
    for centre in centres:
        trial = fed_back - rate * (fed_back - centre)
        fed_back = beta * trial + (1 - beta) * fed_back
        walk = walk - rate * (walk - centre)
        reported = walk if reported is None else beta * walk + (1 - beta) * reported
    return np.array([fed_back, reported])


def two_ends_one_after_the_other(start, centres, rate, beta):
    merged = start
    for centre in centres:
        trial = merged - rate * (merged - centre)
        merged += beta * (trial - merged)
    states = plain_states(start, centres, rate)
    average = states[1]
    for theta in states[2:]:
        average += beta * (theta - average)
    return [merged, average]


def plain_states(start, centres, rate):
    states = [start]
    for centre in centres:
        states.append(states[-1] - rate * (states[-1] - centre))
    return states


def average_of(states, beta):
    average = states[0]
    for theta in states[1:]:
        average = beta * theta + (1 - beta) * average
    return average


def ends(pair):
    """Two ends that are made in another way of both, the plain states, and what the function is given."""

    def run(start, centres, rate, beta):
        both = two_ends(start, centres, rate, beta)
        return np.array(pair(*both, plain_states(start, centres, rate), start, centres, rate, beta))

    return run


def average_fed_to_the_step(start, centres, rate, beta):
    average = None
    for centre in centres:
        theta = start if average is None else average
        theta = theta - rate * (theta - centre)
        average = theta if average is None else beta * theta + (1 - beta) * average
    return average


TWO_ENDS = Task(
    lesson="07",
    claim="07.6",
    minutes=6,
    statement=(
        "**Fed back, or reported?** Round k has the slope $\\theta-c_k$, with $c_k$ in `centres`. Give "
        "back two numbers as an array. First the end of a run whose rounds merge with β: each trial is "
        "blended with its start and handed on. Then the average that is reported of a run *without* merge: "
        "it begins at $\\theta_1$, and β weighs the newest state."
    ),
    stub=(
        "def two_ends(start, centres, rate, beta):\n"
        "    fed_back = reported = start\n"
        "    return np.array([fed_back, reported])\n"
    ),
    inputs=lambda rng, size: {
        "start": quarters(rng),
        "centres": quarters(rng, 3 + size),
        **rate_and_beta(rng),
    },
    oracle=two_ends_one_after_the_other,
    answer=two_ends,
    hints=(
        "These are two runs with the same centres. In which of them does the average decide where the next "
        "step starts?",
        "The second run never sees its average: you could compute all its states first, and the average of "
        "them afterwards.",
        "Run 1: trial, blend with the round's start, hand that on. Run 2: plain steps; the average becomes "
        "θ_1 after round 1, and then β parts new state, 1 − β parts old average.",
    ),
    mistakes=(
        Mistake(
            "reported and fed back are the same",
            ends(lambda f, r, s, *_: [f, f]),
            "Your two ends are one run, the one that is fed back. Does a report change where the next step "
            "starts?",
        ),
        Mistake(
            "fed back and reported are the same",
            ends(lambda f, r, s, *_: [r, r]),
            "Your two ends are one report. In a run that merges, from where does round 2 start?",
        ),
        Mistake(
            "the two change places",
            ends(lambda f, r, s, *_: [r, f]),
            "You give both numbers, in the other order. Which of them was asked for first?",
        ),
        Mistake(
            "an average begins with θ_0",
            ends(lambda f, r, s, start, c, rate, beta: [f, average_of(s, beta)]),
            "Your report begins with θ_0. Which round made that state?",
        ),
        Mistake(
            "the merged run is averaged once more",
            ends(
                lambda f, r, s, start, c, rate, beta: [
                    f,
                    average_of(plain_states(start, c, beta * rate)[1:], beta),
                ]
            ),
            "Your report averages the states of the run that merges. Of which run is it to be a report?",
        ),
        Mistake(
            "the average is handed to the next step",
            ends(
                lambda f, r, s, start, c, rate, beta: [f, average_fed_to_the_step(start, c, rate, beta)],
            ),
            "Your second run steps from its own average. Is that still a report?",
        ),
        Mistake(
            "an average has no memory",
            ends(lambda f, r, s, start, c, rate, beta: [f, beta * s[-1] + (1 - beta) * s[-2]]),
            "Your report mixes the last two states. What did the states before leave in it?",
        ),
        Mistake(
            "every average is a running mean",
            ends(lambda f, r, s, *_: [f, np.mean(s[1:])]),
            "Your report weighs all states alike, as SWA does. Where does β come in?",
        ),
        Mistake(
            "the end of the plain run is its average",
            ends(lambda f, r, s, *_: [f, s[-1]]),
            "Your second number is the last state of the plain run. Of which states is the report to be an "
            "average?",
        ),
        Mistake(
            "β weighs the older one",
            lambda start, centres, rate, beta: two_ends(start, centres, rate, 1 - beta),
            "Your β weighs the older of the two, in both. With β = 1, would the first run ever move?",
        ),
        Mistake(
            "a merge is no part of the run",
            ends(lambda f, r, s, *_: [s[-1], r]),
            "Your first run ends where plain steps end. After which line should β have acted on it?",
        ),
    ),
    properties=(
        Property(
            "at β = 1 both end where the plain run ends",
            {"start": 0.0, "centres": np.array([4.0, 4.0]), "rate": 0.5, "beta": 1.0},
            lambda pair: np.array_equal(pair, [3, 3]),
        ),
    ),
)

# Fused nets


def fuse(one, other):
    apart = ((one[:, None] - other) ** 2).sum(-1)
    twins = other[apart.argmin(1)]
    return (one + twins) / 2


def fuse_unit_by_unit(one, other):
    fused = []
    for unit in one:
        twin = min(other, key=lambda candidate: sum(abs(unit - candidate)))
        fused.append([(a + b) / 2 for a, b in zip(unit, twin, strict=True)])
    return fused


def nearest(one, other, axis=1):
    return ((one[:, None] - other) ** 2).sum(-1).argmin(axis)


def into_alone(one, other):
    twins = other.copy()
    twins[:, :-1] = other[nearest(one, other), :-1]
    return (one + twins) / 2


POINTS = np.array(list(product([-2.0, -1.0, 1.0, 2.0], repeat=3)))


def shuffled_twins(rng, size):
    """A net of 2 + size // 2 hidden units, and nearly the same one with its units in another order."""
    n_hidden = 2 + size // 2
    one = POINTS[rng.permutation(len(POINTS))[:n_hidden]]
    near = one + rng.choice([-0.125, 0.0, 0.125], one.shape)
    order = np.roll(rng.permutation(n_hidden), 1)
    return {"one": one, "other": near[order]}


FUSE = Task(
    lesson="07",
    claim="B19",
    minutes=8,
    statement=(
        "**Fuse two nets.** `one` and `other` have shape (H, d + 1): a hidden unit a row, the weights into "
        "it and, last, the weight out of it. `other` is nearly `one`, with its units in another order. "
        "Give back the mean of the two nets, each unit of `one` with its twin, the nearest row of `other`, "
        "in the order of `one`."
    ),
    stub="def fuse(one, other):\n    return ...\n",
    inputs=shuffled_twins,
    oracle=fuse_unit_by_unit,
    answer=fuse,
    hints=(
        "Take the first unit of `one`. How would you find its twin, and what do you then do with the two?",
        "`one[:, None] - other` holds the difference of every pair of units; the squares summed along the "
        "last axis are their distances.",
        "For each row of the distances, argmin names the twin; `other[those]` is the other net in the "
        "right order.",
    ),
    mistakes=(
        Mistake(
            "units stand in the same order everywhere",
            lambda one, other: (one + other) / 2,
            "You average row by row as they stand. Do the first units of the two nets do the same work?",
        ),
        Mistake(
            "a permutation is its own inverse",
            lambda one, other: (one + other[nearest(one, other, 0)]) / 2,
            "You look for the nearest unit of `one`, and index `other` with it. Along which axis does each "
            "unit of `one` look for its twin?",
        ),
        Mistake(
            "the mean comes in the order of the other",
            lambda one, other: (one[nearest(one, other, 0)] + other) / 2,
            "You pair the units rightly, and list them in the order of `other`. Which net's order was "
            "asked for?",
        ),
        Mistake(
            "only the weights into a unit move with it",
            into_alone,
            "You bring the weights into the units in order and leave those out of them. Whose work does "
            "each output weight then pass on?",
        ),
        Mistake(
            "sorting both nets pairs their units",
            lambda one, other: (one[one[:, 0].argsort()] + other[other[:, 0].argsort()]) / 2,
            "You sort both nets by their first weight. What if two units have nearly the same first weight, "
            "and in which order do they come out?",
        ),
        Mistake(
            "every column may be sorted by itself",
            lambda one, other: (np.sort(one, 0) + np.sort(other, 0)) / 2,
            "You sort each column by itself. Do the numbers of one row still belong to one unit?",
        ),
        Mistake(
            "the twin is the one with the largest product",
            lambda one, other: (one + other[(one @ other.T).argmax(1)]) / 2,
            "You pair each unit with the largest scalar product. Can a long vector win over the true twin?",
        ),
        Mistake(
            "the twin is farthest away",
            lambda one, other: (one + other[((one[:, None] - other) ** 2).sum(-1).argmax(1)]) / 2,
            "You pair each unit with the one that is farthest away. Do twins have a large or a small "
            "distance?",
        ),
        Mistake(
            "to align is to fuse",
            lambda one, other: other[nearest(one, other)],
            "You bring the other net in order, and stop there. What is left of `one` in it?",
        ),
        Mistake(
            "a sum of twins",
            lambda one, other: one + other[nearest(one, other)],
            "You add the twins up. If both nets were the same, what should come out?",
        ),
        Mistake(
            "the mean goes over the units",
            lambda one, other: (one.mean(0) + other.mean(0)) / 2,
            "You average the units among each other, and one is left. How many hidden units should the net "
            "have?",
        ),
    ),
    properties=(
        Property(
            "a net fused with itself is itself",
            {"one": np.array([[1.0, 2.0], [-1.0, 3.0]]), "other": np.array([[1.0, 2.0], [-1.0, 3.0]])},
            lambda net: np.array_equal(net, [[1, 2], [-1, 3]]),
        ),
    ),
)

tasks = Tasks(LOOKAHEAD, TALLY, ACCUMULATED_STEP, TWO_ENDS, FUSE)
