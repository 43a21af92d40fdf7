"""Lesson 03: the blend, β and local steps, reading B, aliasing, reported averages, several trials."""

import numpy as np

from .lesson_00 import BETAS, RATES, rate_and_beta
from .task import Mistake, Property, Task, Tasks, quarters

# The blend


def merged(start, trial, beta):
    return beta * trial + (1 - beta) * start


def merged_one_by_one(start, trial, beta):
    return [a + beta * (b - a) for a, b in zip(start, trial, strict=True)]


MERGED = Task(
    lesson="03",
    claim="F02",
    minutes=2,
    statement=(
        "**The blend, one line.** `start` and `trial` are arrays of one shape, `beta` is the merge "
        "coefficient. Give back the merged state of reading A."
    ),
    stub="def merged(start, trial, beta):\n    return ...\n",
    inputs=lambda rng, size: {
        "start": quarters(rng, size),
        "trial": quarters(rng, size),
        "beta": float(rng.choice(BETAS)),
    },
    oracle=merged_one_by_one,
    answer=merged,
    hints=(
        "Draw start and trial as two points. Where is the merged state for β = 0, for β = 1, for β = ½?",
        "The two weights add up to one; β is the weight of the newer state.",
        "β parts of the trial, and the rest, 1 − β parts, of the start.",
    ),
    mistakes=(
        Mistake(
            "β weighs the start",
            lambda start, trial, beta: beta * start + (1 - beta) * trial,
            "Your β weighs the start. At β = 1, does anything move?",
        ),
        Mistake(
            "a merge is the mean of the two",
            lambda start, trial, beta: (start + trial) / 2,
            "You take the middle of the two, for every β. Where should β = ¼ lead?",
        ),
        Mistake(
            "a merge adds them up",
            lambda start, trial, beta: beta * trial + start,
            "Your weights are β and 1. If start and trial are the same point, where do you end?",
        ),
        Mistake(
            "the merged state is the move",
            lambda start, trial, beta: beta * (trial - start),
            "You give the move from the start. If start and trial are the same point, where do you end?",
        ),
        Mistake(
            "the merge keeps the trial",
            lambda start, trial, beta: trial + 0,
            "You give the trial, for every β. What is left of the start?",
        ),
        Mistake(
            "the start is forgotten, the trial shortened",
            lambda start, trial, beta: beta * trial,
            "You shorten the trial towards zero. Which point should β = 0 lead to?",
        ),
        Mistake(
            "a merge goes on past the trial",
            lambda start, trial, beta: trial + beta * (trial - start),
            "You go on beyond the trial. Can a point between start and trial come out of it?",
        ),
        Mistake(
            "β divides the move",
            lambda start, trial, beta: start + (trial - start) / beta,
            "You divide the move by β. Does a smaller β move more, or less?",
        ),
    ),
    properties=(
        Property(
            "at β = 0 the merged state is the start",
            {"start": np.array([1.0, 2.0]), "trial": np.array([3.0, 5.0]), "beta": 0.0},
            lambda value: np.array_equal(value, [1, 2]),
        ),
    ),
)

# β and local steps


def factor(rate, beta, local_steps):
    return 1 - beta + beta * (1 - rate) ** local_steps


def factor_by_walking(rate, beta, local_steps):
    start = trial = 1.0
    for _ in range(local_steps):
        trial = trial - rate * trial
    return start + beta * (trial - start)


FACTOR = Task(
    lesson="03",
    claim="03.2",
    minutes=6,
    statement=(
        "**When is β a rate?** On $\\tfrac12\\theta^2$ a step at the rate $\\alpha$ gives "
        "$\\theta-\\alpha\\theta$. By which factor does one round multiply $\\theta$: `local_steps` steps, "
        "then the blend with the start? For one local step, compare yours with $1-\\beta\\alpha$; for five?"
    ),
    stub="def factor(rate, beta, local_steps):\n    return ...\n",
    inputs=lambda rng, size: {**rate_and_beta(rng), "local_steps": size},
    oracle=factor_by_walking,
    answer=factor,
    hints=(
        "Put θ = 1 at the round's start and follow it. What is the trial after one step, after two?",
        "Each local step multiplies by 1 − rate, and the blend comes once, after the last of them.",
        "The trial is (1 − rate) to the power local_steps. Blend it with the start, which is 1.",
    ),
    mistakes=(
        Mistake(
            "β is a learning rate, always; or the merge comes after each local step",
            lambda rate, beta, local_steps: (1 - beta * rate) ** local_steps,
            "Your factor merges after every local step, as if β were a rate. How often does a round merge?",
        ),
        Mistake(
            "E steps are one step, E times as long",
            lambda rate, beta, local_steps: 1 - beta * local_steps * rate,
            "Your round is one long step. From where does the second local step take its slope?",
        ),
        Mistake(
            "β has no part in a factor",
            lambda rate, beta, local_steps: (1 - rate) ** local_steps,
            "Your factor is that of the trial. What becomes of it at the merge?",
        ),
        Mistake(
            "the blend keeps only the trial's part",
            lambda rate, beta, local_steps: beta * (1 - rate) ** local_steps,
            "Your factor holds the trial's part of the blend. At rate 0 nothing moves: is your factor 1 "
            "then?",
        ),
        Mistake(
            "β weighs the start",
            lambda rate, beta, local_steps: beta + (1 - beta) * (1 - rate) ** local_steps,
            "Your β weighs the start. Which factor should β = 1 give?",
        ),
        Mistake(
            "a round has one step",
            lambda rate, beta, local_steps: 1 - beta * rate,
            "Your factor is right for one local step, and the same for five. Where do the other four come "
            "in?",
        ),
        Mistake(
            "the step adds the slope",
            lambda rate, beta, local_steps: 1 - beta + beta * (1 + rate) ** local_steps,
            "Your local steps go up the slope. Does θ shrink or grow on its way to the minimum at 0?",
        ),
        Mistake(
            "the factor is the power of a rate",
            lambda rate, beta, local_steps: 1 - beta + beta * rate**local_steps,
            "Your local step multiplies by the rate. What is left of θ = 1 after a step at rate ¼?",
        ),
    ),
    properties=(
        Property(
            "at β = 1 a factor is that of the steps alone",
            {"rate": 0.5, "beta": 1.0, "local_steps": 3},
            lambda value: np.isclose(value, 0.125),
        ),
    ),
)

# Reading B


def reading_b(start, rate, beta, rounds):
    states = [start, start]
    for _ in range(rounds):
        trial = states[-1] - rate * states[-1]
        states.append(beta * trial + (1 - beta) * states[-2])
    return np.array(states[1:])


def reading_b_by_hand(start, rate, beta, rounds):
    older, theta, states = start, start, [start]
    for _ in range(rounds):
        new = beta * (theta - rate * theta) + (1 - beta) * older
        older, theta = theta, new
        states.append(theta)
    return states


def reading_with(mix, begin=lambda start: [start, start], give=lambda states: np.array(states[1:])):
    """Rounds on ½θ² in which `mix` makes the new state of (states so far, rate, beta)."""

    def run(start, rate, beta, rounds):
        states = begin(start)
        for _ in range(rounds):
            states.append(mix(states, rate, beta))
        return give(states)

    return run


def previous_trial(start, rate, beta, rounds):
    theta, memory, states = start, start, [start]
    for _ in range(rounds):
        trial = theta - rate * theta
        theta, memory = beta * trial + (1 - beta) * memory, trial
        states.append(theta)
    return np.array(states)


def reading_c(start, rate, beta, rounds):
    walk = start * (1 - rate) ** np.arange(1, rounds + 1)
    return np.concatenate([[start], reported(np.concatenate([[start], walk]), beta)])


def as_asked(states, rate, beta):
    return beta * (1 - rate) * states[-1] + (1 - beta) * states[-2]


READING_B = Task(
    lesson="03",
    claim="F02",
    minutes=8,
    statement=(
        "**Reading B.** On $\\tfrac12\\theta^2$ the trial is $\\theta-\\alpha\\theta$. Blend it with the "
        "*merged* state one round before the start, and feed that back; before round 1 there was nothing, "
        "so $\\theta_{-1}=\\theta_0$. Give back the array $\\theta_0, \\theta_1, \\dots$, one more than "
        "`rounds`."
    ),
    stub="def reading_b(start, rate, beta, rounds):\n    return ...\n",
    inputs=lambda rng, size: {
        "start": float(rng.choice([-2.0, -1.0, 1.0, 2.0])),
        "rate": float(rng.choice([*RATES, 1.5])),
        "beta": float(rng.choice(BETAS)),
        "rounds": 3 + size,
    },
    oracle=reading_b_by_hand,
    answer=reading_b,
    hints=(
        "Two numbers must survive a round: the newest merged state, and the one before it.",
        "Keep a list that begins with [start, start]. Which places of it does a round need?",
        "The trial comes from states[-1], the other part of the blend from states[-2]; leave out θ_{−1} at "
        "the end.",
    ),
    plotted="merged state",
    mistakes=(
        Mistake(
            "B is A: the blend is with the round's start",
            reading_with(lambda s, rate, beta: beta * (1 - rate) * s[-1] + (1 - beta) * s[-1]),
            "You blend with the round's start: that is reading A. Which state is one round older?",
        ),
        Mistake(
            "B is C: the average is reported",
            reading_c,
            "Your blend is not fed back: that is reading C. From which state should round 2 step?",
        ),
        Mistake(
            "the memory stays at θ_0",
            reading_with(lambda s, rate, beta: beta * (1 - rate) * s[-1] + (1 - beta) * s[0]),
            "Your older state is θ_0 in every round. When does it move on?",
        ),
        Mistake(
            "the memory is the last trial",
            previous_trial,
            "You remember the last trial. Which of the three states of a round does B remember?",
        ),
        Mistake(
            "β weighs the older state",
            reading_with(lambda s, rate, beta: (1 - beta) * (1 - rate) * s[-1] + beta * s[-2]),
            "Your β weighs the older state. What should β = 1 give?",
        ),
        Mistake(
            "before the start there was zero",
            reading_with(as_asked, begin=lambda start: [0.0, start]),
            "Your first round blends with 0. What is θ_{−1} here?",
        ),
        Mistake(
            "θ_{−1} is part of the run",
            reading_with(as_asked, give=np.array),
            "Your array has one entry more than there are states from round 0 on. Which one is it?",
        ),
        Mistake(
            "the start is no state",
            reading_with(as_asked, give=lambda states: np.array(states[2:])),
            "Your array begins after round 1. Where in it would you look for θ_0?",
        ),
        Mistake(
            "the step is taken from the older state",
            reading_with(lambda s, rate, beta: beta * (1 - rate) * s[-2] + (1 - beta) * s[-1]),
            "Your step starts from the older state and is blended with the newer one. Which of them is the "
            "round's start?",
        ),
    ),
)

# Aliasing


def step_and_merge(theta, gradient, rate, beta):
    trial = theta - rate * gradient
    return beta * trial + (1 - beta) * theta


def step_and_merge_one_by_one(theta, gradient, rate, beta):
    return [start - beta * rate * slope for start, slope in zip(theta, gradient, strict=True)]


def a_view(theta, gradient, rate, beta):
    start = theta[:]
    np.subtract(theta, rate * gradient, out=theta)
    return beta * theta + (1 - beta) * start


def a_copy_of_the_start(theta, gradient, rate, beta):
    start = theta.copy()
    theta -= rate * gradient
    return beta * theta + (1 - beta) * start


def a_late_copy(theta, gradient, rate, beta):
    theta = theta - rate * gradient
    start = theta.copy()
    return beta * theta + (1 - beta) * start


def a_copy_for_the_trial(theta, gradient, rate, beta):
    trial = theta.copy()
    theta -= rate * gradient
    return beta * trial + (1 - beta) * theta


def names_exchanged(theta, gradient, rate, beta):
    start = theta - rate * gradient
    return beta * theta + (1 - beta) * start


def all_in_place(theta, gradient, rate, beta):
    theta -= beta * rate * gradient
    return theta


def gradient_in_place(theta, gradient, rate, beta):
    gradient *= rate
    return beta * (theta - gradient) + (1 - beta) * theta


STEP_AND_MERGE = Task(
    lesson="03",
    claim="C04",
    minutes=5,
    statement=(
        "**Mend it.** This merge does nothing, and it changes the array that it was given. Mend it: it "
        "should give back the blend of start and trial, and leave `theta` and `gradient` as they were."
    ),
    stub=(
        "def step_and_merge(theta, gradient, rate, beta):\n"
        "    start = theta\n"
        "    theta -= rate * gradient\n"
        "    return beta * theta + (1 - beta) * start\n"
    ),
    inputs=lambda rng, size: {
        "theta": quarters(rng, size),
        "gradient": rng.choice([-2.0, -1.0, 1.0, 3.0], size),
        **rate_and_beta(rng),
    },
    oracle=step_and_merge_one_by_one,
    answer=step_and_merge,
    fresh=True,
    hints=(
        "How many arrays are there after the second line, and how many names?",
        "`a -= b` changes the array that a names; `a - b` makes a new one.",
        "Give the trial an array of its own, and never write into theta.",
    ),
    mistakes=(
        Mistake(
            "a second name, or a view, is a copy",
            a_view,
            "Your start and trial are still one array, under two names or as a view. What does "
            "`np.shares_memory` say of them?",
        ),
        Mistake(
            "a copy of the start is enough",
            a_copy_of_the_start,
            "Your merged state is right, but the array that came in now holds the trial. Which line writes "
            "into it?",
        ),
        Mistake(
            "the copy may come after the step",
            a_late_copy,
            "You copy after the step, so start and trial are equal again. When does the start cease to "
            "exist?",
        ),
        Mistake(
            "the copy is the trial",
            a_copy_for_the_trial,
            "Your `-=` changes the array that should be the start, and the copy keeps the old state. Which "
            "of the two has made the step?",
        ),
        Mistake(
            "start and trial change places",
            names_exchanged,
            "Your β weighs the state before the step. Which of your two arrays is the trial?",
        ),
        Mistake(
            "a merge may be done in place",
            all_in_place,
            "Your numbers are right, but they are written into the array that came in. Who else may still "
            "need it?",
        ),
        Mistake(
            "only theta must stay as it was",
            gradient_in_place,
            "Your function leaves `theta` alone and changes `gradient`. Could a second local step still "
            "use it?",
        ),
    ),
)

# Averages that are reported


def reported(states, beta):
    averages = [states[1]]
    for theta in states[2:]:
        averages.append(beta * theta + (1 - beta) * averages[-1])
    return np.array(averages)


def reported_one_by_one(states, beta):
    averages = [list(states[1])]
    for theta in states[2:]:
        averages.append([a + beta * (new - a) for a, new in zip(averages[-1], theta, strict=True)])
    return averages


def ema_from(first, of=lambda states: states[1:]):
    """An exponential moving average that begins with another number."""

    def run(states, beta):
        averages = [first(states)]
        for theta in of(states):
            averages.append(beta * theta + (1 - beta) * averages[-1])
        return np.array(averages[1:])

    return run


REPORTED = Task(
    lesson="03",
    claim="03.6",
    minutes=6,
    statement=(
        "**Reading C.** `states` has shape (R + 1, P): the states of a finished run, $\\theta_0$ first. "
        "Give back the exponential moving average after round 1, 2, …, R, of shape (R, P): the first "
        "average is $\\theta_1$, and $\\theta_0$ has no part in it. `beta` weighs the newest state."
    ),
    stub="def reported(states, beta):\n    return ...\n",
    inputs=lambda rng, size: {
        "states": quarters(rng, 4 + size, 1 + size % 3),
        "beta": float(rng.choice(BETAS)),
    },
    oracle=reported_one_by_one,
    answer=reported,
    hints=(
        "How many averages are there, and what is the first one?",
        "Each later average mixes the newest state with the last *average*, not with the last state.",
        "Begin a list with states[1]; walk over states[2:]; append β parts of the state and 1 − β of "
        "averages[-1].",
    ),
    mistakes=(
        Mistake(
            "the average begins with θ_0",
            ema_from(lambda states: states[0]),
            "Your average begins with θ_0. Was it the result of any round?",
        ),
        Mistake(
            "θ_0 is averaged, and listed",
            lambda states, beta: np.concatenate([states[:1], ema_from(lambda s: s[0])(states, beta)]),
            "Your averages include θ_0. After which round is the first average due?",
        ),
        Mistake(
            "the average begins with zero",
            ema_from(lambda states: 0 * states[0]),
            "Your average begins with zero, which no state was. How long until that is gone from it?",
        ),
        Mistake(
            "β weighs the memory",
            lambda states, beta: reported(states, 1 - beta),
            "Your β weighs the old average. With β near 1, should the average follow the newest state "
            "closely?",
        ),
        Mistake(
            "an average of two states has a memory",
            lambda states, beta: np.concatenate([states[1:2], beta * states[2:] + (1 - beta) * states[1:-1]]),
            "You mix each state with the one before it. What is still left of the state three rounds ago?",
        ),
        Mistake(
            "every average is a running mean",
            lambda states, beta: np.cumsum(states[1:], 0) / np.arange(1, len(states))[:, None],
            "Your average weighs all states alike; β has no say in it. Which weight should the newest have?",
        ),
        Mistake(
            "only the last average is reported",
            lambda states, beta: reported(states, beta)[-1],
            "You give the last average alone. How would you draw how it settles?",
        ),
        Mistake(
            "the average of all numbers",
            lambda states, beta: np.array(
                [beta * s.mean() + (1 - beta) * states[1].mean() for s in states[1:]]
            ),
            "You average the parameters among each other. Should the first parameter know of the second?",
        ),
        Mistake(
            "the average is taken of the states alone, without the first round",
            lambda states, beta: reported(states[1:], beta),
            "Your first average is θ_2. Which state does round 1 end with?",
        ),
    ),
    properties=(
        Property(
            "states that stand still are their own average",
            {"states": np.ones((4, 2)), "beta": 0.25},
            lambda value: np.array_equal(value, np.ones((3, 2))),
        ),
    ),
)

# Several trials


def combined(trials, sizes):
    return sizes @ trials / sizes.sum()


def combined_row_by_row(trials, sizes):
    rows = [trial for trial, n in zip(trials, sizes, strict=True) for _ in range(n)]
    return [sum(row[j] for row in rows) / len(rows) for j in range(trials.shape[1])]


def fold(trials, sizes):
    middle = trials[0]
    for trial in trials[1:]:
        middle = (middle + trial) / 2
    return middle + 0


COMBINED = Task(
    lesson="03",
    claim="03.8",
    minutes=4,
    statement=(
        "**Several trials.** `trials` has shape (G, P), a trial a row; `sizes` (G,) holds the number of "
        "data rows that each has seen. Combine them into one trial (P,), so that after one step each it is "
        "the step on all data rows together."
    ),
    stub="def combined(trials, sizes):\n    return ...\n",
    inputs=lambda rng, size: {
        "trials": quarters(rng, 2 + size, 1 + size % 3),
        "sizes": rng.permutation(np.arange(1, 20))[: 2 + size],
    },
    oracle=combined_row_by_row,
    answer=combined,
    hints=(
        "If a trial has seen twice as many rows, how much should it count?",
        "Multiply each trial by its size and add up. What do you divide by, so that equal trials stay as "
        "they are?",
        "`sizes[:, None] * trials` weighs the rows of `trials`; divide their sum by all the rows that were "
        "seen.",
    ),
    mistakes=(
        Mistake(
            "every trial counts the same",
            lambda trials, sizes: trials.mean(0),
            "Every trial counts the same with you. What then does one data row of the smallest group weigh?",
        ),
        Mistake(
            "trials are added up, as the results of blocks are",
            lambda trials, sizes: trials.sum(0),
            "You add the trials up. If all of them were the same point, where would you end?",
        ),
        Mistake(
            "a weighted sum is a weighted mean",
            lambda trials, sizes: sizes @ trials,
            "You weigh the trials and add them up. What do your weights add up to?",
        ),
        Mistake(
            "the mean divides by the number of trials",
            lambda trials, sizes: sizes @ trials / len(sizes),
            "You divide the weighted sum by the number of trials. If all trials were the same point, where "
            "would you end?",
        ),
        Mistake(
            "small groups need more weight",
            lambda trials, sizes: (1 / sizes) @ trials / (1 / sizes).sum(),
            "Your weight falls with the size. Which trial has seen more of the data?",
        ),
        Mistake(
            "the largest group decides",
            lambda trials, sizes: trials[sizes.argmax()] + 0,
            "You give the trial of the largest group. Whose rows are never heard?",
        ),
        Mistake(
            "trials can be averaged two at a time",
            fold,
            "You average two at a time, as they come. How much is left of the first trial in the end?",
        ),
        Mistake(
            "one mean over everything",
            lambda trials, sizes: (sizes @ trials / sizes.sum()).mean(),
            "You give one number for all parameters. Along which axis do the trials lie?",
        ),
    ),
    properties=(
        Property(
            "trials that agree stay as they are",
            {"trials": np.ones((3, 2)), "sizes": np.array([5, 1, 2])},
            lambda value: np.allclose(value, 1),
        ),
    ),
)

tasks = Tasks(MERGED, FACTOR, READING_B, STEP_AND_MERGE, REPORTED, COMBINED)
