"""A reported average starts at θ_1, leaves out θ_0, and leaves the run as it was."""

import numpy as np
import pytest

from parti_edu import averaging
from parti_edu.on_numpy import GradientDescent, LogisticRegression, train

ROUNDS = 10


@pytest.fixture(scope="module", params=[0.4, np.array([[0.4], [0.1], [0.05]])], ids=["one", "grid"])
def run(request, few):
    return train(LogisticRegression(), few, optimizer=GradientDescent(request.param), rounds=ROUNDS)


CLOSE = {"rtol": 1e-13, "atol": 1e-15}  # a mean of ten numbers, summed in another order


def test_ema_is_its_recursion_from_the_first_state(run):
    average = run.theta[1]
    found = averaging.ema(run, 0.3)
    for k in range(1, ROUNDS + 1):
        average = 0.3 * run.theta[k] + 0.7 * average
        np.testing.assert_allclose(found.theta[k - 1], average, **CLOSE)


def test_ema_with_beta_one_is_the_run_and_with_beta_zero_its_first_state(run):
    assert np.array_equal(averaging.ema(run, 1).theta, run.theta[1:])
    assert np.array_equal(averaging.ema(run, 0).final, run.theta[1])


def test_running_mean_is_the_mean_of_all_states_but_the_start(run):
    found = averaging.running_mean(run)
    for k in range(1, ROUNDS + 1):
        np.testing.assert_allclose(found.theta[k - 1], run.theta[1 : k + 1].mean(0), **CLOSE)


@pytest.mark.parametrize("n_last", range(1, ROUNDS + 1))
def test_tail_mean_ends_as_the_mean_of_that_share_of_the_states(run, n_last):
    found = averaging.tail_mean(run, n_last / ROUNDS)
    np.testing.assert_allclose(found.final, run.theta[-n_last:].mean(0), **CLOSE)


def test_tail_mean_is_the_state_itself_until_the_tail_begins(run):
    found = averaging.tail_mean(run)
    assert np.array_equal(found.theta[: ROUNDS // 2], run.theta[1 : ROUNDS // 2 + 1])


def test_an_average_is_a_run_like_any_other(run, few):
    found = averaging.running_mean(run)
    assert found.rounds.tolist() == list(range(1, ROUNDS + 1))
    assert np.array_equal(found.sample_gradients, run.sample_gradients[1:])
    assert found.loss(few).shape == found.theta.shape[:-1]
    assert np.array_equal(found.loss(few)[0], run.loss(few)[1])


def test_the_run_itself_is_not_changed(run):
    before = run.theta.copy()
    averaging.ema(run, 0.3)
    assert np.array_equal(run.theta, before)
