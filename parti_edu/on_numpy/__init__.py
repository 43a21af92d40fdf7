"""The reference: models, optimizers, merging and training in plain NumPy, made to be read."""

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
    "grid",
    "mean",
    "outer",
    "sum_of_blocks",
    "train",
    "weighted_mean",
]
