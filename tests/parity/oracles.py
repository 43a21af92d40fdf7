"""What the parity tests share: libraries that may be missing, real data, and how a difference is measured."""

from contextlib import contextmanager

import numpy as np
import pytest

from parti_edu import grouping, load
from parti_edu.on_numpy import LogisticRegression

EXTRA = {"torch": "torch", "optax": "oracles", "pytorch_optimizer": "oracles", "sklearn": "test"}

ROWS = load("breast_cancer").train
GROUPS = grouping.random(len(ROWS), 7)  # 398 rows: groups of 57 and of 56
MODEL = LogisticRegression(l2=0.01)


def library(name):
    """The library, or a skip of this one test that says how to get it."""
    return pytest.importorskip(name, reason=f"{name} is not installed: pip install -e '.[{EXTRA[name]}]'")


def gap(ours, theirs):
    """Largest difference at any round, relative to the largest parameter of that round."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape  # else broadcasting would compare something else
    return (abs(ours - theirs).max(-1) / abs(theirs).max(-1)).max()


def torch_loss(theta, X, y, l2=MODEL.l2):
    """The logistic loss written with torch, for its autograd."""
    torch = library("torch")
    X, y = torch.from_numpy(X), torch.from_numpy(y.astype(float))
    cross_entropy = torch.nn.functional.binary_cross_entropy_with_logits(X @ theta, y)
    return cross_entropy + l2 / 2 * theta.square().sum()


def jax_loss(theta, X, y, l2=MODEL.l2):
    """The logistic loss written with optax and jax, for its autograd."""
    library("optax")
    import jax.numpy as jnp
    import optax

    return optax.sigmoid_binary_cross_entropy(X @ theta, y).mean() + l2 / 2 * jnp.sum(theta**2)


@contextmanager
def float64_in_jax():
    """jax counts in float32 unless told otherwise; outside the block it is as it was."""
    import jax

    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        yield jax
    finally:
        jax.config.update("jax_enable_x64", before)
