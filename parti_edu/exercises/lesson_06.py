"""Lesson 06: bands on the map, honest savings, prices, how they grow, and a search that counts its cost."""

import numpy as np

from .task import Mistake, Property, Task, Tasks

# Bands on the map


def twin_rate(beta, rate, other):
    return beta * rate / other


def twin_rate_by_moving(beta, rate, other):
    move = beta * (rate * 1.0)  # of a step on the slope 1
    return move / other


TWIN_RATE = Task(
    lesson="06",
    claim="06.1",
    minutes=2,
    statement=(
        "**Along the band, one line.** One local step. The map has a run at the merge coefficient `beta` "
        "and `rate`. In the row of another coefficient, `other`, stands its twin, which ends at the very "
        "same loss. At which rate?"
    ),
    stub="def twin_rate(beta, rate, other):\n    return ...\n",
    inputs=lambda rng, size: {
        "beta": float(rng.choice([0.25, 0.75])),
        "rate": 2.0 ** int(rng.integers(-3, 3)),
        "other": float(rng.choice([0.125, 0.5])),
    },
    oracle=twin_rate_by_moving,
    answer=twin_rate,
    hints=(
        "How far does a round move, when the slope is 1?",
        "The two runs move alike if β times the rate is the same for both.",
        "You know this product for the first run. Divide it by the other coefficient.",
    ),
    mistakes=(
        Mistake(
            "a smaller β wants a smaller rate",
            lambda beta, rate, other: other * rate / beta,
            "Your rate shrinks as the coefficient shrinks. Does the band on the map slant that way?",
        ),
        Mistake(
            "the map is upright: only the rate matters",
            lambda beta, rate, other: rate,
            "Your twin stands in the same column. Do two coefficients move a round equally far there?",
        ),
        Mistake(
            "the twin's rate is the product",
            lambda beta, rate, other: beta * rate,
            "You give the product of β and the rate, which is how far the round moves. With which rate "
            "does `other` move as far?",
        ),
        Mistake(
            "what β loses the rate gains: a sum",
            lambda beta, rate, other: rate + beta - other,
            "You keep the sum of coefficient and rate. On which kind of axes would that be a straight line, "
            "and on which is the map drawn?",
        ),
        Mistake(
            "β weighs the start",
            lambda beta, rate, other: (1 - beta) * rate / (1 - other),
            "You let 1 − β shorten the round's move. At β = 1, how much of the trial is kept?",
        ),
        Mistake(
            "all three are multiplied",
            lambda beta, rate, other: beta * rate * other,
            "You multiply all three. If `other` halves, should your rate halve as well?",
        ),
        Mistake(
            "the place on the axis is the rate",
            lambda beta, rate, other: np.log2(beta * rate / other),
            "You give a place on the logarithmic axis. Which rate is written there?",
        ),
    ),
    properties=(
        Property(
            "in its own row a run is its own twin",
            {"beta": 0.5, "rate": 2.0, "other": 0.5},
            lambda rate: rate == 2,
        ),
    ),
)

# Best against best


def best_against_best(full, part):
    return np.median(full.min((1, 2)) / part.min((1, 2)))


def best_against_best_by_hand(full, part):
    ratios = []
    for rival, groups in zip(full, part, strict=True):
        rival_price = min(price for method in rival for price in method)
        groups_price = min(price for method in groups for price in method)
        ratios.append(rival_price / groups_price)
    return middle(ratios)


def middle(values):
    """The median, by sorting."""
    values, half = sorted(values), len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def at_the_place_of(chooser):
    """Both sides at the method and rate that are best for one of them, split by split."""

    def ratio(full, part):
        flat_full, flat_part = full.reshape(len(full), -1), part.reshape(len(part), -1)
        place = chooser(flat_full, flat_part).argmin(1)[:, None]
        return np.median(np.take_along_axis(flat_full / flat_part, place, 1))

    return ratio


def prices(rng, size):
    """Passes to the target on 2 to 5 splits, for two or three methods; some rates never get there."""
    shape = 2 + (size - 1) % 4, 2 + (size - 1) % 2, 1 + size
    full, part = rng.integers(20, 200, shape) * 1.0, rng.integers(5, 60, shape) * 1.0
    for passes in (full, part):
        passes[:, 0, 0] = passes[:, 1, 1] = np.inf
    return {"full": full, "part": part}


BEST_AGAINST_BEST = Task(
    lesson="06",
    claim="B01",
    minutes=5,
    statement=(
        "**An honest saving.** `full` and `part` have shape (splits, methods, rates): the passes that full "
        "batch and reshuffled groups need to the target, infinite where they never get there. How many "
        "times fewer do groups need, *best against best*: any method, any rate? Give the median over the "
        "splits."
    ),
    stub="def best_against_best(full, part):\n    return ...\n",
    inputs=prices,
    oracle=best_against_best_by_hand,
    answer=best_against_best,
    hints=(
        "Look at one split. Which one number is the best price of full batch, and which that of the groups?",
        "`a.min((1, 2))` takes the minimum over methods and rates at once and keeps the splits.",
        "Best of full, divided by best of part, on each split; then the median of these.",
    ),
    mistakes=(
        Mistake(
            "both sides run at the groups' best setting",
            at_the_place_of(lambda full, part: part),
            "You hold full batch at the method and rate that suit the groups best. Would its own lawyer "
            "have chosen these?",
        ),
        Mistake(
            "both sides run at full batch's best setting",
            at_the_place_of(lambda full, part: full),
            "You hold the groups at the method and rate that suit full batch best. What would they choose "
            "themselves?",
        ),
        Mistake(
            "the method with the largest saving speaks for all",
            lambda full, part: np.median((full.min(2) / part.min(2)).max(1)),
            "You take the method whose saving is largest. Is that the best method, or the one with the "
            "poorest rival?",
        ),
        Mistake(
            "a rival is one of the same method",
            lambda full, part: np.median(full.min(2) / part.min(2)),
            "You compare each method with itself and take the middle of all. May full batch not pick "
            "another method than the groups?",
        ),
        Mistake(
            "the ratio stands on its head",
            lambda full, part: np.median(part.min((1, 2)) / full.min((1, 2))),
            "Your number is under 1 where groups are cheaper. Which of the two prices is to be so many "
            "times the other?",
        ),
        Mistake(
            "the ratio of medians is the median of ratios",
            lambda full, part: np.median(full.min((1, 2))) / np.median(part.min((1, 2))),
            "You take the medians first and divide them. Do both come from one and the same split?",
        ),
        Mistake(
            "a mean is as good as a median",
            lambda full, part: np.mean(full.min((1, 2)) / part.min((1, 2))),
            "You take the mean over the splits. How much can one lucky split lift it?",
        ),
        Mistake(
            "the best split may be chosen as well",
            lambda full, part: full.min() / part.min(),
            "You take the best over the splits too. Can one choose the data as one chooses a rate?",
        ),
        Mistake(
            "the luckiest split is the saving",
            lambda full, part: np.max(full.min((1, 2)) / part.min((1, 2))),
            "You report the split with the largest saving. What would a reader on another split find?",
        ),
        Mistake(
            "a saving is a share",
            lambda full, part: 1 - 1 / np.median(full.min((1, 2)) / part.min((1, 2))),
            "You give the share of passes that is saved. How many times fewer are needed, if three of "
            "four are saved?",
        ),
    ),
    properties=(
        Property(
            "against itself full batch saves nothing",
            {"full": np.array([[[4.0, 8]], [[2, np.inf]]]), "part": np.array([[[4.0, 8]], [[2, np.inf]]])},
            lambda ratio: ratio == 1,
        ),
    ),
)

# Which choices cost more


def price_ratio(rounds, n_groups, local_steps, full):
    passes = rounds * (local_steps / n_groups)[:, None]
    return np.median(passes / full, axis=1)


def price_ratio_by_hand(rounds, n_groups, local_steps, full):
    ratios = []
    for c in range(len(rounds)):
        passes = [n * local_steps[c] / n_groups[c] for n in rounds[c]]
        ratios.append(middle([p / whole for p, whole in zip(passes, full, strict=True)]))
    return ratios


def with_price(price, give=lambda ratios: np.median(ratios, axis=1)):
    """The ratios with a round's price, or what is made of them, in another way."""
    return lambda rounds, n_groups, local_steps, full: give(
        rounds * price(n_groups, local_steps)[:, None] / full
    )


def share(n_groups, local_steps):
    return local_steps / n_groups


def ratio_of_medians(rounds, n_groups, local_steps, full):
    return np.median(rounds, axis=1) * local_steps / n_groups / np.median(full)


def choices(rng, size):
    """1 + size choices on three or five splits; the last one misses the target on one of them."""
    n, splits = 1 + size, 3 + 2 * (size % 2)
    rounds = rng.integers(20, 400, (n, splits)) * 1.0
    rounds[-1, rng.integers(splits)] = np.inf
    groups, steps = 2 ** rng.integers(1, 6, n), rng.integers(2, 7, n)
    full = rng.integers(20, 60, splits)
    return {"rounds": rounds, "n_groups": groups, "local_steps": steps, "full": full}


PRICE_RATIO = Task(
    lesson="06",
    claim="06.10",
    minutes=6,
    statement=(
        "**Which choices cost more?** Choice c takes one of its `n_groups[c]` equal groups a round, with "
        "`local_steps[c]` steps on it, and meets the target after `rounds[c, s]` rounds on split s "
        "(infinite: never). Full batch needs `full[s]` rounds of one step. Give for each choice the median "
        "over splits of its price in *passes* over full batch's: above 1, it costs more."
    ),
    stub="def price_ratio(rounds, n_groups, local_steps, full):\n    return ...\n",
    inputs=choices,
    oracle=price_ratio_by_hand,
    answer=price_ratio,
    hints=(
        "A pass looks at each row once. How much of a pass is one step on one of 8 groups?",
        "A round costs local_steps / n_groups passes; a round of full batch costs one.",
        "Turn `rounds` into passes with a factor of shape (C, 1), divide by `full`, and take the median "
        "along the splits.",
    ),
    mistakes=(
        Mistake(
            "local steps are free",
            with_price(lambda n_groups, local_steps: 1 / n_groups),
            "You charge a round for one step on its group. What do the other local steps look at?",
        ),
        Mistake(
            "a round is a pass",
            with_price(lambda n_groups, local_steps: local_steps),
            "You charge every step a whole pass. How many of the rows does a step on one group see?",
        ),
        Mistake(
            "a round is a round",
            with_price(lambda n_groups, local_steps: 1 + 0 * n_groups),
            "You compare rounds with rounds. Is a round on one of 32 groups as dear as one on all rows?",
        ),
        Mistake(
            "more groups are dearer",
            with_price(lambda n_groups, local_steps: local_steps * n_groups),
            "Your price grows with the number of groups. Does a group grow or shrink when there are more "
            "of them?",
        ),
        Mistake(
            "local steps share out the work",
            with_price(lambda n_groups, local_steps: 1 / (n_groups * local_steps)),
            "Your price falls with the local steps. Does a round that steps five times do less work?",
        ),
        Mistake(
            "the ratio stands on its head",
            with_price(share, lambda ratios: np.median(1 / ratios, axis=1)),
            "Your number is above 1 where the choice is cheaper. Which price stands below the line?",
        ),
        Mistake(
            "a mean is as good as a median",
            with_price(share, lambda ratios: ratios.mean(1)),
            "You take the mean over splits. What does one split that never gets there make of it?",
        ),
        Mistake(
            "splits that never get there may be left out",
            with_price(share, lambda ratios: np.array([np.median(r[np.isfinite(r)]) for r in ratios])),
            "You leave out the splits on which the target is never met. Does that flatter the choice?",
        ),
        Mistake(
            "the ratio of medians is the median of ratios",
            ratio_of_medians,
            "You take two medians and divide them. Is a choice then still compared with full batch on its "
            "own split?",
        ),
        Mistake(
            "the median goes over the choices",
            with_price(share, lambda ratios: np.median(ratios, axis=0)),
            "You take the median over the choices, and have one number a split. Which of the two axes are "
            "the splits?",
        ),
    ),
    properties=(
        Property(
            "one group and one local step are full batch",
            {
                "rounds": np.array([[5.0, 7, 9]]),
                "n_groups": np.array([1]),
                "local_steps": np.array([1]),
                "full": np.array([5, 7, 9]),
            },
            lambda ratio: np.array_equal(ratio, [1]),
        ),
    ),
)

# How a price grows


def growth(sizes, costs):
    middle = np.median(costs, axis=0)
    return np.polyfit(np.log(sizes), np.log(middle), 1)[0]


def growth_by_hand(sizes, costs):
    x = [np.log(n) for n in sizes]
    y = [np.log(middle(column)) for column in costs.T]
    x_mean, y_mean = sum(x) / len(x), sum(y) / len(y)
    rise = sum((a - x_mean) * (b - y_mean) for a, b in zip(x, y, strict=True))
    return rise / sum((a - x_mean) ** 2 for a in x)


def slope(x, y, part=0):
    return np.polyfit(x, y, 1)[part]


def on_ends(rise):
    """A growth that asks the smallest and the largest size alone."""

    def of(sizes, costs):
        first, *_, last = np.median(costs, axis=0)
        return rise(last / first, sizes[-1] / sizes[0])

    return of


def grown_costs(rng, size):
    """3 + size sizes and prices that grow like some power of them, roughly."""
    sizes = np.sort(rng.permutation(np.arange(1, 60))[: 3 + size]) * 100
    rough = np.exp(0.4 * rng.normal(size=(3 + 2 * (size % 2), len(sizes))))
    return {"sizes": sizes, "costs": 50 * sizes ** rng.choice([0.1, 0.5, 1.0]) * rough}


GROWTH = Task(
    lesson="06",
    claim="B17",
    minutes=6,
    statement=(
        "**How does a price grow?** `costs[s, i]` are the sample-gradients to the target with `sizes[i]` "
        "rows, on draw s. A price that grows like $n^p$ is a straight line of slope $p$ on two "
        "logarithmic axes. Give the slope of the least-squares line through the medians over the draws. "
        "Then try it on the lesson's own: `growth(sizes, costs[..., 0])` is full batch. And `costs[..., 1]`?"
    ),
    stub="def growth(sizes, costs):\n    return ...\n",
    inputs=grown_costs,
    oracle=growth_by_hand,
    answer=growth,
    hints=(
        "First make one price of the several draws, for each size.",
        "`np.polyfit(x, y, 1)` gives slope and intercept of the least-squares line, in this order.",
        "What are x and y, if both axes are logarithmic? Take the slope of their line.",
    ),
    mistakes=(
        Mistake(
            "a power is the slope on plain axes",
            lambda sizes, costs: slope(sizes, np.median(costs, axis=0)),
            "Your line lies on plain axes, and its slope has a unit. Would it be the same if rows were "
            "counted in thousands?",
        ),
        Mistake(
            "one logarithm is enough: that of the price",
            lambda sizes, costs: slope(sizes, np.log(np.median(costs, axis=0))),
            "You take the logarithm of the price alone; that line is straight for exponential growth. "
            "Which axis is still plain?",
        ),
        Mistake(
            "one logarithm is enough: that of the size",
            lambda sizes, costs: slope(np.log(sizes), np.median(costs, axis=0)),
            "You take the logarithm of the size alone. Is a power of n a straight line over log n?",
        ),
        Mistake(
            "the two ends tell the slope",
            on_ends(lambda price, size: np.log(price) / np.log(size)),
            "You look at the smallest and the largest size alone. How sure are you of a line through two "
            "points?",
        ),
        Mistake(
            "growth is a ratio",
            on_ends(lambda price, size: price),
            "You give how many times dearer the largest is. How many times larger is it?",
        ),
        Mistake(
            "a mean is as good as a median",
            lambda sizes, costs: slope(np.log(sizes), np.log(costs.mean(0))),
            "You take the mean over the draws. Which draw decides it, when one of them is slow?",
        ),
        Mistake(
            "rows are drawn over prices",
            lambda sizes, costs: slope(np.log(np.median(costs, axis=0)), np.log(sizes)),
            "Your axes are exchanged: rows over prices. Which of the two do we choose, and which do we "
            "measure?",
        ),
        Mistake(
            "polyfit gives the slope last",
            lambda sizes, costs: slope(np.log(sizes), np.log(np.median(costs, axis=0)), -1),
            "You give where the line meets log n = 0. Which of its two numbers says how it rises?",
        ),
        Mistake(
            "the price is that of a row",
            lambda sizes, costs: slope(np.log(sizes), np.log(np.median(costs, axis=0) / sizes)),
            "You follow the price per row. How does the price as a whole grow, if that stays as it is?",
        ),
        Mistake(
            "the middle one of the slopes is the slope of the middle",
            lambda sizes, costs: np.median(
                [slope(np.log(sizes), np.log(draw)) for draw in costs],
            ),
            "You fit a line to each draw and take the middle slope. Through which points should the one "
            "line go?",
        ),
    ),
    properties=(
        Property(
            "a price in proportion to the rows has the power 1",
            {"sizes": np.array([10, 100, 1000]), "costs": np.array([[20.0, 200, 2000]])},
            lambda power: np.isclose(power, 1),
        ),
    ),
)

# A search that counts its cost


def halving(losses):
    alive, passes = np.arange(losses.shape[1]), 0
    for after in losses:
        passes += len(alive)
        ranked = alive[after[alive].argsort()]
        alive = ranked[: len(alive) // 2]
    return np.array([alive[0], passes])


def halving_by_hand(losses):
    alive, passes = list(range(losses.shape[1])), 0
    for after in losses:
        for _ in alive:
            passes += 1
        half = len(alive) // 2
        while len(alive) > half:
            alive.remove(max(alive, key=lambda c: after[c]))
    return [alive[0], passes]


def halving_with(
    choose=lambda losses, r, alive: alive[losses[r, alive].argsort()[: len(alive) // 2]],
    cost=lambda n, r: n,
    give=lambda winner, passes: [winner, passes],
):
    """Successive halving in which one thing is done in another way."""

    def search(losses):
        alive, passes = np.arange(losses.shape[1]), 0
        for r in range(len(losses)):
            passes += cost(len(alive), r)
            alive = choose(losses, r, alive)
        return np.array(give(alive[0], passes))

    return search


def place_among_the_last(losses):
    alive = np.arange(losses.shape[1])
    for after in losses[:-1]:
        alive = alive[after[alive].argsort()[: len(alive) // 2]]
    alive.sort()
    return np.array([losses[-1][alive].argmin(), 2 * losses.shape[1] - 2])


def ladders(rng, size):
    """2, 4, 8 or 16 configurations; they overtake each other from one look to the next."""
    looks = min(1 + size // 2, 4)
    n = 2**looks
    losses = np.array([rng.permutation(n) for _ in range(looks)]) / 4
    return {"losses": losses + np.arange(looks)[::-1, None]}


HALVING = Task(
    lesson="06",
    claim="B15",
    minutes=12,
    statement=(
        "**A search that gives up early.** $2^K$ settings start together. After every pass the better half "
        "goes on, the others stop, until one is left. `losses[r, c]` is the loss of setting c after r + 1 "
        "passes, shape $(K, 2^K)$; of one that has stopped you may not look at it. Give back the array "
        "[number of the winner, passes trained by all settings together]."
    ),
    stub=(
        "def halving(losses):\n"
        "    alive, passes = np.arange(losses.shape[1]), 0\n"
        "    # look by look: train, count, rank, keep half\n"
        "    return np.array([alive[0], passes])\n"
    ),
    inputs=ladders,
    oracle=halving_by_hand,
    answer=halving,
    hints=(
        "Do it by hand for four settings and two looks. Who trains in the first pass, who in the second?",
        "Keep the *numbers* of the settings that are alive: `after[alive]` are their losses, and "
        "`.argsort()` says which places of `alive` come first.",
        "In each look: add len(alive) to the passes, then alive = the first half of alive[their ranking].",
    ),
    mistakes=(
        Mistake(
            "the larger half goes on",
            halving_with(lambda losses, r, alive: alive[losses[r, alive].argsort()[len(alive) // 2 :]]),
            "Your search keeps the half with the higher losses. In which direction does argsort sort?",
        ),
        Mistake(
            "a place among the survivors is a setting's number",
            halving_with(lambda losses, r, alive: losses[r, alive].argsort()[: len(alive) // 2]),
            "Your second look takes places among the survivors for numbers of settings. To whom does place "
            "0 belong after the first halving?",
        ),
        Mistake(
            "the winner is called by its place in the final",
            place_among_the_last,
            "Your winner is 0 or 1, its place in the final. Which number had it at the beginning?",
        ),
        Mistake(
            "those who stopped may come back",
            halving_with(lambda losses, r, alive: losses[r].argsort()[: len(alive) // 2]),
            "You rank all settings at each look. How could you know the loss of one that stopped training?",
        ),
        Mistake(
            "the first look decides",
            halving_with(lambda losses, r, alive: alive[losses[0, alive].argsort()[: len(alive) // 2]]),
            "Your ranking after the first pass decides everything. Can a slow starter still win?",
        ),
        Mistake(
            "the losses of all looks are averaged",
            halving_with(
                lambda losses, r, alive: alive[losses[: r + 1, alive].mean(0).argsort()[: len(alive) // 2]]
            ),
            "You rank by the mean of all looks so far. Whom does a high loss long ago hold back?",
        ),
        Mistake(
            "every setting is trained to the end",
            lambda losses: np.array([losses[-1].argmin(), losses.size]),
            "You train every setting to the end and take the lowest: that is a grid. What does giving up "
            "early save?",
        ),
        Mistake(
            "giving up saves nothing",
            lambda losses: np.array([halving(losses)[0], losses.size]),
            "Your winner is right, and every setting pays for every pass. Who still trains in the last one?",
        ),
        Mistake(
            "only the survivors' passes are paid",
            halving_with(cost=lambda n, r: n // 2),
            "You count those that go on, not those that trained. Who had to train before you could rank "
            "them?",
        ),
        Mistake(
            "each look trains from the start",
            halving_with(cost=lambda n, r: n * (r + 1)),
            "You charge each look for all passes since the start. What did the survivors bring along from "
            "the look before?",
        ),
        Mistake(
            "the price of a search is that of its winner",
            halving_with(cost=lambda n, r: 1),
            "You count the winner's own passes. Who pays for the settings that were tried and left?",
        ),
        Mistake(
            "the winner is its loss",
            lambda losses: np.array([losses[-1][halving(losses)[0]], 2 * losses.shape[1] - 2]),
            "You give the winner's loss in the first place. By what could a reader find the setting again?",
        ),
    ),
    properties=(
        Property(
            "a setting that always leads wins",
            {"losses": np.array([[3.0, 1, 2, 4], [3, 1, 2, 4]])},
            lambda found: np.array_equal(found, [1, 6]),
        ),
    ),
)

tasks = Tasks(TWIN_RATE, BEST_AGAINST_BEST, PRICE_RATIO, GROWTH, HALVING)
