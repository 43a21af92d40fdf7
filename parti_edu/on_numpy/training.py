"""The loop: group, iterate, merge, test convergence."""

from collections import namedtuple

import numpy as np

from .. import checks, grouping, picking
from ..history import Recorder
from ..schedules import at, configurations
from .merging import blend


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
):
    """Train a model by rounds of picking groups, iterating on them and merging the results.

    In round k, from the start θ_{k−1}: every pick walks its groups, `local_steps` optimizer steps on
    each, and ends in a trial θ′; the merge rule makes θ_k of the trials and the start.

    Args:
        model: see `models`.
        data: rows to train on, anything with X (n, d) and y (n,), or a pair (X, y); None for a surface.
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

    Returns:
        A History. A configuration that converges or diverges is frozen while the others go on.

    Raises:
        ValueError, TypeError: if an argument breaks its rule; the error names both.
    """
    merge = blend() if merge is None else merge
    checks.role("model", model, "start gradient", "a model such as LogisticRegression()")
    checks.role("optimizer", optimizer, "at init step", "an optimizer such as GradientDescent(lr=0.1)")
    checks.role("merge", merge, "at init merge", "a merge rule such as blend(beta=0.5)")
    checks.count("seed", seed, 0)
    X, y = checks.rows(data, model)
    groups = grouping.Groups([range(len(y))] if groups is None else groups)
    picks = picking.cyclic(groups) if picks is None else picks
    local_steps = _whole(local_steps)
    _check(X, groups, picks, until, rounds, state, record)
    theta = _start(model.start(X, y, seed), start, optimizer.at(1), merge.at(1), at(local_steps, 1))
    settings = {"model": model, "groups": groups, "picks": picks, "optimizer": optimizer, "merge": merge}
    settings |= {"local_steps": local_steps, "rounds": rounds, "until": until, "state": state}
    settings |= {"record": record, "start": start, "seed": seed}

    parts = [(X[members], y[members]) for members in groups]
    look = until and until.watch(model, theta, (X, y) if rows is None else rows)
    run = Recorder(theta, rounds, record, look, picks.rounds_per_pass)
    with np.errstate(over="ignore", invalid="ignore"):  # divergence is recorded, not raised
        loop(run, model, parts, picks, optimizer, merge, local_steps, rounds, state)
    return run.history(model, settings)


def loop(run, model, parts, picks, optimizer, merge, local_steps, rounds, state):
    """Rounds of picking, iterating and merging, until `rounds` or until the recorder says done."""
    theta, memory = run.theta, merge.init(run.theta)
    states: dict = {}  # of the optimizers, by slot and block
    for k, picked in zip(range(1, rounds + 1), picks, strict=False):
        method, rule, n_steps = optimizer.at(k), merge.at(k), at(local_steps, k)
        if state == "reset":
            states = {}
        trials, sizes = [], []
        for slot, pick in enumerate(picked):  # iterate: every pick begins at the round's start
            key = slot if pick.block is None else (slot, pick.block.tobytes())
            before = states[key] if key in states else method.init(theta)
            trial, states[key], seen = iterate(model, theta, parts, pick, method, before, n_steps)
            trials.append(trial)
            sizes.append(seen)
        merged, memory = rule.merge(theta, trials, sizes, memory)  # merge
        theta = run.keep(k, picked, trials, merged, sum(sizes) * n_steps)  # record, test convergence
        if run.done:
            break


def iterate(model, theta, parts, pick, optimizer, state, n_steps):
    """Walk the pick's groups in order, n_steps on each: the trial, the new state, the rows seen."""
    seen, alike = 0, isinstance(n_steps, int)
    for g in pick.groups:
        X, y = parts[g]
        seen += len(y)
        for step in range(n_steps if alike else n_steps.max()):
            gradient = model.gradient(theta, X, y)
            if pick.block is not None:
                gradient = np.where(_masks(pick.block, theta), gradient, 0)
            moved = optimizer.step(theta, gradient, state)
            theta, state = moved if alike else _choose(step < n_steps, moved, (theta, state))
    return theta, state, seen


def grid(**axes):
    """Every combination of the values, as one column (C, 1) an axis; the last axis varies fastest.

    A result of shape (C,) becomes a map by `.reshape(len(first), len(second), …)`.

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


def _choose(mask, new, old):
    """Configuration by configuration, the new (theta, state) where the mask holds, else the old."""
    theta = np.where(mask, new[0], old[0])
    return theta, tuple(np.where(mask, n, o) for n, o in zip(new[1], old[1], strict=True))


def _masks(block, theta):
    if block.shape != theta.shape[-1:]:
        raise ValueError(f"block must be a mask of {theta.shape[-1]} parameters, got shape {block.shape}")
    return block


def _whole(local_steps):
    """The numbers of local steps as int, int array (C, 1), or a function that gives one of these."""
    if callable(local_steps):
        return lambda k: _whole(local_steps(k))
    checks.setting("local_steps", local_steps, 1)
    if not np.all(np.equal(local_steps, np.floor(local_steps))):
        raise ValueError(f"local_steps must be whole, got {local_steps!r}")
    return int(local_steps) if np.ndim(local_steps) == 0 else np.asarray(local_steps, dtype=int)


def _start(default, start, *settings):
    """θ_0, one row a configuration where there are several."""
    theta = default if start is None else checks.array("start", start)
    if theta.shape[-1:] != default.shape or theta.ndim > 2 or not len(theta):
        raise ValueError(f"start must have shape (P,) or (C, P) with P = {len(default)}, got {theta.shape}")
    found = configurations(*settings) | set(theta.shape[:-1])
    if len(found) > 1:
        raise ValueError(f"start and settings must agree on the number of configurations, got {found}")
    return np.broadcast_to(theta, (*found, len(default))).copy()


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
