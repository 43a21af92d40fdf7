"""How long a round takes with many workers: a model, and what a measured network tells of it."""

from typing import NamedTuple

import numpy as np

from .. import checks


class RoundTime(NamedTuple):
    """Seconds of one round, bytes that one worker sends in it, and what of the round is not waiting.

    efficiency = compute/(compute + communication), in (0, 1]; times n_workers it is the speed-up over one
    worker that computes alone.
    """

    compute: np.ndarray
    communication: np.ndarray
    total: np.ndarray
    n_bytes: np.ndarray
    efficiency: np.ndarray


def round_time(
    n_workers,
    n_parameters,
    bandwidth,
    latency,
    compute_seconds,
    local_steps=1,
    *,
    bytes_per_parameter=4,
    fixed_total=True,
    server=False,
):
    """A model of the time between two merges; every argument may be an array, and they are broadcast.

    compute = local_steps·compute_seconds/W;  ring all-reduce of P parameters of b bytes:
    communication = 2·(W − 1)/W·P·b/bandwidth + 2·(W − 1)·latency (Patarasuk & Yuan 2009; from memory).
    A central server receives and sends all of it: 2·(W − 1)·P·b/bandwidth + 2·latency.

    It leaves out: workers of unequal speed, a network that others use, sending while computing.

    Args:
        n_workers: W, at least 1.
        n_parameters: P, at least 1.
        bandwidth: of one worker's link, bytes a second each way, above 0.
        latency: seconds from one worker to the next, at least 0.
        compute_seconds: of one local step on all the rows by one worker, above 0.
        local_steps: between two merges, at least 1.
        bytes_per_parameter: 4 for float32, 8 for float64.
        fixed_total: divide the same rows by more workers; False gives each worker as many rows as one had.
        server: a central server instead of the ring. Its own bytes are counted.

    Raises:
        ValueError: if an argument is out of its range.

    >>> round(float(round_time(4, 1e6, 1e9, 1e-5, .1).efficiency), 3)
    0.805
    """
    W = _at_least("n_workers", n_workers, 1)
    steps = _at_least("local_steps", local_steps, 1)
    payload = _at_least("n_parameters", n_parameters, 1) * _at_least(
        "bytes_per_parameter", bytes_per_parameter
    )
    bandwidth = _at_least("bandwidth", bandwidth, above=True)
    compute = steps * _at_least("compute_seconds", compute_seconds, above=True)
    latency = _at_least("latency", latency)
    compute = compute / W if fixed_total else compute
    n_bytes, n_hops = (2 * (W - 1) * payload, 2 * (W > 1)) if server else (_ring(W) * payload, 2 * (W - 1))
    communication = n_bytes / bandwidth + n_hops * latency
    total = compute + communication
    return RoundTime(*np.broadcast_arrays(compute, communication, total, n_bytes, compute / total))


def calibrate(measurements):
    """Bandwidth and latency of the ring model that fit measured all-reduces best.

    Least squares of the relative error, min Σ (model/seconds − 1)², with both at least 0.

    Args:
        measurements: rows (n_workers, n_bytes, seconds) of all-reduces, with two sizes or more of
            n_workers ≥ 2.

    Returns:
        (bandwidth, latency, misfit): bytes a second, seconds, and the root mean square of the relative error.

    Raises:
        ValueError, TypeError: if the measurements do not tell the two apart, or are out of their range.

    >>> rows = [(2, n, n / 1e9 + 2 * 1e-4) for n in (1e4, 1e6, 1e8)]
    >>> "{:.3g} {:.3g} {:.0f}".format(*calibrate(rows))
    '1e+09 0.0001 0'
    """
    W, n_bytes, seconds = checks.array("measurements", measurements, 2).reshape(-1, 3).T
    if (W < 2).any() or (seconds <= 0).any() or (n_bytes < 0).any():
        raise ValueError("measurements must have n_workers ≥ 2, n_bytes ≥ 0 and seconds > 0")
    columns = np.stack([_ring(W) * n_bytes, 2 * (W - 1)], axis=1) / seconds[:, None]
    if np.linalg.matrix_rank(columns / np.abs(columns).max(0, initial=1e-300)) < 2:
        raise ValueError(f"measurements must have two sizes or more, got {len(W)} rows alike")
    found = np.linalg.lstsq(columns, np.ones(len(W)))[0]
    if (found < 0).any():  # one of the two explains nothing: leave it out
        stays = found.argmax()
        alone = columns[:, stays]
        found = np.zeros(2)
        found[stays] = alone.sum() / (alone @ alone)
    misfit = np.sqrt(np.mean((columns @ found - 1) ** 2))
    return float(1 / found[0]) if found[0] else np.inf, float(found[1]), float(misfit)


def _ring(W):
    """Bytes that each worker sends for each byte of the vector, in a ring all-reduce."""
    return 2 * (W - 1) / W


def _at_least(name, value, low=0.0, above=False):
    value = np.asarray(value, dtype=float)
    good = (value > low if above else value >= low) & np.isfinite(value)
    if not good.all():
        raise ValueError(
            f"{name} must be {'above' if above else 'at least'} {low:g}, got {value[~good][0]:g}"
        )
    return value
