"""The readings explorer: its path is the package's, and its factor is what the path does."""

import numpy as np
import pytest

from parti_edu.explore import readings, readings_explorer

A, B, C = readings.READINGS


@pytest.mark.parametrize("reading", readings.READINGS)
@pytest.mark.parametrize(("rate", "beta"), [(0.3, 0.5), (1.8, 0.25), (3.0, 0.5), (3.5, 1.0)])
def test_the_code_line_computes_the_same_path(reading, rate, beta):
    state = readings_explorer.at(reading=reading, rate=rate, beta=beta)
    names = {}
    exec(readings_explorer.code(state), names)
    path = names["run"].theta[:, 0]
    np.testing.assert_array_equal(path, readings_explorer.result(state).theta[-len(path) :])


@pytest.mark.parametrize(
    ("reading", "rate", "beta"), [(A, 3.0, 0.5), (B, 3.0, 0.5), (C, 3.0, 0.5), (A, 0.5, 0.25)]
)
def test_the_factor_is_what_a_round_does_in_the_long_run(reading, rate, beta):
    result = readings_explorer.result(readings_explorer.at(reading=reading, rate=rate, beta=beta))
    # Over the last ten rounds the smaller root has faded to within a percent.
    assert abs(result.theta[-1] / result.theta[-11]) ** 0.1 == pytest.approx(result.factor, rel=0.01)


@pytest.mark.parametrize("beta", [0.25, 0.5, 1.0])
def test_stability_ends_where_the_table_of_limits_says(beta):
    def factor(reading, rate):
        return readings.factor(readings.State(reading, rate, beta))

    just_in, just_out = 1 - 1e-6, 1 + 1e-6
    assert factor(A, 2 / beta * just_in) < 1 < factor(A, 2 / beta * just_out)
    for reading in (B, C):
        assert factor(reading, 2 * just_in) < 1 < factor(reading, 2 * just_out)


def test_words_tell_rest_from_running_away():
    def told(**settings):
        return readings_explorer.words(readings_explorer.result(readings_explorer.at(**settings)))

    assert "comes to rest: in the long run a round leaves 0.50 of θ" in told()
    assert "runs away: in the long run a round multiplies θ by 1.37" in told(reading=B)
    assert "neither rests nor runs away" in told(reading=C, rate=2.0)
    assert told(rate=1.0).endswith("Gradient descent alone rests.")
