"""Each formula and listing fails as printed, its repair works; and where the printed form happens to work."""

import numpy as np
import pytest
import torch

from parti_edu import load
from parti_edu.labs.errata import ERRATA, printed
from parti_edu.on_numpy import Adagrad, GradientDescent, LogisticRegression, Quadratic, blend, train

FORMULAS = [f"F{i:02}" for i in range(1, 17)]
LISTINGS = [f"C{i:02}" for i in range(1, 15)]
ROWS = load("breast_cancer", features=("worst_concave_points", "mean_texture")).train


def test_every_formula_and_listing_is_there_once():
    assert sorted(ERRATA) == sorted(FORMULAS + LISTINGS)
    assert all(erratum.id == id for id, erratum in ERRATA.items())


@pytest.mark.parametrize("id", ERRATA)
def test_it_fails_as_printed_and_the_repair_works(id):
    shown = ERRATA[id].show()
    assert shown.fails, shown.printed
    assert shown.works, shown.mended


@pytest.mark.parametrize("id", ERRATA)
def test_an_erratum_tells_the_whole_story(id):
    erratum = ERRATA[id]
    assert erratum.question.endswith("?")
    assert erratum.article.split(", ")[0] in {"A1", "A2", "A3", "A4", "A5"}
    assert erratum.lesson in {f"{i:02}" for i in range(15)}
    told = str(erratum)
    for part in (erratum.as_printed, erratum.cause, erratum.repair, erratum.show().printed):
        assert part in told


def one_step(optimizer, theta, gradient):
    return optimizer.step(np.array(theta), np.array(gradient), optimizer.init(np.array(theta)))[0]


def by_torch(method, theta, gradient, **settings):
    parameter = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    parameter.grad = torch.tensor(gradient, dtype=torch.float64)
    method([parameter], **settings).step()
    return parameter.detach().numpy()


@pytest.mark.parametrize(
    ("optimizer", "method", "settings"),
    [
        (printed.RatelessMomentum(0.5), torch.optim.SGD, {"lr": 0.5, "momentum": 0.9}),
        (printed.ThetaAdagrad(0.1), torch.optim.Adagrad, {"lr": 0.1}),
        (printed.SumAdagrad(0.1), torch.optim.Adagrad, {"lr": 0.1}),
        (printed.UncorrectedAdam(0.1), torch.optim.Adam, {"lr": 0.1}),
    ],
    ids=lambda x: type(x).__name__ if hasattr(x, "step") else "",
)
def test_a_printed_step_is_not_the_librarys(optimizer, method, settings):
    theta, gradient = [1.0, -2.0], [0.5, 3.0]
    ours, theirs = one_step(optimizer, theta, gradient), by_torch(method, theta, gradient, **settings)
    assert not np.allclose(ours, theirs, atol=1e-3)
    right = {"SGD": None, "Adagrad": Adagrad(0.1)}.get(method.__name__)
    if right:
        np.testing.assert_allclose(one_step(right, theta, gradient), theirs, rtol=1e-14)


def test_without_x_is_right_for_the_bias_alone():
    ones = np.ones((len(ROWS), 1))
    theta = np.array([0.3])
    wrong = printed.InputlessRegression(l2=0.01).gradient(theta, ones, ROWS.y)
    np.testing.assert_allclose(wrong, LogisticRegression(l2=0.01).gradient(theta, ones, ROWS.y), rtol=1e-13)


def test_without_a_rate_momentum_works_below_its_limit_and_not_above():
    calm, wild = (Quadratic([curvature]) for curvature in (37.9, 38.1))
    assert abs(train(calm, optimizer=printed.RatelessMomentum(1.0), rounds=2000).final[0]) < 1e-6
    with pytest.warns(UserWarning, match="diverged"):
        assert train(wild, optimizer=printed.RatelessMomentum(1.0), rounds=2000).diverged_at > 0


def test_adagrad_with_theta_works_where_the_minimum_is_zero():
    bowl = Quadratic([1.0])  # there θ is the gradient
    wrong, right = (train(bowl, optimizer=m(0.5), rounds=50) for m in (printed.ThetaAdagrad, Adagrad))
    np.testing.assert_array_equal(wrong.theta, right.theta)


def test_adagrad_adding_g_works_while_gradients_are_positive():
    bowl = Quadratic([1.0], centre=[-3.0])
    run = train(bowl, optimizer=printed.SumAdagrad(0.5), start=[0.0], rounds=200)
    assert run.loss()[-1] < 1e-3 * run.loss()[0]


def test_uncorrected_adam_arrives_as_well():
    run = train(Quadratic([1.0]), optimizer=printed.UncorrectedAdam(0.05), rounds=800)
    assert run.loss()[-1] < 1e-6 * run.loss()[0]


def test_a_merge_of_an_alias_is_no_merge():
    settings = {"optimizer": GradientDescent(1.0), "rounds": 30}
    aliased = train(LogisticRegression(), ROWS, merge=printed.AliasedBlend(0.5), **settings)
    np.testing.assert_allclose(aliased.theta, train(LogisticRegression(), ROWS, **settings).theta, atol=1e-14)
    assert (
        np.abs(aliased.final - train(LogisticRegression(), ROWS, merge=blend(0.5), **settings).final).max()
        > 0.1
    )


def test_the_last_worker_alone_is_right_when_there_is_one_worker():
    settings = {"optimizer": GradientDescent(1.0), "rounds": 30}
    one = train(LogisticRegression(), ROWS, merge=printed.LastWorker(), **settings)
    np.testing.assert_allclose(one.theta, train(LogisticRegression(), ROWS, **settings).theta, atol=1e-14)
