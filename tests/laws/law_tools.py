"""What the laws share: strategies, a model, the optimizers, small random data, comparisons."""

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from parti_edu.on_numpy import (
    Adagrad,
    Adam,
    GradientDescent,
    LogisticRegression,
    Momentum,
)

law = settings(derandomize=True, max_examples=25)
seeds = st.integers(0, 2**31)
betas = st.floats(0.05, 1)
MODEL = LogisticRegression(l2=0.1)
GD = GradientDescent(0.3)
OPTIMIZERS = [GD, Momentum(0.05), Momentum(0.05, nesterov=True), Adagrad(0.1), Adam(0.05)]
EACH = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=["GD", "Momentum", "Nesterov", "Adagrad", "Adam"])
ROUNDING = 1e-12  # some hundred steps, each rounded at 1e-16, on θ and gradients of size 1


def data(seed, n=24, d=5):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.integers(0, 2, n)


def slope(theta, rows, members):
    return MODEL.gradient(theta, rows[0][members], rows[1][members])


def same(a, b, atol=ROUNDING):
    np.testing.assert_allclose(a, b, atol=atol, rtol=0)


def other(a, b, by):
    assert np.abs(np.asarray(a) - b).max() > by
