"""Every optimizer's step is the equation of its docstring, coordinate by coordinate and step by step."""

import inspect
from dataclasses import FrozenInstanceError
from math import sqrt

import numpy as np
import pytest

from parti_edu.on_numpy import optimizers
from parti_edu.on_numpy.optimizers import Adagrad, Adam, GradientDescent, Momentum

STEPS = 25
GRADIENTS = np.random.default_rng(0).normal(size=(STEPS, 3))


# The equations again, one coordinate at a time: g is the list of its gradients so far.
def gradient_descent(theta, g, lr):
    return theta - lr * g[-1]


def velocity(g, momentum, dampening=0.0, first="copy"):
    v = 0.0
    for t, slope in enumerate(g):
        v = momentum * v + (1 if t == 0 and first == "copy" else 1 - dampening) * slope
    return v


def by_velocity(theta, g, lr, momentum=0.9, nesterov=False, **kwargs):
    v = velocity(g, momentum, **kwargs)
    return theta - lr * (g[-1] + momentum * v if nesterov else v)


def adagrad(theta, g, lr, eps=1e-10, initial=0.0, eps_inside=False):
    s = initial + sum(slope**2 for slope in g)
    return theta - lr * g[-1] / (sqrt(s + eps) if eps_inside else sqrt(s) + eps)


def adam(theta, g, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    t = len(g)
    m = (1 - beta1) * sum(beta1 ** (t - 1 - i) * slope for i, slope in enumerate(g))
    v = (1 - beta2) * sum(beta2 ** (t - 1 - i) * slope**2 for i, slope in enumerate(g))
    return theta - lr * (m / (1 - beta1**t)) / (sqrt(v / (1 - beta2**t)) + eps)


# A new optimizer needs a row here: its equation, and the settings to test it with.
EXAMPLES = {
    "GradientDescent": (gradient_descent, [{"lr": 0.1}]),
    "Momentum": (
        by_velocity,
        [
            {"lr": 0.1},
            {"lr": 0.1, "momentum": 0.5, "nesterov": True},
            {"lr": 0.1, "dampening": 0.7},
            {"lr": 0.1, "dampening": 0.7, "first": "zero"},
        ],
    ),
    "Adagrad": (
        adagrad,
        [{"lr": 0.1}, {"lr": 0.1, "eps": 1e-2}, {"lr": 0.1, "initial": 0.1, "eps": 1e-2, "eps_inside": True}],
    ),
    "Adam": (
        adam,
        [
            {"lr": 0.1},
            {"lr": 0.1, "beta1": 0.5, "beta2": 0.8, "eps": 1e-2},
            {"lr": 0.1, "beta1": 0.3, "beta2": 0.4},
        ],
    ),
}
FOUND = {
    name
    for name, thing in vars(optimizers).items()
    if inspect.isclass(thing) and thing.__module__ == optimizers.__name__
}
CASES = [(name, settings) for name in sorted(FOUND & set(EXAMPLES)) for settings in EXAMPLES[name][1]]
EACH = pytest.mark.parametrize(("name", "settings"), CASES, ids=str)


def make(name, settings):
    return getattr(optimizers, name)(**settings)


def path(optimizer, theta, gradients):
    """theta after each step on these gradients."""
    state, states = optimizer.init(theta), []
    for gradient in gradients:
        theta, state = optimizer.step(theta, gradient, state)
        states.append(theta)
    return np.array(states)


@pytest.mark.parametrize("name", sorted(FOUND | set(EXAMPLES)))
def test_every_optimizer_has_its_row_here(name):
    assert name in FOUND, f"{name} is no longer an optimizer: take its row out"
    assert name in EXAMPLES, f"{name} has no row in EXAMPLES"


@EACH
def test_each_step_is_the_equation(name, settings):
    theta = np.array([1.0, -2.0, 0.5])
    found, before = path(make(name, settings), theta, GRADIENTS), theta
    for t in range(STEPS):
        for j in range(3):
            # sums in another order, up to 25 terms
            expected = EXAMPLES[name][0](before[j], list(GRADIENTS[: t + 1, j]), **settings)
            assert found[t, j] == pytest.approx(expected, rel=1e-12, abs=1e-13)
        before = found[t]


@EACH
def test_a_step_changes_nothing_in_place(name, settings):
    optimizer, theta, gradient = make(name, settings), np.ones(3), GRADIENTS[0].copy()
    _, state = optimizer.step(theta, gradient, optimizer.init(theta))
    copies = [np.copy(part) for part in state]
    optimizer.step(theta, gradient, state)
    assert theta.tolist() == [1, 1, 1]
    assert np.array_equal(gradient, GRADIENTS[0])
    assert isinstance(state, tuple)
    assert all(np.array_equal(part, copy) for part, copy in zip(state, copies, strict=True))


@EACH
@pytest.mark.parametrize("leading", [(4,), (2, 2)])
def test_many_parameter_vectors_at_once_equal_one_by_one(name, settings, leading):
    optimizer, rng = make(name, settings), np.random.default_rng(1)
    theta, gradients = rng.normal(size=(*leading, 3)), rng.normal(size=(STEPS, *leading, 3))
    together = path(optimizer, theta, gradients)
    for i in np.ndindex(leading):
        alone = path(optimizer, theta[i], gradients[(slice(None), *i)])
        # the same elementwise operations; SIMD lanes may round a division or a power otherwise
        np.testing.assert_allclose(together[(slice(None), *i)], alone, rtol=1e-14)


COLUMNS = {  # every setting that may differ by configuration
    GradientDescent: {"lr": [0.1, 0.2]},
    Momentum: {"lr": [0.1, 0.2], "momentum": [0.9, 0.5], "dampening": [0.0, 0.7]},
    Adagrad: {"lr": [0.1, 0.2], "eps": [1e-10, 0.1], "initial": [0.0, 0.3]},
    Adam: {"lr": [0.1, 0.2], "beta1": [0.9, 0.5], "beta2": [0.99, 0.5], "eps": [1e-8, 0.1]},
}


@pytest.mark.parametrize("optimizer", COLUMNS)
def test_a_column_of_settings_is_one_optimizer_a_row(optimizer):
    columns = {name: np.array(values)[:, None] for name, values in COLUMNS[optimizer].items()}
    together = path(optimizer(**columns), np.ones((2, 3)), np.repeat(GRADIENTS[:, None], 2, axis=1))
    for row in (0, 1):
        one = optimizer(**{name: values[row] for name, values in COLUMNS[optimizer].items()})
        np.testing.assert_allclose(together[:, row], path(one, np.ones(3), GRADIENTS), rtol=1e-14)


def test_defaults_are_those_of_torch():
    assert (Momentum(1).momentum, Momentum(1).dampening, Momentum(1).nesterov) == (0.9, 0, False)
    assert (Adagrad(1).eps, Adagrad(1).initial, Adagrad(1).eps_inside) == (1e-10, 0, False)
    assert (Adam(1).beta1, Adam(1).beta2, Adam(1).eps) == (0.9, 0.999, 1e-8)


def test_a_constant_gradient_gives_adam_steps_of_one_rate():
    # m̂ = g and √v̂ = |g| in every step; a t that is never counted up gives 1, 1.34, …
    steps = np.diff(path(Adam(0.1), np.zeros(1), np.full((20, 1), -3.0))[:, 0], prepend=0)
    np.testing.assert_allclose(steps, 0.1, rtol=1e-8)  # eps/|g| = 3e-9


def test_dampening_differs_by_the_first_gradient_alone():
    copied, zero = (
        path(Momentum(1.0, dampening=0.9, first=first), np.zeros(1), np.ones((3, 1)))
        for first in ("copy", "zero")
    )
    np.testing.assert_allclose(copied.ravel(), [-1, -2, -3], rtol=1e-14)
    np.testing.assert_allclose(zero.ravel(), [-0.1, -0.29, -0.561], rtol=1e-14)


def test_without_dampening_the_first_gradient_makes_no_difference():
    copied, zero = (path(Momentum(0.1, first=first), np.ones(3), GRADIENTS) for first in ("copy", "zero"))
    assert np.array_equal(copied, zero)


@pytest.mark.parametrize(
    "optimizer", [Adagrad(0.1), Adam(0.1), Momentum(0.1), GradientDescent(0.1)], ids=repr
)
def test_a_coordinate_without_a_gradient_stays(optimizer):
    gradients = GRADIENTS * [1, 0, 1]
    assert (path(optimizer, np.ones(3), gradients)[:, 1] == 1).all()


@pytest.mark.parametrize("optimizer", COLUMNS)
def test_an_optimizer_cannot_be_changed_and_is_equal_to_itself_alone(optimizer):
    column = np.array([[0.1], [0.2]])  # arrays have no one answer to ==
    one, other = optimizer(column), optimizer(column)
    assert len({one, other, one}) == 2
    with pytest.raises(FrozenInstanceError):
        one.lr = 0.5


@pytest.mark.parametrize("optimizer", COLUMNS)
def test_every_setting_may_be_as_low_as_zero_and_no_lower(optimizer):
    for name in COLUMNS[optimizer]:
        assert getattr(optimizer(**{"lr": 0.1, name: 0}), name) == 0
        with pytest.raises(ValueError, match=rf"^{name} must be in \[0, .* got -0.5"):
            optimizer(**{"lr": 0.1, name: -0.5})


SHARES = [(Momentum, "momentum"), (Momentum, "dampening"), (Adam, "beta1"), (Adam, "beta2")]


@pytest.mark.parametrize(("optimizer", "name"), SHARES)
def test_a_share_is_at_most_one(optimizer, name):
    assert getattr(optimizer(0.1, **{name: 1}), name) == 1
    with pytest.raises(ValueError, match=rf"^{name} must be in \[0, 1\], got 1.5"):
        optimizer(0.1, **{name: 1.5})
