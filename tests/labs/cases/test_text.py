"""Texts become rows as in scikit-learn, from training rows alone; the nearest sentence is the nearest."""

import zlib

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from parti_edu import grouping, load
from parti_edu.labs.cases import judging, text

SOME = ["Good phone, good price", "bad phone!", "a GOOD film :)", "", "the film was bad, bad, bad"]
TWEETS = load("tweets")


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("http://a.b/c www.x.y", ["<link>", "<link>"]),
        ("@ann: see @bob_2!", ["<name>", "see", "<name>", "!"]),
        ("&lt;3 &amp; :-( =) ;D :P :/", ["<3", ":-(", "=)", ";D", ":P", ":/"]),
        ("sooooo COOOL!!!!!", ["soo", "cool", "!!"]),
        ("it’s #Win2day, don't", ["it's", "#win2day", "don't"]),
        ("café — Ärger 42", ["café", "ärger", "42"]),
        ("... ,;", []),
        ("", []),
    ],
)
def test_tokens(given, found):
    assert text.tokens(given) == found


def test_cleaning_twice_is_cleaning_once():
    for tweet in TWEETS.X[::20]:
        once = text.clean(tweet)
        if "&" not in once:  # an entity of an entity
            assert text.clean(once) == once


def scikit(texts, **settings):
    return TfidfVectorizer(tokenizer=text.tokens, token_pattern=None, lowercase=False, **settings).fit(texts)


@pytest.mark.parametrize("texts", [SOME, TWEETS.train.X], ids=["some", "tweets"])
def test_words_weights_and_rows_are_scikit_learns(texts):
    theirs, ours = scikit(texts, min_df=2), text.learn(texts, at_most=10**6)
    assert ours.words == tuple(theirs.get_feature_names_out())
    np.testing.assert_allclose(ours.idf, theirs.idf_, rtol=1e-14)
    new = [*SOME, "words that nobody knows: xyzzy"]
    np.testing.assert_allclose(ours.rows(new), theirs.transform(new).toarray(), atol=1e-14)


def test_of_too_many_words_those_of_most_texts_stay_and_then_the_alphabet_decides():
    texts = ["b b b b c a", "c a", "c d"]
    assert text.learn(texts, at_most=1, at_least=1).words == ("c",)
    assert text.learn(texts, at_most=2, at_least=1).words == ("a", "c")
    assert text.learn(texts, at_most=3, at_least=1).words == ("a", "b", "c")  # b, four times in one text
    assert text.learn(texts).words == ("a", "c")


def test_nothing_is_learned_from_other_rows():
    learned = text.learn(TWEETS.train.X)
    assert set(learned.words) <= {word for tweet in TWEETS.train.X for word in text.tokens(tweet)}
    together = text.learn(TWEETS.X)
    assert set(together.words) != set(learned.words)

    def fit(X, y):  # what the rows of a test text are depends on the training texts alone
        seen.append(text.learn(X, at_most=100))
        return lambda new: np.zeros(len(new))

    folds, runs = grouping.random(200, 2), []
    for spoiled in (False, True):
        seen: list = []
        X = TWEETS.X[:200].astype(object)
        if spoiled:
            X[folds[0]] = "brand new words"
        judging.cross(fit, X, np.zeros(200), folds)
        runs.append(seen[0])
    assert runs[0].words == runs[1].words
    np.testing.assert_array_equal(runs[0].idf, runs[1].idf)


def test_rows_have_length_one_or_zero_and_may_have_an_intercept():
    learned = text.learn(SOME)
    X = learned.rows([*SOME, "nothing known"], intercept=True)
    assert X.shape == (6, 1 + len(learned.words))
    assert (X[:, 0] == 1).all()
    assert np.linalg.norm(X[:, 1:], axis=1) == pytest.approx([1, 1, 1, 0, 1, 0])


def test_runs_have_the_ends_of_words_marked():
    assert text.runs("an ox, Loved") == ["<an>", "<ox>", "<lov", "love", "oved", "ved>"]
    assert text.runs("a :) !") == []  # a face has no runs, and <a> is shorter than four
    assert text.runs("ab", length=2) == ["<a", "ab", "b>"]


def test_buckets_are_the_same_for_the_same_parts_and_keep_tokens_and_runs_apart():
    X = text.buckets(["love it", "it :)", ""], n_buckets=1000)
    assert X.shape == (3, 2 + 4)  # <it> is a run too
    assert X[2].tolist() == [0] * 6
    assert X[0, 1] == X[1, 0]
    assert (X[0, :2] <= 500).all()
    assert (X[0, 2:] > 500).all()
    assert X[0, 0] == 1 + zlib.crc32(b"love") % 500
    assert X[0, 2] == 501 + zlib.crc32(b"<lov") % 500


def test_bucket_weights_are_idf_and_zero_for_what_is_rare_or_fills_up():
    X = np.array([[1, 3, 3], [1, 4, 0], [1, 3, 0]])
    weights = text.bucket_weights(X, n_buckets=4, run=0.5)
    idf = [np.log(4 / 4) + 1, (np.log(4 / 3) + 1) / 2]
    np.testing.assert_allclose(weights, [0, idf[0], 0, idf[1], 0], rtol=1e-14)
    assert text.bucket_weights(X, n_buckets=4, at_least=1)[4] > 0


def test_a_sentence_is_its_own_nearest_and_the_cosine_is_in_order():
    reviews = load("review_sentences").X[:300]
    finder = text.Finder(reviews)
    for i in range(0, 300, 30):
        found = finder.find(reviews[i], n=5)
        assert found[0][0] == pytest.approx(1)
        assert reviews[found[0][1]] == reviews[i] or found[0][1] == i
        similarity = [near for near, _ in found]
        assert similarity == sorted(similarity, reverse=True)


def test_the_cosine_is_worked_out_by_hand():
    finder = text.Finder(["red fox", "red hen", "blue"])
    idf = {"red": np.log(4 / 3) + 1, "fox": np.log(4 / 2) + 1}
    near = idf["red"] / np.hypot(idf["red"], idf["fox"])
    assert finder.find("red?!") == [(pytest.approx(near), 0), (pytest.approx(near), 1)]


def test_what_shares_no_word_is_never_given():
    finder = text.Finder(["red fox", "blue hen!", "?"])
    assert finder.find("green!") == []
    assert finder.find("") == []
    assert [i for _, i in finder.find("blue", n=3)] == [1]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: text.learn(SOME, at_most=0), "at_most must be at least 1, got 0"),
        (lambda: text.learn(SOME, at_least=9), "at_least must leave some words of 5 texts, got 9"),
        (lambda: text.learn([]), "at_least must leave some words of 0 texts"),
        (lambda: text.runs("a", length=0), "length must be at least 1, got 0"),
        (lambda: text.buckets(["a"], 1), "n_buckets must be at least 2, got 1"),
        (lambda: text.bucket_weights(np.ones((1, 1), int), run=-1), r"run must be in \[0, "),
        (lambda: text.Finder(["a"]).find("a", n=0), "n must be at least 1, got 0"),
    ],
)
def test_bad_arguments_are_told(call, told):
    with pytest.raises(ValueError, match=told):
        call()
