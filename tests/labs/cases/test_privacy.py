"""Clip and noise as a merge rule, the account of ε, and two attacks: closed forms and other routes."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parti_edu import grouping, load, picking
from parti_edu.labs.cases.privacy import (
    best_guess,
    clip_and_noise,
    clipped,
    delta_exact,
    distance,
    epsilon_added_up,
    epsilon_exact,
    epsilon_zcdp,
    recovered_row,
    taken_for_present,
)
from parti_edu.on_numpy import (
    GradientDescent,
    LogisticRegression,
    SoftmaxRegression,
    blend,
    mean,
    train,
)

DATA = load("breast_cancer")
CLIENTS = grouping.random(len(DATA.train), 8, seed=0)
BOUNDS = [epsilon_exact, epsilon_zcdp, epsilon_added_up]


def private(rule, rounds=5, clients=CLIENTS, rows=DATA.train):
    settings = {"optimizer": GradientDescent(1.0), "merge": rule, "rounds": rounds}
    return train(LogisticRegression(), rows, clients, picking.all_groups(clients), **settings)


def trials(n_clients=6, n_parameters=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=n_parameters), list(3 * rng.normal(size=(n_clients, n_parameters)))


# The rule


@given(st.integers(1, 9), st.floats(1e-3, 1e3), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_a_clipped_update_keeps_its_direction_and_is_never_longer_than_the_clip(size, clip, seed):
    update = np.random.default_rng(seed).normal(size=size) * 10
    short = clipped(update, clip)
    assert np.linalg.norm(short) <= clip * (1 + 1e-12)
    if np.linalg.norm(update) <= clip:
        np.testing.assert_array_equal(short, update)
    else:
        assert np.linalg.norm(short) == pytest.approx(clip)
        np.testing.assert_allclose(short / np.linalg.norm(short), update / np.linalg.norm(update))


def test_an_update_of_zero_stays_zero():
    np.testing.assert_array_equal(clipped(np.zeros((2, 3)), clip=0.5), np.zeros((2, 3)))


def test_each_update_has_a_clip_of_its_own():
    np.testing.assert_allclose(
        clipped(np.array([[3.0, 4.0], [0, 0.5]]), np.array([[1.0], [2.0]]))[0], [0.6, 0.8]
    )


def test_a_clip_that_nobody_reaches_and_no_noise_is_the_plain_mean():
    alone, averaged = private(clip_and_noise(clip=1e6)), private(blend(combine=mean))
    np.testing.assert_allclose(alone.theta, averaged.theta, rtol=1e-12)


def test_clients_count_the_same_however_many_rows_they_have():
    start, given = trials(2)
    rule = clip_and_noise(clip=1e6)
    few, many = (rule.merge(start, given, sizes, 1)[0] for sizes in ([1, 1], [1, 999]))
    np.testing.assert_array_equal(few, many)


@pytest.mark.parametrize("clip", [0.1, 1.0, 5.0])
def test_one_client_moves_the_merged_state_by_at_most_its_bound(clip):
    start, given = trials()
    rule, far = clip_and_noise(clip, noise=0.7, seed=3), 1e6 * np.ones(4)
    merged, _ = rule.merge(start, given, None, 1)
    for absent in range(len(given)):
        for other, bound in [(start, clip), (start + far, 2 * clip), (start - far, 2 * clip)]:
            changed = [*given[:absent], other, *given[absent + 1 :]]
            moved = rule.merge(start, changed, None, 1)[0] - merged
            assert np.linalg.norm(moved) <= bound / len(given) * (1 + 1e-9)


def test_the_bounds_on_one_client_are_reached():
    start, far, rule = np.zeros(3), np.array([1e3, 0, 0]), clip_and_noise(clip=0.5)
    merged = [rule.merge(start, [one, start], None, 1)[0][0] for one in (start, far, -far)]
    np.testing.assert_allclose(merged, [0, 0.25, -0.25])


def test_noise_has_mean_zero_and_deviation_noise_times_clip_over_clients():
    rule = clip_and_noise(clip=0.5, noise=3.0, seed=1)
    start = np.zeros(40_000)
    merged, _ = rule.merge(start, [start] * 6, None, 1)
    z = merged * 6 / (3.0 * 0.5)
    # Five deviations of the estimates: 5/√n of the mean, 5/√(2n) of the deviation, 5·√(24/n) of the kurtosis.
    assert abs(z.mean()) < 5 / 200
    assert abs(z.std() - 1) < 5 / 283
    assert abs((z**4).mean() - 3) < 5 * np.sqrt(96 / 40_000)


def test_every_round_and_every_seed_has_noise_of_its_own():
    draws = [clip_and_noise(1.0, 1.0, seed).drawn(k, 5000) for seed in (0, 1) for k in (1, 2)]
    # Correlations of independent draws have deviation 1/√n.
    assert abs(np.corrcoef(draws) - np.eye(4)).max() < 5 / np.sqrt(5000)


def test_the_rounds_of_a_run_draw_in_turn():
    rule = clip_and_noise(0.5, 1.0, seed=4)
    theta, memory = np.zeros(3), rule.init(np.zeros(3))
    for k in (1, 2, 3):
        before = theta
        theta, memory = rule.merge(theta, [theta, theta], None, memory)
        np.testing.assert_allclose(theta - before, 0.5 * rule.drawn(k, 3) / 2)


def test_a_run_is_repeated_by_the_same_seed_and_not_by_another():
    first, again, other = (private(clip_and_noise(0.5, 1.0, seed)).theta for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert abs(first[1:] - other[1:]).min() > 0


def test_a_grid_of_clips_noises_and_seeds_equals_its_runs():
    clip, noise = np.array([[0.1], [1.0], [1.0], [0.3]]), np.array([[0.0], [2.0], [2.0], [1.0]])
    seed = np.array([[5], [5], [6], [0]])
    together = private(clip_and_noise(clip, noise, seed)).theta
    for c in range(4):
        alone = private(clip_and_noise(clip[c, 0], noise[c, 0], int(seed[c, 0]))).theta
        np.testing.assert_allclose(together[:, c], alone, rtol=1e-10, atol=1e-13)


def test_more_clients_drown_the_noise():
    def off(n_clients):
        clients = grouping.random(len(DATA.train), n_clients, seed=0)
        runs = (private(clip_and_noise(1.0, noise), 3, clients).final for noise in (0.0, 1.0))
        return np.linalg.norm(np.subtract(*runs))

    assert off(64) < off(4) / 8


@pytest.mark.parametrize(
    ("error", "words", "arguments"),
    [
        (ValueError, r"clip must be in \(0, inf\), got 0", {"clip": 0}),
        (ValueError, r"clip must be in \(0, inf\), got inf", {"clip": np.inf}),
        (
            TypeError,
            r"clip must be a number, an array of shape \(C, 1\), got <function",
            {"clip": lambda k: k},
        ),
        (ValueError, r"noise must be in \[0, inf\), got -1", {"clip": 1, "noise": -1}),
        (TypeError, r"seed must be whole, got 0\.5", {"clip": 1, "seed": 0.5}),
        (ValueError, r"seed must be in \[0, inf\), got -1", {"clip": 1, "seed": -1}),
        (ValueError, r"noise must have shape \(C, 1\)", {"clip": 1, "noise": np.ones(3)}),
    ],
)
def test_bad_settings_are_refused(error, words, arguments):
    with pytest.raises(error, match=words):
        clip_and_noise(**arguments)


# The account


def delta_by_integration(mu, epsilon):
    """∫ max(0, p − e^ε·q) for p = N(μ, 1) and q = N(0, 1), by the midpoint rule."""
    edges = np.linspace(-12, 12 + mu, 400_001)
    x = (edges[1:] + edges[:-1]) / 2
    p, q = (np.exp(-((x - middle) ** 2) / 2) / math.sqrt(2 * math.pi) for middle in (mu, 0))
    return np.maximum(0, p - math.exp(epsilon) * q).sum() * (edges[1] - edges[0])


@pytest.mark.parametrize(("noise", "rounds"), [(1.0, 1), (4.0, 10), (2.0, 20), (0.5, 5)])
@pytest.mark.parametrize("epsilon", [0.0, 0.3, 1.0, 4.0])
def test_delta_is_the_integral_that_defines_it(noise, rounds, epsilon):
    by_integration = delta_by_integration(math.sqrt(rounds) / noise, epsilon)
    assert delta_exact(noise, rounds, epsilon) == pytest.approx(by_integration, rel=1e-6, abs=1e-12)


# noise, rounds, δ, and ε by dp-accounting 0.6.0: its privacy loss distribution, an upper bound by a grid
# of 1e-4, composed by convolution.
PUBLISHED = [
    (1.0, 1, 1e-5, 4.377178100),
    (4.0, 10, 1e-5, 3.341409518),
    (2.0, 20, 1e-5, 11.480022857),
    (0.5, 5, 1e-3, 23.063514246),
    (8.0, 40, 1e-6, 3.747218215),
    (1.0, 40, 1e-5, 46.211210248),
]


@pytest.mark.parametrize(("noise", "rounds", "delta", "epsilon"), PUBLISHED)
def test_epsilon_is_that_of_a_published_accountant(noise, rounds, delta, epsilon):
    assert epsilon_exact(noise, rounds, delta) == pytest.approx(epsilon, rel=1e-7)


@pytest.mark.parametrize("bound", BOUNDS)
def test_epsilon_grows_with_rounds_and_falls_with_noise_and_delta(bound):
    by_rounds = [bound(2.0, k, 1e-5) for k in (1, 2, 5, 20, 100)]
    by_noise = [bound(s, 10, 1e-5) for s in (0.1, 0.5, 1.0, 4.0, 16.0)]
    by_delta = [bound(2.0, 10, d) for d in (1e-9, 1e-6, 1e-3, 0.1)]
    assert by_rounds == sorted(set(by_rounds))
    assert by_noise == sorted(set(by_noise), reverse=True)
    assert by_delta == sorted(set(by_delta), reverse=True)


@pytest.mark.parametrize("noise", [0.05, 0.3, 1.0, 5.0, 40.0])
@pytest.mark.parametrize("rounds", [1, 3, 30, 1000])
def test_the_simpler_bounds_are_bounds(noise, rounds):
    exact = epsilon_exact(noise, rounds, 1e-5)
    assert 0 <= exact <= epsilon_zcdp(noise, rounds, 1e-5)
    assert exact <= epsilon_added_up(noise, rounds, 1e-5) * (1 + 1e-12)


def test_one_round_is_itself_when_added_up_and_many_cost_about_their_number():
    assert epsilon_added_up(2.0, 1, 1e-5) == epsilon_exact(2.0, 1, 1e-5)
    added, exact = (np.array([b(8.0, k, 1e-5) for k in (16, 256)]) for b in (epsilon_added_up, epsilon_exact))
    assert added[1] / added[0] > 16  # k, and δ/k on top
    assert exact[1] / exact[0] < 6  # √k, and a little


def test_zcdp_by_hand():
    assert epsilon_zcdp(noise=1.0, rounds=2, delta=math.exp(-4)) == pytest.approx(1 + 2 * 2)


@given(st.floats(0.2, 20), st.integers(1, 400))
@settings(max_examples=40, deadline=None)
def test_epsilon_and_delta_are_inverse(noise, rounds):
    assert delta_exact(noise, rounds, epsilon_exact(noise, rounds, 1e-5)) == pytest.approx(1e-5, rel=1e-4)


def test_only_rounds_over_noise_squared_counts():
    assert epsilon_exact(3.0, 36, 1e-6) == pytest.approx(epsilon_exact(0.5, 1, 1e-6), rel=1e-12)


def test_so_much_noise_that_delta_alone_covers_it():
    assert epsilon_exact(1e6, 1, 1e-5) == pytest.approx(0, abs=1e-12)


def test_the_tail_goes_on_where_the_error_function_ends():
    from parti_edu.labs.cases.privacy import _log_normal

    assert _log_normal(-30.0) == pytest.approx(_log_normal(-29.999999), rel=1e-6)
    assert _log_normal(-30.0) == pytest.approx(math.log(math.erfc(30 / math.sqrt(2)) / 2), rel=1e-9)
    assert math.isfinite(_log_normal(-1e6))


@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        (r"noise must be in \(0, inf\), got 0", (0, 1, 1e-5)),
        (r"rounds must be at least 1, got 0", (1.0, 0, 1e-5)),
        (r"delta must be in \(0, 1\], got 0", (1.0, 1, 0)),
        (r"delta must be below 1, got 1", (1.0, 1, 1)),
    ],
)
def test_an_account_of_nothing_is_refused(bound, words, arguments):
    with pytest.raises(ValueError, match=words):
        bound(*arguments)


def test_a_negative_epsilon_is_refused():
    with pytest.raises(ValueError, match=r"epsilon must be in \[0, inf\)"):
        delta_exact(1.0, 1, -0.1)


# The attacks


def digits(n_classes):
    rows = load("digits", intercept=True).train
    kept = np.flatnonzero(rows.y < n_classes)[:20]
    return rows.X[kept], rows.y[kept]


@pytest.mark.parametrize("local_steps", [1, 5])
@pytest.mark.parametrize("clip", [None, 0.01])
def test_a_row_is_recovered_from_its_update(local_steps, clip):
    X, y = digits(10)
    for i in range(20):
        settings = {"optimizer": GradientDescent(0.1), "local_steps": local_steps, "rounds": 1}
        run = train(SoftmaxRegression(10), (X[i : i + 1], y[i : i + 1]), **settings)
        update = run.final - run.theta[0]
        leak = recovered_row(update if clip is None else clipped(update, clip), n_outputs=10)
        np.testing.assert_allclose(leak.row, X[i], atol=1e-12)
        assert leak.label == y[i]


def test_a_row_is_recovered_from_logistic_regression_wherever_it_started():
    X, y = digits(2)
    start = np.random.default_rng(0).normal(size=X.shape[1]) / 10
    for i in range(20):
        settings = {"optimizer": GradientDescent(0.1), "rounds": 1, "start": start}
        run = train(LogisticRegression(), (X[i : i + 1], y[i : i + 1]), **settings)
        leak = recovered_row(run.final - start)
        np.testing.assert_allclose(leak.row, X[i], atol=1e-9)
        assert leak.label == y[i]


def test_two_rows_are_not_one():
    X, y = digits(10)
    run = train(SoftmaxRegression(10), (X[:2], y[:2]), optimizer=GradientDescent(0.1), rounds=1)
    row = recovered_row(run.final, n_outputs=10).row
    assert min(abs(row - x).max() for x in X[:2]) > 0.1


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        (r"update must have d·3 numbers \(n_outputs\), got 4", {"update": np.ones(4), "n_outputs": 3}),
        (r"ones must be in 0\.\.1 \(features\), got 2", {"update": np.ones(2), "ones": 2}),
        (r"update must move the weight of feature 0", {"update": np.array([0.0, 1])}),
        (r"update must be finite", {"update": np.array([np.nan, 1])}),
    ],
)
def test_an_update_that_tells_nothing_is_refused(words, arguments):
    with pytest.raises(ValueError, match=words):
        recovered_row(**arguments)


@pytest.mark.parametrize("noise", [0.5, 1.0, 2.0])
def test_the_best_attacker_is_right_as_often_as_the_account_says(noise):
    (start, given), n = trials(), 4000
    rule = clip_and_noise(clip=0.5, noise=noise, seed=np.arange(n)[:, None])
    right = []
    for present in (True, False):
        handed_in = [given[0] if present else start, *given[1:]]
        starts = np.tile(start, (n, 1))
        merged, _ = rule.merge(starts, [np.tile(t, (n, 1)) for t in handed_in], None, 1)
        right.append(taken_for_present(merged, start, given, rule.clip, client=0) == present)
    # Five deviations of a share of 2n: the same noise serves both halves, so count n.
    assert np.mean(right) == pytest.approx(best_guess(noise, 1), abs=5 * 0.5 / np.sqrt(n))


def test_without_noise_the_attacker_is_always_right():
    start, given = trials()
    rule = clip_and_noise(clip=0.5)
    for present in (True, False):
        merged, _ = rule.merge(start, [given[0] if present else start, *given[1:]], None, 1)
        assert taken_for_present(merged, start, given, 0.5, client=0) == present


def test_the_best_guess_by_hand():
    assert distance(2.0, 16) == 2
    assert best_guess(2.0, 16) == pytest.approx(NormalDist().cdf(1))
    assert best_guess(3.0, 5) == pytest.approx(0.5 + delta_exact(3.0, 5, 0.0) / 2)


def test_a_client_that_does_not_exist_is_refused():
    start, given = trials()
    with pytest.raises(ValueError, match=r"client must be in 0\.\.5 \(number of clients\), got 6"):
        taken_for_present(start, start, given, 1.0, client=6)
