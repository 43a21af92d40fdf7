"""The threshold explorer: its counts against the metrics, its weights against torch's, its words."""

import re

import numpy as np
import pytest

from parti_edu import load, metrics
from parti_edu.explore import threshold, threshold_explorer

RNG = np.random.default_rng(0)
RANDOM = [{k.name: k.values[RNG.integers(len(k.values))] for k in threshold_explorer.knobs} for _ in range(8)]
LABEL = load("tweets").test.label["label"]


def shown(**settings):
    return threshold_explorer.result(threshold_explorer.at(**settings))


def told(**settings):
    return threshold_explorer.words(shown(**settings))


@pytest.mark.parametrize("settings", RANDOM, ids=lambda s: "-".join(map(str, s.values())))
def test_the_code_lines_find_the_same_tweets(settings):
    state, names = threshold_explorer.at(**settings), {}
    exec(threshold_explorer.code(state), names)
    result, found, is_wanted = threshold_explorer.result(state), names["found"], state.wanted == LABEL
    assert (result.hits, result.alarms) == ((found & is_wanted).sum(), (found & ~is_wanted).sum())
    assert (result.n, result.wanted) == (len(LABEL), is_wanted.sum())


@pytest.mark.parametrize("settings", RANDOM, ids=lambda s: "-".join(map(str, s.values())))
def test_curves_and_the_state_have_the_scores_of_the_metrics(settings):
    result = shown(**settings)
    chance, is_wanted = threshold.chances(result.state.wanted, result.state.n_words)
    of_weight = chance[threshold.WEIGHTS.index(result.state.weight)]
    for i, at in enumerate(threshold.CUTS):
        scores = metrics.scores(is_wanted.astype(int), (of_weight > at).astype(int), 2)
        assert result.curve[0, i] == pytest.approx(scores.recall[1])
        assert result.curve[2, i] == pytest.approx(scores.f1[1])
        found_some = (of_weight > at).any()
        assert np.isnan(result.curve[1, i]) == (not found_some)
        if found_some:
            assert result.curve[1, i] == pytest.approx(scores.precision[1])
    at = np.flatnonzero(np.isclose(threshold.CUTS, result.state.threshold))[0]
    assert result.hits / result.wanted == pytest.approx(result.curve[0, at])


def test_merging_with_a_weight_is_momentum_on_a_weighted_loss():
    (X, label), (new, _) = threshold.rows(50)
    y = (label == "negative").astype(int)
    weight = np.where(y == 1, 4.0, 1.0)
    theta = velocity = np.zeros(X.shape[1])
    for _ in range(threshold.ROUNDS):
        slope = (threshold.sigmoid(X @ theta) - y) * weight @ X / weight.sum() + threshold.MODEL.l2 * theta
        velocity = 0.9 * velocity + slope
        theta = theta - 4.0 * velocity
    chance, _ = threshold.chances("negative", 50)
    found = chance[threshold.WEIGHTS.index(4.0)]
    # 60 rounds, sums in another order
    np.testing.assert_allclose(found, threshold.sigmoid(new @ theta), rtol=0, atol=1e-10)


def test_the_threshold_instead_is_the_one_of_the_odds():
    assert threshold.instead_of(3.0, 0.5) == pytest.approx(0.25)
    assert threshold.instead_of(1.0, 0.3) == pytest.approx(0.3)
    t = threshold.instead_of(0.25, 0.7)
    assert 0.25 * t / (1 - t) == pytest.approx(0.7 / 0.3)


def test_a_weight_finds_more_and_the_other_way_does_about_the_same():
    plain, weighted = shown(weight=1.0), shown(weight=4.0)
    assert weighted.hits > plain.hits
    assert weighted.alarms > plain.alarms
    best = 2 * weighted.hits / (weighted.hits + weighted.alarms + weighted.wanted)
    assert weighted.plain_f1 == pytest.approx(best, abs=0.05)
    assert plain.plain_f1 == pytest.approx(2 * plain.hits / (plain.hits + plain.alarms + plain.wanted))


def test_words_tell_what_is_found_and_what_finding_none_would_score():
    result, words = shown(), told()
    found = re.search(r"(\d+) of (\d+) found, recall (\S+), with (\d+) false alarms, precision (\S+);", words)
    hits, wanted, recall, alarms, precision = map(float, found.groups())
    assert (hits, wanted, alarms) == (result.hits, result.wanted, result.alarms)
    assert (recall, precision) == pytest.approx((hits / wanted, hits / (hits + alarms)), abs=0.005)
    right = 1 - (wanted - hits + alarms) / result.n
    assert f"Accuracy {right:.2f}; finding none at all would have {1 - wanted / result.n:.2f}." in words
    assert "instead" not in words
    assert re.search(r"Weight 1 and threshold 0\.2 instead: F1 0\.\d\d\.$", told(weight=4.0))


def test_words_of_the_ends():
    nothing = told(wanted="neutral", threshold=0.98)
    assert "0 of 247 found, recall 0.00, and no precision, since none is; F1 0." in nothing
    assert "with 1 false alarm, " in told(wanted="positive", threshold=0.98)


def test_the_dot_is_there_unless_none_is_found():
    dot = '<polygon class="orange"'
    assert threshold_explorer.picture(shown()).count(dot) == 1
    assert dot not in threshold_explorer.picture(shown(wanted="neutral", threshold=0.98))


def test_moving_the_threshold_or_the_weight_trains_nothing_anew():
    threshold.chances.cache_clear()
    for at in (0.3, 0.5):
        for weight in threshold.WEIGHTS:
            shown(threshold=at, weight=weight)
    assert threshold.chances.cache_info().misses == 1
