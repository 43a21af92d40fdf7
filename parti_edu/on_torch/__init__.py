"""The twin of the reference, in PyTorch: the same names, on any device, gradients by autograd."""

try:
    import torch  # noqa: F401
except ImportError as error:
    raise ImportError("parti_edu.on_torch needs torch: pip install -c constraints.txt torch") from error

from ..schedules import decaying
from .merging import blend, blend_previous, mean, outer, sum_of_blocks, weighted_mean
from .models import (
    LinearRegression,
    LogisticRegression,
    Quadratic,
    Rosenbrock,
    Saddle,
    SoftmaxRegression,
    TwoLayerNet,
    from_module,
)
from .optimizers import Adagrad, Adam, GradientDescent, Momentum
from .training import grid, train

__all__ = [
    "Adagrad",
    "Adam",
    "GradientDescent",
    "LinearRegression",
    "LogisticRegression",
    "Momentum",
    "Quadratic",
    "Rosenbrock",
    "Saddle",
    "SoftmaxRegression",
    "TwoLayerNet",
    "blend",
    "blend_previous",
    "decaying",
    "from_module",
    "grid",
    "mean",
    "outer",
    "sum_of_blocks",
    "train",
    "weighted_mean",
]
