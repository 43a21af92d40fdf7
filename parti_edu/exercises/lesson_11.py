"""Lesson 11: prepared rows, a rate, a shift, what a part is worth, who may judge, and three scores."""

import numpy as np

from .task import Mistake, Property, Task, Tasks

# Prepared rows


def prepared(train, test):
    return (test - train.mean()) / train.std()


def prepared_by_counting(train, test):
    n = mean = square = 0.0
    for picture in train:
        for light in picture:
            n, mean, square = n + 1, mean + light, square + light * light
    mean /= n
    return [[(light - mean) / (square / n - mean * mean) ** 0.5 for light in picture] for picture in test]


def by(mean, spread):
    """The answer with another mean or deviation, each a function of (train, test)."""
    return lambda train, test: (test - mean(train, test)) / spread(train, test)


def all_rows(train, test):
    return np.concatenate([train, test])


PREPARED = Task(
    lesson="11",
    claim="11.1",
    minutes=4,
    statement=(
        "**Prepare the test pictures.** `train` and `test` hold flat pictures, one a row. Give back the "
        "test pictures with the mean taken off and divided by the deviation: one mean and one deviation "
        "for all pixels, of the rows that a net may learn from."
    ),
    stub="def prepared(train, test):\n    return ...\n",
    inputs=lambda rng, size: {
        "train": rng.integers(0, 9, (2 + size, 3)) / 8 + rng.normal(size=(2 + size, 3)) / 9,
        "test": rng.integers(0, 9, (1 + size, 3)) / 4,
    },
    oracle=prepared_by_counting,
    answer=prepared,
    hints=(
        "A net that is in use sees one picture at a time. Whose mean does it know?",
        "`train.mean()` without an axis is one number for all pixels.",
        "(test − mean of train) / deviation of train; `std()` as NumPy gives it.",
    ),
    mistakes=(
        Mistake(
            "test rows have a mean of their own",
            by(lambda train, test: test.mean(), lambda train, test: test.std()),
            "You take both numbers from the test pictures. If only one picture came, what would be left "
            "of its light?",
        ),
        Mistake(
            "the more rows the better the mean",
            by(
                lambda train, test: all_rows(train, test).mean(),
                lambda train, test: all_rows(train, test).std(),
            ),
            "You use all rows, the test rows too. May what you learn from know what it will be judged on?",
        ),
        Mistake(
            "each pixel has a mean of its own",
            by(lambda train, test: train.mean(0), lambda train, test: train.std(0)),
            "You have a mean for each pixel. What does a corner that is nearly always black get "
            "multiplied by?",
        ),
        Mistake(
            "each picture has a mean of its own",
            by(
                lambda train, test: test.mean(1, keepdims=True),
                lambda train, test: test.std(1, keepdims=True) + (test.std(1, keepdims=True) == 0),
            ),
            "You give each picture a mean and a deviation of its own. What becomes of a dark coat and a "
            "light coat?",
        ),
        Mistake(
            "the variance is the spread",
            by(lambda train, test: train.mean(), lambda train, test: train.var()),
            "You divide by the mean square. In which unit is that?",
        ),
        Mistake(
            "first the scale, then the mean",
            lambda train, test: test / train.std() - train.mean(),
            "You divide first and then take off the mean as it was. What would the mean of the training "
            "pictures themselves become?",
        ),
        Mistake(
            "centred is standardised",
            lambda train, test: test - train.mean(),
            "Your pictures are centred. What else was asked for?",
        ),
        Mistake(
            "from the darkest to the lightest",
            by(lambda train, test: train.min(), lambda train, test: np.ptp(train)),
            "You stretch from the darkest to the lightest pixel. How much of all this hangs on two pixels?",
        ),
        Mistake(
            "the training rows are what is prepared",
            lambda train, test: (train - train.mean()) / train.std(),
            "You give back the training pictures. Which ones were asked for?",
        ),
    ),
    properties=(
        Property(
            "with 0 and 2 to learn from, 4 becomes 3",
            {"train": np.array([[0.0, 2.0], [2.0, 0.0]]), "test": np.array([[4.0, 4.0]])},
            lambda X: np.allclose(X, 3),
        ),
    ),
)

# A shift


def shifted(pictures, down, across):
    h, w = pictures.shape[1:]
    rows, columns = np.arange(h) - down, np.arange(w) - across  # where each comes from
    inside = ((rows >= 0) & (rows < h))[:, None] & (columns >= 0) & (columns < w)
    return np.where(inside, pictures[:, rows % h][:, :, columns % w], 0)


def shifted_by_padding(pictures, down, across):
    n, h, w = pictures.shape
    sheet = np.zeros((n, 3 * h, 3 * w))
    sheet[:, h : 2 * h, w : 2 * w] = pictures
    return sheet[:, h - down : 2 * h - down, w - across : 2 * w - across]


def padded(pictures, down, across, mode):
    """A shift in which what comes in from outside is made by a mode of np.pad."""
    h, w = pictures.shape[1:]
    sheet = np.pad(pictures, ((0, 0), (h, h), (w, w)), mode=mode)
    return sheet[:, h - down : 2 * h - down, w - across : 2 * w - across]


def cut_off(pictures, down, across):
    whole = shifted(pictures, down, across)
    h, w = whole.shape[1:]
    return whole[:, max(down, 0) : h + min(down, 0), max(across, 0) : w + min(across, 0)]


def blackened(pictures, down, across):
    inside = shifted(np.ones_like(pictures), down, across)
    return pictures * inside


def some_pictures(rng, size):
    h, w = 3 + size % 3, 4 + size % 4
    down, across = rng.choice([-2, -1, 1, 2], 2, replace=False)
    light = rng.integers(1, 9, (1 + size % 3, h, w)) / 8
    return {"pictures": light, "down": int(down), "across": int(across)}


SHIFTED = Task(
    lesson="11",
    claim="11.4",
    minutes=8,
    statement=(
        "**A shift.** `pictures` are (n, h, w). Move each by `down` rows and `across` columns; negative "
        "numbers move up and left. The size stays, what leaves is gone, and what comes in is black (0). "
        "Both numbers are smaller than the picture."
    ),
    stub="def shifted(pictures, down, across):\n    return ...\n",
    inputs=some_pictures,
    oracle=shifted_by_padding,
    answer=shifted,
    fresh=True,
    hints=(
        "Where does the pixel of row r in the new picture come from?",
        "From row r − down, if there is one, and likewise for columns. Everything else stays 0.",
        "Begin with zeros; fill what has a source. Or lay the picture into the middle of a black sheet, "
        "and cut out a window.",
    ),
    mistakes=(
        Mistake(
            "np.roll shifts",
            lambda pictures, down, across: np.roll(pictures, (down, across), (1, 2)),
            "Your pictures come in again on the other side. Where would the sleeve of a shirt be?",
        ),
        Mistake(
            "the window moves as the picture does",
            lambda pictures, down, across: shifted(pictures, -down, -across),
            "Your pictures move the other way. To which row should row 0 go when down is 1?",
        ),
        Mistake(
            "rows are across",
            lambda pictures, down, across: shifted(pictures, across, down),
            "You move down by `across`. Which axis of (n, h, w) counts the rows?",
        ),
        Mistake(
            "the edge goes on for ever",
            lambda pictures, down, across: padded(pictures, down, across, "edge"),
            "You repeat the last row and column. What was to come in from outside?",
        ),
        Mistake(
            "outside is a mirror",
            lambda pictures, down, across: padded(pictures, down, across, "symmetric"),
            "You mirror the picture at its edge. What was to come in from outside?",
        ),
        Mistake(
            "what has no source is left out",
            cut_off,
            "Your pictures become smaller. What stands where nothing came in?",
        ),
        Mistake(
            "black out and leave the rest",
            blackened,
            "You blacken the border, and the rest stays in its place. What was to move?",
        ),
        Mistake(
            "only down counts",
            lambda pictures, down, across: shifted(pictures, down, 0),
            "You move down and not across. What does the third argument say?",
        ),
        Mistake(
            "a shift is a shift to the right and down",
            lambda pictures, down, across: shifted(pictures, abs(down), abs(across)),
            "You take no notice of the signs. What does −1 mean here?",
        ),
        Mistake(
            "the first axis is down",
            lambda pictures, down, across: np.roll(pictures, (down, across), (0, 1)),
            "You move along the axes 0 and 1. What does axis 0 count?",
        ),
    ),
    properties=(
        Property(
            "a white dot in the upper left corner goes down by one and across by two",
            {"pictures": np.array([[[1.0, 0, 0], [0, 0, 0]]]), "down": 1, "across": 2},
            lambda X: np.array_equal(X, [[[0, 0, 0], [0, 0, 1]]]),
        ),
    ),
)

# A rate that rises and falls


def rates(peak, warm, steps):
    done = np.arange(steps)
    falling = 0.5 * (1 + np.cos(np.pi * (done - warm) / (steps - warm)))
    return peak * np.where(done < warm, done / warm, falling)


def rates_step_by_step(peak, warm, steps):
    found = []
    for done in range(steps):
        if done < warm:
            found.append(peak * done / warm)
        else:
            half_way = np.pi / 2 * (done - warm) / (steps - warm)
            found.append(peak * np.cos(half_way) ** 2)
    return found


def course(
    rising=lambda done, warm: done / warm,
    falling=lambda t: 0.5 * (1 + np.cos(np.pi * t)),
    t=lambda done, warm, steps: (done - warm) / (steps - warm),
):
    """The rates with another rise, another fall, or another count of the fall's share."""

    def run(peak, warm, steps):
        done = np.arange(steps)
        return peak * np.where(done < warm, rising(done, warm), falling(t(done, warm, steps)))

    return run


RATES = Task(
    lesson="11",
    claim="11.3",
    minutes=7,
    statement=(
        "**One cycle.** Before the step with `done` steps behind it the rate is `peak` × done / `warm` as "
        "long as done < warm. After that it falls as half a cosine, "
        "$\\frac12(1+\\cos\\pi t)$ of the peak, where $t$ runs from 0 at done = warm to 1 at done = "
        "`steps`. Give back the rates of all steps, done = 0 … steps − 1."
    ),
    stub="def rates(peak, warm, steps):\n    return ...\n",
    inputs=lambda rng, size: {
        "peak": float(rng.choice([0.25, 0.5, 2.0, 4.0])),
        "warm": 1 + size,
        "steps": 2 + size + int(rng.integers(2, 9)),
    },
    oracle=rates_step_by_step,
    answer=rates,
    plotted="rate",
    hints=(
        "Two pieces: write down the rate at done = 0, at done = warm, and where it would end.",
        "t = (done − warm) / (steps − warm).",
        "`np.where(done < warm, done / warm, 0.5 * (1 + np.cos(np.pi * t)))`, times the peak.",
    ),
    mistakes=(
        Mistake(
            "the cosine alone is the fall",
            course(falling=lambda t: np.cos(np.pi * t)),
            "Your rate goes below zero. Which way would such a step go?",
        ),
        Mistake(
            "one plus the cosine is the fall",
            course(falling=lambda t: 1 + np.cos(np.pi * t)),
            "At the top your rate is twice the peak. What is 1 + cos 0?",
        ),
        Mistake(
            "the fall began with the first step",
            course(t=lambda done, warm, steps: done / steps),
            "Your rate jumps at the end of the rise. Where is t = 0?",
        ),
        Mistake(
            "the fall takes as long as the whole",
            course(t=lambda done, warm, steps: (done - warm) / steps),
            "Your rate is still high at the end. How many steps are left after the rise?",
        ),
        Mistake(
            "the last step has the rate 0",
            course(t=lambda done, warm, steps: (done - warm) / max(steps - 1 - warm, 1)),
            "Your last step has the rate 0 and moves nothing. At which count is t = 1?",
        ),
        Mistake(
            "the first step is step one",
            course(rising=lambda done, warm: (done + 1) / warm),
            "Your rise is a step ahead. How many steps are done before the first one?",
        ),
        Mistake(
            "it starts at the peak",
            course(rising=lambda done, warm: np.ones(len(done))),
            "You start at the peak. What is the rise for, when Adam has seen one gradient only?",
        ),
        Mistake(
            "a straight line falls as well",
            course(falling=lambda t: 1 - t),
            "You fall in a straight line. How steep is the cosine at its two ends?",
        ),
        Mistake(
            "a quarter of a wave",
            course(falling=lambda t: np.cos(np.pi * t / 2)),
            "You fall along a quarter of a wave. How steep is it at the end?",
        ),
        Mistake(
            "the cosine rises",
            course(falling=lambda t: 0.5 * (1 - np.cos(np.pi * t))),
            "After the rise you begin at 0 and rise again. What sign does the cosine have in the formula?",
        ),
        Mistake(
            "the cosine takes turns, not angles",
            course(falling=lambda t: 0.5 * (1 + np.cos(t))),
            "Your rate stays above three quarters of the peak. What does `np.cos` take: a share of the "
            "way, or an angle?",
        ),
    ),
    properties=(
        Property(
            "half-way down it is half the peak",
            {"peak": 4.0, "warm": 2, "steps": 6},
            lambda rate: np.isclose(rate[4], 2),
        ),
    ),
)

# What a part is worth


def worth(with_part, without):
    difference = with_part - without
    return difference.mean(), difference.std(ddof=1) / np.sqrt(len(difference))


def worth_by_hand(with_part, without):
    pairs, n = [a - b for a, b in zip(with_part, without, strict=True)], len(with_part)
    mean = sum(pairs) / n
    return mean, (sum((one - mean) ** 2 for one in pairs) / (n - 1) / n) ** 0.5


def judged(middle=np.mean, error=lambda d: d.std(ddof=1) / np.sqrt(len(d)), pair=np.subtract):
    """The answer with another middle, another error, or another way to pair."""

    def run(with_part, without):
        difference = pair(with_part, without)
        return middle(difference), error(difference)

    return run


def unpaired(with_part, without):
    spread = with_part.var(ddof=1) + without.var(ddof=1)
    return (with_part - without).mean(), np.sqrt(spread / len(without))


WORTH = Task(
    lesson="11",
    claim="B06",
    minutes=6,
    statement=(
        "**What is a part worth?** `with_part[s]` and `without[s]` are accuracies of two nets that share "
        "all of seed $s$: start, rows, order. Give back the mean of the differences, and its standard "
        "error $\\sqrt{\\sum_s (d_s-\\bar d)^2/(S-1)}\\,/\\sqrt S$, of the paired differences $d_s$."
    ),
    stub="def worth(with_part, without):\n    return ...\n",
    inputs=lambda rng, size: {
        "with_part": (shared := rng.integers(70, 90, 2 + size)) + rng.normal(1, 0.5, 2 + size),
        "without": shared + rng.normal(0, 0.5, 2 + size),
    },
    oracle=worth_by_hand,
    answer=worth,
    hints=(
        "Some seeds are lucky for both nets. What is left of that luck in a difference?",
        "Work with d = with_part − without from the first line on.",
        "`d.mean()` and `d.std(ddof=1) / np.sqrt(len(d))`.",
    ),
    mistakes=(
        Mistake(
            "the two spreads add up",
            unpaired,
            "Your second number adds the spreads of both sides, as if they shared nothing. What has each "
            "seed in common?",
        ),
        Mistake(
            "without less with",
            judged(pair=lambda a, b: b - a),
            "Your sign says that the part does harm where it helps. What is taken from what?",
        ),
        Mistake(
            "a spread is an error",
            judged(error=lambda d: d.std(ddof=1)),
            "Your second number does not shrink with more seeds. Is it the spread of one difference, or of "
            "their mean?",
        ),
        Mistake(
            "as many as there are",
            judged(error=lambda d: d.std() / np.sqrt(len(d))),
            "You divide the squares by S. The mean was taken from the same numbers: how many of them are "
            "still free?",
        ),
        Mistake(
            "the variance is the spread",
            judged(error=lambda d: d.var(ddof=1) / len(d)),
            "Your second number is the square of what was asked. In which unit is it?",
        ),
        Mistake(
            "divide by the count",
            judged(error=lambda d: d.std(ddof=1) / len(d)),
            "Your second number falls like 1/S. What do four times as many seeds buy?",
        ),
        Mistake(
            "best against best",
            lambda a, b: (a.max() - b.max(), (a - b).std(ddof=1) / np.sqrt(len(a))),
            "You compare the best of each side. Whose luck does a best of many show?",
        ),
        Mistake(
            "the middle one will do",
            judged(middle=np.median),
            "Your first number is the median. Which middle does the second number belong to?",
        ),
        Mistake(
            "order does not matter",
            judged(pair=lambda a, b: np.sort(a) - np.sort(b)),
            "You sort both sides before you pair them. Do the two of a pair still share a seed?",
        ),
        Mistake(
            "the gain is a share",
            judged(pair=lambda a, b: (a - b) / b),
            "You divide by the accuracy without the part. Were points asked for, or a share?",
        ),
    ),
    properties=(
        Property(
            "a gain of 1 at each seed has no error, however unlike the seeds are",
            {"with_part": np.array([81.0, 61.0]), "without": np.array([80.0, 60.0])},
            lambda found: np.allclose(found, [1, 0]),
        ),
    ),
)

# Choose and judge


def chosen(hit, shown):
    best = hit[:, shown].mean(1).argmax()
    others = np.delete(np.arange(hit.shape[1]), shown)
    return hit[best, shown].mean(), hit[best, others].mean()


def chosen_by_counting(hit, shown):
    best, most = 0, -1
    for i, net in enumerate(hit):
        count = sum(net[r] for r in shown)
        if count > most:
            best, most = i, count
    others = [hit[best][r] for r in range(len(hit[best])) if r not in set(shown.tolist())]
    return most / len(shown), sum(others) / len(others)


def picked(
    choose=lambda on_shown, on_others, on_all: on_shown.argmax(),
    tell=lambda best, on_shown, on_others, on_all: (on_shown[best], on_others[best]),
):
    """The answer with another choice, or other shares told: functions of the nets' shares."""

    def run(hit, shown):
        others = np.delete(np.arange(hit.shape[1]), shown)
        shares = hit[:, shown].mean(1), hit[:, others].mean(1), hit.mean(1)
        return tell(choose(*shares), *shares)

    return run


def some_nets(rng, size):
    """Nets that are right on most rows; the first two are even on the rows shown, and lead there."""
    n_rows = 8 + 3 * size
    hit = (rng.random((3 + size, n_rows)) < 0.6).astype(int)
    shown = rng.choice(n_rows, 4, replace=False)
    hit[:, shown[0]] = 0
    hit[:2, shown] = (0, 1, 1, 1)
    hit[2:, shown[1]] = 0
    hit[0, np.delete(np.arange(n_rows), shown)[:2]] = (1, 0)
    return {"hit": hit, "shown": shown}


CHOSEN = Task(
    lesson="11",
    claim="C14",
    minutes=7,
    statement=(
        "**Choose and judge.** `hit[i, r]` is 1 where net i has test row r right, else 0. Choose the net "
        "that is right most often on the rows with the numbers `shown`; the first one, if several are. "
        "Give back its share of right rows on these, and its share on all the others."
    ),
    stub="def chosen(hit, shown):\n    return ...\n",
    inputs=some_nets,
    oracle=chosen_by_counting,
    answer=chosen,
    hints=(
        "Two steps: which net, by the rows shown alone; then two shares of this one net.",
        "`hit[:, shown].mean(1)` is a share a net; `argmax` gives the first of the largest.",
        "The others are `np.delete(np.arange(n_rows), shown)`.",
    ),
    mistakes=(
        Mistake(
            "judged where it was chosen",
            picked(tell=lambda i, a, b, c: (a[i], a[i])),
            "Both of your shares are of the rows shown. Which rows have had no say in the choice?",
        ),
        Mistake(
            "all rows judge best",
            picked(tell=lambda i, a, b, c: (a[i], c[i])),
            "Your second share is of all rows, those that chose among them. Which ones are to be left out?",
        ),
        Mistake(
            "all rows choose best",
            picked(choose=lambda a, b, c: c.argmax()),
            "You choose by all rows. What is then left to judge by?",
        ),
        Mistake(
            "the judges choose",
            picked(choose=lambda a, b, c: b.argmax()),
            "You choose by the rows that were kept back. What does their share tell then?",
        ),
        Mistake(
            "the best of both",
            picked(tell=lambda i, a, b, c: (a.max(), b.max())),
            "Your second share is that of the best net on the other rows. Is this the net that you chose?",
        ),
        Mistake(
            "the mean of all nets",
            picked(tell=lambda i, a, b, c: (a.mean(), b.mean())),
            "You give the means over all nets. Which one net was asked for?",
        ),
        Mistake(
            "the last of the best",
            picked(choose=lambda a, b, c: len(a) - 1 - a[::-1].argmax()),
            "Where several nets lead, you take the last. Which one was asked for?",
        ),
        Mistake(
            "the other way round",
            picked(tell=lambda i, a, b, c: (b[i], a[i])),
            "Your two shares are exchanged. Which rows come first?",
        ),
        Mistake(
            "fewest is best",
            picked(choose=lambda a, b, c: a.argmin()),
            "You choose the net that is right least often. Does `hit` count what is right, or what is not?",
        ),
    ),
    properties=(
        Property(
            "a net that is right on the rows shown alone is chosen, and found out",
            {"hit": np.array([[1, 1, 0, 0], [1, 0, 1, 1]]), "shown": np.array([0, 1])},
            lambda found: np.array_equal(found, [1, 0]),
        ),
    ),
)

# Three scores


def three_scores(y, predicted, label):
    hits = ((y == label) & (predicted == label)).sum()
    taken, there = (predicted == label).sum(), (y == label).sum()
    share = [hits / taken if taken else 0, hits / there if there else 0]
    return np.array([*share, 2 * hits / (taken + there) if taken + there else 0])


def three_scores_row_by_row(y, predicted, label):
    hits = false_alarms = missed = 0
    for is_, said in zip(y, predicted, strict=True):
        if is_ == label and said == label:
            hits += 1
        elif said == label:
            false_alarms += 1
        elif is_ == label:
            missed += 1
    all_of = [hits + false_alarms, hits + missed, 2 * hits + false_alarms + missed]
    return [k / n if n else 0.0 for k, n in zip([hits, hits, 2 * hits], all_of, strict=True)]


def scored(arrange):
    """The answer made of the counts (hits, taken, there, n) in another way."""

    def run(y, predicted, label):
        hits = ((y == label) & (predicted == label)).sum()
        return np.array(arrange(hits, (predicted == label).sum(), (y == label).sum(), len(y)), float)

    return run


def part(k, n):
    return k / n if n else 0.0


def garments(rng, size):
    """Few shirts among others; now and then none that is found, or none at all."""
    n = 6 + 3 * size
    y, predicted = rng.integers(0, 3, n), rng.integers(0, 3, n)
    y[:3], predicted[:3] = (1, 1, 2), (1, 0, 1)  # a hit, a miss, a false alarm
    predicted[3:5], y[3:5] = 1, 0  # two more false alarms, so that precision and recall differ
    if size == 3:
        predicted[predicted == 1] = 0
    if size == 4:
        y[y == 1] = 2
    return {"y": y, "predicted": predicted, "label": 1}


THREE_SCORES = Task(
    lesson="11",
    claim="B12",
    minutes=8,
    statement=(
        "**Precision, recall, F1.** Of one class, `label`: of what was taken for it, the share that is it; "
        "of what is it, the share that was found; and their harmonic mean, 2·TP / (2·TP + FP + FN). A share "
        "of nothing counts 0. Give back the three, in this order."
    ),
    stub="def three_scores(y, predicted, label):\n    return ...\n",
    inputs=garments,
    oracle=three_scores_row_by_row,
    answer=three_scores,
    hints=(
        "Three counts are enough: hits, rows taken for the label, rows that are it.",
        "Precision = hits / taken, recall = hits / there. What if one of them is 0?",
        "F1 = 2·hits / (taken + there), since FP + TP = taken and FN + TP = there.",
    ),
    mistakes=(
        Mistake(
            "precision is recall",
            scored(lambda h, t, r, n: (part(h, r), part(h, t), part(2 * h, t + r))),
            "Your first two are exchanged. A net that says “shirt” to everything: which of the two is 1?",
        ),
        Mistake(
            "F1 is the plain mean",
            scored(lambda h, t, r, n: (part(h, t), part(h, r), (part(h, t) + part(h, r)) / 2)),
            "Your third is the plain mean. What would it be for precision 1 and recall 0?",
        ),
        Mistake(
            "F1 is a product",
            scored(lambda h, t, r, n: (part(h, t), part(h, r), part(h, t) * part(h, r))),
            "Your third is the product. If both were ½, what should a mean of the two be?",
        ),
        Mistake(
            "the geometric mean is the harmonic one",
            scored(lambda h, t, r, n: (part(h, t), part(h, r), (part(h, t) * part(h, r)) ** 0.5)),
            "Your third is the geometric mean. Which mean is one over the mean of one over each?",
        ),
        Mistake(
            "F1 forgets the two",
            scored(lambda h, t, r, n: (part(h, t), part(h, r), part(h, t + r))),
            "Your third is never above ½. What is it if everything is right?",
        ),
        Mistake(
            "the overlap is F1",
            scored(lambda h, t, r, n: (part(h, t), part(h, r), part(h, t + r - h))),
            "Your third is the overlap TP / (TP + FP + FN). How often does a hit count in F1?",
        ),
        Mistake(
            "a share of nothing is no number",
            scored(lambda h, t, r, n: (h / t if t else np.nan, h / r if r else np.nan, part(2 * h, t + r))),
            "Where nothing was taken for the class, or nothing is it, you give no number. What was to "
            "count there?",
        ),
        Mistake(
            "a share of nothing is all of it",
            scored(lambda h, t, r, n: (h / t if t else 1, h / r if r else 1, part(2 * h, t + r))),
            "A share of nothing counts 1 with you. What would that say about a net that finds no shirt?",
        ),
        Mistake(
            "all shares are of all rows",
            scored(lambda h, t, r, n: (h / n, h / n, part(2 * h, t + r))),
            "You divide the hits by all rows. Of which rows is precision a share?",
        ),
        Mistake(
            "every class at once",
            lambda y, predicted, label: [(y == predicted).mean()] * 3,
            "All three are the accuracy with you. Which rows are about this class?",
        ),
    ),
    properties=(
        Property(
            "one shirt found of two, and nothing else taken for one",
            {"y": np.array([1, 1, 0, 0]), "predicted": np.array([1, 0, 0, 0]), "label": 1},
            lambda found: np.allclose(found, [1, 1 / 2, 2 / 3]),
        ),
    ),
)

tasks = Tasks(PREPARED, RATES, SHIFTED, WORTH, CHOSEN, THREE_SCORES)
