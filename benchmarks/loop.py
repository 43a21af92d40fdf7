"""(a) The loop against a bare hand-written NumPy loop that records the same.

Both: logistic regression with the same safe sigmoid and penalty on breast_cancer, 8 stratified
groups in cyclic order, β = ½, 400 rounds, every state recorded.
"""

import numpy as np
from measure import in_turn, ratio, report

from parti_edu import grouping, load, picking
from parti_edu.on_numpy import Adagrad, Adam, GradientDescent, LogisticRegression, Momentum, blend, train
from parti_edu.on_numpy.models import sigmoid

ROUNDS, BETA, L2 = 400, 0.5, 0.01
rows = load("breast_cancer").train
groups = grouping.stratified(rows.y, 8)
parts = [(rows.X[g], rows.y[g]) for g in groups]


def bare(step):
    theta = np.zeros(rows.X.shape[1])
    states, cost = np.empty((ROUNDS + 1, len(theta))), np.zeros(ROUNDS + 1, dtype=int)
    states[0] = theta
    for k in range(1, ROUNDS + 1):
        X, y = parts[(k - 1) % len(parts)]
        gradient = (sigmoid(theta @ X.T) - y) @ X / len(y) + L2 * theta
        theta = BETA * step(theta, gradient, k) + (1 - BETA) * theta
        states[k], cost[k] = theta, cost[k - 1] + len(y)
    return states


def descent():
    return lambda theta, g, k: theta - 0.1 * g


def momentum():
    v = 0

    def step(theta, g, k):
        nonlocal v
        v = 0.9 * v + g
        return theta - 0.1 * v

    return step


def adagrad():
    s = 0

    def step(theta, g, k):
        nonlocal s
        s = s + g**2
        return theta - 0.1 * g / (np.sqrt(s) + 1e-10)

    return step


def adam():
    m = v = 0

    def step(theta, g, k):
        nonlocal m, v
        m = 0.9 * m + (1 - 0.9) * g
        v = 0.999 * v + (1 - 0.999) * g**2
        return theta - 0.1 * (m / (1 - 0.9**k)) / (np.sqrt(v / (1 - 0.999**k)) + 1e-8)

    return step


def ours(optimizer):
    return train(
        LogisticRegression(L2),
        rows,
        groups,
        picking.cyclic(groups),
        optimizer=optimizer,
        merge=blend(BETA),
        rounds=ROUNDS,
    )


pairs = {
    "gradient descent": (GradientDescent(0.1), descent),
    "momentum": (Momentum(0.1), momentum),
    "Adagrad": (Adagrad(0.1), adagrad),
    "Adam": (Adam(0.1), adam),
}
table = []
for name, (optimizer, step) in pairs.items():
    run, states = ours(optimizer), bare(step())
    np.testing.assert_allclose(run.theta, states, rtol=1e-11, atol=1e-11)
    seconds = in_turn({"ours": lambda o=optimizer: ours(o), "bare": lambda s=step: bare(s())}, repeats=101)
    row = {who: f"{np.median(seconds[who]) / ROUNDS * 1e6:.1f}" for who in seconds}
    table.append(
        {
            "optimizer": name,
            **{f"{w} µs/round": v for w, v in row.items()},
            "ratio": f"{ratio(seconds, 'ours', 'bare'):.2f}",
        }
    )
report("The loop beside a bare one (median of 101 pairs, equal states)", table, rounds=ROUNDS, groups=8)
