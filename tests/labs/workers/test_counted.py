"""A pipeline, counted: its bytes are those of the activations, whatever the number of parameters."""

from functools import partial

import numpy as np
import torch

from parti_edu.labs.workers import launch, model_parallel
from parti_edu.labs.workers.counted import counted


def test_a_pipeline_sends_the_activations_on_and_their_gradients_back():
    rng = np.random.default_rng(0)
    n, steps = 12, 3
    job = (5, 7, 3), rng.normal(size=(n, 5)), rng.integers(0, 3, n), steps, partial(torch.optim.SGD, lr=0.1)
    (first, out), (second, back) = launch(counted, 2, model_parallel.pipeline, *job)
    assert out["send"] == back["send"] == steps * n * 7 * 8
    alone = model_parallel.alone(*job)
    np.testing.assert_allclose(np.concatenate([first[0], second[0]]), alone[0], rtol=1e-12)
