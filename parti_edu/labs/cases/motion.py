"""Seven shoulder exercises, told apart by a watch: windows of six channels and a small 1-D network.

The sensor is sampled 50 times a second; ten people did each exercise with each arm. A row is a window.
"""

from typing import NamedTuple

import numpy as np
import torch

from ... import checks, grouping, picking, read
from ...on_torch import Adam, from_module, train

CHANNELS, CLASSES = 6, 7


class Windows(NamedTuple):
    """n windows.

    X: (n, 6, T), accelerations and turning rates. y: exercise, 0 … 6, (n,).
    subject: who, 1 … 10, (n,). series: which recording, 0 … 139, (n,). begin: where in it, in samples, (n,).
    """

    X: np.ndarray
    y: np.ndarray
    subject: np.ndarray
    series: np.ndarray
    begin: np.ndarray


def series(i, every=2):
    """A whole recording, (6, T): every sample the mean of `every` samples of the sensor.

    Args:
        i: 0 … 139. every: at least 1.

    Raises:
        ValueError, TypeError: if an argument is out of its range.
    """
    checks.count("i", i, 0, 139)
    checks.count("every", every)
    data = read("watch_motion")
    return _thinned(data["x"][:, data["start"][i] : data["start"][i + 1]], every)


def windows(width=100, step=100, every=2):
    """Cut every recording into windows.

    Args:
        width, step: samples of the sensor in a window, and from one to the next, at least 1; a step below
            the width makes windows overlap.
        every: so many samples are averaged into one, at least 1; it divides the width.

    Raises:
        ValueError, TypeError: if an argument breaks its rule.
    """
    for name, value in {"width": width, "step": step, "every": every}.items():
        checks.count(name, value)
    if width % every:
        raise ValueError(f"width must be a multiple of every ({every}), got {width}")
    data = read("watch_motion")
    begins = [np.arange(0, n - width + 1, step) for n in np.diff(data["start"])]
    which = np.repeat(np.arange(len(begins)), [len(b) for b in begins])
    begin = np.concatenate(begins)
    at = (data["start"][which] + begin)[:, None] + np.arange(width)
    X = np.stack([_thinned(channel[at], every) for channel in data["x"]], axis=1)
    return Windows(X, data["y"][which].astype(int), data["subject"][which], which, begin)


def groupings(windows, seed=0):
    """Three ways to say what belongs together: words → Groups.

    Row by row at random; by time, tenths of each recording; by subject.
    """
    last = np.zeros(windows.series.max() + 1)
    np.maximum.at(last, windows.series, windows.begin)
    tenth = (9.99 * windows.begin / np.maximum(last, 1)[windows.series]).astype(int)
    return {
        "random windows": grouping.random(len(windows.y), 10, seed),
        "by time": grouping.by_time(tenth),
        "by subject": grouping.by_source(windows.subject),
    }


def measures(X):
    """Five numbers a channel: mean, deviation, least, most, mean size of a change: (n, 6, T) → (n, 30)."""
    change = np.abs(np.diff(X, axis=-1)).mean(-1)
    return np.concatenate([X.mean(-1), X.std(-1), X.min(-1), X.max(-1), change], axis=1)


class Network(torch.nn.Module):
    """Two convolutions over time, the mean and the maximum of each feature, and a linear map to the classes.

        h = relu(W₂ * relu(W₁ * x)),   outputs = W₃·[mean_t h; max_t h] + b

    Convolutions are 5 wide and step by 2: feature t sees the samples 4t … 4t + 12, wherever the window
    lies, and a series of any length gives as many outputs.

    Args:
        width: samples in a flat row, (n, 6·width); None for series as they are, (n, 6, T).
        hidden: features of the first convolution, at least 1; the second has twice as many.
    """

    STRIDE, REACH = 4, 13

    def __init__(self, width=None, hidden=16):
        super().__init__()
        self.shape = torch.nn.Unflatten(1, (CHANNELS, width)) if width else torch.nn.Identity()
        self.first = torch.nn.Conv1d(CHANNELS, hidden, 5, stride=2)
        self.second = torch.nn.Conv1d(hidden, 2 * hidden, 5, stride=2)
        self.last = torch.nn.Linear(4 * hidden, CLASSES)

    def features(self, x):
        """(n, 6, T) → (n, 2·hidden, (T − 13)//4 + 1)."""
        return torch.relu(self.second(torch.relu(self.first(x))))

    def forward(self, x):
        h = self.features(self.shape(x))
        return self.last(torch.cat([h.mean(-1), h.amax(-1)], dim=1))


def in_pieces(network, x, length):
    """The outputs of a long series, a piece at a time: the same as at once, with the memory of a piece.

    Feature t needs the samples 4t … 4t + 12, so a piece of m features takes 4(m − 1) + 13 samples, 9 of them
    again by the next piece. Sums and maxima are all that is kept between pieces.

    Args:
        network: a Network without width. x: (6, T) with T ≥ 13. length: features in a piece, at least 1.

    Returns:
        Outputs, (7,).

    Raises:
        ValueError, TypeError: if length is out of its range.
    """
    checks.count("length", length)
    n = (x.shape[-1] - network.REACH) // network.STRIDE + 1
    total, most = 0, torch.tensor(-torch.inf)
    for t in range(0, n, length):
        end = network.STRIDE * (min(t + length, n) - 1) + network.REACH
        h = network.features(x[None, :, network.STRIDE * t : end])[0]
        total, most = total + h.sum(-1), torch.maximum(most, h.amax(-1))
    return network.last(torch.cat([total / n, most]))


class Fitted(NamedTuple):
    """A trained network: predict(X (n, 6, T)) → (n,); outputs(X) → (n, 7); run: the History."""

    network: Network
    mean: np.ndarray  # of each channel on the training rows, (6, 1)
    spread: np.ndarray  # its deviation, (6, 1)
    run: object

    def ready(self, X):
        """X, (…, 6, T), standardised channel by channel, as a tensor."""
        return torch.as_tensor((X - self.mean) / self.spread, dtype=torch.float32)

    def outputs(self, X):
        with torch.no_grad():
            return self.network(self.ready(X)).numpy()

    def predict(self, X):
        return self.outputs(X).argmax(-1)


def fit(X, y, hidden=16, epochs=12, batch=64, lr=0.01, l2=1e-3, seed=0):
    """Train a Network by the twin: random groups of `batch` windows, reshuffled, Adam at a falling rate.

    Args:
        X: (n, 6, T). y: (n,). hidden: of the Network. epochs: passes over the rows, at least 1.
        batch: windows a group, in 1..n. lr: of round 1, falling to 0. l2: of the penalty.
        seed: of the start and of the groups.

    Returns:
        A Fitted.

    Raises:
        ValueError, TypeError: if an argument breaks its rule.
    """
    checks.count("epochs", epochs)
    checks.count("batch", batch, 1, len(y), "number of windows")
    mean, spread = X.mean((0, 2))[:, None], X.std((0, 2))[:, None]
    groups = grouping.random(len(y), len(y) // batch, seed)
    rounds = epochs * len(groups)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        first = Network(X.shape[-1], hidden)
    model = from_module(first, torch.nn.functional.cross_entropy, classifies=True, l2=l2)
    step = Adam(lambda k: lr * (1 - (k - 1) / rounds))
    rows = ((X - mean) / spread).reshape(len(y), -1), y
    picks, settings = picking.reshuffled(groups, seed), {"rounds": rounds, "record": "last"}
    run = train(model, rows, groups, picks, optimizer=step, dtype=torch.float32, **settings)
    network = Network(None, hidden)
    theta = torch.as_tensor(run.final, dtype=torch.float32)
    torch.nn.utils.vector_to_parameters(theta, network.parameters())
    return Fitted(network.requires_grad_(False), mean, spread, run)


def _thinned(x, every):
    """Means of `every` successive samples, in units of the sensor, (…, T) → (…, T // every)."""
    x = x[..., : x.shape[-1] // every * every] / 1000
    return x.reshape(*x.shape[:-1], -1, every).mean(-1)
