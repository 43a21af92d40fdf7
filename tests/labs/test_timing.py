"""The round-time model is its formula, and finds again what it was made with."""

import numpy as np
import pytest

from parti_edu.labs.timing import calibrate, round_time

NETWORK = {"bandwidth": 1e9, "latency": 1e-4}


def test_a_round_worked_out_by_hand():
    """4 workers, 1,000 parameters of 4 bytes: 2·¾·4,000 bytes = 6 µs, six hops = 600 µs, 3 steps = 0.75 s."""
    time = round_time(4, 1000, **NETWORK, compute_seconds=1.0, local_steps=3)
    assert time.compute == 0.75
    assert time.n_bytes == 6000
    assert time.communication == pytest.approx(606e-6)
    assert time.total == pytest.approx(0.750606)
    assert time.efficiency == pytest.approx(0.75 / 0.750606)


def test_a_server_by_hand():
    """It receives 3·4,000 bytes and sends as many: 24 µs, and two hops."""
    time = round_time(4, 1000, **NETWORK, compute_seconds=1.0, server=True)
    assert time.n_bytes == 24_000
    assert time.communication == pytest.approx(224e-6)


@pytest.mark.parametrize("server", [True, False])
def test_one_worker_has_nobody_to_wait_for(server):
    time = round_time(1, 1e6, **NETWORK, compute_seconds=0.5, server=server)
    assert (time.communication, time.efficiency, time.compute) == (0, 1, 0.5)


def test_arrays_are_broadcast_and_equal_their_elements():
    W, steps = np.geomspace(2, 1e5, 7), np.array([[1], [10], [100]])
    whole = round_time(W, 1e6, **NETWORK, compute_seconds=2.0, local_steps=steps)
    assert {part.shape for part in whole} == {(3, 7)}
    for i in range(3):
        for j in range(7):
            one = round_time(W[j], 1e6, **NETWORK, compute_seconds=2.0, local_steps=steps[i, 0])
            assert all(part[i, j] == alone for part, alone in zip(whole, one, strict=True))


def test_what_helps_and_what_does_not():
    """More local steps and more rows a worker help; more workers for the same rows help less and less."""
    W = np.array([2, 8, 64, 1000, 100_000])
    same_rows = round_time(W, 1e6, **NETWORK, compute_seconds=1.0)
    assert (np.diff(same_rows.efficiency) < 0).all()
    assert same_rows.total.argmin() == 2, "beyond about a hundred the hops cost more than is gained"
    assert (
        round_time(W, 1e6, **NETWORK, compute_seconds=1.0, local_steps=9).efficiency > same_rows.efficiency
    ).all()
    more_rows = round_time(W, 1e6, **NETWORK, compute_seconds=1.0, fixed_total=False)
    assert (more_rows.efficiency > same_rows.efficiency).all()
    assert (more_rows.compute == 1).all()
    doubled = round_time(W, 1e6, **NETWORK, compute_seconds=1.0, bytes_per_parameter=8)
    np.testing.assert_allclose(doubled.n_bytes, 2 * same_rows.n_bytes)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("n_workers", 0, "at least 1"),
        ("n_parameters", 0, "at least 1"),
        ("bandwidth", 0, "above 0"),
        ("latency", -1, "at least 0"),
        ("compute_seconds", 0, "above 0"),
        ("local_steps", [2, 0.5], "at least 1"),
        ("bytes_per_parameter", np.nan, "at least 0"),
    ],
)
def test_a_bad_argument_is_told(name, value, rule):
    good = {"n_workers": 2, "n_parameters": 10, **NETWORK, "compute_seconds": 1}
    with pytest.raises(ValueError, match=f"{name} must be {rule}"):
        round_time(**good | {name: value})


@pytest.mark.parametrize(("bandwidth", "latency"), [(1e9, 1e-4), (1e6, 0.0), (5e10, 1e-2)])
def test_calibration_finds_what_made_the_measurements(bandwidth, latency):
    sizes = [(W, 4 * P) for W in (2, 4) for P in (100, 10_000, 1_000_000)]
    rows = [(W, n, round_time(W, n / 4, bandwidth, latency, 1).communication) for W, n in sizes]
    assert calibrate(rows) == pytest.approx((bandwidth, latency, 0), rel=1e-9, abs=1e-12)


def test_calibration_weighs_relative_errors_and_tells_how_large_they_are():
    """All too long by a tenth: bandwidth down, latency up by a tenth; one in three off: misfit says so."""
    rows = [(2, n, 1.1 * (n / 1e9 + 2e-4)) for n in (1e3, 1e5, 1e7)]
    assert calibrate(rows) == pytest.approx((1e9 / 1.1, 1.1e-4, 0), rel=1e-9, abs=1e-12)
    rows[1] = (2, 1e5, 1.5 * rows[1][2])
    assert 0.05 < calibrate(rows)[2] < 0.5


def test_neither_bandwidth_nor_latency_becomes_negative():
    falls = [(2, 1e3, 2.0), (2, 1e6, 1.0)]
    assert calibrate(falls)[0] == np.inf
    assert calibrate(falls)[1] > 0
    steep = [(2, 1e3, 1e-9), (2, 1e6, 1.0)]
    assert calibrate(steep)[1] == 0


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([(2, 1e3, 1.0)], "two sizes or more, got 1"),
        ([(2, 1e3, 1.0), (2, 1e3, 2.0)], "two sizes or more, got 2"),
        ([(1, 1e3, 1.0), (2, 1e6, 2.0)], "n_workers ≥ 2"),
        ([(2, 1e3, 0.0), (2, 1e6, 2.0)], "seconds > 0"),
        ([(2, 1e3), (2, 1e6)], "shape"),
        ([], "axes"),
    ],
)
def test_measurements_that_tell_nothing_are_refused(rows, words):
    with pytest.raises(ValueError, match=words):
        calibrate(rows)
