"""Lesson 10: the signal through layers, cutting, a rank that is enough, whole numbers, who is beaten."""

import numpy as np

from .task import Mistake, Property, Task, Tasks

# The signal through the layers


def signal(size, n_inputs, variances):
    factors = n_inputs * variances
    factors[1:] = factors[1:] / 2
    return size * np.cumprod(factors)


def signal_layer_by_layer(size, n_inputs, variances):
    sizes = []
    for layer, (n, v) in enumerate(zip(n_inputs, variances, strict=True)):
        heard = size if layer == 0 else size / 2  # a ReLU lets one sign through
        size = n * v * heard
        sizes.append(size)
    return sizes


def layers(rng, size):
    """The input's mean square, and a few layers."""
    n = rng.integers(4, 40, 1 + size)
    return {
        "size": float(rng.choice([0.5, 1.0, 2.0])),
        "n_inputs": n,
        "variances": rng.uniform(0.5, 4, 1 + size) / n,
    }


SIGNAL = Task(
    lesson="10",
    claim="10.1",
    minutes=6,
    statement=(
        "**How large is the signal?** The net's inputs have mean square `size`. Layer $l$ has `n_inputs[l]` "
        "inputs, and its weights are drawn with mean 0 and variance `variances[l]`. A ReLU stands "
        "between any "
        "two layers, none before the first. Give the expected mean square that comes out of each "
        "layer, before "
        "its ReLU."
    ),
    stub="def signal(size, n_inputs, variances):\n    return ...\n",
    inputs=layers,
    oracle=signal_layer_by_layer,
    answer=signal,
    hints=(
        "One sum of n products with independent weights of mean 0: how do their variances add up?",
        "A layer multiplies the mean square that it hears by n·v. What does it hear of the layer before?",
        "z has both signs alike, so a ReLU leaves half of its mean square; the inputs have been "
        "through none.",
    ),
    plotted="mean square",
    mistakes=(
        Mistake(
            "a ReLU takes nothing away",
            lambda size, n_inputs, variances: size * np.cumprod(n_inputs * variances),
            "Your layers hear all that the layer before gave out. What does a ReLU do to the negative half?",
        ),
        Mistake(
            "the inputs have been through a ReLU",
            lambda size, n_inputs, variances: size * np.cumprod(n_inputs * variances / 2),
            "You halve in the first layer too. Which ReLU stands before it?",
        ),
        Mistake(
            "half of the values is a quarter of the squares",
            lambda size, n_inputs, variances: (
                size * np.cumprod(n_inputs * variances) / 4.0 ** np.arange(len(n_inputs))
            ),
            "You leave a quarter at each ReLU. If half of the squares are set to zero, what is left "
            "of their mean?",
        ),
        Mistake(
            "the spread of a weight is its deviation",
            lambda size, n_inputs, variances: (
                size * np.cumprod(n_inputs * np.sqrt(variances)) / 2.0 ** np.arange(len(n_inputs))
            ),
            "You multiply by the deviation of the weights. What is the mean square of a product of two?",
        ),
        Mistake(
            "the inputs of a layer do not add up",
            lambda size, n_inputs, variances: size * np.cumprod(variances) / 2.0 ** np.arange(len(n_inputs)),
            "Your sums have one term each. How many products does a unit add up?",
        ),
        Mistake(
            "a layer takes a mean of its inputs",
            lambda size, n_inputs, variances: (
                size * np.cumprod(variances / n_inputs) / 2.0 ** np.arange(len(n_inputs))
            ),
            "You divide by the number of inputs. Does a unit take the sum or the mean of its products?",
        ),
        Mistake(
            "layers add up",
            lambda size, n_inputs, variances: size * np.cumsum(n_inputs * variances),
            "Your layers add to each other. What does a layer do with the size that it is given?",
        ),
        Mistake(
            "every layer hears the inputs",
            lambda size, n_inputs, variances: size * n_inputs * variances,
            "Each of your layers starts from the net's inputs. Whose outputs does the second one see?",
        ),
        Mistake(
            "only the end counts",
            lambda size, n_inputs, variances: signal(size, n_inputs, variances)[-1],
            "You give the last layer alone. Could a reader see from it where the signal fades?",
        ),
    ),
    properties=(
        Property(
            "with He's variance 2/n every layer but the first keeps the size",
            {"size": 1.0, "n_inputs": np.array([8, 4, 16]), "variances": np.array([1 / 8, 2 / 4, 2 / 16])},
            lambda sizes: np.allclose(sizes, 1),
        ),
    ),
)

# Cut


def cut(weights, share):
    n_cut = int(share * len(weights))
    order = np.argsort(abs(weights))
    left = weights.copy()
    left[order[:n_cut]] = 0.0
    return left


def cut_one_by_one(weights, share):
    left = list(weights)
    for _ in range(int(share * len(weights))):
        smallest = min((i for i, w in enumerate(left) if w), key=lambda i: abs(left[i]))
        left[smallest] = 0.0
    return left


def cutting(rank=abs, n_cut=lambda weights, share: int(share * len(weights)), gone=lambda w: 0 * w):
    """Cutting by another order, of another number, or to something else than 0."""

    def run(weights, share):
        left, order = weights.copy(), np.argsort(rank(weights))
        cut_off = order[: n_cut(weights, share)]
        left[cut_off] = gone(left[cut_off])
        return left

    return run


def below_a_share_of_the_largest(weights, share):
    return np.where(abs(weights) > share * abs(weights).max(), weights, 0)


def cut_and_forget_where(weights, share):
    left = cut(weights, share)
    return left[left != 0]


def what_was_cut(weights, share):
    return weights - cut(weights, share)


def cut_in_place(weights, share):
    weights[np.argsort(abs(weights))[: int(share * len(weights))]] = 0
    return weights


def some_weights(rng, size):
    n = 4 + 2 * size
    weights = rng.permutation(np.arange(1, n + 1)) ** 2 / 8 * rng.choice([-1, 1], n)
    return {"weights": weights, "share": float(rng.choice([0.3, 0.5, 0.8]))}


CUT = Task(
    lesson="10",
    claim="10.4",
    minutes=5,
    statement=(
        "**Cut the smallest.** Give back a new array like `weights`, (n,), in which the smallest in size, "
        "whatever their sign, are 0. `share` of them go; where that is no whole number, round down."
    ),
    stub="def cut(weights, share):\n    return ...\n",
    inputs=some_weights,
    oracle=cut_one_by_one,
    answer=cut,
    fresh=True,
    hints=(
        "How many go? And which function tells the order of their sizes without moving them?",
        "np.argsort gives the places from the smallest on; sort the sizes, not the weights.",
        "Copy the weights, and set the first n_cut places of that order to 0.",
    ),
    plotted="weight",
    mistakes=(
        Mistake(
            "small means negative",
            cutting(rank=lambda w: w),
            "You cut the most negative ones. Does −3 do less in a sum than 0.1?",
        ),
        Mistake(
            "the largest go",
            cutting(rank=lambda w: -abs(w)),
            "You cut the largest. Which weights does the output feel least?",
        ),
        Mistake(
            "share is what stays",
            cutting(n_cut=lambda w, share: int((1 - share) * len(w))),
            "Your share is what stays. What does the statement say of those that go?",
        ),
        Mistake(
            "the share is of the largest weight",
            below_a_share_of_the_largest,
            "You cut what is below a share of the largest. Is that a share of their number?",
        ),
        Mistake(
            "zeros need not be kept",
            cut_and_forget_where,
            "Your array has lost the places of the zeros. Which input does each of the others belong to now?",
        ),
        Mistake(
            "what was cut is wanted",
            what_was_cut,
            "You give back the weights that were cut. Which ones are to go on computing?",
        ),
        Mistake(
            "half a weight is cut as well",
            cutting(n_cut=lambda w, share: int(np.ceil(share * len(w)))),
            "Where the share is no whole number, you cut one more. Which way is it to be rounded?",
        ),
        Mistake(
            "a cut weight is one",
            cutting(gone=np.sign),
            "You leave the sign of what was cut. What does a product with it still add?",
        ),
        Mistake(
            "the array may be changed in place",
            cut_in_place,
            "Your function cuts the array that it was given. What if another share is to be tried after it?",
        ),
    ),
    properties=(
        Property(
            "of −3, 1, 2, −0.5 the half that stays is −3 and 2",
            {"weights": np.array([-3.0, 1.0, 2.0, -0.5]), "share": 0.5},
            lambda left: np.array_equal(left, [-3, 0, 2, 0]),
        ),
    ),
)

# The rank that is enough


def enough(sigma, share):
    kept = np.cumsum(sigma**2) / (sigma**2).sum()
    return int((kept < share).sum()) + 1


def enough_by_counting(sigma, share):
    whole, kept, rank = sum(s * s for s in sigma), 0.0, 0
    while kept < share * whole:
        kept += sigma[rank] ** 2
        rank += 1
    return rank


def ranked(weigh=lambda sigma: sigma**2, target=lambda share: share, off=1):
    """The rank by another measure of what is kept, another target, or counted from elsewhere."""

    def run(sigma, share):
        kept = np.cumsum(weigh(sigma)) / weigh(sigma).sum()
        return int((kept < target(share)).sum()) + off

    return run


def large_ones(sigma, share):
    return int((sigma >= (1 - share) * sigma[0]).sum())


def a_share_of_them(sigma, share):
    return int(np.ceil(share * len(sigma)))


def from_the_smallest(sigma, share):
    return ranked()(sigma[::-1], share)


def values(rng, size):
    sigma = np.sort(rng.exponential(1, 3 + 2 * size))[::-1] + 0.01
    return {"sigma": sigma, "share": float(rng.choice([0.5, 0.8, 0.9]))}


ENOUGH = Task(
    lesson="10",
    claim="10.6",
    minutes=5,
    statement=(
        "**Which rank is enough?** `sigma` holds the singular values of a weight, largest first. The squared "
        "size of the weight is the sum of their squares. Give the smallest rank that keeps at least `share` "
        "of it."
    ),
    stub="def enough(sigma, share):\n    return ...\n",
    inputs=values,
    oracle=enough_by_counting,
    answer=enough,
    hints=(
        "How much is kept at rank 1, at rank 2? A running sum tells all at once.",
        "Divide the running sum of the squares by their whole sum, and look where it reaches the share.",
        "Count the ranks that do not reach it yet, and take the next one.",
    ),
    mistakes=(
        Mistake(
            "values need no squares",
            ranked(weigh=lambda sigma: sigma),
            "You add up the singular values themselves. Of what is the squared size the sum?",
        ),
        Mistake(
            "the last rank that is not enough",
            ranked(off=0),
            "Your rank does not reach the share yet. Which one does?",
        ),
        Mistake(
            "one more for safety",
            ranked(off=2),
            "Your rank is enough, and so is a smaller one. Where does your count begin?",
        ),
        Mistake(
            "the share is what may be lost",
            ranked(target=lambda share: 1 - share),
            "Your share is what gets lost. What should be kept?",
        ),
        Mistake(
            "values above a share of the largest are kept",
            large_ones,
            "You keep values that are large beside the first. Could many small ones together hold a "
            "good part?",
        ),
        Mistake(
            "a share of the ranks is a share of the size",
            a_share_of_them,
            "You take a share of their number. Are all singular values of one size?",
        ),
        Mistake(
            "the order does not matter",
            from_the_smallest,
            "You count from the smallest value on. Which of them does a low rank keep?",
        ),
        Mistake(
            "squares of squares",
            ranked(weigh=lambda sigma: sigma**4),
            "You square twice. Which power of the singular values makes the squared size?",
        ),
    ),
    properties=(
        Property(
            "of 3, 4 and 0 in squares 16, 9 and 0, rank 1 keeps 0.64 and rank 2 all",
            {"sigma": np.array([4.0, 3.0, 0.0]), "share": 0.7},
            lambda rank: rank == 2,
        ),
    ),
)

# Whole numbers


def coded(weights, bits):
    highest = 2 ** (bits - 1) - 1
    scale = abs(weights).max(axis=1, keepdims=True) / highest
    return np.round(weights / scale) * scale


def coded_one_by_one(weights, bits):
    rows = []
    for unit in weights:
        scale = max(abs(w) for w in unit) / (2 ** (bits - 1) - 1)
        rows.append([round(w / scale) * scale for w in unit])
    return rows


def coding(
    largest=lambda w: abs(w).max(axis=1, keepdims=True),
    highest=lambda bits: 2 ** (bits - 1) - 1,
    whole=np.round,
    back=True,
):
    """Coding with another scale, another highest code, other rounding, or without the way back."""

    def run(weights, bits):
        scale = largest(weights) / highest(bits)
        codes = whole(weights / scale)
        return codes * scale if back else codes

    return run


def units(rng, size):
    """A few units of unlike size, some with their largest weight below zero."""
    weights = rng.normal(size=(1 + size, 3 + size)) * rng.choice([0.1, 1.0, 10.0], (1 + size, 1))
    weights[:, 0] = -abs(weights).max(axis=1) * 1.5
    return {"weights": weights, "bits": int(rng.integers(3, 7))}


CODED = Task(
    lesson="10",
    claim="10.9",
    minutes=6,
    statement=(
        "**Whole numbers.** `weights` has a row for each unit. Code each unit with whole numbers of `bits` "
        "bits, 0 as 0 and both signs alike, so that its largest weight in size gets the highest code: 127 "
        "for 8 bits. Give back the numbers that the codes stand for."
    ),
    stub="def coded(weights, bits):\n    return ...\n",
    inputs=units,
    oracle=coded_one_by_one,
    answer=coded,
    hints=(
        "What is the highest code of `bits` bits with a sign, if −127 and 127 are to be alike for 8?",
        "The scale is what a code of 1 stands for: the unit's largest size divided by the highest code.",
        "Divide by the scale, round, multiply by it again; keepdims=True keeps a scale a row.",
    ),
    mistakes=(
        Mistake(
            "one scale does for all",
            coding(largest=lambda w: abs(w).max()),
            "You use one scale for all units. What becomes of a unit whose weights are a hundred "
            "times smaller?",
        ),
        Mistake(
            "scales belong to the inputs",
            coding(largest=lambda w: abs(w).max(axis=0, keepdims=True)),
            "Your scales belong to the columns. Where does a unit lie?",
        ),
        Mistake(
            "all bits count the size",
            coding(highest=lambda bits: 2**bits - 1),
            "Your codes go up to 255 for 8 bits. Which bit tells the sign?",
        ),
        Mistake(
            "the highest code is a power of two",
            coding(highest=lambda bits: 2 ** (bits - 1)),
            "Your highest code is 128 for 8 bits. Does 128 fit beside −128 … 127?",
        ),
        Mistake(
            "digits are cut off",
            coding(whole=np.trunc),
            "You cut the fraction off. How far off may a weight be then, and how far if you take the "
            "nearest code?",
        ),
        Mistake(
            "always down",
            coding(whole=np.floor),
            "You always round down, so every weight drifts to one side. Which code is the nearest?",
        ),
        Mistake(
            "the largest weight is the most positive",
            coding(largest=lambda w: w.max(axis=1, keepdims=True)),
            "You look for the most positive weight. What code does −3 get in a unit whose other "
            "weights are small?",
        ),
        Mistake(
            "codes are the answer",
            coding(back=False),
            "You give back the codes. What does a code of 64 stand for in this unit?",
        ),
        Mistake(
            "bits are decimal places",
            lambda weights, bits: np.round(weights, bits),
            "You keep decimal places. How many different numbers can a code of so many bits name?",
        ),
        Mistake(
            "the range is what counts",
            coding(largest=lambda w: np.ptp(w, axis=1, keepdims=True)),
            "Your scale spans from the least weight to the greatest. Which size has to fit if 0 "
            "stays in the middle?",
        ),
    ),
    properties=(
        Property(
            "with 3 bits there are the codes −3 … 3",
            {"weights": np.array([[3.0, -1.4, 0.2]]), "bits": 3},
            lambda numbers: np.allclose(numbers, [[3, -1, 0]]),
        ),
    ),
)

# Who is beaten


def frontier(kilobytes, percent):
    kept = []
    for i in range(len(percent)):
        as_good = (kilobytes <= kilobytes[i]) & (percent >= percent[i])
        better = (kilobytes < kilobytes[i]) | (percent > percent[i])
        if not (as_good & better).any():
            kept.append(i)
    return np.array(kept)


def frontier_by_asking_everyone(kilobytes, percent):
    nets = list(zip(kilobytes, percent, strict=True))

    def beats(one, other):
        return one != other and one[0] <= other[0] and one[1] >= other[1]

    return [i for i, net in enumerate(nets) if not any(beats(other, net) for other in nets)]


def unbeaten(beats):
    """Those that nobody beats, where beats(bytes, percent, of one's own) is another rule."""

    def run(kilobytes, percent):
        pairs = zip(kilobytes, percent, strict=True)
        return np.flatnonzero([not beats(kilobytes, percent, kb, p).any() for kb, p in pairs])

    return run


def in_order_of_bytes(kilobytes, percent):
    kept = frontier(kilobytes, percent)
    return kept[np.argsort(kilobytes[kept], kind="stable")]


def the_best_alone(kilobytes, percent):
    return np.flatnonzero(percent == percent.max())


def the_best_ratio(kilobytes, percent):
    return np.array([(percent / kilobytes).argmax()])


def the_two_ends(kilobytes, percent):
    return np.unique([kilobytes.argmin(), percent.argmax()])


def some_nets(rng, size):
    """Nets with a few ties in bytes and in percent."""
    n = 4 + 2 * size
    kilobytes = rng.integers(2, 3 + n, n) * 10.0
    return {"kilobytes": kilobytes, "percent": np.round(60 + 8 * np.log(kilobytes) + rng.normal(size=n) * 4)}


FRONTIER = Task(
    lesson="10",
    claim="B10",
    minutes=8,
    statement=(
        "**Who is beaten?** Each net needs `kilobytes` and has `percent` of the rows right. A net is "
        "beaten if "
        "another needs no more bytes and has no fewer rows right, and is better in one of the two. Give the "
        "numbers of the nets that nobody beats, in the order in which they stand."
    ),
    stub="def frontier(kilobytes, percent):\n    return ...\n",
    inputs=some_nets,
    oracle=frontier_by_asking_everyone,
    answer=frontier,
    hints=(
        "For one net: which others are at least as good in both? Two comparisons and an `&`.",
        "Among them a twin with the same numbers does not count: one of the two must be strictly better.",
        "Keep net i if no other is at least as good in both and better in one.",
    ),
    mistakes=(
        Mistake(
            "better in both is needed",
            unbeaten(lambda k, p, kb, pc: (k < kb) & (p > pc)),
            "You let a net stay that another equals in bytes and beats in percent. What would you "
            "gain by taking it?",
        ),
        Mistake(
            "a twin beats",
            lambda kilobytes, percent: np.array(
                [
                    i
                    for i in range(len(percent))
                    if ((kilobytes <= kilobytes[i]) & (percent >= percent[i])).sum() == 1
                ],
                dtype=int,
            ),
            "Two of your nets with the same numbers drive each other out. Which of the two is the "
            "better one?",
        ),
        Mistake(
            "only bytes must be fewer",
            unbeaten(lambda k, p, kb, pc: (k < kb) & (p >= pc)),
            "Your nets are beaten by smaller ones alone. What of one that needs the same bytes and "
            "is right more often?",
        ),
        Mistake(
            "only percent must be more",
            unbeaten(lambda k, p, kb, pc: (k <= kb) & (p > pc)),
            "Your nets are beaten by better ones alone. What of one that is right as often, and smaller?",
        ),
        Mistake(
            "more right is all that counts",
            the_best_alone,
            "You keep the one that is right most often. Is there no room for a net that is a little "
            "worse and tiny?",
        ),
        Mistake(
            "percent a kilobyte is one number",
            the_best_ratio,
            "You rank by percent a kilobyte. What would a net of one byte that guesses score there?",
        ),
        Mistake(
            "the two ends are the frontier",
            the_two_ends,
            "You keep the smallest and the best. Which net would you take with a budget between them?",
        ),
        Mistake(
            "beaten ones are wanted",
            lambda kilobytes, percent: np.setdiff1d(np.arange(len(percent)), frontier(kilobytes, percent)),
            "You give the nets that are beaten. Which ones would you take home?",
        ),
        Mistake(
            "in order of bytes",
            in_order_of_bytes,
            "Your numbers are sorted by bytes. In which order do the nets stand?",
        ),
        Mistake(
            "numbers begin at one",
            lambda kilobytes, percent: frontier(kilobytes, percent) + 1,
            "Your numbers begin at 1. What number has the first net of an array?",
        ),
    ),
    properties=(
        Property(
            "a small one and a good one stay, and what is worse than both in turn goes",
            {"kilobytes": np.array([10.0, 20.0, 20.0]), "percent": np.array([80.0, 85.0, 79.0])},
            lambda kept: np.array_equal(kept, [0, 1]),
        ),
    ),
)

tasks = Tasks(SIGNAL, CUT, ENOUGH, CODED, FRONTIER)
