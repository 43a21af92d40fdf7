"""The privacy explorer: its shortcut is the loop's run, its bounds the account's, and its words differ."""

import numpy as np
import pytest

from parti_edu.explore import privacy, privacy_explorer
from parti_edu.labs.cases.privacy import epsilon_added_up, epsilon_exact, epsilon_zcdp


def at(**settings):
    return privacy_explorer.result(privacy_explorer.at(**settings))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"noise": 0.0, "clip": 0.03, "n_clients": 4},
        {"noise": 16.0, "clip": 4.0, "n_clients": 64, "rounds": 5, "rate": 3.0},
    ],
)
def test_the_code_line_computes_the_same_accuracies(settings):
    names = {}
    exec(privacy_explorer.code(privacy_explorer.at(**settings)), names)
    np.testing.assert_array_equal(names["accuracy"], at(**settings).accuracy)


def test_the_states_are_those_of_the_loop():
    state, names = privacy_explorer.at(n_clients=64, rounds=10), {}
    exec(privacy_explorer.code(state), names)
    model, rule = names["run"].model, names["rule"]
    X, y, sizes = privacy.clients(64)
    theta = np.zeros((privacy.SEEDS, 30))
    for k in range(1, 11):
        slope = ((1 / (1 + np.exp(-(X @ theta.T)))) - y) / sizes
        theta, _ = rule.merge(theta, theta - slope.swapaxes(1, 2) @ X, sizes, k)
        np.testing.assert_allclose(theta, names["run"].theta[k], rtol=1e-10, atol=1e-12)
    assert model.l2 == 0


def test_short_clients_are_filled_up_with_rows_that_add_nothing():
    X, y, sizes = privacy.clients(64)
    rows = privacy.data().train
    assert sizes.sum() == len(rows)
    assert (abs(X).sum(-1) > 0).sum(1).tolist() == sizes.ravel().tolist()
    np.testing.assert_allclose(X.sum((0, 1)), rows.X.sum(0), atol=1e-10)
    assert y.sum() == rows.y.sum()


@pytest.mark.parametrize("noise", [0.5, 4.0, 16.0])
def test_the_bounds_are_those_of_the_account(noise):
    epsilon = at(noise=noise, rounds=14).epsilon
    assert {name: len(values) for name, values in epsilon.items()} == dict.fromkeys(privacy.BOUNDS, 7)
    bounds = (epsilon_exact, epsilon_zcdp, epsilon_added_up)
    assert [values[-1] for values in epsilon.values()] == [b(noise, 14, 1e-5) for b in bounds]
    every = np.concatenate([v for by in privacy.account().values() for v in by.values()])
    low, high = privacy.EPSILON
    assert low < every.min()
    assert every.max() < high


def test_the_share_that_the_clip_shortens():
    assert at(clip=0.03, rounds=5).cut == 1
    assert at(clip=4.0, rate=0.1, noise=0.5).cut == 0


def test_without_noise_all_seeds_are_one_and_a_wide_clip_is_no_clip():
    result = at(noise=0.0, clip=4.0, rate=0.1)
    assert np.ptp(result.accuracy, axis=1).max() == 0
    np.testing.assert_array_equal(result.accuracy[:, 0], result.plain)
    assert result.epsilon == {}


def test_more_clients_bear_more_noise():
    worst = [at(noise=16.0, n_clients=n).accuracy[-1].min() for n in (4, 64)]
    assert worst[0] < worst[1] - 0.1


def test_words_tell_the_cases_apart():
    def told(**settings):
        return privacy_explorer.words(at(**settings))

    assert "clipping alone protects nobody" in told(noise=0.0)
    assert "ε is 11.5 (by the looser bounds 13.2 and 46.5)" in told()
    assert "in at most 87 % of the cases (a coin: 50 %)." in told()
    assert told(noise=0.5).endswith("in nearly all cases.")
    assert "The clip shortens 100 % of the updates." in told(clip=0.03, rounds=5)
    assert "no ε holds" in privacy_explorer.picture(at(noise=0.0))
