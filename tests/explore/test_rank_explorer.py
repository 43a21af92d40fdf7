"""The rank explorer: its table is the package's, its words count what its picture shows."""

import numpy as np
import pytest

from parti_edu import read
from parti_edu.explore import rank, rank_explorer
from parti_edu.labs.cases import votes


def told(**settings):
    return rank_explorer.words(rank_explorer.result(rank_explorer.at(**settings)))


@pytest.mark.parametrize("settings", [{}, {"rank": 4, "l2": 1e-3, "seen": "5 %"}, {"rank": 0, "seen": "5 %"}])
def test_the_code_line_computes_the_same_share(settings):
    state, names = rank_explorer.at(**settings), {}
    exec(rank_explorer.code(state), names)
    result = rank_explorer.result(state)
    assert names["apart"] == result.fits.apart[result.at]
    np.testing.assert_array_equal(names["run"].final, result.fits.theta[state.rank, state.l2])
    assert names["run"].accuracy(names["some"].train)[-1] == result.fits.fitted[result.at]


def test_a_senator_s_share_and_all_shares_are_counts_of_the_same_votes():
    result = rank_explorer.result(rank_explorer.at(rank=2, l2=1e-4))
    apart = rank.split("20 %").choose
    n = np.bincount(apart.X[:, 0], minlength=102)
    assert (result.by_senator * n).sum() / n.sum() == pytest.approx(result.fits.apart[result.at])


def test_astray_is_the_least_over_all_cuts():
    result = rank_explorer.result(rank_explorer.at(rank=1, seen="5 %"))
    right = read("senate_votes")["party"] == "R"
    cuts = np.append(-np.inf, np.sort(result.place))
    assert result.astray == min(np.sum((result.place > cut) != right) for cut in cuts)


def test_baselines_are_those_of_the_package():
    some, fits = votes.split(keep=0.2), rank.fits("20 %")
    X, y = some.choose
    assert fits.majority == np.mean((votes.bill_majority(some.train)[X[:, 1]] > 0) == y)
    assert fits.svd[1] == np.mean((votes.svd_scores(some.train, 1)[tuple(X.T)] > 0) == y)


def test_words_tell_over_fitting_from_too_much_penalty():
    assert "The wide gap between the two is over-fitting. One cut" in told(rank=8)
    assert "over-fitting" not in told(rank=8, l2=3e-4)
    assert "The penalty has drawn all senators to one place" in told(rank=8, l2=3e-3)
    assert told(rank=0).endswith("At rank 0 senators have no numbers, so all stand in one place.")
    assert "from 5 % of the training votes" in told(seen="5 %")


def test_few_votes_want_a_penalty_and_a_low_rank():
    apart = rank.fits("20 %").apart
    no_penalty, some_penalty = apart[:, 0], apart[:, 3]
    assert no_penalty.argmax() == 1
    assert no_penalty[-1] < no_penalty[1] - 0.03
    assert some_penalty[-1] > no_penalty[-1] + 0.03
