"""Lesson 13: one side's turn, clusters that err together, the past alone, costs, pieces, clip and noise."""

import numpy as np

from .task import Mistake, Property, Task, Tasks, quarters

# One side's turn


def move_bills(U, V, vote, rate):
    seen = vote >= 0
    residual = np.where(seen, 1 / (1 + np.exp(-U @ V.T)) - vote, 0)
    return V - rate * residual.T @ U / seen.sum()


def move_bills_vote_by_vote(U, V, vote, rate):
    slopes, n = np.zeros_like(V), 0
    for s in range(len(U)):
        for b in range(len(V)):
            if vote[s, b] >= 0:
                chance = 1 / (1 + np.exp(-(U[s] @ V[b])))
                slopes[b] += (chance - vote[s, b]) * U[s]
                n += 1
    return V - rate * slopes / n


def turn_with(
    residual=lambda z, vote: np.where(vote >= 0, 1 / (1 + np.exp(-z)) - vote, 0),
    share=lambda vote: (vote >= 0).sum(),
    sign=1,
):
    """The bills' step with another residual, another divisor, or another sign."""

    def step(U, V, vote, rate):
        return V - sign * rate * (residual(U @ V.T, vote) / share(vote)).T @ U

    return step


def both_sides_move(U, V, vote, rate):
    residual = np.where(vote >= 0, 1 / (1 + np.exp(-U @ V.T)) - vote, 0) / (vote >= 0).sum()
    moved = U - rate * residual @ V
    return V - rate * residual.T @ moved


def few_votes(rng, size):
    """Senators, bills, and votes of which some are −1, unseen; at least one is seen."""
    n_senators, n_bills, rank = 1 + size // 2, 2 + size // 3, 1 + size % 3
    vote = rng.integers(-1, 2, (n_senators, n_bills))
    vote[0, :2] = 1, -1
    return {
        "U": quarters(rng, n_senators, rank) + 0.125,
        "V": quarters(rng, n_bills, rank),
        "vote": vote,
        "rate": float(rng.choice([0.5, 2.0])),
    }


MOVE_BILLS = Task(
    lesson="13",
    claim="13.4",
    minutes=8,
    statement=(
        "**The bills' turn.** Senator $s$ has the numbers `U[s]`, bill $b$ has `V[b]`; the chance of a yea "
        "is $\\sigma(u_s^{\\mathsf T}v_b)$. `vote` is 1 for yea, 0 for nay, −1 where no vote was seen. Give "
        "back `V` after one step of gradient descent on the mean logistic loss of the votes seen, the "
        "senators held."
    ),
    stub="def move_bills(U, V, vote, rate):\n    return ...\n",
    inputs=few_votes,
    oracle=move_bills_vote_by_vote,
    answer=move_bills,
    hints=(
        "The slope of the logistic loss in z is chance − vote. What should it be where nobody voted?",
        "z depends on a bill through its senators' numbers: a bill's slope sums residual × U[s] over them.",
        "Make a table of residuals, zero where unseen; its transpose times U is the slope of V; divide by "
        "the count of votes seen.",
    ),
    mistakes=(
        Mistake(
            "an unseen vote is a nay",
            turn_with(lambda z, vote: 1 / (1 + np.exp(-z)) - np.maximum(vote, 0), np.size),
            "You take votes that nobody saw for nays. What should such a cell add to the slope?",
        ),
        Mistake(
            "−1 is a label like the others",
            turn_with(lambda z, vote: 1 / (1 + np.exp(-z)) - vote),
            "You let −1 in as if it were a vote. What does it stand for in the table?",
        ),
        Mistake(
            "the mean is over all cells",
            turn_with(share=np.size),
            "You divide by all cells of the table. Over how many votes is the loss a mean?",
        ),
        Mistake(
            "a mean is a sum",
            turn_with(share=lambda vote: 1),
            "You sum the slopes of the votes. What would twice as many votes do to your step?",
        ),
        Mistake(
            "each bill has a mean of its own",
            turn_with(share=lambda vote: np.maximum((vote >= 0).sum(0), 1)),
            "You divide each bill's slope by its own votes. Which one number does the loss divide by?",
        ),
        Mistake(
            "uphill",
            turn_with(sign=-1),
            "Your step goes up the loss: after a yea, a yea is less likely with you. Which sign is it?",
        ),
        Mistake(
            "a score is a chance",
            turn_with(lambda z, vote: np.where(vote >= 0, z - vote, 0)),
            "You compare the score itself with the vote. What turns a score into a chance?",
        ),
        Mistake(
            "the senators move first",
            both_sides_move,
            "You move the senators as well, and then use the new ones. Whose turn is it?",
        ),
    ),
    properties=(
        Property(
            "one yea at even odds, u = 2, rate 1: v moves from 0 to 1",
            {"U": np.array([[2.0]]), "V": np.array([[0.0], [0.0]]), "vote": np.array([[1, -1]]), "rate": 1.0},
            lambda V: np.array_equal(V, [[1], [0]]),
        ),
    ),
)

# Clusters that err together


def spread_of_mean(values, cluster):
    away = values - values.mean()
    sums = np.bincount(np.unique(cluster, return_inverse=True)[1], away)
    return np.sqrt((sums**2).sum()) / len(values)


def spread_of_mean_pair_by_pair(values, cluster):
    n, total = len(values), 0.0
    mean = sum(values) / n
    for i in range(n):
        for j in range(n):
            if cluster[i] == cluster[j]:
                total += (values[i] - mean) * (values[j] - mean)
    return np.sqrt(max(total, 0)) / n


def spread_with(of_cluster=np.sum, end=lambda squares, n, k: np.sqrt(squares) / n, middle=np.mean):
    """The spread with another summary of a cluster, another end, or another middle."""

    def spread(values, cluster):
        kinds, away = np.unique(cluster), values - middle(values)
        squares = sum(of_cluster(away[cluster == kind]) ** 2 for kind in kinds)
        return end(squares, len(values), len(kinds))

    return spread


def rows_are_alone(values, cluster):
    return np.sqrt(((values - values.mean()) ** 2).sum()) / len(values)


def own_mean(values, cluster):
    sums = [(values[cluster == k] - values[cluster == k].mean()).sum() for k in np.unique(cluster)]
    return np.sqrt(np.sum(np.square(sums))) / len(values)


def spread_of_cluster_means(values, cluster):
    means = np.array([values[cluster == kind].mean() for kind in np.unique(cluster)])
    return means.std() / np.sqrt(len(means))


def answers_on_bills(rng, size):
    """Values in clusters of unlike size, the names of these in no order; sums that are not all alike."""
    n = 3 + 2 * size
    cluster = rng.integers(0, 2 + size // 2, n)
    cluster[:3] = 0, 0, 1
    values = quarters(rng, n)
    values[:3] = 2.25, 1.75, -1.5
    order = rng.permutation(n)
    return {"values": values[order], "cluster": cluster[order]}


SPREAD_OF_MEAN = Task(
    lesson="13",
    claim="13.6",
    minutes=6,
    statement=(
        "**They err together.** `values` has a mean. How far may it be off? Values of one `cluster` (votes "
        "on one bill) err together, clusters by themselves. So: deviations from the mean of all values; "
        "summed in each cluster; these sums squared and summed; the root of it, over the number of values. "
        "It is what `judging.interval` finds by drawing."
    ),
    stub="def spread_of_mean(values, cluster):\n    return ...\n",
    inputs=answers_on_bills,
    oracle=spread_of_mean_pair_by_pair,
    answer=spread_of_mean,
    hints=(
        "How many sums will there be: as many as values, or as clusters?",
        "`np.unique(cluster)` gives the clusters; a mask picks the deviations of one.",
        "For each cluster the sum of its deviations; square these sums, add them up, take the root, divide "
        "by the count of values.",
    ),
    mistakes=(
        Mistake(
            "each value is a trial of its own",
            rows_are_alone,
            "You square each deviation by itself, as if all values were independent. If a bill went another "
            "way, how many of its values would change?",
        ),
        Mistake(
            "deviations are from the cluster's own mean",
            own_mean,
            "Your deviations are from each cluster's own mean. What do they then add up to, in any cluster?",
        ),
        Mistake(
            "a cluster counts once, whatever its size",
            spread_of_cluster_means,
            "You take the mean of every cluster and go on with these. Does a cluster of one value move the "
            "mean of all as far as one of ten?",
        ),
        Mistake(
            "means of deviations instead of sums",
            spread_with(np.mean),
            "You average the deviations of a cluster where they should be summed. What does a large cluster "
            "lose by that?",
        ),
        Mistake(
            "over the clusters, not the values",
            spread_with(end=lambda squares, n, k: np.sqrt(squares) / k),
            "You divide by the number of clusters. The mean whose spread it is: over what was it taken?",
        ),
        Mistake(
            "no root",
            spread_with(end=lambda squares, n, k: squares / n**2),
            "You leave the squares as they are. In which units would your spread be, if values were metres?",
        ),
        Mistake(
            "the root of the number, too",
            spread_with(end=lambda squares, n, k: np.sqrt(squares / n)),
            "You draw the root of the number of values as well. What would a single cluster of equal values "
            "give with you, and what should it?",
        ),
        Mistake(
            "the values themselves, not how far they are off",
            spread_with(middle=lambda values: 0),
            "You sum the values themselves. If all of them were 1, how far could their mean be off?",
        ),
    ),
    properties=(
        Property(
            "of two clusters, three ones and three zeros, the mean is off by √(1.5² + 1.5²)/6",
            {"values": np.array([1.0, 1, 1, 0, 0, 0]), "cluster": np.array([4, 4, 4, 7, 7, 7])},
            lambda spread: abs(spread - np.sqrt(4.5) / 6) < 1e-12,
        ),
    ),
)

# What may be learned from


def may_learn(day, asked, span):
    return np.flatnonzero(day + span <= asked)


def may_learn_row_by_row(day, asked, span):
    rows = []
    for i in range(len(day)):
        days_of_the_label = range(day[i], day[i] + span)
        if all(d < asked for d in days_of_the_label):
            rows.append(i)
    return np.array(rows, dtype=int)


def rows_where(test):
    return lambda day, asked, span: np.flatnonzero(test(day, asked, span))


def rows_before(day, asked, span):
    here = np.flatnonzero(day >= asked)
    return np.arange(here[0] if len(here) else len(day))


def days_in_no_order(rng, size):
    """Rows of several stocks on each day, shuffled; labels that span some days."""
    span = 2 + size % 4
    day = np.concatenate([np.arange(span + 3), rng.integers(0, span + 6, 2 * size)])
    return {"day": rng.permutation(np.append(day, span + 2)), "asked": span + 2, "span": span}


MAY_LEARN = Task(
    lesson="13",
    claim="13.10",
    minutes=4,
    statement=(
        "**What may it learn from?** Row $i$ is a stock on day `day[i]`; the rows lie in no order. Its label "
        "is what the stock did on `span` days: on `day[i]` and the `span` − 1 days after it. A forecast for "
        "day `asked` is made on the evening before. Give back the numbers of the rows whose label is fully "
        "known by then, in increasing order."
    ),
    stub="def may_learn(day, asked, span):\n    return ...\n",
    inputs=days_in_no_order,
    oracle=may_learn_row_by_row,
    answer=may_learn,
    hints=(
        "Say span is 1 first: which days are over on the evening before `asked`?",
        "The last day of row i's label is day[i] + span − 1. It must be over too.",
        "`np.flatnonzero` of the rows for which the last day of their label is smaller than `asked`.",
    ),
    mistakes=(
        Mistake(
            "a row is known when its day has begun",
            rows_where(lambda day, asked, span: day < asked),
            "You ask for the first day of a label alone. Which days do the labels of your latest rows reach "
            "into?",
        ),
        Mistake(
            "the day itself may be learned from",
            rows_where(lambda day, asked, span: day <= asked),
            "You keep rows of the very day that is asked about. What do the other stocks tell on that day?",
        ),
        Mistake(
            "all other days will do",
            rows_where(lambda day, asked, span: day != asked),
            "You keep days that come later. Who could have known them?",
        ),
        Mistake(
            "the label's last day may be the day asked about",
            rows_where(lambda day, asked, span: day + span - 1 <= asked),
            "Your latest labels end on the very day that is asked about. Is that day over on the evening "
            "before?",
        ),
        Mistake(
            "one day too careful",
            rows_where(lambda day, asked, span: day + span < asked),
            "You leave out labels that are known. A label of one day: when is it over?",
        ),
        Mistake(
            "the rows lie in the order of time",
            rows_before,
            "You take the rows that stand before the first one on or after that day. Do they lie in the "
            "order of time?",
        ),
        Mistake(
            "the gap lies on the other side",
            rows_where(lambda day, asked, span: day < asked + span),
            "You widen the past by the span of a label. Should a longer label leave you more rows, or fewer?",
        ),
        Mistake(
            "a day is as good as a row number",
            lambda day, asked, span: np.unique(day[day + span <= asked]),
            "You give back days. Which rows are they?",
        ),
    ),
    properties=(
        Property(
            "labels of one day: all earlier days may be learned from, and nothing else",
            {"day": np.array([3, 0, 2, 1, 2]), "asked": 2, "span": 1},
            lambda rows: rows.tolist() == [1, 3],
        ),
    ),
)

# What trading leaves


def after_costs(held, move, cost):
    trades = np.abs(np.diff(held, prepend=0))
    return held * move - cost * trades


def after_costs_day_by_day(held, move, cost):
    before, earned = 0, []
    for now, moved in zip(held, move, strict=True):
        earned.append(now * moved - (cost if now != before else 0))
        before = now
    return np.array(earned)


def earned_with(trades, sign=1):
    return lambda held, move, cost: held * move - sign * cost * trades(held)


def positions(rng, size):
    """Positions 0 and 1 that change now and then, some from the first day on; moves in quarters."""
    held = rng.integers(0, 2, 4 + size)
    held[:4] = [1, 1, 0, 1] if size % 2 else [0, 1, 0, 0]
    return {"held": held, "move": quarters(rng, 4 + size) + 0.125, "cost": float(rng.choice([0.25, 0.5]))}


AFTER_COSTS = Task(
    lesson="13",
    claim="13.12",
    minutes=5,
    statement=(
        "**What trading leaves.** On day $t$ a stock moves by `move[t]`; `held[t]` is 1 if it is held on "
        "that day, else 0. Whenever it is bought or sold, `cost` is paid on the day of the change; before "
        "the first day nothing is held. Give back the earnings of each day."
    ),
    stub=(
        "def after_costs(held, move, cost):\n"
        "    earned = held * move\n"
        "    return earned  # and what was traded?\n"
    ),
    inputs=positions,
    oracle=after_costs_day_by_day,
    answer=after_costs,
    hints=(
        "On which days of 0, 1, 1, 0 is something bought or sold?",
        "A change is the difference to the day before; the first day's is to nothing.",
        "np.diff with prepend=0 gives +1 for a purchase, −1 for a sale; both cost the same.",
    ),
    plotted="earnings",
    mistakes=(
        Mistake(
            "whoever sells is paid the costs",
            earned_with(lambda held: np.diff(held, prepend=0)),
            "With you a sale earns the cost. Which sign has a trade, whichever way it goes?",
        ),
        Mistake(
            "holding costs, day after day",
            earned_with(lambda held: held),
            "You pay on each day on which the stock is held. What is traded on the second of two such days?",
        ),
        Mistake(
            "buying alone costs",
            earned_with(lambda held: np.maximum(np.diff(held, prepend=0), 0)),
            "You pay for purchases only. What does the broker take when you get rid of it?",
        ),
        Mistake(
            "selling alone costs",
            earned_with(lambda held: np.maximum(-np.diff(held, prepend=0), 0)),
            "You pay for sales only. How did the stock come to you?",
        ),
        Mistake(
            "the first purchase is free",
            earned_with(lambda held: np.abs(np.diff(held, prepend=held[0]))),
            "Your first day costs nothing, even if it holds the stock. What was held on the day before it?",
        ),
        Mistake(
            "the bill comes a day early",
            earned_with(lambda held: np.abs(np.diff(held, append=held[-1]))),
            "You pay on the day before the change. When is the stock bought that is held from today on?",
        ),
        Mistake(
            "the last day closes the account",
            earned_with(
                lambda held: np.abs(np.diff(held, prepend=0)) + held * (np.arange(len(held)) == len(held) - 1)
            ),
            "You sell at the end of the last day. Does anything in `held` say so?",
        ),
        Mistake(
            "costs are what is earned",
            earned_with(lambda held: np.abs(np.diff(held, prepend=0)), sign=-1),
            "Your costs are added to the earnings. Who would trade less, then?",
        ),
    ),
    properties=(
        Property(
            "held for a single day of three, with no move: two costs",
            {"held": np.array([0, 1, 0]), "move": np.zeros(3), "cost": 0.5},
            lambda earned: np.array_equal(earned, [0, -0.5, -0.5]),
        ),
    ),
)

# Long series in pieces


def pieces(n_samples, reach, stride, length):
    n_features = (n_samples - reach) // stride + 1
    first = np.arange(0, n_features, length)
    last = np.minimum(first + length, n_features) - 1
    return np.stack([stride * first, stride * last + reach], axis=1)


def pieces_feature_by_feature(n_samples, reach, stride, length):
    sees = [range(t, t + reach) for t in range(0, n_samples - reach + 1, stride)]
    found = []
    for i in range(0, len(sees), length):
        piece = sees[i : i + length]
        found.append([piece[0].start, piece[-1].stop])
    return np.array(found)


def cut_with(
    end=lambda stride, last, reach: stride * last + reach,
    begin=lambda stride, first, reach: stride * first,
    count=lambda n, reach, stride: (n - reach) // stride + 1,
    whole=False,
):
    """Pieces with another end, another beginning, another count of features, or without the rest."""

    def cut(n_samples, reach, stride, length):
        n = count(n_samples, reach, stride)
        first = np.arange(0, n - length + 1 if whole else n, length)
        last = np.minimum(first + length, n) - 1
        return np.stack([begin(stride, first, reach), end(stride, last, reach)], axis=1)

    return cut


def beyond_the_end(n_samples, reach, stride, length):
    first = np.arange(0, (n_samples - reach) // stride + 1, length)
    return np.stack([stride * first, stride * (first + length - 1) + reach], axis=1)


def samples_by_length(n_samples, reach, stride, length):
    first = np.arange(0, n_samples, length)
    return np.stack([first, np.minimum(first + length, n_samples)], axis=1)


def network_and_series(rng, size):
    """A reach above the stride, and a number of features that the length does not divide."""
    stride, length = 2 + size % 3, 3 + size % 4
    reach = stride + int(rng.integers(1, 6))
    n_features = length * (1 + size) + 1 + size % 2
    return {
        "n_samples": stride * (n_features - 1) + reach + int(rng.integers(1, stride)),
        "reach": reach,
        "stride": stride,
        "length": length,
    }


PIECES = Task(
    lesson="13",
    claim="13.17",
    minutes=8,
    statement=(
        "**In pieces.** Feature $t$ = 0, 1, … of a network sees `reach` samples, from sample "
        "`stride`·$t$ on; only features that see all of them exist. Cut the series so that each piece makes "
        "`length` features, in order, the last piece what is left. Give back an array (pieces, 2): the first "
        "sample of each piece, and the one after its last."
    ),
    stub=(
        "def pieces(n_samples, reach, stride, length):\n"
        "    found = []\n"
        "    # (first sample, one after the last) of each piece\n"
        "    return np.array(found)\n"
    ),
    inputs=network_and_series,
    oracle=pieces_feature_by_feature,
    answer=pieces,
    hints=(
        "How many features does the whole series make? Try 13 samples of reach 13, then 17 with stride 4.",
        "A piece holds the features first … last. Where does the first begin to see, where does the last "
        "one stop?",
        "From stride × first to stride × last + reach; the next piece begins with feature last + 1, and the "
        "last feature there is cannot be passed.",
    ),
    mistakes=(
        Mistake(
            "pieces do not overlap",
            cut_with(end=lambda stride, last, reach: stride * (last + 1)),
            "Your pieces lie end to end. What does a piece's last feature see beyond its own stride?",
        ),
        Mistake(
            "the length counts samples",
            samples_by_length,
            "You cut `length` samples at a time. How many samples does it take to make `length` features?",
        ),
        Mistake(
            "what is left is dropped",
            cut_with(whole=True),
            "You leave out the last features, which do not fill a piece. Which samples are then never seen?",
        ),
        Mistake(
            "the last piece is as long as the others",
            beyond_the_end,
            "Your last piece reaches beyond the end of the series. How many features are left for it?",
        ),
        Mistake(
            "one feature too few",
            cut_with(count=lambda n, reach, stride: max(1, (n - reach) // stride)),
            "You miss the last feature. How many features does a series of exactly `reach` samples make?",
        ),
        Mistake(
            "features need no room at the end",
            cut_with(count=lambda n, reach, stride: n // stride),
            "You count features whose samples do not exist. Where does the last one stop to see?",
        ),
        Mistake(
            "one sample short",
            cut_with(end=lambda stride, last, reach: stride * last + reach - 1),
            "You name the last sample of each piece. What does Python's slice x[a:b] make of its b?",
        ),
        Mistake(
            "a reach on both sides",
            cut_with(begin=lambda stride, first, reach: np.maximum(0, stride * first - reach)),
            "You begin a reach before the piece's first feature sees anything. On which side of stride·t do "
            "its samples lie?",
        ),
    ),
    properties=(
        Property(
            "29 samples, reach 13, stride 4: five features, in pieces of three and two",
            {"n_samples": 29, "reach": 13, "stride": 4, "length": 3},
            lambda found: np.array_equal(found, [[0, 21], [12, 29]]),
        ),
    ),
)

# Clip, then noise


def private_mean(updates, clip, noise, z):
    lengths = np.linalg.norm(updates, axis=1, keepdims=True)
    short = updates / np.maximum(1, lengths / clip)
    return (short.sum(0) + noise * clip * z) / len(updates)


def private_mean_client_by_client(updates, clip, noise, z):
    total = np.zeros(len(z))
    for update in updates:
        length = np.sqrt(np.sum(update * update))
        total = total + (update if length <= clip else update * (clip / length))
    return total / len(updates) + noise * clip / len(updates) * z


def mean_with(
    shorten=lambda u, clip: u / np.maximum(1, np.linalg.norm(u, axis=1, keepdims=True) / clip),
    add=lambda clip, noise, z, n: noise * clip * z / n,
):
    """The private mean with another way to shorten, or other noise."""
    return lambda updates, clip, noise, z: (
        shorten(updates, clip).sum(0) / len(updates) + add(clip, noise, z, len(updates))
    )


def clip_the_mean(updates, clip, noise, z):
    middle = updates.mean(0)
    return middle / max(1, np.linalg.norm(middle) / clip) + noise * clip * z / len(updates)


def noise_before_the_clip(updates, clip, noise, z):
    noisy = updates + noise * clip * z
    return (noisy / np.maximum(1, np.linalg.norm(noisy, axis=1, keepdims=True) / clip)).mean(0)


def updates_of_clients(rng, size):
    """Updates shorter and longer than the clip, the noise drawn beforehand."""
    n, clip = 2 + size, float(rng.choice([0.5, 2.0]))
    updates = rng.normal(size=(n, 2 + size % 4))
    updates *= (clip * rng.uniform(0.2, 4, n) / np.linalg.norm(updates, axis=1))[:, None]
    updates[0] *= 0.5 * clip / np.linalg.norm(updates[0])
    updates[1] *= 3 * clip / np.linalg.norm(updates[1])
    return {
        "updates": updates,
        "clip": clip,
        "noise": float(rng.choice([0.5, 4.0])),
        "z": rng.normal(size=updates.shape[1]),
    }


PRIVATE_MEAN = Task(
    lesson="13",
    claim="B14",
    minutes=6,
    statement=(
        "**Clip, then noise.** `updates` holds each client's trial − start, (G, P). Shorten every update "
        "that is longer than `clip` to that length; leave the others alone. To the *sum* add noise of "
        "`noise` times `clip`, with the standard normal numbers `z` (P,). Give back the mean, (P,)."
    ),
    stub="def private_mean(updates, clip, noise, z):\n    return ...\n",
    inputs=updates_of_clients,
    oracle=private_mean_client_by_client,
    answer=private_mean,
    hints=(
        "How far can one client move the sum, once its update is shortened?",
        "A length over the clip tells by how much to shorten; below 1 it should do nothing.",
        "Divide each row by the larger of 1 and its length over the clip; sum; add noise × clip × z; divide "
        "by the number of clients.",
    ),
    mistakes=(
        Mistake(
            "all updates get the same length",
            mean_with(lambda u, clip: clip * u / np.linalg.norm(u, axis=1, keepdims=True)),
            "You stretch the short updates to the clip, too. What has a client to say whose update is "
            "almost zero?",
        ),
        Mistake(
            "each number is clipped by itself",
            mean_with(lambda u, clip: np.clip(u, -clip, clip)),
            "You clip number by number. How long can an update of many such numbers still be?",
        ),
        Mistake(
            "the mean is clipped, not the updates",
            clip_the_mean,
            "You shorten the mean of all. If one client hands in a huge update, what is left of the others?",
        ),
        Mistake(
            "noise comes before the clip",
            noise_before_the_clip,
            "You add the noise to each update and clip afterwards. What does the clip then do to the noise?",
        ),
        Mistake(
            "the noise is on the mean",
            mean_with(add=lambda clip, noise, z, n: noise * clip * z),
            "Your noise is not shared by the clients. Was it added to the sum, or to the mean?",
        ),
        Mistake(
            "noise knows no clip",
            mean_with(add=lambda clip, noise, z, n: noise * z / n),
            "Your noise is the same whatever the clip. If updates may be twice as long, how much noise "
            "hides one of them?",
        ),
        Mistake(
            "squares are lengths",
            mean_with(lambda u, clip: u / np.maximum(1, (u**2).sum(1, keepdims=True) / clip)),
            "You compare the sum of squares with the clip. What is missing to make it a length?",
        ),
        Mistake(
            "no clip, the noise will do",
            mean_with(lambda u, clip: u),
            "You leave every update as long as it is. How much noise would hide a client who hands in a "
            "million?",
        ),
        Mistake(
            "each client adds that noise",
            mean_with(add=lambda clip, noise, z, n: noise * clip * z / n**0.5),
            "Your noise grows with the root of the number of clients, as if each had drawn some. How often "
            "is it drawn here?",
        ),
    ),
    properties=(
        Property(
            "an update of length 5, clipped at 1, one of length ½, no noise",
            {"updates": np.array([[3.0, 4.0], [0.5, 0.0]]), "clip": 1.0, "noise": 0.0, "z": np.ones(2)},
            lambda mean: np.allclose(mean, [0.55, 0.4]),
        ),
    ),
)

tasks = Tasks(MOVE_BILLS, SPREAD_OF_MEAN, MAY_LEARN, AFTER_COSTS, PIECES, PRIVATE_MEAN)
