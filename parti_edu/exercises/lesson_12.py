"""Lesson 12: weighed counts, a threshold for a weight, a paired gain, the word that decides, the nearest."""

import numpy as np

from .task import Mistake, Property, Task, Tasks

# Weighed counts


def weighed(train, new):
    n, holding = len(train), (train > 0).sum(0)
    rows = new * (np.log((1 + n) / (1 + holding)) + 1)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, length, out=np.zeros(rows.shape), where=length > 0)


def weighed_word_by_word(train, new):
    out = np.zeros(new.shape)
    for i, text in enumerate(new):
        for j, count in enumerate(text):
            holding = sum(1 for other in train if other[j] > 0)
            out[i, j] = count * (1 + np.log1p(len(train)) - np.log1p(holding))
        length = sum(value**2 for value in out[i]) ** 0.5
        if length:
            out[i] = out[i] / length
    return out


def two_tables(rng, size):
    """Counts in training texts, each word in one at least, and in new texts, none of them empty."""
    d = 2 + size
    train, new = rng.integers(0, 3, (2 + size, d)), rng.integers(0, 4, (1 + size // 2, d))
    train[rng.integers(0, len(train), d), np.arange(d)] += 1
    new[np.arange(len(new)), rng.integers(0, d, len(new))] += 1
    return {"train": train, "new": new}


def as_they_should(train, new):
    return np.log((1 + len(train)) / (1 + (train > 0).sum(0))) + 1


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def weighed_with(idf=as_they_should, scaled=unit, counted=lambda new: new):
    """Weighed counts in which one part is another."""

    def run(train, new):
        return scaled(counted(new) * idf(train, new))

    return run


WEIGHED = Task(
    lesson="12",
    claim="12.2",
    minutes=8,
    statement=(
        "**Weigh the words.** `train` (n, d) and `new` (m, d) hold how often each of d words stands in "
        "each training text and in each new text. Give back the TF-IDF rows of the new texts, (m, d): "
        "counts times $\\log\\frac{1+n}{1+n_w}+1$, where $n_w$ texts hold the word; each row of length 1. "
        "What is learned comes from the training texts. A text without words stays a row of zeros."
    ),
    stub=("def weighed(train, new):\n    # one weight a word, then one length a text\n    return ...\n"),
    inputs=two_tables,
    oracle=weighed_word_by_word,
    answer=weighed,
    hints=(
        "First a weight for each word, shape (d,). In how many of the training texts does it stand?",
        "A text holds a word if its count is above 0. How do you count the True in each column?",
        "Counts of the new texts times the weights, then each row divided by its length; where that is 0, "
        "leave the zeros.",
    ),
    mistakes=(
        Mistake(
            "the new texts may be looked at, for weights have no labels",
            weighed_with(lambda train, new: as_they_should(np.vstack([train, new]), new)),
            "You count the new texts among those that hold a word. Would the weights be the same if other "
            "texts came tomorrow?",
        ),
        Mistake(
            "each table has weights of its own",
            weighed_with(lambda train, new: as_they_should(new, new)),
            "You learn the weights from the new texts. What would a single new text weigh its words by?",
        ),
        Mistake(
            "a word that comes twice in a text counts twice among the texts",
            weighed_with(lambda train, new: np.log((1 + len(train)) / (1 + train.sum(0))) + 1),
            "You add up how often a word comes. One text says it five times: how many texts hold it?",
        ),
        Mistake(
            "common words weigh more",
            weighed_with(lambda train, new: np.log((1 + (train > 0).sum(0)) / (1 + len(train))) + 1),
            "Your weights grow with the number of texts that hold a word. Which says more about a text, "
            "'the' or 'refund'?",
        ),
        Mistake(
            "the one after the logarithm may go",
            weighed_with(lambda train, new: np.log((1 + len(train)) / (1 + (train > 0).sum(0)))),
            "Your weights lack what is added after the logarithm. What does a word that stands in all "
            "texts weigh with you?",
        ),
        Mistake(
            "the ones in the fraction may go",
            weighed_with(lambda train, new: np.log(len(train) / (train > 0).sum(0)) + 1),
            "Your fraction is the plain n over n_w. What becomes of it for a word of which no training "
            "text knows?",
        ),
        Mistake(
            "every logarithm is to the base 2",
            weighed_with(lambda train, new: np.log2((1 + len(train)) / (1 + (train > 0).sum(0))) + 1),
            "Your logarithm is to the base 2. Because of the one that is added, the base does not cancel "
            "in the length; which one is asked for?",
        ),
        Mistake(
            "a row of length 1 adds up to 1",
            weighed_with(scaled=lambda rows: rows / rows.sum(1, keepdims=True)),
            "Your rows add up to 1. What is the length of the row (½, ½)?",
        ),
        Mistake(
            "lengths do not matter",
            weighed_with(scaled=lambda rows: rows),
            "Your rows are as long as their texts. What would a text that is pasted twice look like to a "
            "linear model?",
        ),
        Mistake(
            "words are brought to length 1, not texts",
            weighed_with(scaled=lambda rows: rows / np.linalg.norm(rows, axis=0, keepdims=True)),
            "You divide each column by its length. Which axis holds the words of one text?",
        ),
        Mistake(
            "a word is there or it is not",
            weighed_with(counted=lambda new: (new > 0).astype(float)),
            "You ask whether a word is there. What becomes of a text that says 'very very very'?",
        ),
    ),
    properties=(
        Property(
            "a text without words is a row of zeros",
            {"train": np.array([[1, 0], [1, 2]]), "new": np.array([[0, 0], [0, 3]])},
            lambda rows: np.array_equal(rows, [[0, 0], [0, 1]]),
        ),
    ),
)

# A threshold for a weight


def same_threshold(weight, threshold):
    odds = threshold / (1 - threshold) / weight
    return odds / (1 + odds)


def same_threshold_by_search(weight, threshold):
    low, high = 0.0, 1.0
    for _ in range(200):
        chance = (low + high) / 2
        if weight * chance * (1 - threshold) > threshold * (1 - chance):
            high = chance
        else:
            low = chance
    return chance


def sigmoid_of(shift):
    return lambda weight, threshold: 1 / (1 + np.exp(-np.log(threshold / (1 - threshold)) + shift(weight)))


SAME_THRESHOLD = Task(
    lesson="12",
    claim="12.7",
    minutes=6,
    statement=(
        "**A threshold for a weight.** A model was trained with the wanted rows weighing `weight`: its "
        "odds $p/(1-p)$ are that many times those of a model trained with weight 1. The weighted one calls "
        "a row found if its $p$ is above `threshold`. Above which $p$ must the unweighted one call it "
        "found, to find the same rows?"
    ),
    stub="def same_threshold(weight, threshold):\n    return ...\n",
    inputs=lambda rng, size: {
        "weight": float(rng.choice([0.25, 0.5, 2.0, 3.0, 4.0, 8.0])),
        "threshold": float(rng.choice([0.1, 0.2, 0.3, 0.4, 0.6, 0.75])),
    },
    oracle=same_threshold_by_search,
    answer=same_threshold,
    hints=(
        "Turn the threshold into odds. Above which odds does the weighted model call a row found?",
        "The other model's odds are smaller by the factor `weight`. So is the limit for them.",
        "From odds back to a probability: odds / (1 + odds).",
    ),
    mistakes=(
        Mistake(
            "a weight divides the threshold",
            lambda weight, threshold: threshold / weight,
            "You divide the probability itself by the weight. At weight ¼ and threshold 0.4, is that still "
            "a probability?",
        ),
        Mistake(
            "a weight multiplies the threshold",
            lambda weight, threshold: threshold * weight,
            "You multiply the threshold. The weighted model calls more rows found; must the other one be "
            "stricter, or more generous?",
        ),
        Mistake(
            "the threshold moves the other way",
            lambda weight, threshold: weight * threshold / (1 - threshold + weight * threshold),
            "Your formula raises the threshold for a weight above 1. Which of the two models has the "
            "higher odds for the same row?",
        ),
        Mistake(
            "the threshold was one half",
            lambda weight, threshold: 1 / (1 + weight),
            "Your answer does not depend on the threshold. For which one is it right?",
        ),
        Mistake(
            "weights move nothing",
            lambda weight, threshold: threshold,
            "You leave the threshold as it is. With weight 8, will the two models find equally many?",
        ),
        Mistake(
            "odds are a probability",
            lambda weight, threshold: threshold / (1 - threshold) / weight,
            "You give odds. Can they be above 1, and can a threshold?",
        ),
        Mistake(
            "the weight is subtracted from the score",
            sigmoid_of(lambda weight: weight),
            "You subtract the weight from the score. At weight 1 both models are the same; are your two "
            "thresholds?",
        ),
        Mistake(
            "only the wanted part is divided, and nothing else",
            lambda weight, threshold: threshold / weight / (threshold / weight + 1),
            "Your limit for the odds is the threshold over the weight. Is 0.75 as a probability the same "
            "as 0.75 as odds?",
        ),
    ),
    properties=(
        Property(
            "weight 3 at one half is a quarter",
            {"weight": 3.0, "threshold": 0.5},
            lambda chance: np.isclose(chance, 0.25),
        ),
    ),
)

# A paired interval


def paired(one, other, draws):
    gains = (one[draws] - other[draws]).mean(axis=1)
    return np.quantile(gains, [0.025, 0.975])


def paired_draw_by_draw(one, other, draws):
    gains = []
    for rows in draws:
        right = [one[i] for i in rows], [other[i] for i in rows]
        gains.append(sum(right[0]) / len(rows) - sum(right[1]) / len(rows))
    return [np.percentile(gains, 2.5), np.percentile(gains, 97.5)]


def ends_of(gains):
    return np.quantile(gains, [0.025, 0.975])


def made_of_gains(ends):
    """The two ends made in another way of the gains, one a draw."""
    return lambda one, other, draws: ends((one[draws] - other[draws]).mean(1))


PAIRED = Task(
    lesson="12",
    claim="12.8",
    minutes=8,
    statement=(
        "**Better, or lucky?** `one` and `other` (n,) hold 1 where a model is right on a test row and 0 "
        "where it is not. Each line of `draws` (B, n) holds the row numbers of one draw, with replacement. "
        "Give back the two ends between which the middle 95 % of the gains in accuracy lie, `one` over "
        "`other`, both judged on the same draw."
    ),
    stub=(
        "def paired(one, other, draws):\n"
        "    # one gain a draw, then two quantiles of the gains\n"
        "    return np.array([..., ...])\n"
    ),
    inputs=lambda rng, size: {
        "one": rng.integers(0, 2, 4 + size).astype(float),
        "other": rng.integers(0, 2, 4 + size).astype(float),
        "draws": rng.integers(0, 4 + size, (5 + 3 * size, 4 + size)),
    },
    oracle=paired_draw_by_draw,
    answer=paired,
    hints=(
        "`one[draws]` has the shape of draws. What is its mean over one line?",
        "The gain of a draw is the difference of two means over the same rows: B gains.",
        "`np.quantile` of the B gains, at 0.025 and at 0.975.",
    ),
    mistakes=(
        Mistake(
            "each model may have draws of its own",
            lambda one, other, draws: ends_of(one[draws].mean(1) - other[draws[::-1]].mean(1)),
            "You judge the two on different draws. A draw of clear-cut rows helps which of them?",
        ),
        Mistake(
            "intervals may be subtracted",
            lambda one, other, draws: ends_of(one[draws].mean(1)) - ends_of(other[draws].mean(1)),
            "You subtract the ends of two intervals. Does the draw in which `one` is at its best have to be "
            "that in which `other` is?",
        ),
        Mistake(
            "the gain is the other's",
            made_of_gains(lambda gains: ends_of(-gains)),
            "Your gains have the other sign. Above 0, who should be ahead?",
        ),
        Mistake(
            "all draws lie in the interval",
            made_of_gains(lambda gains: np.array([gains.min(), gains.max()])),
            "You take the lowest and the highest gain. What happens to these two as the draws become more?",
        ),
        Mistake(
            "five in a hundred on each side",
            made_of_gains(lambda gains: np.quantile(gains, [0.05, 0.95])),
            "You leave out 5 % on each side. How much lies between your ends?",
        ),
        Mistake(
            "gains are normal",
            made_of_gains(lambda gains: gains.mean() + np.array([-1.96, 1.96]) * gains.std()),
            "You take the mean and 1.96 deviations. Near its largest possible value, is a gain "
            "spread alike on both sides?",
        ),
        Mistake(
            "more draws make the interval narrow",
            made_of_gains(
                lambda gains: gains.mean() + np.array([-1.96, 1.96]) * gains.std() / len(gains) ** 0.5
            ),
            "Your interval shrinks with the number of draws. Do more draws tell you more about the model, "
            "with the same test rows?",
        ),
        Mistake(
            "right answers are counted, not their share",
            lambda one, other, draws: ends_of((one[draws] - other[draws]).sum(1)),
            "You count right answers. What would the gain be for twice as many test rows?",
        ),
        Mistake(
            "a gain is of a place in the draw",
            lambda one, other, draws: ends_of((one[draws] - other[draws]).mean(0)),
            "You take the mean over the draws. Along which axis do the rows of one draw lie?",
        ),
        Mistake(
            "the test rows themselves are the draws",
            lambda one, other, draws: ends_of(one - other),
            "You take quantiles over single rows. Which question do they answer: how sure is the mean, or "
            "how different are rows?",
        ),
    ),
    properties=(
        Property(
            "two models that are right on the same rows have no gain, in any draw",
            {
                "one": np.array([1.0, 0, 1]),
                "other": np.array([1.0, 0, 1]),
                "draws": np.array([[0, 0, 1]] * 3),
            },
            lambda ends: np.array_equal(ends, [0, 0]),
        ),
    ),
)

# The word that decides


def turning(X, theta):
    score, parts = X @ theta, X * theta
    decides = parts * np.sign(score)[:, None] > abs(score)[:, None]
    decides[:, 0] = False
    largest = np.where(decides, abs(parts), -1).argmax(1)
    return np.where(decides.any(1), largest, -1)


def turning_one_by_one(X, theta):
    answers = []
    for x in X:
        best, size = -1, 0.0
        for j in range(1, len(x)):
            without = x.copy()
            without[j] = 0
            if (without @ theta) * (x @ theta) < 0 and abs(x[j] * theta[j]) > size:
                best, size = j, abs(x[j] * theta[j])
        answers.append(best)
    return answers


def some_texts(rng, size):
    """Rows of a few words each, and parameters; some of the words decide."""
    X = rng.uniform(0.2, 1, (5 + size, 5 + size)) * (rng.random((5 + size, 5 + size)) < 0.5)
    X[:, 0] = 1.0
    theta = rng.normal(size=5 + size)
    theta[0] = rng.choice([-0.3, 0.3])
    return {"X": X, "theta": theta}


def most_of(size_of, first=1, only=lambda parts, score: np.full(parts.shape, True)):
    """Of the words from `first` on that `only` allows, the one of the largest size; −1 if there is none."""

    def run(X, theta):
        parts, score = X * theta, (X @ theta)[:, None]
        allowed = only(parts, score)
        allowed[:, :first] = False
        largest = np.where(allowed, size_of(parts, theta), -np.inf).argmax(1)
        return np.where(allowed.any(1), largest, -1)

    return run


def turned(parts, score):
    return parts * np.sign(score) > abs(score)


def part_size(parts, theta):
    return abs(parts)


TURNING = Task(
    lesson="12",
    claim="B21",
    minutes=10,
    statement=(
        "**The word that decides.** A text is a row of `X` (n, d), its score $x^{\\mathsf T}\\theta$; the "
        "sign is the decision. For each text: which word, taken out (its feature set to 0), would turn the "
        "decision? Of several the one with the largest part in the score, in size; −1 if there is none. "
        "Feature 0 is the intercept and stays."
    ),
    stub=(
        "def turning(X, theta):\n    # each word's part of the score; which of them decide?\n    return ...\n"
    ),
    inputs=some_texts,
    oracle=turning_one_by_one,
    answer=turning,
    hints=(
        "The score is a sum of parts, one a word: x times θ. What is it without part j?",
        "Taking out a part turns the sign if the part has the score's sign and is larger than the score.",
        "Mark the words that decide, without the intercept; where a text has any, take the largest part "
        "among them.",
    ),
    mistakes=(
        Mistake(
            "the largest coefficient decides",
            most_of(lambda parts, theta: abs(theta)),
            "You look at the coefficients alone. What if that word does not stand in this text?",
        ),
        Mistake(
            "the largest part always decides",
            most_of(part_size),
            "You name the largest part. What is the sign of the score without it?",
        ),
        Mistake(
            "the largest part on the winning side decides",
            most_of(part_size, only=lambda parts, score: parts * np.sign(score) > 0),
            "You name the largest part that agrees with the decision. Is it larger than the score?",
        ),
        Mistake(
            "the intercept can be taken out",
            most_of(part_size, first=0, only=turned),
            "You let feature 0 be taken out. Which word is that?",
        ),
        Mistake(
            "the first that turns it will do",
            most_of(lambda parts, theta: -np.arange(len(theta)), only=turned),
            "You take the first word that turns the decision. Which one was asked for where there are "
            "several?",
        ),
        Mistake(
            "the one that turns it narrowly is meant",
            most_of(lambda parts, theta: -abs(parts), only=turned),
            "You take the smallest part that turns the decision. Which of them adds most?",
        ),
        Mistake(
            "words against the decision turn it",
            most_of(part_size, only=lambda parts, score: -parts * np.sign(score) > abs(score)),
            "You look among the words that speak against the decision. What does the score do when one of "
            "these goes?",
        ),
        Mistake(
            "decisions are always positive",
            most_of(part_size, only=lambda parts, score: (parts > score) & (score > 0)),
            "Your answer is −1 for every negative decision. Which sign has a part that decides there?",
        ),
        Mistake(
            "the intercept has no say",
            most_of(part_size, only=lambda parts, score: turned(parts, score - parts[:, :1])),
            "Your score leaves out the intercept. May it stay where it is without being counted?",
        ),
        Mistake(
            "the coefficient of a word that decides is what it adds",
            most_of(lambda parts, theta: abs(theta), only=turned),
            "Of the words that decide you take the largest coefficient. How much of that word is in the "
            "text?",
        ),
    ),
    properties=(
        Property(
            "of two words that agree, neither decides alone",
            {"X": np.array([[1.0, 1.0, 1.0]]), "theta": np.array([0.0, 2.0, 2.0])},
            lambda answers: np.array_equal(answers, [-1]),
        ),
    ),
)

# The nearest


def nearest(X, question):
    lengths = np.linalg.norm(X, axis=1)
    return (X @ question / lengths).argmax()


def nearest_angle(X, question):
    angles = []
    for row in X:
        cosine = sum(a * b for a, b in zip(row, question, strict=True)) / (row @ row) ** 0.5
        angles.append(np.arccos(np.clip(cosine / (question @ question) ** 0.5, -1, 1)))
    return angles.index(min(angles))


def some_sentences(rng, size):
    """Weighed counts of sentences of different length, none empty, and of a question."""
    X = rng.uniform(0.2, 1, (3 + size, 4 + size)) * (rng.random((3 + size, 4 + size)) < 0.5)
    X[np.arange(len(X)), rng.integers(0, 4 + size, len(X))] += 0.5
    question = rng.uniform(0.2, 1, 4 + size) * (rng.random(4 + size) < 0.5)
    question[0] += 0.5
    X[:, 0] += rng.uniform(0.05, 0.1, len(X))  # each shares a little with it
    return {"X": X * rng.uniform(0.5, 3, len(X))[:, None], "question": question}


NEAREST = Task(
    lesson="12",
    claim="12.13",
    minutes=5,
    statement=(
        "**Find the answer.** `X` (n, d) holds the weighed words of n sentences, not brought to length 1; "
        "`question` (d,) those of a question. Give back the number of the sentence with the smallest angle "
        "to the question, that is with the largest cosine."
    ),
    stub="def nearest(X, question):\n    return ...\n",
    inputs=some_sentences,
    oracle=nearest_angle,
    answer=nearest,
    hints=(
        "The cosine is the product of the two rows, divided by both lengths. Which length is the same for "
        "all sentences?",
        "`X @ question` gives all the products at once; `np.linalg.norm` with an axis all the lengths.",
        "Products divided by the lengths of the sentences, and `argmax`.",
    ),
    mistakes=(
        Mistake(
            "the largest product is the nearest",
            lambda X, question: (X @ question).argmax(),
            "You take the largest product. What does a sentence gain if it is pasted twice?",
        ),
        Mistake(
            "the smallest distance is the smallest angle",
            lambda X, question: np.linalg.norm(X - question, axis=1).argmin(),
            "You take the smallest distance. Can two rows point the same way and lie far apart?",
        ),
        Mistake(
            "a length is a sum",
            lambda X, question: (X @ question / X.sum(1)).argmax(),
            "You divide by the sum of a row. What is the length of the row (3, 4)?",
        ),
        Mistake(
            "a length is squared",
            lambda X, question: (X @ question / (X * X).sum(1)).argmax(),
            "You divide by the squared length. What does that do to a long sentence that points the right "
            "way?",
        ),
        Mistake(
            "the least similar one is the nearest",
            lambda X, question: (X @ question / np.linalg.norm(X, axis=1)).argmin(),
            "You take the smallest cosine. What is the cosine of a sentence with itself?",
        ),
        Mistake(
            "shared words are counted",
            lambda X, question: ((X > 0) & (question > 0)).sum(1).argmax(),
            "You count shared words. Should 'the' count as much as 'refund'?",
        ),
        Mistake(
            "columns are brought to length 1",
            lambda X, question: (X / np.linalg.norm(X, axis=0) @ question).argmax(),
            "You divide by the lengths of the columns. Which axis holds one sentence?",
        ),
        Mistake(
            "the similarity itself is asked for",
            lambda X, question: (X @ question / np.linalg.norm(X, axis=1) / np.linalg.norm(question)).max(),
            "You give the largest cosine. Where does it stand?",
        ),
    ),
    properties=(
        Property(
            "a sentence ten times as long as the question, of the same words, is the nearest there is",
            {"X": np.array([[1.0, 0.5], [10.0, 10.0]]), "question": np.array([1.0, 1.0])},
            lambda row: row == 1,
        ),
    ),
)

tasks = Tasks(WEIGHED, SAME_THRESHOLD, PAIRED, TURNING, NEAREST)
