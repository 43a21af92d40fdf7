"""Averages that are reported and not fed back: the run is as it was, only what is read off changes.

Each takes a finished run with every round recorded and returns a run whose theta holds the average
after round 1, 2, …: the start θ_0 is left out, and the first average is θ_1.
"""

from dataclasses import replace

import numpy as np

from . import checks


def ema(run, beta):
    """Exponential moving average: θ̄_1 = θ_1, θ̄_k = β·θ_k + (1−β)·θ̄_{k−1}.

    Args:
        run: a History with every round recorded.
        beta: weight of the newest state, in [0, 1].

    Raises:
        ValueError, TypeError: if rounds are missing, or beta is out of its range.
    """
    checks.number("beta", beta, 0, 1)
    return _averaged(run, lambda k: beta)


def running_mean(run):
    """Mean of all states so far: θ̄_k = (θ_1 + … + θ_k)/k (Polyak & Juditsky 1992)."""
    return _averaged(run, lambda k: 1 / k)


def tail_mean(run, share=0.5):
    """Mean of the states after round (1 − share)·R, the state itself before that.

    Args:
        share: of the R rounds, in (0, 1].
    """
    checks.number("share", share, 0, 1, above=True)
    return _averaged(run, lambda k: 1 / max(1, k - run.rounds[-1] + max(1, round(share * run.rounds[-1]))))


def _averaged(run, weight):
    checks.role("run", run, "rounds", "a finished run, as train gives it")
    rounds = run.rounds
    if len(rounds) < 2 or not np.array_equal(rounds, np.arange(len(rounds))):
        raise ValueError("run must hold every round from 0 on (record=1), got rounds " + str(rounds))
    average = [run.theta[1]]
    for k, theta in enumerate(run.theta[2:], start=2):
        average.append(weight(k) * theta + (1 - weight(k)) * average[-1])
    names = "rounds", "sample_gradients", "starts", "picked", "trials"
    later = {name: getattr(run, name)[1:] for name in names}
    return replace(run, theta=np.array(average), **later)
