"""Each optimizer takes the steps that torch.optim and optax take, in each library's own convention."""

import inspect
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pytest

from parti_edu.on_numpy import Adagrad, Adam, GradientDescent, Momentum, optimizers, train

from .oracles import GROUPS, MODEL, ROWS, float64_in_jax, gap, jax_loss, library, torch_loss

ROUNDS = 100
ONE_STEP = 1e-13  # the same few operations in another order: a few units of rounding, 2e-16 each
WHOLE_RUN = 1e-10  # 100 such steps, gradients by another library's autograd, and Adam's quotient m/√v
VISIBLE = 1e-4  # what a convention taken for the other costs at least


@dataclass(frozen=True)
class Row:
    """ours: an optimizer. theirs(library, parameters): the same one there. memory: the names of its
    arrays there. mixed_up: ours in the other library's convention, None where there is only one."""

    oracle: str
    ours: Any
    theirs: Callable = field(repr=False)
    memory: tuple[str, ...] = ()
    mixed_up: Any = None


TABLE = [
    Row("torch", GradientDescent(0.5), lambda torch, p: torch.optim.SGD(p, lr=0.5)),
    Row(
        "torch",
        Momentum(0.1),
        lambda torch, p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
        ("momentum_buffer",),
    ),
    Row(
        "torch",
        Momentum(0.1, dampening=0.9),
        lambda torch, p: torch.optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.9),
        ("momentum_buffer",),
        Momentum(0.1, dampening=0.9, first="zero"),
    ),
    Row(
        "torch",
        Momentum(0.1, nesterov=True),
        lambda torch, p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
        ("momentum_buffer",),
        Momentum(0.1),
    ),
    Row(
        "torch",
        Adagrad(0.1),
        lambda torch, p: torch.optim.Adagrad(p, lr=0.1),
        ("sum",),
        Adagrad(0.1, eps=1e-7, initial=0.1, eps_inside=True),
    ),
    Row(
        "torch",
        Adagrad(0.1, eps=0.1),
        lambda torch, p: torch.optim.Adagrad(p, lr=0.1, eps=0.1),
        ("sum",),
        Adagrad(0.1, eps=0.1, eps_inside=True),
    ),
    Row("torch", Adam(0.05), lambda torch, p: torch.optim.Adam(p, lr=0.05), ("exp_avg", "exp_avg_sq")),
    Row(
        "torch",
        Adam(0.05, 0.8, 0.99, eps=0.1),
        lambda torch, p: torch.optim.Adam(p, lr=0.05, betas=(0.8, 0.99), eps=0.1),
        ("exp_avg", "exp_avg_sq"),
    ),
    Row("optax", GradientDescent(0.5), lambda optax, p: optax.sgd(0.5)),
    Row("optax", Momentum(0.1), lambda optax, p: optax.sgd(0.1, momentum=0.9), ("trace",)),
    Row(
        "optax",
        Momentum(0.1, dampening=0.9, first="zero"),
        lambda optax, p: optax.chain(optax.ema(0.9, debias=False), optax.scale(-0.1)),
        ("ema",),
        Momentum(0.1, dampening=0.9),
    ),
    Row(
        "optax",
        Momentum(0.1, nesterov=True),
        lambda optax, p: optax.sgd(0.1, momentum=0.9, nesterov=True),
        ("trace",),
        Momentum(0.1),
    ),
    Row(
        "optax",
        Adagrad(0.1, eps=1e-7, initial=0.1, eps_inside=True),
        lambda optax, p: optax.adagrad(0.1),
        ("sum_of_squares",),
        Adagrad(0.1),
    ),
    Row(
        "optax",
        Adagrad(0.1, eps=0.1, initial=0.1, eps_inside=True),
        lambda optax, p: optax.adagrad(0.1, eps=0.1),
        ("sum_of_squares",),
        Adagrad(0.1, eps=0.1, initial=0.1),
    ),
    Row("optax", Adam(0.05), lambda optax, p: optax.adam(0.05), ("mu", "nu")),
    Row(
        "optax",
        Adam(0.05, 0.8, 0.99, eps=0.1),
        lambda optax, p: optax.adam(0.05, b1=0.8, b2=0.99, eps=0.1),
        ("mu", "nu"),
    ),
]
every_row = pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.oracle}-{row.ours}")
CLASSES = {
    name: c
    for name, c in inspect.getmembers(optimizers, inspect.isclass)
    if c.__module__ == optimizers.__name__ and hasattr(c, "step")
}


class InTorch:
    """An optimizer of torch.optim on one parameter vector."""

    def __init__(self, row, theta):
        self.torch = library("torch")
        self.p = self.torch.from_numpy(theta.copy()).requires_grad_()
        self.optimizer = row.theirs(self.torch, [self.p])

    def theta(self):
        return self.p.detach().numpy().copy()

    def memory(self, name):
        return self.optimizer.state[self.p][name].numpy().copy()

    def gradient(self, X, y):
        return self.torch.autograd.grad(torch_loss(self.p, X, y), self.p)[0].numpy()

    def step(self, gradient):
        self.p.grad = self.torch.from_numpy(gradient)
        self.optimizer.step()


class InOptax:
    """An optimizer of optax on one parameter vector, compiled."""

    def __init__(self, row, theta):
        self.optax = library("optax")
        import jax

        optimizer = row.theirs(self.optax, None)
        self.p = jax.numpy.asarray(theta)
        self.state = optimizer.init(self.p)
        self.update, self.slope = jax.jit(optimizer.update), jax.jit(jax.grad(jax_loss))

    def theta(self):
        return np.asarray(self.p)

    def memory(self, name):
        return np.asarray(self.optax.tree_utils.tree_get(self.state, name))

    def gradient(self, X, y):
        return np.asarray(self.slope(self.p, X, y))

    def step(self, gradient):
        change, self.state = self.update(gradient, self.state, self.p)
        self.p = self.optax.apply_updates(self.p, change)


def started(row):
    """The library's optimizer at θ = 0, and a context in which it counts in float64."""
    library(row.oracle)
    context = float64_in_jax() if row.oracle == "optax" else nullcontext()
    return context, {"torch": InTorch, "optax": InOptax}[row.oracle]


def batches():
    for k in range(ROUNDS):
        rows = GROUPS[k % len(GROUPS)]
        yield ROWS.X[rows], ROWS.y[rows]


def their_run(row):
    context, oracle = started(row)
    with context:
        them = oracle(row, np.zeros(ROWS.X.shape[1]))
        states = [them.theta()]
        for X, y in batches():
            them.step(them.gradient(X, y))
            states.append(them.theta())
    return np.array(states)


@every_row
def test_one_step_from_equal_states_agrees(row):
    context, oracle = started(row)
    with context:
        them = oracle(row, np.zeros(ROWS.X.shape[1]))
        state = row.ours.init(them.theta())
        counts = len(state) > len(row.memory)  # the steps taken come first in these states
        for k, (X, y) in enumerate(batches(), start=1):
            gradient = MODEL.gradient(them.theta(), X, y)
            theta, state = row.ours.step(them.theta(), gradient, state)
            them.step(gradient.copy())
            theirs = (k,) * counts + tuple(them.memory(name) for name in row.memory)
            assert gap(theta, them.theta()) <= ONE_STEP
            for mine, other in zip(state, theirs, strict=True):
                assert gap(np.atleast_1d(mine), np.atleast_1d(other)) <= ONE_STEP
            state = theirs  # the next step starts from equal states again


@every_row
def test_a_whole_run_agrees(row):
    run = train(MODEL, ROWS, GROUPS, optimizer=row.ours, rounds=ROUNDS)
    assert gap(run.theta[1:], their_run(row)[1:]) <= WHOLE_RUN


def twin(optimizer):
    """The same optimizer in the twin, and the package it comes from."""
    library("torch")
    from parti_edu import on_torch

    settings = {f.name: getattr(optimizer, f.name) for f in fields(optimizer)}
    return getattr(on_torch, type(optimizer).__name__)(**settings), on_torch


@every_row
def test_one_step_of_the_twin_from_equal_states_agrees(row):
    ours, _ = twin(row.ours)
    torch, (context, oracle) = library("torch"), started(row)
    with context:
        them = oracle(row, np.zeros(ROWS.X.shape[1]))
        state = ours.init(torch.from_numpy(them.theta().copy()))
        counts = len(state) > len(row.memory)
        for k, (X, y) in enumerate(batches(), start=1):
            gradient = MODEL.gradient(them.theta(), X, y)
            theta = torch.from_numpy(them.theta().copy())
            theta, state = ours.step(theta, torch.from_numpy(gradient), state)
            them.step(gradient.copy())
            theirs = (k,) * counts + tuple(them.memory(name).copy() for name in row.memory)
            assert gap(theta, them.theta()) <= ONE_STEP
            for mine, other in zip(state, theirs, strict=True):
                assert gap(np.atleast_1d(mine), np.atleast_1d(other)) <= ONE_STEP
            state = tuple(torch.from_numpy(m) if isinstance(m, np.ndarray) else m for m in theirs)


@every_row
def test_a_whole_run_of_the_twin_agrees(row):
    ours, kit = twin(row.ours)
    run = kit.train(kit.LogisticRegression(MODEL.l2), ROWS, GROUPS, optimizer=ours, rounds=ROUNDS)
    assert gap(run.theta[1:], their_run(row)[1:]) <= WHOLE_RUN


@pytest.mark.parametrize(
    "row", [r for r in TABLE if r.mixed_up], ids=lambda row: f"{row.oracle}-{row.mixed_up}"
)
def test_mixing_the_conventions_up_shows(row):
    run = train(MODEL, ROWS, GROUPS, optimizer=row.mixed_up, rounds=ROUNDS)
    assert gap(run.theta[1:], their_run(row)[1:]) > VISIBLE


@pytest.mark.parametrize("name", CLASSES)
def test_every_optimizer_has_a_row(name):
    assert any(type(row.ours) is CLASSES[name] for row in TABLE), f"{name} has no row in the parity table"


def test_the_optimizers_are_found_by_name():
    assert {"GradientDescent", "Momentum", "Adagrad", "Adam"} <= set(CLASSES)
