"""The loop: group, iterate, merge, test convergence — on tensors, on any device."""

from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from .. import checks, grouping, history, picking
from ..schedules import at, configurations
from .merging import blend
from .models import Model
from .optimizers import beside, host, of_this_package

DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)


def train(
    model,
    data=None,
    groups=None,
    picks=None,
    *,
    optimizer,
    merge=None,
    local_steps=1,
    rounds=100,
    until=None,
    rows=None,
    state="keep",
    record=1,
    start=None,
    seed=0,
    device=None,
    dtype=torch.float64,
):
    """Train a model by rounds of picking groups, iterating on them and merging the results.

    In round k, from the start θ_{k−1}: every pick walks its groups, `local_steps` optimizer steps on
    each, and ends in a trial θ′; the merge rule makes θ_k of the trials and the start.

    The same call as in `on_numpy`, and the same record. Within a round nothing is fetched from the
    device; the host looks only where `until` does, once a pass. So a run in which every configuration
    has diverged goes on unseen; it is then made a second time, up to the round where the last one stopped.

    Args:
        model: see `models`; any `nn.Module` through `from_module`. One of your own derives from `Model`.
        data: rows to train on, anything with X (n, d) and y (n,), or a pair (X, y), arrays or tensors;
            None for a surface.
        groups: index arrays into the rows, see `grouping`; one group of all rows by default.
        picks: what happens in each round, see `picking`; cyclic by default.
        optimizer: see `optimizers`. Its state belongs to a slot (the pick's place in the round)
            and a block.
        merge: see `merging`; `blend(beta=1.)` by default, which keeps the trial.
        local_steps: optimizer steps on each group walked, at least 1: a number, an array (C, 1) or a
            function of the round.
        rounds: at most this many, at least 1.
        until: a criterion of `convergence`, judged once a pass; None to run all rounds.
        rows: the fixed rows that `until` looks at; the training rows by default.
        state: "keep" the optimizers' state from round to round, or "reset" it at each round's start.
        record: keep every record-th round, with round 0 and the last; or "last" alone.
        start: θ_0, (P,) or (C, P); the model's own start by default.
        seed: for the model's own start, a whole number ≥ 0.
        device: where to compute, such as "cuda"; where the data lie by default.
        dtype: torch.float64 by default, so that it matches NumPy; float32, bfloat16 or float16, which
            rounds an eps of 1e-8 to 0.

    Returns:
        A History of NumPy arrays, whose losses are computed on the device when asked for. A
        configuration that converges or diverges is frozen while the others go on.

    Raises:
        ValueError, TypeError: if an argument breaks its rule; the error names both.
    """
    merge = blend() if merge is None else merge
    checks.role("model", model, "gradient", "a model such as LogisticRegression()")
    checks.role("optimizer", optimizer, "step", "an optimizer such as GradientDescent(lr=0.1)")
    checks.role("merge", merge, "merge", "a merge rule such as blend(beta=0.5)")
    checks.count("seed", seed, 0)
    of_this_package("model", model, Model)
    of_this_package("optimizer", optimizer)
    of_this_package("merge", merge)
    device = _device(device, dtype, data)
    X, y = checks.rows(rows_on_host(data), model)
    groups = grouping.Groups([range(len(y))] if groups is None else groups)
    picks = picking.cyclic(groups) if picks is None else picks
    local_steps = _whole(host(local_steps))
    _check(X, groups, picks, until, rounds, state, record)
    first = _start(model.start(X, y, seed), start, optimizer.at(1), merge.at(1), at(local_steps, 1))
    settings = {"model": model, "groups": groups, "picks": picks, "optimizer": optimizer, "merge": merge}
    settings |= {"local_steps": local_steps, "rounds": rounds, "until": until, "state": state}
    settings |= {"record": record, "start": start, "seed": seed, "device": device, "dtype": dtype}

    theta = torch.from_numpy(first).to(device, dtype)
    seen = SeenFromNumPy(model, theta)
    parts = [seen.rows(X[members], y[members]) for members in groups]
    watched = (X, y) if rows is None else checks.rows(rows_on_host(rows), model, "rows", first.shape[-1])

    def run_of(rounds):
        look = until and until.watch(SeenFromNumPy(model, theta, watched), host(theta), watched)
        run = Recorder(theta, rounds, record, look, picks.rounds_per_pass)
        loop(run, model, parts, picks, optimizer.on(theta), merge.on(theta), local_steps, rounds, state)
        return run

    with np.errstate(over="ignore", invalid="ignore"):  # divergence is recorded, not raised
        run = run_of(rounds)
        if run.end() < run.k:
            run = run_of(run.end())
    run.settle()
    found = vars(run.history(seen, settings))
    return History(**found | {name: OnDevice(found[name]) for name in ("starts", "trials")})


def loop(run, model, parts, picks, optimizer, merge, local_steps, rounds, state):
    """Rounds of picking, iterating and merging, until `rounds` or until the recorder says done."""
    theta, memory, put = run.theta, merge.init(run.theta), Blocks(run.theta)
    states: dict = {}  # of the optimizers, by slot and block
    for k, picked in zip(range(1, rounds + 1), picks, strict=False):
        method, rule, n_steps = optimizer.at(k), merge.at(k), at(local_steps, k)
        if state == "reset":
            states = {}
        trials, sizes = [], []
        for slot, pick in enumerate(picked):  # iterate: every pick begins at the round's start
            key = slot if pick.block is None else (slot, pick.block.tobytes())
            before = states[key] if key in states else method.init(theta)
            trial, states[key], seen = iterate(model, theta, parts, put(pick), method, before, n_steps)
            trials.append(trial)
            sizes.append(seen)
        merged, memory = rule.merge(theta, trials, sizes, memory)  # merge
        theta = run.keep(k, picked, trials, merged, sum(sizes) * n_steps)  # record, test convergence
        if run.done:
            break


def iterate(model, theta, parts, pick, optimizer, state, n_steps):
    """Walk the pick's groups in order, n_steps on each: the trial, the new state, the rows seen."""
    seen, alike = 0, isinstance(n_steps, int)
    limit = n_steps if alike else torch.from_numpy(n_steps).to(theta.device, non_blocking=True)
    for g in pick.groups:
        X, y = parts[g]
        seen += len(y)
        for step in range(n_steps if alike else n_steps.max()):
            gradient = model.gradient(theta, X, y)
            if pick.block is not None:
                gradient = torch.where(pick.block, gradient, 0)
            moved = optimizer.step(theta, gradient, state)
            theta, state = moved if alike else _choose(step < limit, moved, (theta, state))
    return theta, state, seen


def grid(**axes):
    """Every combination of the values, as one column (C, 1) an axis; the last axis varies fastest.

    A result of shape (C,) becomes a map by `.reshape(len(first), len(second), …)`. The columns are
    NumPy arrays: `train` puts them beside θ.

    >>> beta, lr = grid(beta=[.5, 1], lr=[.1, .2, .3])
    >>> beta.ravel().tolist()
    [0.5, 0.5, 0.5, 1.0, 1.0, 1.0]
    """
    if not axes:
        raise ValueError("grid must have at least one axis, got none")
    values = [checks.array(name, axis, 1, dtype=None) for name, axis in axes.items()]
    for name, axis in zip(axes, values, strict=True):
        checks.count(f"length of {name}", len(axis))
    columns = [mesh.reshape(-1, 1) for mesh in np.meshgrid(*values, indexing="ij")]
    return namedtuple("Grid", axes)(*columns)


class Recorder(history.Recorder):
    """Keeps the record on θ's device while the loop runs; the host is asked only when `until` is.

    A configuration that has diverged stays where it is, so the rounds that ended near enough tell when.
    """

    def __init__(self, theta, rounds, record, look, rounds_per_pass):
        super().__init__(theta, rounds, record, look, rounds_per_pass)
        self.limit = min(history.TOO_FAR, torch.finfo(theta.dtype).max)
        self.going = self.open = torch.ones_like(theta[..., :1], dtype=torch.bool)
        self.n_near, self.near = torch.zeros_like(self.going, dtype=torch.int64), []
        self.k, self.work = 0, [0]

    def keep(self, k, picked, trials, merged, work):
        """End round k: freeze who is done, judge, and record. Returns the round's state."""
        start = self.theta
        self.k, self.theta = k, torch.where(self.going, merged, start)
        near = self.theta.abs().amax(-1, keepdim=True) <= self.limit
        self.going = near & self.open if self.look else near
        self.near.append(near)
        self.work.append(work)
        if len(self.near) == 1024:
            self._count()
        if self.look and k % self.rounds_per_pass == 0:
            self._ask(k)
        if k % self.every == 0 or k == self.rounds or self.done:
            self.kept += k, self.theta, 0, start, picked, trials
        return self.theta

    def _ask(self, k):
        self._find_diverged()
        who = self.look(host(self.theta)) & (self.converged_at < 0) & (self.diverged_at < 0)
        self.converged_at[who] = k
        unconverged = self.converged_at < 0
        self.done = not (unconverged & (self.diverged_at < 0)).any()
        self.open = torch.from_numpy(unconverged[..., None]).to(self.theta.device)
        self.going = self.going & self.open

    def _count(self):
        """Add up the rounds that each configuration has ended near enough."""
        if self.near:
            self.n_near, self.near = self.n_near + torch.stack(self.near).sum(0), []

    def _find_diverged(self):
        self._count()
        near = host(self.n_near)[..., 0]
        self.diverged_at[...] = np.where(near < self.k, near + 1, -1)

    def end(self):
        """The round in which the last configuration stopped; the last round of all if one has not."""
        self._find_diverged()
        stopped = np.maximum(self.converged_at, self.diverged_at)  # at most one of the two is not −1
        return self.k if (stopped < 0).any() else int(stopped.max())

    def settle(self):
        """Fetch the states, and count what each had cost: a configuration that has stopped costs nothing."""
        self._find_diverged()
        stopped = np.maximum(self.converged_at, self.diverged_at).ravel()
        rounds = np.minimum(np.array(self.kept[::6])[:, None], np.where(stopped < 0, self.k, stopped))
        shape = np.broadcast_shapes(*{np.shape(work) for work in self.work})
        total = np.cumsum([np.broadcast_to(work, shape) for work in self.work], axis=0)
        self.kept[2::6] = list(total[rounds] if shape == () else total[rounds, np.arange(len(stopped)), 0])
        self.kept[1::6] = list(host(torch.stack(self.kept[1::6])))


@dataclass(frozen=True)
class History(history.History):
    """A finished run; its losses and accuracies are computed on the device, and rows may be tensors."""

    def _at_every_state(self, function, data):
        return super()._at_every_state(function, rows_on_host(data))


class OnDevice(Sequence):
    """Tensors, or lists of tensors, that come over as NumPy arrays when they are asked for."""

    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        item = self.items[i]
        if isinstance(i, slice):
            return OnDevice(item)
        return [host(tensor) for tensor in item] if isinstance(item, list) else host(item)


class SeenFromNumPy:
    """A model as the rest of the package sees it: arrays in and arrays out, computed where θ lies.

    rows: fixed rows that stay on the device, whatever rows it is asked about; None for those it is given.
    """

    def __init__(self, model, theta, rows=None):
        self.model, self.like = model, theta.new_empty(0)
        self.needs_data, self.classifies = model.needs_data, model.classifies
        self.start, self.labels = model.start, model.labels
        self.fixed = rows and self.rows(*rows)

    def __repr__(self):
        return repr(self.model)

    def rows(self, X, y):
        """X and y as tensors: whole numbers stay whole, others get θ's dtype."""
        if y is not None:
            y = beside(self.like if y.dtype.kind == "f" else self.like.long(), y)
        return beside(self.like, X), y

    def loss(self, theta, X=None, y=None):
        with torch.no_grad():
            return host(self.model.loss(beside(self.like, theta), *(self.fixed or self.rows(X, y))))

    def gradient(self, theta, X=None, y=None):
        return host(self.model.gradient(beside(self.like, theta), *(self.fixed or self.rows(X, y))))

    def predict(self, theta, X):
        with torch.no_grad():
            return host(self.model.predict(beside(self.like, theta), beside(self.like, X)))


class Blocks:
    """Puts the masks of picks beside θ, each once."""

    def __init__(self, theta):
        self.theta, self.masks = theta, {}

    def __call__(self, pick):
        if pick.block is None:
            return pick
        if pick.block.shape != self.theta.shape[-1:]:
            n_parameters = self.theta.shape[-1]
            raise ValueError(
                f"block must be a mask of {n_parameters} parameters, got shape {pick.block.shape}"
            )
        key = pick.block.tobytes()
        if key not in self.masks:
            self.masks[key] = torch.from_numpy(pick.block.copy()).to(self.theta.device, non_blocking=True)
        return pick._replace(block=self.masks[key])


def rows_on_host(data):
    """Rows whose X or y are tensors, as a pair of arrays; anything else as it is."""
    pair = (data.X, data.y) if hasattr(data, "X") else data
    if isinstance(pair, tuple | list) and any(isinstance(part, torch.Tensor) for part in pair):
        return tuple(map(host, pair))
    return data


def _choose(mask, new, old):
    """Configuration by configuration, the new (theta, state) where the mask holds, else the old."""
    counts = torch.promote_types(new[0].dtype, torch.float32)

    def where(n, o):
        whole = [
            part if isinstance(part, torch.Tensor) else mask.new_full((), part, dtype=counts)
            for part in (n, o)
        ]
        return torch.where(mask, *whole)

    return where(new[0], old[0]), tuple(where(n, o) for n, o in zip(new[1], old[1], strict=True))


def _whole(local_steps):
    """The numbers of local steps as int, int array (C, 1), or a function that gives one of these."""
    if callable(local_steps):
        return lambda k: _whole(host(local_steps(k)))
    checks.setting("local_steps", local_steps, 1)
    if not np.all(np.equal(local_steps, np.floor(local_steps))):
        raise ValueError(f"local_steps must be whole, got {local_steps!r}")
    return int(local_steps) if np.ndim(local_steps) == 0 else np.asarray(local_steps, dtype=int)


def _start(default, start, *settings):
    """θ_0, one row a configuration where there are several."""
    if isinstance(start, torch.Tensor) and not start.is_floating_point():
        raise TypeError(f"start must be of a floating dtype, got {start.dtype}")
    start = host(start)
    theta = default if start is None else checks.array("start", start)
    if theta.shape[-1:] != default.shape or theta.ndim > 2 or not len(theta):
        raise ValueError(f"start must have shape (P,) or (C, P) with P = {len(default)}, got {theta.shape}")
    found = configurations(*settings) | set(theta.shape[:-1])
    if len(found) > 1:
        raise ValueError(f"start and settings must agree on the number of configurations, got {found}")
    return np.broadcast_to(theta, (*found, len(default))).copy()


def _device(device, dtype, data):
    """The device asked for, or the one that the data lie on."""
    checks.one_of("dtype", dtype, DTYPES)
    pair = (data.X, data.y) if hasattr(data, "X") else data if isinstance(data, tuple | list) else ()
    lie = {part.device for part in pair if isinstance(part, torch.Tensor)}
    wanted = next(iter(lie), "cpu") if device is None else device
    try:
        found = torch.empty(0, device=wanted, dtype=dtype).device
    except (RuntimeError, TypeError, AssertionError) as error:
        raise ValueError(f"device must be one at hand that holds {dtype}, got {device!r}: {error}") from None
    if found.type == "meta":
        raise ValueError(f"device must be one that computes, got {device!r}")
    if lie - {found}:
        raise ValueError(
            f"data must lie on {found} or in NumPy arrays, got {', '.join(map(str, lie - {found}))}"
        )
    return found


def _check(X, groups, picks, until, rounds, state, record):
    highest = int(np.concatenate(groups).max())
    if highest >= len(X):
        raise ValueError(f"groups must hold rows in 0..{len(X) - 1} (n_samples), got {highest}")
    checks.role("picks", picks, "rounds_per_pass n_groups", "made by picking, such as picking.cyclic(groups)")
    if picks.n_groups != len(groups):
        raise ValueError(f"picks must be made for {len(groups)} groups, got {picks.n_groups}")
    if until is not None:
        checks.role("until", until, "watch", "a criterion such as convergence.flat_loss(1e-4)")
    checks.count("rounds", rounds)
    checks.one_of("state", state, ("keep", "reset"))
    checks.count("record", 1 if str(record) == "last" else record)
