"""Sentences as rows of numbers: clean, cut into tokens, count, weigh; and find the one that is nearest.

Whatever is *learned* from texts (which words count, how much each weighs) comes from the texts that are
handed to `learn`: give it the training rows alone.
"""

import html
import re
import zlib
from collections import Counter
from itertools import compress
from typing import NamedTuple

import numpy as np

from ... import checks

_ADDRESS = re.compile(r"https?://\S+|www\.\S+")
_NAME = re.compile(r"@\w+")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")
_FACE = r"[:;=]['-]?[)(DPpOo/\\|*3\][]|<3"
_TOKEN = re.compile(rf"{_FACE}|<(?:link|name)>|#?\w+(?:'\w+)*|[!?]+")


def clean(text):
    """A text without what says nothing: entities read, addresses and names put into one word each.

    What is drawn out is cut to two: "sooo" and "sooooooo" become "soo".

    >>> clean("@ann &lt;3 sooooo good!!! http://a.b/c")
    '<name> <3 soo good!! <link>'
    """
    text = html.unescape(text).replace("’", "'")
    text = _NAME.sub("<name>", _ADDRESS.sub("<link>", text))
    return _DRAWN_OUT.sub(r"\1\1", text)


def tokens(text):
    """The words of a text in lower case, and its faces, hashtags, !s and ?s, in their order.

    >>> tokens("It's GOOD, really... :D #win")
    ["it's", 'good', 'really', ':D', '#win']
    """
    found = _TOKEN.findall(clean(text))
    return [token.lower() if token[0].isalnum() or token[0] == "#" else token for token in found]


def runs(text, length=4):
    """The runs of `length` letters in the words of a text, the ends of a word marked by <>.

    Words that are unknown, misspelt or inflected share runs with words that are known (Bojanowski et
    al. 2017).

    >>> runs("Loved it :)")
    ['<lov', 'love', 'oved', 'ved>', '<it>']
    """
    checks.count("length", length)
    marked = [f"<{token}>" for token in tokens(text) if token[0].isalnum()]
    return [word[i : i + length] for word in marked for i in range(len(word) - length + 1)]


class TfIdf(NamedTuple):
    """Which words count, and what each of them weighs; made by `learn`."""

    words: tuple[str, ...]  # d of them, in the order of the columns
    idf: np.ndarray  # (d,)

    def rows(self, texts, intercept=False):
        """Texts as rows of unit length: x_w = count of w · idf_w, divided by ‖x‖.

        A word that is not in `words` is left out; a text that has none of them is a row of zeros.

        Args:
            texts: n of them.
            intercept: put a column of ones in front.

        Returns:
            Features, (n, d), or (n, 1 + d).
        """
        column = {word: j for j, word in enumerate(self.words)}
        X = np.zeros((len(texts), len(self.words)))
        for i, text in enumerate(texts):
            for word, count in Counter(tokens(text)).items():
                if word in column:
                    X[i, column[word]] = count * self.idf[column[word]]
        X /= np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-300)
        return np.column_stack([np.ones(len(X)), X]) if intercept else X


def learn(texts, at_most=2000, at_least=2):
    """The words that stand in most texts, and their weights: the rarer a word, the heavier.

        idf_w = log((1 + n) / (1 + n_w)) + 1, with n_w of the n texts holding the word w

    Args:
        texts: the training texts, n of them.
        at_most: words to keep, at least 1; of equally common ones the first in the alphabet.
        at_least: texts that a word must stand in, at least 1.

    Raises:
        ValueError, TypeError: if a count is out of its range, or no word stands in enough texts.

    Spärck Jones (1972); with the ones of scikit-learn, as if one text more held every word once.
    """
    checks.count("at_most", at_most)
    checks.count("at_least", at_least)
    holding = Counter(word for text in texts for word in set(tokens(text)))
    known = [word for word, n in holding.items() if n >= at_least]
    if not known:
        raise ValueError(f"at_least must leave some words of {len(texts)} texts, got {at_least}")
    known.sort(key=lambda word: (-holding[word], word))
    words = tuple(sorted(known[:at_most]))
    n_holding = np.array([holding[word] for word in words])
    return TfIdf(words, np.log((1 + len(texts)) / (1 + n_holding)) + 1)


def buckets(texts, n_buckets=2**15):
    """The tokens and the runs of each text as numbers, the same on every machine; 0 fills up.

        token → 1 + c mod h,   run → 1 + h + c mod h,   with c the CRC-32 of its letters and h = n_buckets / 2

    No vocabulary is kept. What falls into one bucket cannot be told apart (Weinberger et al. 2009).

    Args:
        texts: n of them.
        n_buckets: at least 2; half for tokens, half for runs.

    Returns:
        Numbers in 0 … n_buckets, (n, L), with L the most that a text has.
    """
    checks.count("n_buckets", n_buckets, 2)
    half = n_buckets // 2

    def numbers(first, parts):
        return [first + zlib.crc32(part.encode()) % half for part in parts]

    found = [numbers(1, tokens(text)) + numbers(1 + half, runs(text)) for text in texts]
    filled = np.zeros((len(found), max(map(len, found), default=0)), dtype=int)
    for row, some in zip(filled, found, strict=True):
        row[: len(some)] = some
    return filled


def bucket_weights(X, n_buckets=2**15, at_least=2, run=0.4):
    """What each bucket weighs, from training rows: its idf as in `learn`; 0 for 0 and for what is rare.

    Args:
        X: of the training rows, (n, L), from `buckets`.
        n_buckets: as there.
        at_least: rows that a bucket must stand in, at least 1.
        run: what a run's idf is multiplied with, at least 0: there are several to a word.

    Returns:
        Weights, (1 + n_buckets,).

    Raises:
        ValueError, TypeError: if a setting is out of its range.
    """
    checks.count("n_buckets", n_buckets, 2)
    checks.count("at_least", at_least)
    checks.number("run", run, 0)
    holding = sum(np.bincount(np.unique(row), minlength=1 + n_buckets) for row in X)
    idf = np.log((1 + len(X)) / (1 + holding)) + 1
    idf[1 + n_buckets // 2 :] *= run
    return np.where((holding >= at_least) & (np.arange(1 + n_buckets) > 0), idf, 0.0)


class Finder:
    """The sentences that are nearest to a question, by the cosine of the angle between their rows.

        similarity = xᵀq, for rows x and a question q of unit length, in [0, 1]

    Words are compared, not what they mean; faces, !s and ?s are left out. Salton, Wong & Yang (1975).

    Args:
        texts: the sentences, n of them; they are also what the weights are learned from.
    """

    def __init__(self, texts):
        self.texts, known = list(texts), learn(texts, at_most=10**6, at_least=1)
        said = [word[0].isalnum() for word in known.words]
        self.weights = TfIdf(tuple(compress(known.words, said)), known.idf[said])
        self.X = self.weights.rows(self.texts)

    def find(self, question, n=3):
        """The n nearest: (similarity, row number) each, nearest first; of equals the first row.

        A sentence that shares no word with the question is never given.
        """
        checks.count("n", n)
        similarity = self.X @ self.weights.rows([question])[0]
        best = np.argsort(-similarity, kind="stable")[:n]
        return [(float(similarity[i]), int(i)) for i in best if similarity[i] > 0]
