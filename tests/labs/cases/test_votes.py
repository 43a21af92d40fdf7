"""Votes: gradient, blocks and symmetries of the factorisation; its baselines against other routes."""

import numpy as np
import pytest
from sklearn.decomposition import TruncatedSVD

from parti_edu import grouping, read
from parti_edu.labs.cases import votes
from parti_edu.labs.cases.judging import interval
from parti_edu.labs.cases.votes import Factorisation, Votes, alternating, places, senators, svd_scores
from parti_edu.on_numpy import Adam, GradientDescent, train

SOME = votes.split(seed=3)


def small(rank=2, n=30, seed=0):
    """A model of 4 senators and 9 bills, θ of no special place, and votes with pairs that come twice."""
    rng = np.random.default_rng(seed)
    model = Factorisation(rank, 0.03, n_senators=4, n_bills=9)
    X = np.column_stack([rng.integers(0, 4, n), rng.integers(0, 9, n)])
    return model, rng.normal(size=13 * rank + 9), X, rng.integers(0, 2, n)


def test_every_vote_stands_on_one_side_of_the_split_and_is_what_the_senate_voted():
    vote = read("senate_votes")["vote"]
    cells = [tuple(pair) for part in SOME for pair in part.X.tolist()]
    assert len(cells) == len(set(cells)) == (vote >= 0).sum()
    for part in SOME:
        np.testing.assert_array_equal(part.y, vote[tuple(part.X.T)])
    assert len(SOME.choose.y) == len(SOME.test.y) == round(0.1 * len(cells))


def test_fewer_votes_to_learn_from_leave_the_others_as_they_are():
    few = votes.split(seed=3, keep=0.2)
    assert len(few.train.y) == round(0.2 * len(SOME.train.y))
    np.testing.assert_array_equal(few.test.X, SOME.test.X)
    np.testing.assert_array_equal(few.choose.X, SOME.choose.X)


@pytest.mark.parametrize("rank", [0, 1, 3])
def test_the_gradient_is_the_slope_of_the_loss(rank):
    model, theta, X, y = small(rank)
    nudge = 1e-6 * np.eye(len(theta))
    slope = (model.loss(theta + nudge, X, y) - model.loss(theta - nudge, X, y)) / 2e-6
    # central differences at 1e-6 in float64 are good to about 1e-9
    np.testing.assert_allclose(model.gradient(theta, X, y), slope, atol=2e-9)


def test_scores_by_hand():
    model = Factorisation(1, n_senators=2, n_bills=2)
    theta = np.array([1.0, -2.0, 3.0, 5.0, 0.5, -0.5])  # u, v, c
    np.testing.assert_array_equal(model.scores(theta), [[3.5, 4.5], [-5.5, -10.5]])
    assert model.predict(theta, np.array([[0, 1], [1, 0]])).tolist() == [1, 0]


def test_several_configurations_are_the_single_ones():
    model, theta, X, y = small()
    both = np.stack([theta, 2 * theta])
    for what in (model.loss, model.gradient):
        np.testing.assert_allclose(what(both, X, y)[1], what(2 * theta, X, y), rtol=1e-13)
    np.testing.assert_array_equal(model.predict(both, X)[0], model.predict(theta, X))


def test_a_round_moves_one_side_alone():
    model, theta, X, y = small()
    groups = grouping.random(len(y), 3)
    run = train(model, (X, y), groups, alternating(model, groups), optimizer=Adam(0.1), rounds=6, start=theta)
    block = senators(model)
    for k, (before, after) in enumerate(zip(run.theta, run.theta[1:], strict=False)):
        moves = ~block if k % 2 == 0 else block
        assert np.array_equal(before[~moves], after[~moves])
        assert not np.array_equal(before[moves], after[moves])
    assert [pick.groups for (pick,) in run.picked[1:]] == [(0,), (0,), (1,), (1,), (2,), (2,)]


def test_with_the_other_side_held_the_loss_is_convex_and_with_both_moving_it_is_not():
    model, _, X, y = small()
    block, rng, above = senators(model), np.random.default_rng(1), {"one": 0, "both": 0}
    free = Factorisation(2, 0.0, 4, 9)
    for _ in range(400):
        a, b = 3 * rng.normal(size=(2, len(block)))
        for name, end in (("one", np.where(block, a, b)), ("both", b)):
            middle = free.loss((a + end) / 2, X, y)
            above[name] += middle > (free.loss(a, X, y) + free.loss(end, X, y)) / 2 + 1e-12
    assert above["one"] == 0
    assert above["both"] > 0


def test_a_held_side_makes_every_senator_a_logistic_regression_of_their_own():
    model, theta, X, y = small()
    moved = theta.copy()
    moved[:2] += 1  # senator 0
    change = model.gradient(moved, X, y) - model.gradient(theta, X, y) - model.l2 * (moved - theta)
    assert np.abs(change[:2]).min() > 0
    np.testing.assert_allclose(change[2:8], 0, atol=1e-15)


def test_a_turn_of_the_factors_changes_neither_votes_nor_places():
    model, theta, _, _ = small(rank=2)
    U, V, c = model.parts(theta)
    A = np.array([[2.0, 1.0], [0.5, -1.0]])
    turned = np.concatenate([(U @ A).ravel(), (V @ np.linalg.inv(A).T).ravel(), c])
    np.testing.assert_allclose(model.scores(turned), model.scores(theta), atol=1e-12)
    party = np.array(["R", "D", "R", "D"])
    np.testing.assert_allclose(places(model, turned, party), places(model, theta, party), atol=1e-12)


def test_places_are_the_root_mean_square_score_of_each_axis():
    model, theta, _, _ = small(rank=2)
    found = places(model, theta, np.array(["R", "D", "R", "D"]))
    own = model.scores(theta) - model.parts(theta)[2]
    np.testing.assert_allclose((found**2).sum(1), (own**2).mean(1))
    assert found[[0, 2], 0].mean() > found[[1, 3], 0].mean()


def test_bills_that_nobody_voted_on_stay_at_zero():
    seen = SOME.train.X[:, 1] < 600
    few = Votes(SOME.train.X[seen], SOME.train.y[seen])
    run = votes.fit(few, rank=2, l2=1e-4, rounds=10)
    scores = run.model.scores(run.final)
    assert np.all(scores[:, 600:] == 0)
    assert np.all(scores[:, :600] != 0)


@pytest.mark.parametrize("rank", [1, 3])
def test_the_svd_baseline_is_scikit_learn_s(rank):
    X, y = SOME.train
    table = np.zeros((102, 645))
    table[tuple(X.T)] = 2 * y - 1
    seen = np.zeros_like(table)
    seen[tuple(X.T)] = 1
    mean = table.sum(0) / seen.sum(0)
    rest = table - mean * seen
    theirs = TruncatedSVD(rank, algorithm="arpack", random_state=0)
    filled = theirs.fit_transform(rest) @ theirs.components_ + mean
    np.testing.assert_allclose(svd_scores(SOME.train, rank), filled, atol=1e-10)


def test_majority_and_rank_zero_say_the_same_where_the_bill_is_not_tied():
    count = votes.bill_majority(SOME.train)
    run = votes.fit(SOME.train, rank=0, rounds=150)
    scores = run.model.scores(run.final)[0]
    clear = np.abs(count) > 2
    np.testing.assert_array_equal(scores[clear] > 0, count[clear] > 0)
    np.testing.assert_array_equal(svd_scores(SOME.train, 0)[0] > 0, count > 0)


def test_factors_beat_the_svd_of_rank_one_and_the_majority_on_votes_not_seen():
    run = votes.fit(SOME.train, rank=8, l2=1e-4)
    X, y = SOME.test
    ours = run.model.predict(run.final, X) == y
    svd = (svd_scores(SOME.train, 1)[tuple(X.T)] > 0) == y
    majority = (votes.bill_majority(SOME.train)[X[:, 1]] > 0) == y
    assert 0.66 < majority.mean() < 0.74
    assert 0.88 < svd.mean() < 0.92
    assert interval(ours * 1.0 - svd, X[:, 1])[0] > 0.005


def test_the_first_axis_is_party():
    party = read("senate_votes")["party"]
    run = votes.fit(SOME.train, rank=1, l2=1e-4)
    place = places(run.model, run.final, party)[:, 0]
    assert np.mean((place > 0) == (party == "R")) > 0.95


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: votes.split(share=0.5), "share must be in .* got 0.5"),
        (lambda: votes.split(keep=0.0), "keep must be in .* got 0"),
        (lambda: Factorisation(-1), "rank must be .* got -1"),
        (lambda: Factorisation(1, -0.1), "l2 must be .* got -0.1"),
        (lambda: svd_scores(SOME.train, -1), "rank must be .* got -1"),
        (
            lambda: train(
                Factorisation(1), (SOME.test.X, SOME.test.y + 1), optimizer=GradientDescent(1), rounds=1
            ),
            r"data y must hold classes 0..1",
        ),
    ],
)
def test_a_bad_call_names_the_argument_and_the_rule(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
