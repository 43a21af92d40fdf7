"""A project on images from one end to the other: rows, a net, training with groups and merging, judging."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ... import checks, grouping
from ...data import read
from ...on_torch.drop_in import GroupSampler, Merge
from . import checkpoints
from .nets import small_cnn

GARMENTS = (
    *("T-shirt", "trouser", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
)
LOOK = 500  # training rows that are looked at after an epoch
SCHEDULES = ("constant", "cosine", "one-cycle")


class Pictures(NamedTuple):
    """Rows of a part. X: light in [0, 1], (n, 28, 28), float32. y: classes 0 … 9, (n,), int64."""

    X: torch.Tensor
    y: torch.Tensor

    def at(self, rows):
        """The rows with these numbers, or where this mask is true."""
        return Pictures(self.X[rows], self.y[rows])


class Parts(NamedTuple):
    """To learn from, to choose by, to judge once."""

    train: Pictures
    validation: Pictures
    test: Pictures


def prepare(n_train=7000, n_validation=1000, seed=0):
    """The garments of fashion_mnist in three parts.

    Training and validation rows are drawn from the set's 8,000 training rows, each class in both in its
    proportion; the test rows are the set's own 2,000, untouched.

    Args:
        n_train, n_validation: how many, 10 at least each, 8,000 at most together.
        seed: of the draw.

    Raises:
        ValueError, TypeError: if a count is out of its range.

    >>> [len(part.y) for part in prepare(500, 100)]
    [500, 100, 2000]
    """
    raw = read("fashion_mnist")
    n_rows = len(raw["y_train"])
    checks.count("n_validation", n_validation, 10, n_rows - 10, "training rows of the set, less 10")
    checks.count("n_train", n_train, 10, n_rows - n_validation, "training rows of the set, less n_validation")

    def part(which, rows):
        light = torch.from_numpy(raw[f"x_{which}"][rows]).to(torch.float32) / 255
        return Pictures(light, torch.from_numpy(raw[f"y_{which}"][rows]).long())

    order = _spread(raw["y_train"], seed)
    ends = n_validation, n_validation + n_train
    return Parts(part("train", order[ends[0] : ends[1]]), part("train", order[: ends[0]]), part("test", ...))


def _spread(y, seed):
    """All rows in an order of which each stretch has the classes in proportion, by chance otherwise."""
    order, place = np.random.default_rng(seed).permutation(len(y)), np.empty(len(y))
    for label in np.unique(y):
        rows = order[y[order] == label]
        place[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
    return np.argsort(place, kind="stable")


class Standardise(nn.Module):
    """The net's first layer: (x − mean) / deviation, and each picture laid out flat.

    mean, deviation: two numbers of all pixels of the training rows. They are kept in checkpoints, so a
    net that is loaded elsewhere sees its pictures as it did when it learned.
    """

    def __init__(self, X):
        super().__init__()
        self.register_buffer("mean", X.mean())
        self.register_buffer("deviation", X.std())

    def forward(self, X):
        return ((X - self.mean) / self.deviation).flatten(1)


def cnn(X, channels=(16, 32), hidden=64, dropout=0.0, seed=0):
    """`nets.small_cnn` behind `Standardise`, with dropout in front of both linear layers.

    Args:
        X: the training pictures, (n, 28, 28).
        channels, hidden, seed: as for `small_cnn`.
        dropout: the share of units that is silenced at random while it learns, in [0, 1].

    Raises:
        ValueError, TypeError: if an argument breaks its rule.

    Srivastava et al. 2014, Dropout (from memory).
    """
    checks.number("dropout", dropout, 0, 1)
    layers = []
    for layer in small_cnn(channels, hidden, seed):
        layers += [nn.Dropout(dropout)] if isinstance(layer, nn.Linear) and dropout else []
        layers.append(layer)
    return nn.Sequential(Standardise(X), *layers)


@dataclass(frozen=True)
class Recipe:
    """How a net is trained.

    Args:
        epochs: passes over the training rows, at most.
        group_size: rows in a group, about. Groups are stratified: each has the classes in proportion.
        lr: the largest rate, of Adam.
        schedule: "constant", "cosine" or "one-cycle", see `rate_factor`.
        beta, every: after a walk of `every` groups θ is merged with where the walk began; 1 merges nothing.
        l1, l2: a penalty l1·Σ|w| + ½·l2·Σw² on the weights, biases left out.
        augment: (pictures, generator) → pictures, such as `augment.Augment(shift=1)`; None for none.
        patience: stop when the validation loss has not been lower for so many epochs; None for never.
        seed: of groups, their order, augmentation and dropout.

    Raises:
        ValueError, TypeError: if an argument breaks its rule.
    """

    epochs: int = 20
    group_size: int = 100
    lr: float = 3e-3
    schedule: str = "one-cycle"
    beta: float = 1.0
    every: int = 5
    l1: float = 0.0
    l2: float = 0.0
    augment: Callable | None = None
    patience: int | None = None
    seed: int = 0

    def __post_init__(self):
        checks.count("epochs", self.epochs)
        checks.count("group_size", self.group_size)
        checks.number("lr", self.lr, 0, above=True)
        checks.one_of("schedule", self.schedule, SCHEDULES)
        checks.number("beta", self.beta, 0, 1)
        checks.count("every", self.every)
        checks.number("l1", self.l1, 0)
        checks.number("l2", self.l2, 0)
        if self.patience is not None:
            checks.count("patience", self.patience)


class Epoch(NamedTuple):
    """How the net does after an epoch, dropout and augmentation at rest, penalty left out."""

    number: int
    rate: float  # of its first step
    training: float  # mean loss on the training rows, the first 500 of them: they are as good as any
    validation: float  # mean loss on the validation rows
    accuracy: float  # on the validation rows


class Trained(NamedTuple):
    """The net where its validation loss was lowest, and at the end; all epochs."""

    best: nn.Module
    last: nn.Module
    epochs: list[Epoch]
    best_epoch: int


def rate_factor(schedule, done, steps):
    """What the largest rate is multiplied by, for the step after `done` of `steps`.

        constant: 1        cosine: c(t) = ½(1 + cos πt), t = done / steps
        one-cycle: t / 0.2 up to t = 0.2, then c((t − 0.2) / 0.8)

    Args:
        schedule: one of SCHEDULES. done: in 0 … steps. steps: of the whole training, at least 1.

    Raises:
        ValueError: for another schedule.

    Loshchilov & Hutter 2017, SGDR; Smith & Topin 2018, Super-convergence (both from memory).

    >>> [round(rate_factor("one-cycle", done, 10), 3) for done in (0, 1, 2, 6, 10)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    checks.one_of("schedule", schedule, SCHEDULES)
    t = done / steps
    if schedule == "constant":
        return 1.0
    if schedule == "one-cycle":
        if t < 0.2:
            return t / 0.2
        t = (t - 0.2) / 0.8
    return 0.5 * (1 + math.cos(math.pi * t))


def penalty(net, l1, l2):
    """l1·Σ|w| + ½·l2·Σw² over the weights, a tensor (); biases are left out."""
    weights = [p for p in net.parameters() if p.ndim > 1]
    return sum(l1 * w.abs().sum() + l2 / 2 * w.square().sum() for w in weights)


def stratified(y, recipe):
    """Groups of about `group_size` rows, a multiple of `every` in number: each pass ends with a merge."""
    walks = max(1, round(len(y) / recipe.group_size / recipe.every))
    return grouping.stratified(y, walks * recipe.every, seed=recipe.seed)


def fit(net, parts, recipe, *, say=None, checkpoint=None, device="cpu"):
    """Train a copy of a net by groups and walks, and look at the validation rows after each epoch.

    Args:
        net: takes pictures (n, 28, 28), gives (n, 10). parts: see `prepare`; the test rows are not looked at.
        recipe: see `Recipe`.
        say: called with a line of progress after each epoch, such as `print`.
        checkpoint: a file that is written after each epoch. If it is there, training goes on from it:
            bit for bit as if there had been no stop (on the processor).
        device: where to compute.

    Returns:
        Trained, its nets on the processor.

    Raises:
        ValueError: if the checkpoint is damaged, of another net or recipe, or would run code.
    """
    training = Training(net, parts, recipe, device)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        if checkpoint and Path(checkpoint).exists():
            training.load_state_dict(_read(checkpoint, *training.state_dict()))
        while not training.over():
            training.epoch()
            if checkpoint:
                checkpoints.save(checkpoint, training.state_dict())
            if say:
                say(training.line())
    return training.result()


class Training:
    """All that a training is made of, and that its checkpoint holds."""

    def __init__(self, net, parts, recipe, device):
        self.train, self.validation = (Pictures(*(t.to(device) for t in part)) for part in parts[:2])
        self.recipe, self.start = recipe, net
        self.net = copy.deepcopy(net).to(device, memory_format=torch.channels_last)  # quicker on a processor
        self.sampler = GroupSampler(stratified(parts.train.y.numpy(), recipe), seed=recipe.seed)
        adam = torch.optim.Adam(self.net.parameters(), lr=recipe.lr)
        self.optimizer = Merge(adam, recipe.beta, recipe.every)
        steps = recipe.epochs * len(self.sampler)
        self.rates = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda done: rate_factor(recipe.schedule, done, steps)
        )
        self.draws = torch.Generator().manual_seed(recipe.seed)
        self.epochs: list[Epoch] = []
        self.kept = copy.deepcopy(self.net.state_dict())  # of the best epoch

    def epoch(self):
        """A step on each group, then a look at what came of it."""
        rate, number = float(self.rates.get_last_lr()[0]), len(self.epochs) + 1
        self.one_pass()
        training, _ = evaluate(self.net, self.train.at(slice(LOOK)))
        self.epochs.append(Epoch(number, rate, training, *evaluate(self.net, self.validation)))
        if self.best() == number:
            self.kept = copy.deepcopy(self.net.state_dict())

    def one_pass(self):
        self.net.train()
        recipe = self.recipe
        for rows in self.sampler:
            X, y = self.train.at(rows)
            X = recipe.augment(X, self.draws) if recipe.augment else X
            loss = functional.cross_entropy(self.net(X), y) + penalty(self.net, recipe.l1, recipe.l2)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.rates.step()

    def best(self):
        return min(self.epochs, key=lambda epoch: epoch.validation).number if self.epochs else 0

    def over(self):
        done, patience = len(self.epochs), self.recipe.patience
        return done >= self.recipe.epochs or (patience is not None and done - self.best() >= patience)

    def result(self):
        best, last = copy.deepcopy(self.start).eval(), copy.deepcopy(self.start).eval()
        best.load_state_dict(self.kept)
        last.load_state_dict(self.net.state_dict())
        return Trained(best, last, self.epochs, self.best())

    def line(self):
        now = self.epochs[-1]
        losses = f"training {now.training:.3f}, validation {now.validation:.3f}"
        return f"epoch {now.number:2} of {self.recipe.epochs}: loss in {losses}; {now.accuracy:.1%} right"

    def state_dict(self):
        parts = {name: getattr(self, name).state_dict() for name in ("net", "optimizer", "rates", "sampler")}
        random = {"draws": self.draws.get_state(), "dropout": torch.get_rng_state()}
        own = {"epochs": [tuple(epoch) for epoch in self.epochs], "kept": self.kept}
        return parts | random | own | {"recipe": repr(self.recipe)}

    def load_state_dict(self, state):
        if state["recipe"] != repr(self.recipe):
            raise ValueError(f"recipe must be the checkpoint's, {state['recipe']}, got {self.recipe!r}")
        for name in ("net", "optimizer", "rates", "sampler"):
            _load(name, getattr(self, name), state[name])
        self.draws.set_state(state["draws"])
        torch.set_rng_state(state["dropout"])
        self.epochs, self.kept = [Epoch(*epoch) for epoch in state["epochs"]], state["kept"]


def probabilities(net, X):
    """The net's probability of each class, (n, n_classes), with dropout at rest; where X lies."""
    was, _ = net.training, net.eval()
    with torch.no_grad():
        found = torch.cat([net(some).softmax(-1) for some in X.split(250)])
    net.train(was)
    return found


def predicted(net, X):
    """The likeliest class of each picture, a NumPy array (n,)."""
    return probabilities(net, X).argmax(-1).cpu().numpy()


def evaluate(net, rows):
    """(mean cross-entropy, accuracy) on rows, two floats."""
    p = probabilities(net, rows.X)
    loss = functional.nll_loss(p.clamp_min(1e-30).log(), rows.y)
    return loss.item(), (p.argmax(-1) == rows.y).float().mean().item()


def restore(path, net):
    """A copy of a net with the parameters of a checkpoint, those of its best epoch.

    Args:
        path: a file that `fit` or `keep` wrote. net: of the same layers.

    Raises:
        ValueError: if the file is damaged, of another net, or would run code. FileNotFoundError.
    """
    net = copy.deepcopy(net)
    _load("net", net, _read(path)["kept"])
    return net


def keep(path, net):
    """Write a net's parameters to a file that `restore` reads."""
    checkpoints.save(path, {"kept": net.state_dict()})


def _read(path, *wanted):
    state = checkpoints.load(path)
    missing = {"kept", *wanted} - set(state if isinstance(state, dict) else ())
    if missing:
        raise ValueError(f"{Path(path).name} must be a checkpoint of `fit`, got none of {sorted(missing)}")
    return state


def _load(name, part, state):
    try:
        part.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(f"{name} must fit the checkpoint: {str(error).partition(chr(10))[0]}") from None
