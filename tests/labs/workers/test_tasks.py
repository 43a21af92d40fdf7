"""Several tasks at once give what each gives by itself."""

from functools import partial

import numpy as np
import pytest
import torch

from parti_edu import grouping, picking
from parti_edu.labs.workers import tasks
from parti_edu.on_torch import GradientDescent, LogisticRegression, TwoLayerNet, train

N_TASKS, LR, STEPS = 64, 0.3, 10


@pytest.fixture(scope="module", params=[LogisticRegression(l2=0.01), TwoLayerNet(4, 2, l2=0.01)], ids=repr)
def many(request, rows):
    """64 tasks of 20 rows and 5 features each, with a start each."""
    model, rng = request.param, np.random.default_rng(0)
    drawn = rng.integers(0, len(rows), (N_TASKS, 20))
    X, y = rows.X[drawn][..., :5], model.labels(rows.y[drawn])
    theta = [model.start(X[t], y[t], seed=t) + 0.1 * rng.standard_normal() for t in range(N_TASKS)]
    return model, *(torch.as_tensor(np.array(a)) for a in (theta, X, y)), LR, STEPS


WAYS = {
    "vmap": tasks.with_vmap,
    "batched": tasks.batched,
    "2 processes": partial(tasks.over_processes, 2),
    "3 processes": partial(tasks.over_processes, 3),  # which 64 is no multiple of
}


@pytest.mark.parametrize("way", WAYS)
def test_all_ways_are_one_task_after_another(many, way):
    if way == "batched" and not isinstance(many[0], LogisticRegression):
        with pytest.raises(TypeError, match=r"model must be a LogisticRegression of .*, got TwoLayerNet"):
            tasks.batched(*many)
        return
    expected = tasks.one_after_another(*many)
    assert expected.shape == many[1].shape
    assert (expected - many[1]).abs().max() > 0.01
    torch.testing.assert_close(WAYS[way](*many), expected, rtol=0, atol=1e-12)


def test_one_task_after_another_is_train_s_own_loop(many):
    model, theta, X, y, lr, steps = many
    groups = grouping.contiguous(20, 1)
    settings = {"optimizer": GradientDescent(lr), "rounds": steps, "start": theta[7].numpy()}
    run = train(model, (X[7].numpy(), y[7].numpy()), groups, picking.cyclic(groups), **settings)
    np.testing.assert_allclose(tasks.one_after_another(*many)[7], run.final, rtol=0, atol=1e-12)
