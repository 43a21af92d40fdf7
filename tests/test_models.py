"""Every model's gradient is the slope of its loss, for one θ or many, and nothing overflows."""

import inspect
from dataclasses import replace

import numpy as np
import pytest

from parti_edu.on_numpy import models
from parti_edu.on_numpy.models import log_sum_exp, sigmoid, softplus

RNG = np.random.default_rng(7)
X = RNG.normal(size=(12, 4))
LABELS = {"LinearRegression": RNG.normal(size=12), "LogisticRegression": RNG.integers(0, 2, 12)}
CLASSES = RNG.integers(0, 3, 12)
SYMMETRIC = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, -0.3], [0.0, -0.3, 3.0]])

# A new model needs a row here: instances to test, with and without options.
EXAMPLES = {
    "LinearRegression": [models.LinearRegression(), models.LinearRegression(l2=0.3)],
    "LogisticRegression": [models.LogisticRegression(), models.LogisticRegression(l2=0.3)],
    "SoftmaxRegression": [models.SoftmaxRegression(3), models.SoftmaxRegression(3, l2=0.3)],
    "TwoLayerNet": [models.TwoLayerNet(5, 3), models.TwoLayerNet(1, 3, l2=0.3)],
    "Quadratic": [models.Quadratic([1.0, 5.0], centre=[1.0, -2.0]), models.Quadratic(SYMMETRIC)],
    "Rosenbrock": [models.Rosenbrock(), models.Rosenbrock(b=5.0)],
    "Saddle": [models.Saddle()],
}
FOUND = {
    name
    for name, thing in vars(models).items()
    if inspect.isclass(thing)
    and issubclass(thing, models.Model)
    and thing not in (models.Model, models.Surface)
}
INSTANCES = [model for name in sorted(FOUND & set(EXAMPLES)) for model in EXAMPLES[name]]
EACH = pytest.mark.parametrize("model", INSTANCES, ids=repr)


def labels(model):
    return LABELS.get(type(model).__name__, CLASSES)


def random_theta(model, *leading):
    return np.random.default_rng(3).normal(size=(*leading, len(model.start(X, labels(model)))))


@pytest.mark.parametrize("name", sorted(FOUND | set(EXAMPLES)))
def test_every_model_has_its_row_here(name):
    assert name in FOUND, f"{name} is no longer a model: take its row out"
    assert EXAMPLES.get(name), f"{name} has no row in EXAMPLES"


@EACH
def test_the_gradient_is_the_slope_of_the_loss(model):
    theta, y, step = random_theta(model), labels(model), 1e-5
    slopes = [
        (model.loss(theta + e, X, y) - model.loss(theta - e, X, y)) / (2 * step)
        for e in step * np.eye(len(theta))
    ]
    # central differences: error step²·F‴ + 1e-16·F/step ≈ 1e-10 relative to the size of F and its slopes
    gradient = model.gradient(theta, X, y)
    size = max(1, abs(gradient).max())
    np.testing.assert_allclose(gradient, slopes, atol=1e-8 * size, rtol=0)
    assert abs(gradient).min() > 1e-5 * size  # so the tolerance cannot hide a coordinate that is left out


@EACH
@pytest.mark.parametrize("leading", [(1,), (6,), (2, 3)])
def test_many_parameter_vectors_at_once_equal_one_by_one(model, leading):
    theta, y = random_theta(model, *leading), labels(model)
    loss, gradient = model.loss(theta, X, y), model.gradient(theta, X, y)
    assert loss.shape == leading
    assert gradient.shape == theta.shape
    for i in np.ndindex(leading):
        # products of other shapes are summed in another order
        np.testing.assert_allclose(loss[i], model.loss(theta[i], X, y), rtol=1e-13)
        np.testing.assert_allclose(gradient[i], model.gradient(theta[i], X, y), rtol=1e-12, atol=1e-13)
        if model.needs_data:
            np.testing.assert_allclose(model.predict(theta, X)[i], model.predict(theta[i], X), rtol=1e-12)


@EACH
def test_nothing_is_changed_in_place(model):
    theta, y = random_theta(model, 2), labels(model).copy()
    before = theta.copy(), X.copy(), y.copy()
    model.loss(theta, X, y)
    model.gradient(theta, X, y)
    for now, then in zip((theta, X, y), before, strict=True):
        assert np.array_equal(now, then)


@pytest.mark.parametrize("model", [m for m in INSTANCES if m.needs_data and m.l2], ids=repr)
def test_the_penalty_is_half_l2_times_the_squared_length(model):
    plain = replace(model, l2=0.0)
    theta, y = random_theta(model), labels(model)
    assert model.loss(theta, X, y) - plain.loss(theta, X, y) == pytest.approx(0.15 * theta @ theta, rel=1e-12)
    difference = model.gradient(theta, X, y) - plain.gradient(theta, X, y)
    np.testing.assert_allclose(difference, 0.3 * theta, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("model", [m for m in INSTANCES if m.needs_data], ids=repr)
def test_the_loss_is_a_mean_over_the_rows(model):
    theta, y = random_theta(model), labels(model)
    twice = model.loss(theta, np.vstack([X, X]), np.concatenate([y, y]))
    assert twice == pytest.approx(model.loss(theta, X, y), rel=1e-13)


@pytest.mark.parametrize("model", [m for m in INSTANCES if m.classifies], ids=repr)
def test_classifiers_stay_finite_far_out_and_warn_of_nothing(model):
    theta, y = 1e4 * random_theta(model, 2), labels(model)
    assert np.isfinite(model.loss(theta, X, y)).all()
    assert np.isfinite(model.gradient(theta, X, y)).all()


def test_sigmoid_softplus_and_log_sum_exp_at_a_thousand():
    z = np.array([-1000.0, 0.0, 1000.0])
    assert sigmoid(z).tolist() == [0, 0.5, 1]
    assert softplus(z).tolist() == [0, np.log(2), 1000]
    assert log_sum_exp(np.array([[1000.0, 1000.0], [-1000.0, -1000.0], [-1000.0, 1000.0]])).tolist() == [
        [1000 + np.log(2)],
        [-1000 + np.log(2)],
        [1000],
    ]


@pytest.mark.parametrize("z", [-30.0, -2.0, 0.3, 30.0])
def test_sigmoid_and_softplus_are_their_formulas(z):
    assert sigmoid(z) == pytest.approx(np.exp(z) / (np.exp(z) + 1), rel=1e-14)
    assert softplus(np.array(z)) == pytest.approx(np.logaddexp(0, z), rel=1e-14)


def test_softplus_keeps_its_small_values():
    # log(1 + e^-40) is e^-40; the naive formula gives 0
    assert softplus(np.array(-40.0)) == pytest.approx(np.exp(-40), rel=1e-12)


def test_losses_worked_out_by_hand():
    one, y = np.array([[1.0, 2.0]]), np.array([1])
    theta = np.array([0.5, -1.0])  # z = −1.5
    assert models.LinearRegression(l2=0.2).loss(theta, one, y) == pytest.approx(2.5**2 / 2 + 0.1 * 1.25)
    assert models.LogisticRegression().loss(theta, one, y) == pytest.approx(np.log(1 + np.exp(1.5)))
    W = np.array([[0.5, 0, 1], [-1, 0, 2]])  # outputs −1.5, 0, 5
    outputs = np.exp([-1.5, 0, 5])
    assert models.SoftmaxRegression(3).loss(W.ravel(), one, y) == pytest.approx(-np.log(1 / outputs.sum()))
    net = np.array([0.3, 0.1, 0.2, 1.0, -1.0, 0.5, 0.0])  # W₁ (2, 1), b₁ (1), W₂ (1, 2), b₂ (2)
    hidden = np.tanh(0.3 + 0.2 + 0.2)
    outputs = np.exp([hidden + 0.5, -hidden])
    assert models.TwoLayerNet(1, 2).loss(net, one, y) == pytest.approx(-np.log(outputs[1] / outputs.sum()))


def test_softmax_on_two_classes_is_logistic_regression():
    y, theta = LABELS["LogisticRegression"], np.array([0.5, -1.0, 2.0, 0.1])
    W = np.stack([np.zeros(4), theta], axis=1).ravel()
    softmax = models.SoftmaxRegression(2)
    assert softmax.loss(W, X, y) == pytest.approx(models.LogisticRegression().loss(theta, X, y), rel=1e-13)
    assert np.array_equal(softmax.predict(W, X), models.LogisticRegression().predict(theta, X))


def test_predictions_are_the_likelier_class():
    theta = np.array([1.0, 0, 0, 0])
    assert np.array_equal(models.LogisticRegression().predict(theta, X), (X[:, 0] > 0).astype(int))
    assert np.array_equal(models.LinearRegression().predict(theta, X), X[:, 0])
    best = models.SoftmaxRegression(4).predict(np.eye(4).ravel(), X)
    assert np.array_equal(best, X.argmax(1))


@pytest.mark.parametrize("model", INSTANCES, ids=repr)
def test_the_start_is_zero_unless_the_model_says_otherwise(model):
    start = model.start(X, labels(model), 0)
    assert start.ndim == 1
    if model.needs_data and not isinstance(model, models.TwoLayerNet):
        assert not start.any()
    if not model.needs_data:
        assert model.gradient(start).any()  # a surface starts where there is something to do


def test_the_net_starts_within_its_bounds_and_by_its_seed():
    net = models.TwoLayerNet(200, 3)
    start = net.start(X, CLASSES, 0)
    W1, b1, W2, b2 = np.split(start, np.cumsum([4 * 200, 200, 200 * 3]))
    assert not b1.any()
    assert not b2.any()
    for weights, fans in ((W1, 204), (W2, 203)):
        bound = np.sqrt(6 / fans)
        assert 0.98 * bound < abs(weights).max() <= bound  # of 600 and more draws the largest is near
        assert abs(weights.mean()) < 0.12 * bound  # five deviations of a mean of 600 draws
    assert np.array_equal(start, net.start(X, CLASSES, 0))
    assert not np.array_equal(start, net.start(X, CLASSES, 1))


@pytest.mark.parametrize(
    ("surface", "point"),
    [
        (models.Quadratic([1.0, 5.0], centre=[3.0, -1.0]), [3, -1]),
        (models.Rosenbrock(), [1, 1]),
        (models.Saddle(), [0, 0]),
        (models.Saddle(), [0, 1]),
        (models.Saddle(), [0, -1]),
    ],
)
def test_surfaces_are_flat_where_they_should_be(surface, point):
    assert not surface.gradient(np.array(point, float)).any()


def test_losses_of_the_surfaces_by_hand():
    assert models.Rosenbrock().loss(np.array([-1.2, 1.0])) == pytest.approx(24.2)
    assert models.Saddle().loss(np.array([[0.0, 1.0], [1.0, 0.0]])).tolist() == [-0.25, 0.5]
    assert models.Quadratic(SYMMETRIC).loss(np.array([1.0, 1.0, 0.0])) == 2.0
    assert models.Quadratic([2.0, 4.0], centre=1.0).loss(np.array([2.0, 3.0])) == 9.0
