"""Lesson 04: looks and what they cost, the noise ball, stable rates, held-out rows, a range test."""

import numpy as np

from .lesson_00 import BETAS, rate_and_beta
from .task import Mistake, Property, Task, Tasks

# What a look reads


def readings(start, rate, beta, curvature):
    state = start - beta * rate * curvature * start
    change = abs(state**2 - start**2) / start**2
    return np.array([change, abs(curvature * state), abs(state - start) / max(1, abs(start))])


def readings_by_hand(start, rate, beta, curvature):
    def loss(theta):
        return curvature * theta * theta / 2

    trial = start - rate * (curvature * start)
    state = beta * trial + (1 - beta) * start
    room = abs(start) if abs(start) > 1 else 1.0
    slope = curvature * state
    return [abs(loss(state) - loss(start)) / loss(start), abs(slope), abs(state - start) / room]


def reads(place, what):
    """The three readings with one of them made by `what` of (start, state, curvature)."""

    def run(start, rate, beta, curvature):
        values = readings(start, rate, beta, curvature)
        values[place] = what(start, start - beta * rate * curvature * start, curvature)
        return values

    return run


READINGS = Task(
    lesson="04",
    claim="04.2",
    minutes=6,
    statement=(
        "**What a look reads.** On $\\tfrac12\\lambda\\theta^2$, with $\\lambda$ = `curvature`, one round "
        "leads from `start` to the merged state, and then the loop looks. Give back an array of three "
        "numbers: the smallest tolerance at which `flat_loss`, `small_gradient` and `small_update` call "
        "this look small. Then make `beta` tiny: which of the three are fooled?"
    ),
    stub="def readings(start, rate, beta, curvature):\n    return ...\n",
    inputs=lambda rng, size: {
        "start": float(rng.choice([-2.0, -1.5, -0.5, 0.5, 1.5, 2.5])),
        **rate_and_beta(rng),
        "curvature": float(rng.choice([0.5, 1.5, 3.0, 9.0])),
    },
    oracle=readings_by_hand,
    answer=readings,
    hints=(
        "Work out the merged state first. Which of the three measures need both states, and which only one?",
        "The table in the lesson has ≤ between what is read and the tolerance. Solve each line for tol.",
        "Loss: how far it changed, over what it was before. Gradient: its length at the new state. Update: "
        "the way moved, over |start| or 1, whichever is larger.",
    ),
    mistakes=(
        Mistake(
            "a change of the loss is absolute",
            reads(0, lambda start, state, c: c / 2 * abs(state**2 - start**2)),
            "Your first number is how far the loss changed. If the loss were measured in cents and not in "
            "euros, should the verdict change?",
        ),
        Mistake(
            "a change is measured against the loss now",
            reads(0, lambda start, state, c: abs(state**2 - start**2) / state**2),
            "Your first number compares with the loss after the round. Which of the two losses stands on "
            "the right of the criterion?",
        ),
        Mistake(
            "a change has a sign",
            reads(0, lambda start, state, c: (state**2 - start**2) / start**2),
            "Your first number is negative while the loss falls. Is a steep fall then smaller than any "
            "tolerance?",
        ),
        Mistake(
            "the gradient is read where the round began",
            reads(1, lambda start, state, c: abs(c * start)),
            "Your gradient is that of the round's start. At which of the two states does a look take it?",
        ),
        Mistake(
            "a small gradient is a gradient that changes little",
            reads(1, lambda start, state, c: abs(c * (state - start))),
            "You read how much the gradient changed. Far from the minimum and with tiny steps, would that "
            "be small too?",
        ),
        Mistake(
            "the slope at θ is θ",
            reads(1, lambda start, state, c: abs(state)),
            "Your second number is the distance from the minimum at 0. Does a run know that, or only the "
            "slope there?",
        ),
        Mistake(
            "an update is relative, always",
            reads(2, lambda start, state, c: abs(state - start) / abs(start)),
            "Your third number divides by |start|, whatever it is. What happens to it as a run comes close "
            "to zero?",
        ),
        Mistake(
            "an update is absolute",
            reads(2, lambda start, state, c: abs(state - start)),
            "Your third number is the way moved. Is a way of one hundredth as much at θ = 1000 as at θ = 1?",
        ),
        Mistake(
            "a look sees the trial",
            lambda start, rate, beta, curvature: readings(start, rate, 1.0, curvature),
            "Your look sees the trial, and β has no say. Which of the three states of a round does the "
            "loop keep?",
        ),
    ),
    properties=(
        Property(
            "at β = 0 the loss and the update read nothing, the gradient all of the slope",
            {"start": 2.0, "rate": 0.5, "beta": 0.0, "curvature": 3.0},
            lambda value: np.allclose(value, [0, 6, 0]),
        ),
    ),
)

# Tolerance and hold


def stops_at(changes, tolerance, hold):
    for k in range(hold, len(changes) + 1):
        if max(changes[k - hold : k]) <= tolerance:
            return k
    return -1


def stops_at_by_counting(changes, tolerance, hold):
    streak = 0
    for k, change in enumerate(changes, 1):
        streak = streak + 1 if change <= tolerance else 0
        if streak == hold:
            return k
    return -1


def counting(
    small=np.less_equal,
    after=lambda streak: 0,
    more=0,
    give=lambda k, hold: k,
    never=lambda changes: -1,
):
    """Counting small looks, with one thing done in another way."""

    def run(changes, tolerance, hold):
        streak = 0
        for k, change in enumerate(changes, 1):
            streak = streak + 1 if small(change, tolerance) else after(streak)
            if streak == hold + more:
                return give(k, hold)
        return never(changes)

    return run


def windows(changes, tolerance, hold, measure, step=1):
    """The end of the first window, one every `step` looks, whose `measure` is within the tolerance."""
    ends = range(hold, len(changes) + 1, step)
    return next((k for k in ends if measure(changes[k - hold : k]) <= tolerance), -1)


STOPS_AT = Task(
    lesson="04",
    claim="04.4",
    minutes=6,
    statement=(
        "**Tolerance and hold.** `changes` holds what a criterion read at look 1, 2, 3, …. A look is small "
        "if it reads at most `tolerance`. At which look does the loop stop: the one that completes `hold` "
        "small looks in a row? Give −1 if it never does."
    ),
    stub="def stops_at(changes, tolerance, hold):\n    return ...\n",
    inputs=lambda rng, size: {
        "changes": rng.integers(0, 5, 4 + 2 * size) / 4,
        "tolerance": 0.5,
        "hold": 2 + size % 3,
    },
    oracle=stops_at_by_counting,
    answer=stops_at,
    hints=(
        "Walk along the looks with a counter. When does it go up, and what does a look that is not small "
        "do to it?",
        "Or cut: `changes[k - hold : k]` are the last `hold` readings at look k. What must hold for all of "
        "them?",
        "For k from hold to len(changes): if the largest of these readings is at most the tolerance, give "
        "back k. After the loop: never.",
    ),
    mistakes=(
        Mistake(
            "one small look is enough",
            lambda changes, tolerance, hold: stops_at(changes, tolerance, 1),
            "You stop at the first small look, whatever `hold` is. Could that one look be luck?",
        ),
        Mistake(
            "small looks are counted, in a row or not",
            counting(after=lambda streak: streak),
            "Your counter keeps what it had when a look is not small. What does *in a row* ask of it?",
        ),
        Mistake(
            "a look that is not small takes one off",
            counting(after=lambda streak: max(streak - 1, 0)),
            "A look that is not small takes one off your counter. How many small looks in a row has the run "
            "shown right after it?",
        ),
        Mistake(
            "looks count from 0",
            lambda changes, tolerance, hold: max(stops_at(changes, tolerance, hold) - 1, -1),
            "You count looks from 0. Which number does the first one have here?",
        ),
        Mistake(
            "it stops where the small looks began",
            counting(give=lambda k, hold: k - hold + 1),
            "You give the look at which the small ones began. Could the loop know then that more would "
            "follow?",
        ),
        Mistake(
            "small is under the tolerance",
            counting(small=np.less),
            "You ask for less than the tolerance. What of a look that reads it exactly?",
        ),
        Mistake(
            "small on average is small",
            lambda changes, tolerance, hold: windows(changes, tolerance, hold, np.mean),
            "You compare the mean of the last looks with the tolerance. Can one large change hide in it?",
        ),
        Mistake(
            "looks come in packets",
            lambda changes, tolerance, hold: windows(changes, tolerance, hold, max, step=hold),
            "You cut the looks into packets of `hold`. Can a row of small looks begin in the middle of one?",
        ),
        Mistake(
            "a run that never settles stops at its end",
            counting(never=len),
            "Where it never settles, you give the last look. How would a reader tell this from a run that "
            "settled there?",
        ),
        Mistake(
            "holding begins after the first small look",
            counting(more=1),
            "Your loop waits for one small look more than `hold`. With hold = 1, how many should it take?",
        ),
    ),
    properties=(
        Property(
            "a run shorter than the hold window never stops",
            {"changes": np.zeros(2), "tolerance": 0.5, "hold": 3},
            lambda look: look == -1,
        ),
    ),
)

# What looks cost


def passes_paid(rounds, n_groups, every):
    return rounds / n_groups + rounds // every


def passes_paid_round_by_round(rounds, n_groups, every):
    parts = 0
    for k in range(1, rounds + 1):
        parts += 1
        if k % every == 0:
            parts += n_groups
    return parts / n_groups


PASSES_PAID = Task(
    lesson="04",
    claim="04.8",
    minutes=4,
    statement=(
        "**The bill with looks.** The rows are dealt to `n_groups` groups of one size, and each of "
        "`rounds` rounds takes one step on one group. After every `every`-th round the loop looks at the "
        "loss on all rows. How many passes over the data does that cost? Compare, for 16 groups, a look "
        "each round with a look each pass."
    ),
    stub="def passes_paid(rounds, n_groups, every):\n    return ...\n",
    inputs=lambda rng, size: {
        "rounds": int(rng.integers(20, 60)),
        "n_groups": 2 + size,
        "every": int(rng.integers(2, 8)),
    },
    oracle=passes_paid_round_by_round,
    answer=passes_paid,
    hints=(
        "Two bills, added up: one for the rounds, one for the looks. What is each counted in?",
        "A round reads one group of the rows, a look all of them. How many looks are there in 7 rounds, one "
        "after every third?",
        "rounds divided by n_groups, and a pass for each look; `//` counts the looks.",
    ),
    mistakes=(
        Mistake(
            "looks are free",
            lambda rounds, n_groups, every: rounds / n_groups,
            "Your bill has the rounds alone. Which rows does a look at the loss have to read?",
        ),
        Mistake(
            "a look costs as much as a round",
            lambda rounds, n_groups, every: (rounds + rounds // every) / n_groups,
            "Your look costs as much as a round. A round reads one group: how many does a look read?",
        ),
        Mistake(
            "a round costs a pass",
            lambda rounds, n_groups, every: rounds + rounds // every,
            "Each of your rounds costs a whole pass. How many rounds does it take to visit all rows once?",
        ),
        Mistake(
            "there is a look after each round",
            lambda rounds, n_groups, every: rounds / n_groups + rounds,
            "You look after each round, whatever `every` is. How many looks are left if every second one is "
            "dropped?",
        ),
        Mistake(
            "`every` counts passes",
            lambda rounds, n_groups, every: rounds / n_groups + rounds // (every * n_groups),
            "You count `every` in passes. After which round does your first look come?",
        ),
        Mistake(
            "the start is a look",
            lambda rounds, n_groups, every: rounds / n_groups + rounds // every + 1,
            "Your bill has one look more. Is there one before the first round here?",
        ),
        Mistake(
            "looks can be fractions",
            lambda rounds, n_groups, every: rounds / n_groups + rounds / every,
            "Your number of looks has a fraction. If `every` is 4, how often have you looked after 7 rounds?",
        ),
        Mistake(
            "only whole passes cost",
            lambda rounds, n_groups, every: rounds // n_groups + rounds // every,
            "You drop the rounds of a pass that is not complete. Have their rows been read?",
        ),
        Mistake(
            "looks are the whole bill",
            lambda rounds, n_groups, every: rounds // every,
            "Your bill has the looks alone. What do the steps cost?",
        ),
    ),
    properties=(
        Property(
            "with one group and a look each round it costs two passes a round",
            {"rounds": 5, "n_groups": 1, "every": 1},
            lambda cost: cost == 10,
        ),
    ),
)

# The noise ball


def rate_for(radius, sigma, beta):
    a = 2 * radius**2 / (sigma**2 + radius**2)
    return a / beta


def rate_for_by_halving(radius, sigma, beta):
    low, high = 0.0, 2.0
    for _ in range(100):
        a = (low + high) / 2
        if a / (2 - a) * sigma**2 < radius**2:
            low = a
        else:
            high = a
    return low / beta


RATE_FOR = Task(
    lesson="04",
    claim="F05",
    minutes=6,
    statement=(
        "**A ball of your choice.** Rounds on one random row each leave a noise ball around the minimum. "
        "`sigma` is the standard deviation of the rows. Which constant rate gives a ball of the given "
        "`radius` when the trial is blended with `beta`? What do half the radius and half of β each do to "
        "it?"
    ),
    stub="def rate_for(radius, sigma, beta):\n    return ...\n",
    inputs=lambda rng, size: {
        "radius": float(rng.choice([0.25, 0.5, 0.75])),
        "sigma": float(rng.choice([1.25, 1.5, 2.0])),
        "beta": float(rng.choice(BETAS)),
    },
    oracle=rate_for_by_halving,
    answer=rate_for,
    hints=(
        "The lesson goes from a = αβ to the variance V. You go back: what is V, in terms of the radius?",
        "V is the square of the radius. Solve V·(2 − a) = a·σ² for a.",
        "a is 2V over σ² + V. It stands for the product αβ; you want α.",
    ),
    mistakes=(
        Mistake(
            "the radius is the variance",
            lambda radius, sigma, beta: 2 * radius / (sigma**2 + radius) / beta,
            "You put the radius where the variance V belongs. How does the one follow from the other?",
        ),
        Mistake(
            "the radius grows with αβ itself",
            lambda radius, sigma, beta: 2 * radius / (sigma + radius) / beta,
            "With you, half the radius asks for about half the step. Where in the lesson's formula is the "
            "square?",
        ),
        Mistake(
            "sigma is a variance",
            lambda radius, sigma, beta: 2 * radius**2 / (sigma + radius**2) / beta,
            "You take `sigma` for the variance of the rows. What is it in the statement?",
        ),
        Mistake(
            "a is small enough to be left out",
            lambda radius, sigma, beta: 2 * radius**2 / sigma**2 / beta,
            "You leave a out of the 2 − a below. That is near for small steps: how near, for a ball as wide "
            "as σ?",
        ),
        Mistake(
            "αβ is the rate",
            lambda radius, sigma, beta: beta * rate_for(radius, sigma, beta),
            "You give αβ. With a smaller β, should the rate stay as it is?",
        ),
        Mistake(
            "β shortens the rate",
            lambda radius, sigma, beta: beta**2 * rate_for(radius, sigma, beta),
            "You multiply by β. If a blend halves every step, should the rate be larger or smaller for the "
            "same ball?",
        ),
        Mistake(
            "β shrinks the variance, as a square",
            lambda radius, sigma, beta: rate_for(radius, sigma, beta) / beta,
            "Your β acts twice. With one local step, what does a blend do to the rate?",
        ),
        Mistake(
            "what is left is (1 + a), not (1 − a)",
            lambda radius, sigma, beta: 2 * radius**2 / (sigma**2 - radius**2) / beta,
            "Your formula divides by σ² less the variance, so that no rate gives a ball as wide as σ. Can "
            "you solve V·(2 − a) = a·σ² again?",
        ),
        Mistake(
            "the ball of a rate is asked for",
            lambda radius, sigma, beta: np.sqrt(radius * beta / (2 - radius * beta)) * sigma,
            "You give the ball that belongs to a rate. Which of the two is known here, and which is asked?",
        ),
    ),
    properties=(
        Property(
            "a ball as wide as the rows themselves needs αβ = 1",
            {"radius": 1.5, "sigma": 1.5, "beta": 0.5},
            lambda rate: np.isclose(rate, 2),
        ),
    ),
)

# The largest stable rate


def largest_rate(curvatures, beta, local_steps):
    edge = 2 if local_steps % 2 == 0 else 1 + (2 / beta - 1) ** (1 / local_steps)
    return edge / max(curvatures)


def largest_rate_by_halving(curvatures, beta, local_steps):
    def stable(rate):
        for curvature in curvatures:
            trial = 1.0
            for _ in range(local_steps):
                trial = trial - rate * curvature * trial
            if abs(beta * trial + (1 - beta)) >= 1:
                return False
        return True

    low, high = 1 / max(curvatures), 20 / max(curvatures)
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if stable(middle) else (low, middle)
    return low


def edge_over(edge, curvature=max):
    """A limit made of (beta, local_steps) over some curvature."""
    return lambda curvatures, beta, E: edge(beta, E) / curvature(curvatures)


def odd(beta, local_steps):
    return 1 + (2 / beta - 1) ** (1 / local_steps)


LARGEST_RATE = Task(
    lesson="04",
    claim="B05",
    minutes=6,
    statement=(
        "**How large may the rate be?** The loss is $\\tfrac12\\sum_j\\lambda_j\\theta_j^2$, with "
        "`curvatures` $\\lambda_j$. A round takes `local_steps` steps and blends with `beta`. Below which "
        "rate do all the $\\theta_j$ shrink?"
    ),
    stub="def largest_rate(curvatures, beta, local_steps):\n    return ...\n",
    inputs=lambda rng, size: {
        "curvatures": rng.permutation(np.array([0.25, 0.5, 1.0, 2.0, 3.0, 5.0]))[: 2 + size % 3],
        "beta": float(rng.choice(BETAS)),
        "local_steps": 1 + size % 5,
    },
    oracle=largest_rate_by_halving,
    answer=largest_rate,
    hints=(
        "The lesson has λ = 1. On ½λθ² a step multiplies θ by 1 − αλ: which product must be below the "
        "lesson's limit?",
        "Each direction has a limit of its own, and all must shrink. Which curvature gives the lowest limit?",
        "The lesson's limit, for even and for odd numbers of local steps, divided by the largest curvature.",
    ),
    mistakes=(
        Mistake(
            "β is a rate, whatever the local steps",
            edge_over(lambda beta, E: 2 / beta),
            "Your limit is that of one local step. After two steps too long, on which side of the minimum "
            "is the trial?",
        ),
        Mistake(
            "β has no say in stability",
            edge_over(lambda beta, E: 2.0),
            "β has no say in your limit. With one local step, can the blend bring back a trial that went too "
            "far?",
        ),
        Mistake(
            "E local steps are one step, E times as long",
            edge_over(lambda beta, E: 2 / (beta * E)),
            "Your limit falls with the number of local steps, as if they were one long step. Where does the "
            "second one take its slope?",
        ),
        Mistake(
            "even and odd are alike",
            edge_over(odd),
            "You treat even numbers of local steps as odd ones. Which sign has an even power of a negative "
            "number?",
        ),
        Mistake(
            "even and odd change places",
            edge_over(lambda beta, E: odd(beta, E) if E % 2 == 0 else 2.0),
            "Your β helps after an even number of local steps. On which side of the minimum is the trial "
            "then?",
        ),
        Mistake(
            "the root is left out",
            edge_over(lambda beta, E: 2.0 if E % 2 == 0 else 2 / beta),
            "Your limit is the same for 1, 3 and 5 local steps. Does a step too long do the same harm "
            "once as five times?",
        ),
        Mistake(
            "the flattest direction decides",
            lambda curvatures, beta, E: largest_rate([min(curvatures)], beta, E),
            "You divide by the smallest curvature. At that rate, what does the steepest direction do?",
        ),
        Mistake(
            "the mean curvature decides",
            lambda curvatures, beta, E: largest_rate([np.mean(curvatures)], beta, E),
            "You divide by the mean curvature. Does the steepest direction settle at that rate?",
        ),
        Mistake(
            "the limit is that of curvature 1",
            lambda curvatures, beta, E: largest_rate([1.0], beta, E),
            "Your limit is that of curvature 1. Which product of rate and curvature decides?",
        ),
        Mistake(
            "steeper losses bear larger rates",
            lambda curvatures, beta, E: largest_rate([1.0], beta, E) * max(curvatures),
            "Your limit grows with the curvature. In a steeper valley, is the same rate safer or riskier?",
        ),
    ),
)

# Held-out rows


def report(fit, held_out, test, patience):
    for k in range(len(held_out)):
        best = held_out[: k + 1].argmin()
        if k - best == patience:
            break
    return test[best]


def report_by_hand(fit, held_out, test, patience):
    lowest, waited, reported = np.inf, 0, None
    for loss, test_loss in zip(held_out, test, strict=True):
        waited += 1
        if loss < lowest:
            lowest, waited, reported = loss, 0, test_loss
        if waited == patience:
            return reported
    return reported


def best_and_stop(losses, patience):
    """(the place of the lowest loss so far, the place where the run stops)."""
    for k in range(len(losses)):
        best = losses[: k + 1].argmin()
        if k - best == patience:
            return best, k
    return best, len(losses) - 1


def stopped(give, patience_more=0):
    """A report made by `give` of (fit, held_out, test, best, stop)."""

    def run(fit, held_out, test, patience):
        return give(fit, held_out, test, *best_and_stop(held_out, patience + patience_more))

    return run


def three_losses(rng, size):
    """The fit falls throughout; the held-out loss falls, rises, and may fall again."""
    n = 5 + 2 * size
    return {
        "fit": np.sort(rng.permutation(2 * n)[:n])[::-1] / 8,
        "held_out": rng.permutation(n) / 4,
        "test": rng.permutation(n) / 4 + 0.125,
        "patience": 2 + size % 2,
    }


REPORT = Task(
    lesson="04",
    claim="04.13",
    minutes=8,
    statement=(
        "**Stop in time, report honestly.** A run recorded its loss on the rows it was `fit` to, on "
        "`held_out` rows, and on `test` rows, once a pass. Stop as soon as the lowest held-out loss so far "
        "is `patience` passes old, or at the end; go back to the state that had it. Which loss do you report "
        "for that state?"
    ),
    stub="def report(fit, held_out, test, patience):\n    return ...\n",
    inputs=three_losses,
    oracle=report_by_hand,
    answer=report,
    hints=(
        "Two questions in turn: which pass is chosen, and by which rows? Then: which rows have had no say "
        "in that?",
        "Walk along the held-out losses. `held_out[: k + 1].argmin()` is the place of the lowest up to k.",
        "Stop at the first k that lies `patience` behind that place. Whatever ended the walk, look up the "
        "place in `test`.",
    ),
    mistakes=(
        Mistake(
            "the test rows may choose",
            lambda fit, held_out, test, patience: report(fit, test, test, patience),
            "You choose the pass by the test rows. What can they still say about new data after that?",
        ),
        Mistake(
            "the best test loss is the test loss",
            lambda fit, held_out, test, patience: test.min(),
            "You report the lowest test loss of the run. Who would have told you to stop there?",
        ),
        Mistake(
            "the test rows may choose, up to the stop",
            stopped(lambda fit, held_out, test, best, stop: test[: stop + 1].min()),
            "You stop by the held-out rows, and then take the lowest test loss so far. Which rows chose the "
            "state that you report?",
        ),
        Mistake(
            "the held-out loss is the verdict",
            stopped(lambda fit, held_out, test, best, stop: held_out[best]),
            "You report the held-out loss. It is the lowest of many, picked for that: does it flatter?",
        ),
        Mistake(
            "the loss on the fitted rows is the verdict",
            stopped(lambda fit, held_out, test, best, stop: fit[best]),
            "You report the loss on rows that the steps have seen. Which rows are still strangers to the "
            "run?",
        ),
        Mistake(
            "longer is better: the last state counts",
            lambda fit, held_out, test, patience: test[fit.argmin()],
            "You report the state that fits best, the last one. What did the held-out rows say about it?",
        ),
        Mistake(
            "the state at the stop is kept",
            stopped(lambda fit, held_out, test, best, stop: test[stop]),
            "You report the state at which the run stopped. Was the held-out loss lower before that?",
        ),
        Mistake(
            "a run may look at its own future",
            lambda fit, held_out, test, patience: test[held_out.argmin()],
            "You take the lowest held-out loss of the whole run. Can a run that has stopped know what would "
            "have come?",
        ),
        Mistake(
            "the first rise is the turn",
            lambda fit, held_out, test, patience: report(fit, held_out, test, 1),
            "You stop at the first pass without a new lowest loss. What is `patience` for?",
        ),
        Mistake(
            "patience is one pass longer",
            stopped(lambda fit, held_out, test, best, stop: test[best], patience_more=1),
            "You wait one pass longer than `patience`. How old is the lowest loss when you stop?",
        ),
        Mistake(
            "a pass is a report",
            stopped(lambda fit, held_out, test, best, stop: best),
            "You give the number of the pass. Which loss belongs to it?",
        ),
    ),
)

# A range test


def range_test(X, y, rates, rounds):
    losses = []
    for rate in rates:
        theta = np.zeros(X.shape[1])
        for _ in range(rounds):
            theta = theta - rate * X.T @ (X @ theta - y) / len(y)
        losses.append(((X @ theta - y) ** 2).mean())
    return rates[np.nanargmin(losses)]


def range_test_row_by_row(X, y, rates, rounds):
    best, lowest = None, np.inf
    for rate in rates:
        theta = [0.0] * X.shape[1]
        for _ in range(rounds):
            slope = [0.0] * len(theta)
            for x, label in zip(X, y, strict=True):
                residual = sum(a * b for a, b in zip(x, theta, strict=True)) - label
                slope = [s + residual * a / len(y) for s, a in zip(slope, x, strict=True)]
            theta = [t - rate * s for t, s in zip(theta, slope, strict=True)]
        loss = sum((x @ np.array(theta) - label) ** 2 for x, label in zip(X, y, strict=True))
        if loss < lowest:
            best, lowest = rate, loss
    return best


def walk(X, y, rate, rounds, theta, scale=1.0):
    """(the last state, the losses after round 0, 1, …)."""
    losses = [((X @ theta - y) ** 2).mean()]
    for _ in range(rounds):
        theta = theta - scale * rate * X.T @ (X @ theta - y) / len(y)
        losses.append(((X @ theta - y) ** 2).mean())
    return theta, np.array(losses)


def choose(how, **settings):
    """A rate chosen by `how` of (rates, losses of shape (rates, rounds + 1))."""

    def run(X, y, rates, rounds):
        zero = np.zeros(X.shape[1])
        return how(rates, np.array([walk(X, y, rate, rounds, zero, **settings)[1] for rate in rates]))

    return run


def carried_on(X, y, rates, rounds):
    theta, ends = np.zeros(X.shape[1]), []
    for rate in rates:
        theta, losses = walk(X, y, rate, rounds, theta)
        ends.append(losses[-1])
    return rates[np.nanargmin(ends)]


def sums_of_rows(X, y, rates, rounds):
    return choose(lambda rates, losses: rates[np.nanargmin(losses[:, -1])], scale=len(y))(X, y, rates, rounds)


def some_rows(rng, size):
    n, d = 3 + size, 1 + size % 3
    rates = np.array([0.005, 0.02, 0.08, 0.3, 0.6, 0.9, 3.0, 1e90])
    X = rng.choice([-2.0, -1.5, -0.5, 0.5, 1.5, 2.0], (n, d)) * rng.choice([0.5, 1.0])
    y = X @ rng.choice([-1.5, -0.5, 1.0, 2.0], d) + rng.choice([-0.25, 0.25], n)
    return {"X": X, "y": y, "rates": rates, "rounds": 5 + size % 3}


RANGE_TEST = Task(
    lesson="04",
    claim="B05",
    minutes=12,
    statement=(
        "**A range test, from nothing.** For each of the `rates`, start gradient descent at zero, with the "
        "loss $\\tfrac12$ mean$(x\\cdot\\theta-y)^2$ on all rows, and go `rounds` rounds. Give back the rate "
        "with the lowest loss in the end. One of the rates is so large that the numbers overflow."
    ),
    stub="def range_test(X, y, rates, rounds):\n    # a run for each rate\n    return ...\n",
    inputs=some_rows,
    oracle=range_test_row_by_row,
    answer=range_test,
    hints=(
        "A loop over the rates, and in it a loop over the rounds. What must begin anew with each rate?",
        "The gradient is Xᵀ(Xθ − y)/n. Keep the loss after the last round of each rate in a list.",
        "A run that overflows ends at nan. Which place does `np.argmin` give if there is a nan, and which "
        "does `np.nanargmin`?",
    ),
    mistakes=(
        Mistake(
            "nan is never the smallest",
            choose(lambda rates, losses: rates[losses[:, -1].argmin()]),
            "You give the rate that overflows. What does `argmin` make of a list with a nan in it?",
        ),
        Mistake(
            "the next rate goes on where the last one ended",
            carried_on,
            "Your second rate begins where the first one ended. Would the order of the rates matter then?",
        ),
        Mistake(
            "the largest rate that does not break is the best",
            choose(lambda rates, losses: rates[losses[:, -1] < losses[:, 0]][-1]),
            "You give the largest rate at which the loss still falls. Close to its limit, does a run swing "
            "or settle?",
        ),
        Mistake(
            "small rates are safe, and safe is best",
            choose(lambda rates, losses: rates[0]),
            "You give the smallest rate. How far does it get in these rounds?",
        ),
        Mistake(
            "one step tells",
            lambda X, y, rates, rounds: range_test(X, y, rates, 1),
            "You judge after one step. Can a rate be quick at first and swing later?",
        ),
        Mistake(
            "the gradient is a sum over the rows",
            sums_of_rows,
            "Your gradient adds up over the rows. If the data had every row twice, would you want half the "
            "rate?",
        ),
        Mistake(
            "the loss is what is asked for",
            choose(lambda rates, losses: np.nanmin(losses[:, -1]) / 2),
            "You give the lowest loss. Which rate led there?",
        ),
        Mistake(
            "a place is a rate",
            choose(lambda rates, losses: np.nanargmin(losses[:, -1])),
            "You give a place in the list. Which rate stands there?",
        ),
    ),
)

tasks = Tasks(READINGS, STOPS_AT, PASSES_PAID, RATE_FOR, LARGEST_RATE, REPORT, RANGE_TEST)
