"""Formulas as the articles print them, in the contract of `parti_edu.on_numpy`: the same loop runs them.

Each class differs from the right one in the line that is wrong. None of them is for use.
"""

from dataclasses import dataclass

import numpy as np

from ...on_numpy import Adagrad, Adam, LogisticRegression, Momentum
from ...on_numpy.merging import blend
from ...on_numpy.models import sigmoid


class InputlessRegression(LogisticRegression):
    """F10: the gradient is printed as mean(ŷ − y), for every parameter alike: the input x is missing."""

    def gradient(self, theta, X, y):
        return (sigmoid(theta @ X.T) - y).mean(-1, keepdims=True) + self.l2 * theta


@dataclass(frozen=True, eq=False)
class RatelessMomentum(Momentum):
    """F11: v ← a·v + (1 − a)·g;  θ ← θ − v: no learning rate, which makes it 1. lr is not used."""

    def step(self, theta, gradient, state):
        t, v = state
        v = self.momentum * v + (1 - self.momentum) * gradient
        return theta - v, (t + 1, v)


@dataclass(frozen=True, eq=False)
class ThetaAdagrad(Adagrad):
    """F12: θ ← θ − lr·θ/(√s + eps): θ stands where the gradient belongs, and only g² enters the step."""

    def step(self, theta, gradient, state):
        s = state[0] + gradient**2
        return theta - self.lr * theta / (np.sqrt(s) + self.eps), (s,)


@dataclass(frozen=True, eq=False)
class SumAdagrad(Adagrad):
    """F12, in another place: s ← s + g, not g²: the root of a negative sum is no number."""

    def step(self, theta, gradient, state):
        s = state[0] + gradient
        with np.errstate(invalid="ignore", divide="ignore"):
            return theta - self.lr * gradient / (np.sqrt(s) + self.eps), (s,)


@dataclass(frozen=True, eq=False)
class UncorrectedAdam(Adam):
    """F13: the step uses m and v themselves, which start at 0 and are still too small."""

    def step(self, theta, gradient, state):
        t, m, v = state
        m = self.beta1 * m + (1 - self.beta1) * gradient
        v = self.beta2 * v + (1 - self.beta2) * gradient**2
        return theta - self.lr * m / (np.sqrt(v) + self.eps), (t + 1, m, v)


@dataclass(frozen=True, eq=False, repr=False)
class AliasedBlend(blend):
    """C04: the start is a second name for the array that the steps change, so both are the trial."""

    def merge(self, start, trials, sizes, memory):
        trial = self.combine(start, trials, sizes)
        start = trial  # what changing θ in place does
        return self.beta * trial + (1 - self.beta) * start, memory


@dataclass(frozen=True, eq=False, repr=False)
class LastWorker(blend):
    """F07, read as printed: (Σθ_i − η·g)/n with all θ_i at the start and one gradient behind the sum."""

    def merge(self, start, trials, sizes, memory):
        return start + (trials[-1] - start) / len(trials), memory
