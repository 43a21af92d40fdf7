"""Small nets on flat images, their rows, and a training run of our loop that hands back a net."""

import copy
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ... import checks, grouping, picking
from ...data import read
from ...on_torch import Adam, blend, from_module, train

SIDE, CLASSES = 28, 10


class Images(NamedTuple):
    """Flat images. X: pixels, (n, 784). y: classes 0 … 9, (n,)."""

    X: np.ndarray
    y: np.ndarray


def garments(n_train=8000):
    """The garments of fashion_mnist, pixels centred and scaled by one mean and one deviation.

        x = (pixel − mean) / deviation, both of all pixels of the training rows used

    One number each, where `load` has one a pixel: a pixel that is nearly always black would be blown up.

    Args:
        n_train: the first so many training rows, in 1 … 8000. They come in random order.

    Returns:
        (train, test): Images of n_train and of 2000 rows, X in float32.

    Raises:
        ValueError, TypeError: if n_train is out of its range.

    >>> train, test = garments(500)
    >>> train.X.shape, test.y.shape
    ((500, 784), (2000,))
    """
    raw = read("fashion_mnist")
    checks.count("n_train", n_train, 1, len(raw["y_train"]), "training rows")
    pixels = raw["x_train"][:n_train].astype(np.float32), raw["x_test"].astype(np.float32)
    mean, deviation = pixels[0].mean(), pixels[0].std()
    X = [((part - mean) / deviation).reshape(len(part), -1) for part in pixels]
    labels = raw["y_train"][:n_train].astype(int), raw["y_test"].astype(int)
    return Images(X[0], labels[0]), Images(X[1], labels[1])


def dense(*widths, seed=0):
    """A net of linear layers with a ReLU between any two.

        h = max(0, W₁x + b₁), …, z = W_L h + b_L

    Args:
        widths: inputs, hidden units, …, outputs; at least two counts, each at least 1.
        seed: of torch's own start; its generator is put back afterwards.

    Raises:
        ValueError, TypeError: if there are fewer than two widths, or one is no count.

    >>> sum(p.numel() for p in dense(784, 100, 10).parameters())
    79510
    """
    if len(widths) < 2:
        raise ValueError(f"widths must be inputs, …, outputs: at least 2, got {widths}")
    for width in widths:
        checks.count("width", width)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = [nn.Linear(*pair) for pair in pairwise(widths)]
    between = [part for layer in layers for part in (layer, nn.ReLU())]
    return nn.Sequential(*between[:-1])


def small_cnn(channels=(16, 32), hidden=64, seed=0):
    """Two convolutions of 3 × 3, each halved by the largest of 2 × 2, then two linear layers.

        784 → (1, 28, 28) → (c₁, 14, 14) → (c₂, 7, 7) → hidden → 10, with a ReLU after each but the last

    With hidden=0 the last layer follows the convolutions: few units behind a ReLU may all fall silent.

    Args:
        channels: c₁ and c₂, at least 1.
        hidden: units of the linear layer between; 0 for none.
        seed: of torch's own start; its generator is put back afterwards.

    Raises:
        ValueError, TypeError: if a count is none.

    >>> small_cnn()(torch.zeros(5, 784)).shape
    torch.Size([5, 10])
    """
    if len(channels) != 2:
        raise ValueError(f"channels must be two counts, got {channels!r}")
    for count in channels:
        checks.count("channels", count)
    checks.count("hidden", hidden, 0)
    first, second = channels
    flat = second * (SIDE // 4) ** 2
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Unflatten(1, (1, SIDE, SIDE)),
            nn.Conv2d(1, first, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(first, second, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            *([nn.Linear(flat, hidden), nn.ReLU()] if hidden else []),
            nn.Linear(hidden or flat, CLASSES),
        )


def fit(net, rows, *, passes=10, lr=4e-3, walk=5, beta=0.5, size=50, keep=None, loss=None, seed=0, **where):
    """Train a net by our loop: groups, walks over several of them, a merge after each walk.

        θ_k = β·θ′_k + (1 − β)·θ_{k−1},   θ′_k: Adam's, after one step on each of `walk` groups from θ_{k−1}

    The rate falls in a straight line from `lr` to nearly 0. The net itself stays as it is.

    Args:
        net: an nn.Module that takes X.
        rows: Images, or a pair (X, y) of arrays (n, d) and (n,).
        passes: over all rows, at least 1.
        lr: the first rate, above 0.
        walk: groups in a round, in 1 … their number.
        beta: merge coefficient, in [0, 1].
        size: rows in a group, about, at least 1.
        keep: the parameters that may move, a mask (P,); all by default. The others, such as pruned ones,
            stay as they are: partial in the parameters, as in lesson 02.
        loss: loss(outputs, y) → one number, the mean over the rows; cross-entropy by default.
        seed: of the groups.
        where: device=, dtype= as in `train`; float32 by default.

    Returns:
        A copy of the net with the last merged θ.

    Raises:
        ValueError, TypeError: if an argument breaks its rule.
    """
    X, y = rows
    checks.count("passes", passes)
    checks.count("size", size, 1, len(y), "rows")
    groups = grouping.random(len(y), round(len(y) / size), seed=seed)
    picks = picking.walks(groups, walk)
    rounds = passes * picks.rounds_per_pass
    model = from_module(net, loss or functional.cross_entropy, classifies=loss is None)
    run = train(
        model,
        (X, y),
        groups,
        picks if keep is None else only(keep, picks),
        optimizer=Adam(lr=lambda k: lr * (1 - (k - 1) / rounds)),
        merge=blend(beta),
        rounds=rounds,
        record="last",
        **{"dtype": torch.float32, **where},
    )
    return holding(net, run.final)


def only(keep, picks):
    """The same picks, in each of which only some parameters may move.

    Args:
        keep: a mask (P,), True where a parameter may move.
        picks: see `picking`.
    """

    def rounds():
        for picked in picks:
            yield tuple(pick._replace(block=keep) for pick in picked)

    return picking.Picks(
        f"{picks.name}, {keep.sum()} parameters", picks.rounds_per_pass, picks.n_groups, rounds
    )


def holding(net, theta):
    """A copy of a net that holds the parameters of a flat θ, (P,), in the order of `from_module`.

    θ has the parameters that are trained; those with requires_grad False stay.

    Raises:
        ValueError: if θ has another length than the net has such parameters.
    """
    net = copy.deepcopy(net)
    trained = [p for p in net.parameters() if p.requires_grad]
    n = sum(p.numel() for p in trained)
    if np.shape(theta) != (n,):
        raise ValueError(f"theta must have shape ({n},), one number a parameter, got {np.shape(theta)}")
    parts = torch.as_tensor(theta).split([p.numel() for p in trained])
    with torch.no_grad():
        for parameter, part in zip(trained, parts, strict=True):
            parameter.copy_(part.view_as(parameter))
    return net


def outputs(net, X):
    """The net's outputs for rows X (n, d): an array (n, n_classes), computed without gradients."""
    like = next(net.parameters(), torch.zeros(1))
    with torch.no_grad():
        parts = [net(part.to(like)).cpu() for part in torch.as_tensor(X).split(1000)]
    return torch.cat(parts).numpy()


def predicted(net, X):
    """The likeliest class of each row, (n,)."""
    return outputs(net, X).argmax(-1)
