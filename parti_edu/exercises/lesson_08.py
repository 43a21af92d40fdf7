"""Lesson 08: common digits, slopes by hand, few digits, calls and computing, a script that goes on."""

import numpy as np

from .lesson_00 import rate_and_beta
from .task import Mistake, Property, Task, Tasks, quarters

# Common digits


def common_digits(ours, twin):
    return -np.log10(abs(ours - twin).max() / abs(ours).max())


def common_digits_one_by_one(ours, twin):
    gap = largest = 0.0
    for a, b in zip(ours, twin, strict=True):
        gap, largest = max(gap, abs(a - b)), max(largest, abs(a))
    return np.log10(largest) - np.log10(gap)


def two_runs(rng, size):
    """Parameters of unlike size, and the same from a library that differs in some digit."""
    ours = rng.choice([-1.0, 1.0], 1 + size) * 10 ** rng.uniform(-2, 2, 1 + size)
    return {"ours": ours, "twin": ours + rng.normal(size=1 + size) * 10.0 ** -rng.integers(4, 12)}


COMMON_DIGITS = Task(
    lesson="08",
    claim="08.1",
    minutes=4,
    statement=(
        "**How many digits agree?** `ours` and `twin` are the last θ of one run in two libraries. Take the "
        "largest distance between them, relative to the largest parameter of `ours`, both without sign, "
        "and say it in decimal digits: a relative distance of $10^{-7}$ is 7."
    ),
    stub="def common_digits(ours, twin):\n    return ...\n",
    inputs=two_runs,
    oracle=common_digits_one_by_one,
    answer=common_digits,
    hints=(
        "Two numbers first: the largest distance, and the largest parameter.",
        "Their ratio is something like 0.0000001. Which function counts the zeros?",
        "Minus the logarithm to the base 10 of the ratio; mind the signs before you take a maximum.",
    ),
    mistakes=(
        Mistake(
            "a distance needs no scale",
            lambda ours, twin: -np.log10(abs(ours - twin).max()),
            "You take the distance as it is. If both runs were measured in thousandths, would fewer digits "
            "agree?",
        ),
        Mistake(
            "digits are negative",
            lambda ours, twin: np.log10(abs(ours - twin).max() / abs(ours).max()),
            "Your number of digits falls as the runs come closer. What sign has the logarithm of a small "
            "number?",
        ),
        Mistake(
            "every logarithm counts decimal digits",
            lambda ours, twin: -np.log(abs(ours - twin).max() / abs(ours).max()),
            "You take the natural logarithm. To which base do we write numbers?",
        ),
        Mistake(
            "digits are bits",
            lambda ours, twin: -np.log2(abs(ours - twin).max() / abs(ours).max()),
            "You count binary digits. How many of them make one decimal digit?",
        ),
        Mistake(
            "each parameter is measured by itself",
            lambda ours, twin: -np.log10((abs(ours - twin) / abs(ours)).max()),
            "You divide each distance by its own parameter. What does a parameter that is nearly zero do "
            "to that?",
        ),
        Mistake(
            "the signs cancel in a maximum",
            lambda ours, twin: -np.log10((ours - twin).max() / ours.max()),
            "You take a maximum before the signs are gone. Where a parameter of the twin is larger, what "
            "does it see?",
        ),
        Mistake(
            "the mean distance stands for all",
            lambda ours, twin: -np.log10(abs(ours - twin).mean() / abs(ours).max()),
            "You take the mean distance. Could one parameter be far off behind it?",
        ),
        Mistake(
            "equal lengths are equal vectors",
            lambda ours, twin: -np.log10(abs(abs(ours).max() - abs(twin).max()) / abs(ours).max()),
            "You compare the largest parameters of the two runs. What do you know of the others?",
        ),
        Mistake(
            "digits are whole",
            lambda ours, twin: np.floor(-np.log10(abs(ours - twin).max() / abs(ours).max())),
            "You round down to whole digits. What does the fraction still tell about two libraries?",
        ),
    ),
    properties=(
        Property(
            "a tenth apart is one digit",
            {"ours": np.array([1.0, -10.0]), "twin": np.array([1.0, -9.0])},
            lambda digits: np.isclose(digits, 1),
        ),
    ),
)

# Slopes by hand


def slopes(w, v, x, y):
    h = np.tanh(w * x)
    residual = v * h - y
    return np.array([(residual * v * (1 - h**2) * x).mean(), (residual * h).mean()])


def slopes_row_by_row(w, v, x, y):
    by_w = by_v = 0.0
    for input_, label in zip(x, y, strict=True):
        hidden = np.tanh(w * input_)
        pull = v * hidden - label  # of ½(prediction − label)², by the prediction
        by_v += pull * hidden
        by_hidden = pull * v
        by_w += by_hidden * input_ / np.cosh(w * input_) ** 2
    return [by_w / len(x), by_v / len(x)]


def chain(link, give=np.mean):
    """Slopes in which the two products are another function of (residual, h, w, v, x)."""

    def run(w, v, x, y):
        h = np.tanh(w * x)
        return np.array([give(product) for product in link(v * h - y, h, w, v, x)])

    return run


def labels_in_a_column(w, v, x, y):
    h = np.tanh(w * x)
    residual = v * h - y[:, None]
    return np.array([(residual * v * (1 - h**2) * x).mean(), (residual * h).mean()])


def as_it_is(r, h, w, v, x):
    return r * v * (1 - h**2) * x, r * h


SLOPES = Task(
    lesson="08",
    claim="08.2",
    minutes=10,
    statement=(
        "**Do what autograd does.** A net with one hidden unit: the prediction is $v\\tanh(wx)$, the loss "
        "the mean over the rows of half the squared residual. `w` and `v` are numbers, `x` and `y` have "
        "shape (n,). Give back the array of the two slopes, by $w$ and by $v$."
    ),
    stub=(
        "def slopes(w, v, x, y):\n"
        "    # forwards to the residual, then backwards, link by link\n"
        "    return np.array([..., ...])\n"
    ),
    inputs=lambda rng, size: {
        "w": float(rng.choice([-1.5, -0.5, 0.25, 0.75])),
        "v": float(rng.choice([-2.0, -1.25, 0.5, 1.5])),
        "x": rng.choice([-2.0, -1.5, 0.5, 1.5, 2.0], 1 + size) + 0.25 * np.arange(1 + size),
        "y": quarters(rng, 1 + size),
    },
    oracle=slopes_row_by_row,
    answer=slopes,
    hints=(
        "Go from the loss backwards. How does half the squared residual change when the prediction grows a "
        "little? And the prediction, when v does?",
        "Each link of the chain is one factor: the residual; then v; then the slope of tanh, which is "
        "1 − tanh²; then x.",
        "By v the chain ends early: the residual times h. By w it has all four factors. Multiply row by "
        "row, and take the mean last.",
    ),
    mistakes=(
        Mistake(
            "the slope of tanh is 1 − tanh",
            chain(lambda r, h, w, v, x: (r * v * (1 - h) * x, r * h)),
            "Your slope of tanh is 1 − h. What should it be at h = −1, where tanh is flat?",
        ),
        Mistake(
            "tanh has no slope of its own",
            chain(lambda r, h, w, v, x: (r * v * x, r * h)),
            "Your chain has no link for tanh. If the unit is saturated, does w still matter?",
        ),
        Mistake(
            "the slope of tanh is taken at the input",
            chain(lambda r, h, w, v, x: (r * v * (1 - (w * x) ** 2) * x, r * h)),
            "You put wx where the slope of tanh asks for its value. Can 1 − (wx)² be negative, and can "
            "the slope of tanh?",
        ),
        Mistake(
            "the input is no link",
            chain(lambda r, h, w, v, x: (r * v * (1 - h**2), r * h)),
            "Your slope by w does not know x. When w grows a little, by how much does wx grow?",
        ),
        Mistake(
            "the outer weight is no link",
            chain(lambda r, h, w, v, x: (r * (1 - h**2) * x, r * h)),
            "Your slope by w leaves out what comes after the hidden unit. If v were 0, would w matter?",
        ),
        Mistake(
            "the slope by v is the residual",
            chain(lambda r, h, w, v, x: (r * v * (1 - h**2) * x, r)),
            "Your slope by v is the mean residual. When v grows a little, by how much does the prediction "
            "grow?",
        ),
        Mistake(
            "slopes are sums",
            chain(as_it_is, np.sum),
            "You add up over the rows. If every row came twice, should the slope double?",
        ),
        Mistake(
            "the loss is the square, not half of it",
            chain(lambda r, h, w, v, x: (2 * r * v * (1 - h**2) * x, 2 * r * h)),
            "Your slopes are twice as steep as asked. What stands before the square in the loss?",
        ),
        Mistake(
            "a slope is the way down",
            chain(lambda r, h, w, v, x: (-r * v * (1 - h**2) * x, -r * h)),
            "You give the way down. Which sign has the slope of a loss that rises with w?",
        ),
        Mistake(
            "the two change places",
            chain(lambda r, h, w, v, x: as_it_is(r, h, w, v, x)[::-1]),
            "You give both slopes, in the other order. Which was asked for first?",
        ),
        Mistake(
            "labels in a column against predictions in a row",
            labels_in_a_column,
            "Your residuals form a table: every prediction against every label. What are the shapes of "
            "the two that you subtract?",
        ),
        Mistake(
            "the mean of a product is the product of the means",
            chain(lambda r, h, w, v, x: (r.mean() * (v * (1 - h**2) * x).mean(), r.mean() * h.mean())),
            "You take means of the links and multiply them. In what order do the product and the mean come?",
        ),
    ),
    properties=(
        Property(
            "a net that fits every row is on level ground",
            {"w": 0.0, "v": 2.0, "x": np.array([1.0, 3.0]), "y": np.zeros(2)},
            lambda pair: np.array_equal(pair, [0, 0]),
        ),
    ),
)

# Few digits


def added_up(start, steps, bits):
    theta = start
    for step in steps:
        _, exponent = np.frexp(theta + step)
        gap = 2.0 ** (exponent - 1 - bits)
        theta = np.round((theta + step) / gap) * gap
    return theta


def added_up_by_search(start, steps, bits):
    theta = start
    for step in steps:
        exact, power = theta + step, 2.0**20
        while power > abs(exact):
            power /= 2  # down to the leading one
        kept = np.arange(2**bits, 2 ** (bits + 1) + 1) * power / 2**bits
        theta = np.sign(exact) * kept[abs(kept - abs(exact)).argmin()]
    return theta


def rounded(value, bits, whole=np.round, at=None):
    """The value to so many binary digits after the leading one, of itself or of the number `at`."""
    gap = 2.0 ** (np.frexp(value if at is None else at)[1] - 1 - bits)
    return whole(value / gap) * gap


def sum_with(keep):
    """Sums in which what is kept of an exact sum is a function of (sum, bits, step, start)."""

    def run(start, steps, bits):
        theta = start
        for step in steps:
            theta = keep(theta + step, bits, step, start)
        return theta

    return run


def small_steps(rng, size):
    """Steps of which many are smaller than half the gap at the start; no sum lies between two numbers."""
    sign = rng.choice([-1.0, 1.0])
    steps = sign * rng.choice([0.0113, 0.0207, 0.0431, 0.0617, 0.1109, 0.1523, -0.0127, -0.0339], 5 + size)
    return {
        "start": float(sign * rng.choice([0.9375, 1, 1.875, 3.75])),
        "steps": steps,
        "bits": int(rng.integers(3, 7)),
    }


ADDED_UP = Task(
    lesson="08",
    claim="08.4",
    minutes=10,
    statement=(
        "**Steps that vanish.** A number format keeps `bits` binary digits after the leading one: between "
        "1 and 2 its numbers lie $2^{-\\text{bits}}$ apart, between 2 and 4 twice as far, between ½ and 1 "
        "half as far. (bfloat16 has 7.) Add the `steps` to `start` one by one, each sum rounded to the "
        "nearest such number, and give back the last one."
    ),
    stub="def added_up(start, steps, bits):\n    return ...\n",
    inputs=small_steps,
    oracle=added_up_by_search,
    answer=added_up,
    hints=(
        "How far apart are the numbers of the format near 5, if bits is 3? Begin with the largest power of "
        "two below 5.",
        "`np.frexp(5.0)` gives (0.625, 3), since 5 = 0.625 · 2³, and 4 = 2² is the power below it. Divided "
        "by the gap, a number of the format is whole.",
        "In a loop: sum; gap = power below it / 2^bits; divide by the gap, np.round, multiply by the gap.",
    ),
    mistakes=(
        Mistake(
            "rounding waits until the end",
            lambda start, steps, bits: rounded(start + steps.sum(), bits),
            "You round once, at the end, as a trainer that keeps its parameters in many digits. What "
            "happens to a small step that is rounded at once?",
        ),
        Mistake(
            "nothing is rounded",
            lambda start, steps, bits: start + steps.sum(),
            "You add in all digits of float64. Which sums does the format not have?",
        ),
        Mistake(
            "the steps are rough, the sum is not",
            lambda start, steps, bits: start + sum(rounded(step, bits) for step in steps),
            "You round the steps and keep the sum exact. In the lesson, was it the gradient that lost its "
            "digits, or what it was added to?",
        ),
        Mistake(
            "digits are cut off",
            sum_with(lambda exact, bits, *_: rounded(exact, bits, np.trunc)),
            "You cut digits off, so every step towards zero counts and many away from it vanish. Which "
            "number of the format is nearest?",
        ),
        Mistake(
            "rounding goes down",
            sum_with(lambda exact, bits, *_: rounded(exact, bits, np.floor)),
            "You always round down. Which number of the format is nearest to one that lies barely under it?",
        ),
        Mistake(
            "the gap is the same everywhere",
            sum_with(lambda exact, bits, *_: np.round(exact * 2**bits) / 2**bits),
            "Your gap is the same everywhere, as with fixed point. How far apart are the numbers near 5?",
        ),
        Mistake(
            "the leading one is one of the bits",
            sum_with(lambda exact, bits, *_: rounded(exact, bits - 1)),
            "Your gap is twice as wide as asked: `np.frexp` puts numbers between ½ and 1. Which power of "
            "two is the leading one of 5?",
        ),
        Mistake(
            "bits are decimal places",
            sum_with(lambda exact, bits, *_: np.round(exact, bits)),
            "You keep decimal places. Which digits does the format count, and from where on?",
        ),
        Mistake(
            "the gap is that of the step",
            sum_with(lambda exact, bits, step, start: rounded(exact, bits, at=step)),
            "Your gap belongs to the small step. Whose digits have to fit into the format?",
        ),
        Mistake(
            "the gap is that of the start, for ever",
            sum_with(lambda exact, bits, step, start: rounded(exact, bits, at=start)),
            "Your gap is that of the start throughout. What happens to it when θ passes a power of two?",
        ),
    ),
    properties=(
        Property(
            "in bfloat16 a step of 0.003 from 1 is lost, each time",
            {"start": 1.0, "steps": np.full(100, 0.003), "bits": 7},
            lambda theta: theta == 1,
        ),
    ),
)

# Calls and computing


def pays_from(calls, small, large):
    dearer = calls * (large[0] - small[0])
    saved = small[1] - large[1]
    return dearer // saved + 1 if saved > 0 else np.inf


def pays_from_by_counting(calls, small, large):
    if large[1] >= small[1]:
        return np.inf
    n_runs = 1
    while calls * large[0] + n_runs * large[1] >= calls * small[0] + n_runs * small[1]:
        n_runs += 1
    return n_runs


def break_even(dearer, saved=lambda small, large: small[1] - large[1], whole=lambda a, b: a // b + 1):
    """The count with another difference in calls, in computing, or another way to a whole number."""

    def count(calls, small, large):
        if small[1] <= large[1]:
            return np.inf
        return whole(dearer(calls, small, large), saved(small, large))

    return count


def call_prices(calls, small, large):
    return calls * (large[0] - small[0])


def each_run_pays(calls, small, large):
    quicker = calls * large[0] + large[1] < calls * small[0] + small[1]
    return 1 if quicker else np.inf


def never_is_a_number(calls, small, large):
    return call_prices(calls, small, large) // (small[1] - large[1]) + 1


def two_devices(rng, size):
    """(price of a call, computing of a run) of two devices; now and then the large one computes no faster."""
    price, work = int(rng.integers(2, 7)), int(rng.integers(4, 13))
    quick = work + 2 if size % 4 == 3 else int(rng.integers(1, work))
    return {
        "calls": int(rng.integers(5, 30 + size)),
        "small": (price, work),
        "large": (price + int(rng.integers(3, 21)), quick),
    }


PAYS_FROM = Task(
    lesson="08",
    claim="08.6",
    minutes=6,
    statement=(
        "**When does a large device pay?** C runs go side by side. Each call is made once for all of "
        "them. So a round takes `calls` times the price of a call, plus C times the computing of one run. "
        "`small` and `large` are (price of a call, computing of a run) on two devices, in microseconds; "
        "calls are dearer on the large one. From how many runs on is it quicker? `np.inf` if never."
    ),
    stub="def pays_from(calls, small, large):\n    return ...\n",
    inputs=two_devices,
    oracle=pays_from_by_counting,
    answer=pays_from,
    hints=(
        "Write down the time of a round for both, with C unknown. Which of them is ahead at C = 1?",
        "The calls put the large one behind by a fixed time; every run lets it catch up by some "
        "microseconds.",
        "Lead = calls × difference in price; gain = difference in computing, per run. You want the first "
        "whole C with C × gain > lead, and there is one only if gain > 0.",
    ),
    mistakes=(
        Mistake(
            "as quick is quicker",
            break_even(call_prices, whole=lambda a, b: -(-a // b)),
            "Where both take equally long, you call the large one quicker. What if the division leaves no "
            "rest?",
        ),
        Mistake(
            "the last count at which it does not pay",
            break_even(call_prices, whole=lambda a, b: a // b),
            "At your number of runs the large device is not ahead yet. Which whole number comes after the "
            "break-even?",
        ),
        Mistake(
            "runs come in fractions",
            break_even(call_prices, whole=lambda a, b: a / b),
            "You give where the two are equal, with its fraction. How many whole runs is it from there?",
        ),
        Mistake(
            "a round is one call",
            break_even(lambda calls, small, large: large[0] - small[0]),
            "You charge the price of one call a round. How often is it paid?",
        ),
        Mistake(
            "calls on the small device are free",
            break_even(lambda calls, small, large: calls * large[0]),
            "You charge calls to the large device alone. What does the small one pay for its own?",
        ),
        Mistake(
            "computing on the large device is free",
            break_even(call_prices, lambda small, large: small[1]),
            "Your large device computes in no time. By how much does it catch up with each run?",
        ),
        Mistake(
            "every run pays for the calls",
            each_run_pays,
            "You charge the calls to every run anew, so nothing changes with their number. What do runs "
            "side by side share?",
        ),
        Mistake(
            "every call computes",
            break_even(call_prices, lambda small, large: 1, lambda a, b: a + 1),
            "Your lead shrinks by one microsecond a run, whatever the devices. What does the computing of "
            "a run take on each of them?",
        ),
        Mistake(
            "it pays sometime, always",
            never_is_a_number,
            "Where the large device computes no quicker, your number of runs is no count. What would more "
            "runs change there?",
        ),
        Mistake(
            "what never pays, pays never: zero",
            lambda calls, small, large: max(0, never_is_a_number(calls, small, large)),
            "Where it never pays you give 0. Could a reader take this for “from the beginning”?",
        ),
    ),
    properties=(
        Property(
            "ten calls that cost 9 more, made good by 3 a run, pay from the 31st run on",
            {"calls": 10, "small": (1, 4), "large": (10, 1)},
            lambda count: count == 31,
        ),
    ),
)

# A script that goes on


def goes_on(theta, begun, steps, centres, rate, beta, every):
    states = []
    for centre in centres:
        theta = theta - rate * (theta - centre)
        steps += 1
        if steps % every == 0:
            theta = begun = beta * theta + (1 - beta) * begun
        states.append(theta)
    return np.array(states)


def goes_on_by_walks(theta, begun, steps, centres, rate, beta, every):
    left, states = every - steps % every, []
    for centre in centres:
        theta, left = theta - rate * (theta - centre), left - 1
        if left == 0:
            theta = begun + beta * (theta - begun)
            begun, left = theta, every
        states.append(theta)
    return states


def script_with(
    due=lambda steps, every: steps % every == 0,
    merge=lambda theta, begun, beta: beta * theta + (1 - beta) * begun,
    renew=lambda begun, trial, merged: merged,
    resume=lambda theta, begun, steps: (begun, steps),
):
    """The script in which one thing is done in another way."""

    def run(theta, begun, steps, centres, rate, beta, every):
        begun, steps = resume(theta, begun, steps)
        states = []
        for centre in centres:
            trial = theta = theta - rate * (theta - centre)
            steps += 1
            if due(steps, every):
                merged = merge(trial, begun, beta)
                theta, begun = merged, renew(begun, trial, merged)
            states.append(theta)
        return np.array(states)

    return run


def noted_and_left(theta, begun, steps, centres, rate, beta, every):
    states = []
    for centre in centres:
        theta = theta - rate * (theta - centre)
        states.append(theta)
        steps += 1
        if steps % every == 0:
            begun = states[-1] = beta * theta + (1 - beta) * begun
    return np.array(states)


def merge_before_the_step(theta, begun, steps, centres, rate, beta, every):
    states = []
    for centre in centres:
        if steps % every == 0:
            theta = begun = beta * theta + (1 - beta) * begun
        theta = theta - rate * (theta - centre)
        steps += 1
        states.append(theta)
    return np.array(states)


def merge_at_the_end(theta, begun, steps, centres, rate, beta, every):
    states = goes_on(theta, begun, steps, centres, rate, beta, every)
    unmerged = (steps + len(centres)) % every
    if unmerged:
        since = states[-unmerged - 1] if unmerged < len(states) else begun
        states[-1] = beta * states[-1] + (1 - beta) * since
    return states


def checkpoint(rng, size):
    """A script that was stopped in the middle of a walk, and the centres of the batches to come."""
    every = 2 + size % 4
    return {
        "theta": float(rng.choice([1.0, 1.5, 2.0])),
        "begun": float(rng.choice([-1.0, 0.25, 3.0])),
        "steps": every * int(rng.integers(0, 4)) + int(rng.integers(1, every)),
        "centres": quarters(rng, 3 + size),
        **rate_and_beta(rng),
        "every": every,
    }


GOES_ON = Task(
    lesson="08",
    claim="08.8",
    minutes=10,
    statement=(
        "**Stop, and go on.** A script merges after every `every`-th step with where that walk began. It "
        "was stopped in the middle of a walk. Its checkpoint holds θ, where the walk `begun`, and the "
        "number of `steps` so far. The slopes of the batches to come are $\\theta-c$, with $c$ in "
        "`centres`. Give back θ after each of them, as if nothing had happened."
    ),
    stub=(
        "def goes_on(theta, begun, steps, centres, rate, beta, every):\n"
        "    states = []\n"
        "    # a step a batch, and a merge where it is due\n"
        "    return np.array(states)\n"
    ),
    inputs=checkpoint,
    oracle=goes_on_by_walks,
    answer=goes_on,
    hints=(
        "Three steps of a walk of five were done before the stop. When is the next merge due, and with "
        "which state?",
        "Count `steps` on; `steps % every == 0` tells that a walk has ended.",
        "Step; count; if a walk has ended, blend θ with begun, and let the next walk begin there; then "
        "append θ.",
    ),
    plotted="θ",
    mistakes=(
        Mistake(
            "the walk begins where the script goes on",
            script_with(resume=lambda theta, begun, steps: (theta, steps)),
            "Your first merge blends with θ at the stop. Where had that walk begun?",
        ),
        Mistake(
            "the count begins again",
            script_with(resume=lambda theta, begun, steps: (begun, 0)),
            "Your count begins at 0 again, so the first merge is late. How many steps of its walk were "
            "done before the stop?",
        ),
        Mistake(
            "a stop begins everything again",
            script_with(resume=lambda theta, begun, steps: (theta, 0)),
            "You use θ alone of the checkpoint. What else had the script in memory when it was stopped?",
        ),
        Mistake(
            "all walks begin at the same place",
            script_with(renew=lambda begun, trial, merged: begun),
            "Your merges all blend with the first `begun`. Where does the second walk begin?",
        ),
        Mistake(
            "the next walk begins at the trial",
            script_with(renew=lambda begun, trial, merged: trial),
            "Your next walk takes the trial for its beginning. Which state does its first step start from?",
        ),
        Mistake(
            "the merge is noted, and θ goes on without it",
            noted_and_left,
            "Your merged state is written down, but θ goes on from the trial. Which of the two should the "
            "next batch see?",
        ),
        Mistake(
            "β weighs the beginning",
            script_with(merge=lambda theta, begun, beta: beta * begun + (1 - beta) * theta),
            "Your β weighs the walk's beginning. At β = 1, would a script ever get anywhere?",
        ),
        Mistake(
            "a merge after each step",
            script_with(due=lambda steps, every: True),
            "You merge after each step. What does `every` say?",
        ),
        Mistake(
            "no merge is ever due",
            script_with(due=lambda steps, every: False),
            "Your script steps and never merges. When has a walk ended?",
        ),
        Mistake(
            "the merge comes before the next step",
            merge_before_the_step,
            "You merge when the next batch is already there, so after the last step of a walk θ is still "
            "the trial. What would an evaluation at that moment see?",
        ),
        Mistake(
            "an unfinished walk is merged at the end",
            merge_at_the_end,
            "At the end you merge a walk that is not finished. If the script were stopped here and went "
            "on, would it be the same run?",
        ),
        Mistake(
            "the merge comes one step after the walk",
            script_with(due=lambda steps, every: steps % every == 1),
            "Your merge comes with the first step of the next walk. How many steps does a walk have with "
            "you?",
        ),
    ),
    properties=(
        Property(
            "a walk that had one step to go is merged after one step",
            {
                "theta": 2.0,
                "begun": 0.0,
                "steps": 4,
                "centres": np.array([4.0]),
                "rate": 0.5,
                "beta": 0.5,
                "every": 5,
            },
            lambda states: np.array_equal(states, [1.5]),
        ),
    ),
)

tasks = Tasks(COMMON_DIGITS, SLOPES, ADDED_UP, PAYS_FROM, GOES_ON)
