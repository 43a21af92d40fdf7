"""Lesson 14: listings with a planted mistake: a blind test, slices, a wrong axis, a step, turns, a limit."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .lesson_00 import RATES
from .task import Mistake, Property, Task, Tasks, quarters


@dataclass(frozen=True, repr=False)
class Line:
    """A function that is shown as its formula. text: the formula. run: what it computes."""

    text: str
    run: Callable

    def __call__(self, *arguments):
        return self.run(*arguments)

    def __repr__(self):
        return self.text


# Loud, silent, right


def tally(listings, theta, expected):
    n_loud = n_silent = n_right = 0
    for listing in listings:
        try:
            found = listing(theta)
        except Exception:
            n_loud += 1
            continue
        right = np.shape(found) == expected.shape and np.allclose(found, expected)
        n_right, n_silent = n_right + right, n_silent + (not right)
    return n_loud, n_silent, n_right


def tally_number_by_number(listings, theta, expected):
    counts = {"loud": 0, "silent": 0, "right": 0}
    for listing in listings:
        try:
            found = np.asarray(listing(theta))
        except Exception:
            kind = "loud"
        else:
            pairs = zip(found, expected, strict=True) if found.shape == expected.shape else [(1, 0)]
            kind = "right" if all(abs(a - b) < 1e-9 for a, b in pairs) else "silent"
        counts[kind] += 1
    return list(counts.values())


def judged(right, caught=Exception):
    """The three counts with another test of (found, expected), or other exceptions caught."""

    def run(listings, theta, expected):
        n_loud = n_right = 0
        for listing in listings:
            try:
                n_right += bool(right(np.asarray(listing(theta)), expected))
            except caught:
                n_loud += 1
        return n_loud, len(listings) - n_loud - n_right, n_right

    return run


def until_the_first_exception(listings, theta, expected):
    kinds = [tally((listing,), theta, expected) for listing in listings]
    loud = [kind[0] for kind in kinds]
    return np.sum(kinds[: loud.index(1) + 1] if 1 in loud else kinds, axis=0)


def all_or_nothing(listings, theta, expected):
    n_loud, n_silent, n_right = tally(listings, theta, expected)
    return n_loud + n_silent, 0, n_right


DOUBLES = (  # all of them are meant to give back 2θ
    Line("2 * theta", lambda theta: 2 * theta),
    Line("theta * 0.1 * 20", lambda theta: theta * 0.1 * 20),
    Line("theta * theta", lambda theta: theta * theta),
    Line("2 * theta - 1", lambda theta: 2 * theta - 1),
    Line("2 * theta[::-1]", lambda theta: 2 * theta[::-1]),
    Line("2 * theta[:, None]", lambda theta: 2 * theta[:, None]),
    Line("2 * theta[None]", lambda theta: 2 * theta[None]),
    Line("2 * np.sqrt(theta) ** 2", lambda theta: 2 * np.sqrt(theta) ** 2),
    Line("theta + theta[:, None, 1]", lambda theta: theta + theta[:, None, 1]),
    Line("2 @ theta", lambda theta: 2 @ theta),
    Line("theta @ [2]", lambda theta: theta @ [2]),
)


def some_listings(rng, size):
    theta = np.r_[-0.7, rng.choice([-2.3, -1.1, 0.3, 0.6, 1.7], 1 + size % 3, replace=False)]
    which = rng.choice(len(DOUBLES), min(3 + size, len(DOUBLES)), replace=False)
    return {"listings": tuple(DOUBLES[i] for i in which), "theta": theta, "expected": 2 * theta}


TALLY = Task(
    lesson="14",
    claim="14.1",
    minutes=5,
    statement=(
        "**A test that waits for errors.** Each of `listings` is a function that takes `theta` and should "
        "give back `expected`, an array of the same shape, up to rounding. The counts wanted are: how many "
        "stop with an error, how many run and give something else, how many are right. One line of the "
        "listing takes whatever runs for right. Mend it. What can be amiss with an array besides its "
        "numbers?"
    ),
    stub=(
        "def tally(listings, theta, expected):\n"
        "    n_loud = n_silent = n_right = 0\n"
        "    for listing in listings:\n"
        "        try:\n"
        "            found = listing(theta)\n"
        "        except Exception:\n"
        "            n_loud += 1\n"
        "            continue\n"
        "        right = found is not None\n"
        "        n_right, n_silent = n_right + right, n_silent + (not right)\n"
        "    return n_loud, n_silent, n_right\n"
    ),
    inputs=some_listings,
    oracle=tally_number_by_number,
    answer=tally,
    hints=(
        "Which of the three counts does the listing never raise? What would raise it?",
        "Compare `found` with `expected`. Rounding may differ, shapes may not; and what is `nan < 1`, and "
        "`nan > 1`?",
        "`np.allclose` bears rounding and counts NaN as different, but it broadcasts: ask for equal shapes "
        "first.",
    ),
    mistakes=(
        Mistake(
            "what runs is right",
            judged(lambda found, expected: True),
            "You count whatever runs as right. Where does yours look at the numbers?",
        ),
        Mistake(
            "np.allclose compares shapes",
            judged(np.allclose),
            "Your numbers are compared, and shapes are broadcast on the way. Should `2 * theta[None]` count "
            "as right?",
        ),
        Mistake(
            "what is not larger than the tolerance is close",
            judged(lambda a, b: a.shape == b.shape and not abs(a - b).max() > 1e-9),
            "You look for a difference that is too large, and NaN passes. What does `nan > 1e-9` give?",
        ),
        Mistake(
            "equal means equal in every bit",
            judged(np.array_equal),
            "You ask for equality to the last bit. How do 2θ and θ · 0.1 · 20 differ?",
        ),
        Mistake(
            "a difference has no sign",
            judged(lambda a, b: a.shape == b.shape and (a - b).max() < 1e-9),
            "Your difference keeps its sign, so whatever is too small passes. Which of the listings is "
            "always too small?",
        ),
        Mistake(
            "equal sums, equal arrays",
            judged(lambda a, b: a.shape == b.shape and np.isclose(a.sum(), b.sum())),
            "You compare sums. Which of the listings has all the numbers, at other places?",
        ),
        Mistake(
            "equal shapes, equal arrays",
            judged(lambda a, b: a.shape == b.shape),
            "You compare shapes alone. Which numbers should stand in them?",
        ),
        Mistake(
            "only a ValueError can come",
            judged(lambda a, b: a.shape == b.shape and np.allclose(a, b), caught=ValueError),
            "You catch one kind of exception, and another kind gets through. What does `theta[:, None, 1]` "
            "raise?",
        ),
        Mistake(
            "the first exception ends the count",
            until_the_first_exception,
            "Your loop ends at the first exception. What becomes of the listings after it?",
        ),
        Mistake(
            "what is off is loud",
            all_or_nothing,
            "You count all that is off as loud. Which of these would a student have noticed?",
        ),
        Mistake(
            "the counts change places",
            lambda *arguments: tally(*arguments)[::-1],
            "Your counts stand in the other order. Which of them comes first?",
        ),
    ),
)


# Slices


def joined_step(theta, owned, slices, rate):
    gradient = np.empty(len(theta))
    for entries, part in zip(owned, slices, strict=True):
        gradient[entries] = part
    return theta - rate * gradient


def joined_step_entry_by_entry(theta, owned, slices, rate):
    moved = []
    for j, value in enumerate(theta):
        for entries, part in zip(owned, slices, strict=True):
            for i, g in zip(entries, part, strict=True):
                if i == j:
                    moved.append(value - rate * g)
    return moved


def with_gradient(join):
    """The step with the slices put together in another way, from (owned, slices)."""
    return lambda theta, owned, slices, rate: theta - rate * join(owned, slices)


def last_answer_alone(theta, owned, slices, rate):
    for entries, part in zip(owned, slices, strict=True):
        moved = theta.copy()
        moved[entries] -= rate * part
    return moved


def written_into_theta(theta, owned, slices, rate):
    for entries, part in zip(owned, slices, strict=True):
        theta[entries] -= rate * part
    return theta


def by_first_entry(owned, slices):
    return np.concatenate([slices[i] for i in np.argsort([entries[0] for entries in owned])])


def some_owners(rng, size):
    n = 3 + size
    cuts = np.sort(rng.choice(np.arange(1, n), 1 + size % 3, replace=False))
    owned = np.split(rng.permutation(n), np.arange(1, n) if size % 3 == 1 else cuts)
    slices = tuple(rng.choice([-2.0, -1.0, 0.5, 1.0, 3.0], len(entries)) for entries in owned)
    rate = float(rng.choice(RATES))
    return {"theta": quarters(rng, n), "owned": tuple(owned), "slices": slices, "rate": rate}


JOINED_STEP = Task(
    lesson="14",
    claim="C11",
    minutes=5,
    statement=(
        "**Slices.** Worker i looks after the entries `owned[i]` of θ and sends their gradient, `slices[i]`, "
        "of the same length. Every entry has one owner, and the workers answer in any order. Article A4 adds "
        "the slices up: that stops for slices of unlike length, and with one number each it runs. Mend it: "
        "one step at `rate`, shape (P,)."
    ),
    stub=(
        "def joined_step(theta, owned, slices, rate):\n"
        "    summed = sum(slices)\n"
        "    return theta - rate * summed\n"
    ),
    inputs=some_owners,
    oracle=joined_step_entry_by_entry,
    answer=joined_step,
    hints=(
        "θ has three entries, one worker looks after the entries 2 and 0, another after entry 1. Write the "
        "whole gradient down.",
        "Begin with an array for the whole gradient. Which entries of it does `slices[i]` fill?",
        "`gradient[entries] = part`, for each worker; then one step with all of it.",
    ),
    mistakes=(
        Mistake(
            "slices are shares of one number",
            with_gradient(lambda owned, slices: sum(slices)),
            "You add up numbers that belong to unlike parameters. What should worker 0 change of entry 1?",
        ),
        Mistake(
            "slices are averaged",
            with_gradient(lambda owned, slices: sum(slices) / len(slices)),
            "You average numbers that belong to unlike parameters. How many workers know the gradient of "
            "entry 0?",
        ),
        Mistake(
            "workers answer in the order of the entries",
            with_gradient(lambda owned, slices: np.concatenate(slices)),
            "You join the slices in the order in which they came. What do you do with `owned`?",
        ),
        Mistake(
            "a slice has neighbours",
            with_gradient(by_first_entry),
            "You put the slices in the order of their first entries. Where does a worker go that looks after "
            "entries 0 and 2?",
        ),
        Mistake(
            "picking puts things back",
            with_gradient(lambda owned, slices: np.concatenate(slices)[np.concatenate(owned)]),
            "You join the slices and pick with `owned`. Does `joined[order]` put a number *at* order, or "
            "fetch it *from* there?",
        ),
        Mistake(
            "the last answer counts",
            last_answer_alone,
            "Your step moves the entries of one worker. What happens to your array when the next one "
            "answers?",
        ),
        Mistake(
            "more workers, smaller steps",
            lambda theta, owned, slices, rate: joined_step(theta, owned, slices, rate / len(slices)),
            "You divide by the number of workers. How many of them move entry 0?",
        ),
        Mistake(
            "the gradient points down",
            lambda theta, owned, slices, rate: joined_step(theta, owned, slices, -rate),
            "Your step goes up the slope. Which sign has a step?",
        ),
        Mistake(
            "the rate is 1",
            lambda theta, owned, slices, rate: joined_step(theta, owned, slices, 1.0),
            "Your step is as long as the gradient, as it is in the article. What should `rate` do?",
        ),
        Mistake(
            "θ may be written into",
            written_into_theta,
            "Your numbers are right, and they are written into the θ that came in. Which worker may still "
            "read it?",
        ),
    ),
)

# A case for paper


def suspects(steps):
    found = []
    for step in steps:
        theta, s = step(0.0, 3.0, 0.0)
        theta, s = step(theta, 4.0, s)
        found.append(int(not np.isclose(theta, -0.9)))
    return np.array(found)


def suspects_by_comparing(steps):
    def adagrad(theta, gradient, s):
        s = s + gradient**2
        return theta - 0.5 * gradient / s**0.5, s

    rng, found = np.random.default_rng(0), []
    for step in steps:
        ours = theirs = (1.0, 0.0)
        for gradient in rng.choice([-2.0, -1.0, 0.5, 3.0], 20):
            ours, theirs = adagrad(ours[0], gradient, ours[1]), step(theirs[0], gradient, theirs[1])
        found.append(0 if abs(ours[0] - theirs[0]) < 1e-6 else 1)
    return found


def walk(step, start, centre, rounds):
    """Where a step leads on the bowl ½(θ − centre)²."""
    theta, s = start, 0.0
    for _ in range(rounds):
        theta, s = step(theta, theta - centre, s)
    return theta


def suspected(amiss):
    """1 for each step of which this is true."""
    return lambda steps: np.array([int(bool(amiss(step))) for step in steps])


def two_steps(step):
    theta, s = step(0.0, 3.0, 0.0)
    return step(theta, 4.0, s)


def rule(text, size, memory=lambda s, g: s + g * g, along=lambda theta, g: g):
    """A step θ − ½·along/size of (s, g), with s the renewed memory."""

    def step(theta, gradient, s):
        s = memory(s, gradient)
        return theta - 0.5 * along(theta, gradient) / size(s), s

    return Line(text, step)


ADAGRADS = (
    rule("θ − ½g/(√s + 1e-8)", lambda s: np.sqrt(s) + 1e-8),
    rule("θ − ½g/√(s + 1e-12)", lambda s: (s + 1e-12) ** 0.5),
    rule("θ − ½θ/√s", lambda s: np.sqrt(s) + 1e-8, along=lambda theta, g: theta),
    rule("θ − ½g/√s, s + g for s + g²", lambda s: np.sqrt(s) + 1e-8, lambda s, g: s + g),
    rule("θ − ½g/√s, g² for s + g²", lambda s: 1.0, lambda s, g: g * g, lambda theta, g: np.sign(g)),
    rule("θ − ½g/s", lambda s: s + 1e-8),
    rule("θ − ½g/s, s + |g| for s + g²", lambda s: s + 1e-8, lambda s, g: s + abs(g)),
    rule("θ + ½g/√s", lambda s: np.sqrt(s) + 1e-8, along=lambda theta, g: -g),
)
SUSPECTS = Task(
    lesson="14",
    claim="14.2",
    minutes=7,
    statement=(
        "**A case that exposes.** Each `step(theta, gradient, s)` says that it is Adagrad at the rate ½; it "
        "gives back the new θ and s, and s begins at 0. The test should give 1 for each that is something "
        "else, 0 for each that is Adagrad up to the eighth digit. On a bowl lowest at 0 it lets several "
        "pass. Choose another case, small enough for paper."
    ),
    stub=(
        "def suspects(steps):\n"
        "    found = []\n"
        "    for step in steps:\n"
        "        theta, s = 2.0, 0.0\n"
        "        for _ in range(100):\n"
        "            theta, s = step(theta, theta, s)  # the gradient of ½θ² is θ\n"
        "        found.append(int(abs(theta) > 0.1))\n"
        "    return np.array(found)\n"
    ),
    inputs=lambda rng, size: {
        "steps": tuple(
            ADAGRADS[i] for i in rng.choice(len(ADAGRADS), min(1 + size, len(ADAGRADS)), replace=False)
        )
    },
    oracle=suspects_by_comparing,
    answer=suspects,
    hints=(
        "At θ = 0, with the gradient 3: where does the first step of Adagrad lead, whatever the gradient's "
        "size?",
        "A second step shows what s is for. With the gradients 3 and then 4, which root do you have to take?",
        "After 3 and 4 the root is 5, so θ is −½·(1 + 4/5). Compare up to rounding, so that NaN is no match.",
    ),
    mistakes=(
        Mistake(
            "a bowl lowest at 0 is a fair test",
            suspected(lambda step: abs(walk(step, 2.0, 0.0, 100)) > 0.1),
            "Your bowl is lowest at 0. What can you not tell from the gradient there?",
        ),
        Mistake(
            "NaN is far away",
            suspected(lambda step: abs(walk(step, 0.0, 3.0, 100) - 3) > 0.1),
            "You let NaN pass. Is NaN larger than your limit, smaller, or neither?",
        ),
        Mistake(
            "what arrives is right",
            suspected(lambda step: not abs(walk(step, 0.0, 3.0, 100) - 3) < 0.1),
            "You look at where a run arrives, and one that keeps only the newest g² arrives as well. What "
            "does its second step look like, beside Adagrad's?",
        ),
        Mistake(
            "what stays is right",
            suspected(lambda step: not abs(walk(step, 3.0, 3.0, 100) - 3) < 0.1),
            "You begin at the minimum, where the gradient is 0. Which steps are good for staying and for "
            "nothing else?",
        ),
        Mistake(
            "the first step tells",
            suspected(lambda step: not np.isclose(step(0.0, 3.0, 0.0)[0], -0.5)),
            "You look at the first step alone. What is s before it, and when is s first needed?",
        ),
        Mistake(
            "the loss falls",
            suspected(lambda step: not abs(walk(step, 0.0, 3.0, 1) - 3) < 3),
            "You ask whether the loss falls. How many rules lead downhill without being Adagrad?",
        ),
        Mistake(
            "s tells",
            suspected(lambda step: two_steps(step)[1] != 25),
            "You look at s, and it is often as it should be. What else does a step give back?",
        ),
        Mistake(
            "rounding does not matter",
            suspected(lambda step: two_steps(step)[0] != -0.9),
            "Your case is a good one, and you ask for it to the last bit. Which two ways of writing ε should "
            "both pass?",
        ),
        Mistake(
            "1 is for the right ones",
            lambda steps: 1 - suspects(steps),
            "You give 1 to those that are Adagrad. Who is a suspect?",
        ),
    ),
)

# Along which axis


def slopes(loss, theta, h):
    moves = h * np.eye(len(theta))
    return np.array([loss(theta + move) - loss(theta - move) for move in moves]) / (2 * h)


def slopes_one_by_one(loss, theta, h):
    found = []
    for j in range(len(theta)):
        up, down = list(theta), list(theta)
        up[j], down[j] = up[j] + h, down[j] - h
        found.append((loss(np.array(up)) - loss(np.array(down))) / (2 * h))
    return found


def quotient(up, down, over):
    """(loss(θ + up·h·e) − loss(θ + down·h·e)) / over(h), for each parameter."""

    def run(loss, theta, h):
        moves = h * np.eye(len(theta))
        return np.array([loss(theta + up * move) - loss(theta + down * move) for move in moves]) / over(h)

    return run


def along_the_index(loss, theta, h):
    return np.gradient([loss(theta + h * e) for e in np.eye(len(theta))], h)


def neighbours(loss, theta, h):
    losses = [loss(theta + h * e) for e in np.eye(len(theta))]
    return np.diff(losses, append=losses[0]) / h


def two_names(loss, theta, h):
    found = np.zeros(len(theta))
    for j in range(len(theta)):
        up = down = theta
        up[j] += h
        down[j] -= h
        found[j] = (loss(up) - loss(down)) / (2 * h)
    return found


def left_where_it_was_moved(loss, theta, h):
    theta, found = theta.copy(), []
    for j in range(len(theta)):
        theta[j] += h
        up = loss(theta)
        theta[j] -= 2 * h
        found.append((up - loss(theta)) / (2 * h))
    return np.array(found)


def some_loss(rng, size):
    n = 1 + size % 4 + size // 3
    a, c = rng.choice([0.5, 1.0, 2.0, 4.0], n), quarters(rng, n)
    text = f"θ ↦ ½Σa(θ − c)² + (Σθ)³/6, a = {a.tolist()}, c = {c.tolist()}"
    loss = Line(text, lambda theta: float(0.5 * (a * (theta - c) ** 2).sum() + theta.sum() ** 3 / 6))
    return {"loss": loss, "theta": quarters(rng, n), "h": float(rng.choice([0.5, 0.25, 0.125]))}


PLANE = Line("θ ↦ 3θ₀ − θ₁", lambda theta: 3 * theta[0] - theta[1])
SLOPES = Task(
    lesson="14",
    claim="C10",
    minutes=6,
    statement=(
        "**Along which axis?** `loss(theta)` is a number. The listing moves each parameter by `h`, hands the "
        "losses to `np.gradient`, and gets as many numbers as there are parameters: of the right shape, and "
        "not the slopes. Mend it, so that it gives back the two-sided quotient for each parameter, shape "
        "(P,). (This `h` is large, so that you see which quotient you have.)"
    ),
    stub=(
        "def slopes(loss, theta, h):\n"
        "    losses = [loss(theta + h * e) for e in np.eye(len(theta))]\n"
        "    return np.gradient(losses, h)\n"
    ),
    inputs=lambda rng, size: some_loss(rng, 1 + size),
    oracle=slopes_one_by_one,
    answer=slopes,
    hints=(
        "Exchange two parameters that move alike. Which numbers of `np.gradient` change?",
        "`np.gradient` subtracts the losses of neighbouring parameters. Which two losses have to be "
        "subtracted, for one parameter?",
        "Once with h·e added and once with h·e subtracted, e a row of the identity; the two are 2h apart.",
    ),
    mistakes=(
        Mistake(
            "np.gradient differentiates",
            along_the_index,
            "You subtract losses of neighbouring parameters. Between which two points is θ itself moved?",
        ),
        Mistake(
            "a difference of neighbours is a slope",
            neighbours,
            "Your losses belong to two unlike parameters each. Which loss belongs to the same parameter, "
            "moved the other way?",
        ),
        Mistake(
            "one side will do, forward",
            quotient(1, 0, lambda h: h),
            "You look ahead only. What does the curvature add to your quotient, and what would looking back "
            "take away?",
        ),
        Mistake(
            "one side will do, backward",
            quotient(0, -1, lambda h: h),
            "You look back only. What does the curvature take from your quotient, and what would looking "
            "ahead add?",
        ),
        Mistake(
            "the two points are h apart",
            quotient(1, -1, lambda h: h),
            "Your slopes are twice too steep. How far apart are your two points?",
        ),
        Mistake(
            "a difference needs no distance",
            quotient(1, -1, lambda h: 2),
            "You halve the difference. What becomes of your number if h is halved too?",
        ),
        Mistake(
            "the slope points to the minimum",
            quotient(-1, 1, lambda h: 2 * h),
            "Your slopes have the other sign. Is the slope positive where the loss grows with θ?",
        ),
        Mistake(
            "all parameters may move at once",
            lambda loss, theta, h: np.full(len(theta), (loss(theta + h) - loss(theta - h)) / (2 * h)),
            "You move all parameters together, and all your numbers are equal. Whose slope is that?",
        ),
        Mistake(
            "two names are two arrays",
            two_names,
            "Your two points are one array with two names, so their losses are equal. What makes two arrays "
            "of it?",
        ),
        Mistake(
            "what was moved goes back by itself",
            left_where_it_was_moved,
            "Your first slope is right, and the later ones start from another place. Where is parameter 0 "
            "when you move parameter 1?",
        ),
    ),
    properties=(
        Property(
            "a loss that is a plane has the same slopes everywhere",
            {
                "loss": PLANE,
                "theta": np.ones(2),
                "h": 0.5,
            },
            lambda found: np.allclose(found, [3, -1]),
        ),
    ),
)

# One step beside a library


def adam_step(theta, gradient, t, m, v, rate):
    m = 0.9 * m + 0.1 * gradient
    v = 0.999 * v + 0.001 * gradient**2
    m_hat, v_hat = m / (1 - 0.9 ** (t + 1)), v / (1 - 0.999 ** (t + 1))
    return theta - rate * m_hat / (np.sqrt(v_hat) + 1e-8)


def adam_step_by_weights(theta, gradient, t, m, v, rate):
    old_m = old_v = 0.0  # the weights of what m and v hold
    for _ in range(t):
        old_m, old_v = 0.9 * old_m + 0.1, 0.999 * old_v + 0.001
    moved = []
    for place, g, m_j, v_j in zip(theta, gradient, m, v, strict=True):
        mean = (0.9 * m_j + 0.1 * g) / (0.9 * old_m + 0.1)
        square = (0.999 * v_j + 0.001 * g * g) / (0.999 * old_v + 0.001)
        moved.append(place - rate * mean / (square**0.5 + 1e-8))
    return moved


def mended_with(mend_m, mend_v=None, divide=lambda m, v: m / (np.sqrt(v) + 1e-8)):
    """The step with other corrections, each of (average, β, t), or with another quotient."""

    def run(theta, gradient, t, m, v, rate):
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        return theta - rate * divide(mend_m(m, 0.9, t), (mend_v or mend_m)(v, 0.999, t))

    return run


def corrected(average, beta, t):
    return average / (1 - beta ** (t + 1))


def as_it_is(average, beta, t):
    return average


def once_for_all(average, beta, t):
    return average / (1 - beta)


def in_midst_of_a_run(rng, size):
    n, t = 1 + size % 3, 3 * (size - 1)
    m = v = np.zeros(n)
    for gradient in rng.choice([-1.0, -0.25, 0.05, 0.5, 2.0], (t, n)):
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
    gradient, rate = rng.choice([-1.0, -0.25, 0.05, 0.5, 2.0], n), float(rng.choice(RATES))
    return {"theta": quarters(rng, n), "gradient": gradient, "t": t, "m": m, "v": v, "rate": rate}


ADAM_STEP = Task(
    lesson="14",
    claim="14.3",
    minutes=6,
    statement=(
        "**One step, beside a library.** `t` steps of Adam were taken before, and `m` and `v` are what they "
        "left. The first step of this listing agrees with the library in every digit; the tenth does not. "
        "Take one from equal states, in the midst of a run, beside "
        "`Adam(rate).step(theta, gradient, (t, m, v))`, and mend the line that is amiss."
    ),
    stub=(
        "def adam_step(theta, gradient, t, m, v, rate):\n"
        "    m = 0.9 * m + 0.1 * gradient\n"
        "    v = 0.999 * v + 0.001 * gradient**2\n"
        "    m_hat, v_hat = m / (1 - 0.9), v / (1 - 0.999)\n"
        "    return theta - rate * m_hat / (np.sqrt(v_hat) + 1e-8)\n"
    ),
    inputs=in_midst_of_a_run,
    oracle=adam_step_by_weights,
    answer=adam_step,
    hints=(
        "Which of the arguments is never used?",
        "m weighs all gradients so far. After one step its weights add up to 0.1. And after two?",
        "They add up to one minus a power of 0.9, and this step counts: its number is t + 1.",
    ),
    mistakes=(
        Mistake(
            "the correction is a number",
            mended_with(once_for_all),
            "Your correction is the same in every step. How much of a long run's average is missing?",
        ),
        Mistake(
            "this step does not count yet",
            mended_with(lambda average, beta, t: average / (1 - beta**t)),
            "Your power counts the steps before this one. How many gradients does m hold when you divide?",
        ),
        Mistake(
            "this step counts twice",
            mended_with(lambda average, beta, t: average / (1 - beta ** (t + 2))),
            "Your power counts a step that is still to come. With t = 0, how many gradients does m hold?",
        ),
        Mistake(
            "the averages need no correction",
            mended_with(as_it_is),
            "You use m and v as they are, as article A5 does. With t = 0, how long is your step in units of "
            "the rate?",
        ),
        Mistake(
            "the correction multiplies by β",
            mended_with(lambda average, beta, t: beta * average),
            "You multiply by β, as article A5 does. Are m and v too large at first, or too small?",
        ),
        Mistake(
            "the correction multiplies",
            mended_with(lambda average, beta, t: average * (1 - beta ** (t + 1))),
            "You multiply by what should be undone. Does a correction make m longer or shorter?",
        ),
        Mistake(
            "the steps multiply β",
            mended_with(lambda average, beta, t: average / (1 - beta * (t + 1))),
            "You multiply β by the number of steps. With 0.9 and three steps, what do the weights of a mean "
            "add up to?",
        ),
        Mistake(
            "only m is biased",
            mended_with(corrected, as_it_is),
            "You correct m and leave v. Which of the two remembers longer, and so is farther off at first?",
        ),
        Mistake(
            "only m changes with t",
            mended_with(corrected, once_for_all),
            "Your m is right, and your v is divided by the same number in every step. What holds for both?",
        ),
        Mistake(
            "only v changes with t",
            mended_with(once_for_all, corrected),
            "Your v is right, and your m is divided by the same number in every step. What holds for both?",
        ),
        Mistake(
            "ε stands under the root",
            mended_with(corrected, None, lambda m, v: m / np.sqrt(v + 1e-8)),
            "Your correction is right, and `1e-8` has moved under the root. Where was it in the listing?",
        ),
    ),
    properties=(
        Property(
            "after ever so many steps nothing is left to correct",
            {
                "theta": np.zeros(1),
                "gradient": np.ones(1),
                "t": 10**6,
                "m": np.ones(1),
                "v": np.ones(1),
                "rate": 0.25,
            },
            lambda theta: np.allclose(theta, -0.25),
        ),
    ),
)

# Whose turn it is


def parallel_step(theta, shards, rate):
    pull, n_rows = np.zeros(len(theta)), 0
    for X, y in shards:
        pull = pull + X.T @ (X @ theta - y)
        n_rows = n_rows + len(y)
    return theta - rate * pull / n_rows


def parallel_step_row_by_row(theta, shards, rate):
    rows = [(x, label) for X, y in shards for x, label in zip(X, y, strict=True)]
    moved = list(theta)
    for x, label in rows:
        residual = sum(a * b for a, b in zip(x, theta, strict=True)) - label
        for j, a in enumerate(x):
            moved[j] -= rate * residual * a / len(rows)
    return moved


def slope_of(theta, X, y):
    return X.T @ (X @ theta - y) / len(y)


def in_turn(theta, shards, rate, weigh=lambda share, n: 1.0):
    """Each worker goes on where the last one ended; weigh: (share of the rows, shards) → part of the rate."""
    n_rows = sum(len(y) for _, y in shards)
    for X, y in shards:
        theta = theta - rate * weigh(len(y) / n_rows, len(shards)) * slope_of(theta, X, y)
    return theta


def forth_and_back(theta, shards, rate):
    there = in_turn(theta, shards, rate, lambda share, n: share)
    return (there + in_turn(theta, shards[::-1], rate, lambda share, n: share)) / 2


def gathered(gather):
    """A step along the workers' gradients, all taken at θ, gathered by (gradients, sizes)."""

    def run(theta, shards, rate):
        slopes = np.array([slope_of(theta, X, y) for X, y in shards])
        return theta - rate * gather(slopes, np.array([len(y) for _, y in shards]))

    return run


def without_transpose(theta, shards, rate):
    for X, y in shards:
        theta = theta - rate * X @ (X @ theta - y) / len(y)
    return theta


def some_shards(rng, size):
    n, sizes = (size + 1) // 2, 1 + rng.choice(2 + size, 2 + size // 2, replace=False)
    shards = tuple((quarters(rng, rows, n), quarters(rng, rows)) for rows in sizes)
    return {"theta": quarters(rng, n), "shards": shards, "rate": float(rng.choice(RATES))}


PARALLEL_STEP = Task(
    lesson="14",
    claim="C08",
    minutes=6,
    statement=(
        "**An invariant.** Each worker holds a shard `(X, y)`, of uneven sizes; the loss is the mean of "
        "$\\tfrac12(x^\\top\\theta-y)^2$ over all rows. This is article A3's listing, mended so far that it "
        "runs. It is called data parallel, and its result depends on the order of the workers. Mend it: one "
        "step at `rate`, the same as the full batch's, whoever answers first."
    ),
    stub=(
        "def parallel_step(theta, shards, rate):\n"
        "    for X, y in shards:\n"
        "        theta = theta - rate * X.T @ (X @ theta - y) / len(y)\n"
        "    return theta\n"
    ),
    inputs=some_shards,
    oracle=parallel_step_row_by_row,
    answer=parallel_step,
    hints=(
        "At which θ does the second worker take its gradient? At which should it?",
        "Let θ rest until all have answered. What must a worker with six rows count, beside one with two?",
        "Add up the workers' sums over rows, and their numbers of rows; then one step along the quotient.",
    ),
    mistakes=(
        Mistake(
            "a loop over workers is parallel",
            in_turn,
            "Your second worker starts where the first one ended. Could both of yours work at the same time?",
        ),
        Mistake(
            "in turn, with a part of the rate",
            lambda theta, shards, rate: in_turn(theta, shards, rate, lambda share, n: 1 / n),
            "You divide the rate, and your workers still take turns. At which θ does the second one look?",
        ),
        Mistake(
            "in turn, with a share of the rate",
            lambda theta, shards, rate: in_turn(theta, shards, rate, lambda share, n: share),
            "Your weights are right, and your workers still take turns. At which θ does the second one look?",
        ),
        Mistake(
            "a loop forth and one back",
            forth_and_back,
            "You average a loop forth and one back, so reversing changes nothing. What about any other "
            "order, with three workers?",
        ),
        Mistake(
            "workers count alike",
            gathered(lambda slopes, sizes: slopes.mean(0)),
            "Your workers count alike, and the order no longer matters. Should one with six rows count "
            "like one with two?",
        ),
        Mistake(
            "gradients are added up",
            gathered(lambda slopes, sizes: slopes.sum(0)),
            "You add up means. If all workers held the same rows, how often would you take the step?",
        ),
        Mistake(
            "rows are added up",
            gathered(lambda slopes, sizes: sizes @ slopes),
            "You add up over all rows. The loss is a mean: what is missing?",
        ),
        Mistake(
            "the mean of the sums",
            gathered(lambda slopes, sizes: sizes @ slopes / len(sizes)),
            "You divide the sum over the rows by the number of workers. By what does a mean over rows "
            "divide?",
        ),
        Mistake(
            "the last answer counts",
            gathered(lambda slopes, sizes: slopes[-1]),
            "Your step is the last worker's alone. What became of the other answers?",
        ),
        Mistake(
            "X needs no transpose",
            without_transpose,
            "You multiply X with the residuals as they are, as in the printed listing. Along which axis are "
            "the rows summed?",
        ),
    ),
)

# Where a missing rate hides


def unnoticed(curvatures, a):
    return curvatures[curvatures < 2 * (1 + a) / (1 - a)]


def unnoticed_by_running(curvatures, a):
    calm = []
    for curvature in curvatures:
        theta, v = 1.0, 0.0
        for _ in range(1000):
            if abs(theta) < 1e6:
                v = a * v + (1 - a) * curvature * theta
                theta = theta - v
        if abs(theta) < 1:
            calm.append(curvature)
    return calm


def below(limit):
    """The curvatures below another limit, a function of a."""
    return lambda curvatures, a: curvatures[curvatures < limit(a)]


def there_after(rounds):
    def run(curvatures, a):
        theta, v = np.ones(len(curvatures)), 0.0
        for _ in range(rounds):
            v = a * v + (1 - a) * curvatures * theta
            theta = theta - v
        return curvatures[abs(theta) < 0.01]

    return run


def some_curvatures(rng, size):
    a = float(rng.choice([0.5, 0.75, 0.9]))
    limit = 2 * (1 + a) / (1 - a)
    shares = rng.choice([0.01, 0.1, 0.25, 0.4, 0.6, 0.8, 0.9, 1.1, 1.2, 1.5, 4], 3 + size // 2, replace=False)
    return {"curvatures": np.round(limit * shares, 2), "a": a}


UNNOTICED = Task(
    lesson="14",
    claim="14.5",
    minutes=6,
    statement=(
        "**Where it hides.** Article A5 prints momentum without a rate: $v\\leftarrow av+(1-a)g$, "
        "$\\theta\\leftarrow\\theta-v$. Whoever tests it on the bowl $\\tfrac12c\\theta^2$ sees nothing "
        "amiss as long as θ goes to 0. Give back those of `curvatures`, in their order, on which it does. "
        "The listing knows gradient descent's limit at the rate 1, and calls too few harmless. Mend it, by "
        "algebra or by trying."
    ),
    stub="def unnoticed(curvatures, a):\n    limit = 2\n    return curvatures[curvatures < limit]\n",
    inputs=some_curvatures,
    oracle=unnoticed_by_running,
    answer=unnoticed,
    hints=(
        "At the limit θ swings between two values, θ and −θ. What must v be then, round after round?",
        "v swings too: v = 2θ before, −2θ after. Put this into v ← av + (1 − a)cθ, signs included, and solve "
        "for c.",
        "With θ before the step: −v = 2θ would be the v of the round before. So 2θ = −2aθ + (1 − a)cθ.",
    ),
    mistakes=(
        Mistake(
            "without a rate means gradient descent at the rate 1",
            below(lambda a: 2),
            "You use gradient descent's limit. By how much does (1 − a) shorten each gradient here?",
        ),
        Mistake(
            "only the factor of g matters",
            below(lambda a: 2 / (1 - a)),
            "You reckon with (1 − a), and with no velocity. Near the limit, which way does the velocity "
            "point when the next gradient comes?",
        ),
        Mistake(
            "momentum's limit as in the libraries",
            below(lambda a: 2 * (1 + a)),
            "Your limit is that of v ← av + g at the rate 1. Which factor has g in the printed form?",
        ),
        Mistake(
            "a and 1 − a change places",
            below(lambda a: 2 * (2 - a) / a),
            "In your limit a and 1 − a have changed places. Which of them weighs the gradient?",
        ),
        Mistake(
            "a is 0.9",
            below(lambda a: 38),
            "Your limit is 38 whatever a is. For which a is that so?",
        ),
        Mistake(
            "the velocity speeds things up",
            below(lambda a: 2 * (1 - a) / (1 + a)),
            "Your limit falls as a grows. When θ swings, do successive gradients add up in v, or cancel?",
        ),
        Mistake(
            "what swings is noticed",
            below(lambda a: (1 - a**0.5) / (1 + a**0.5)),
            "You keep the curvatures on which θ never changes its sign. Does a run that swings and calms "
            "down end at 0, too?",
        ),
        Mistake(
            "what is not there soon will never be",
            there_after(20),
            "You judge early. What becomes of your slow ones if you wait longer?",
        ),
        Mistake(
            "those on which it shows",
            lambda curvatures, a: curvatures[curvatures > 2 * (1 + a) / (1 - a)],
            "You give the curvatures on which everybody notices. Which ones are left?",
        ),
        Mistake(
            "yes or no for each",
            lambda curvatures, a: 1 * (curvatures < 2 * (1 + a) / (1 - a)),
            "You give a yes or no for each curvature. What picks the curvatures themselves?",
        ),
    ),
    properties=(
        Property(
            "on standardised data curvatures are small, and nobody notices",
            {"curvatures": np.array([1.0, 0.1, 0.3]), "a": 0.9},
            lambda found: np.array_equal(found, [1.0, 0.1, 0.3]),
        ),
    ),
)

tasks = Tasks(TALLY, JOINED_STEP, SUSPECTS, SLOPES, ADAM_STEP, PARALLEL_STEP, UNNOTICED)
