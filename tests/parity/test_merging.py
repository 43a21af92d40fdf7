"""Merging, fed back or only reported, is Lookahead, local SGD, EMA and SWA of other libraries."""

import numpy as np
import pytest

from parti_edu import averaging, picking
from parti_edu.on_numpy import Adam, GradientDescent, Momentum, blend, outer, sum_of_blocks, train

from .oracles import GROUPS, MODEL, ROWS, float64_in_jax, gap, jax_loss, library, torch_loss

P = ROWS.X.shape[1]
INNER, BETA = 5, 0.5
ROUNDS = 20  # of 5 inner steps
RUN = 1e-10  # 100 steps, each rounded at 2e-16, gradients by another library's autograd
MEAN = 1e-13  # a hundred additions
VISIBLE = 1e-4

INNER_OPTIMIZERS = {
    "sgd": (GradientDescent(0.5), lambda o: o.sgd(0.5), lambda t, p: t.optim.SGD(p, lr=0.5)),
    "momentum": (
        Momentum(0.1),
        lambda o: o.sgd(0.1, momentum=0.9),
        lambda t, p: t.optim.SGD(p, lr=0.1, momentum=0.9),
    ),
    "adam": (Adam(0.05), lambda o: o.adam(0.05), lambda t, p: t.optim.Adam(p, lr=0.05)),
}


def of_optax(make, batches, beta=BETA, reset=False):
    """The slow state after each synchronisation of optax's Lookahead."""
    optax = library("optax")
    with float64_in_jax() as jax:
        params = optax.LookaheadParams.init_synced(jax.numpy.zeros(P))
        optimizer = optax.lookahead(make(optax), INNER, beta, reset)
        state, slope, update = optimizer.init(params), jax.jit(jax.grad(jax_loss)), jax.jit(optimizer.update)
        slow = []
        for i, (X, y) in enumerate(batches, start=1):
            change, state = update(slope(params.fast, X, y), state, params)
            params = optax.apply_updates(params, change)
            if i % INNER == 0:
                slow.append(np.asarray(params.slow))
    return np.array(slow)


def of_pytorch_optimizer(make, batches, beta=BETA):
    """The parameters after each synchronisation of pytorch_optimizer's Lookahead."""
    torch, lookahead = library("torch"), library("pytorch_optimizer").Lookahead
    theta = torch.zeros(P, dtype=torch.float64, requires_grad=True)
    optimizer = lookahead(make(torch, [theta]), k=INNER, alpha=beta)
    slow = []
    for i, (X, y) in enumerate(batches, start=1):
        optimizer.zero_grad()
        torch_loss(theta, X, y).backward()
        optimizer.step()
        if i % INNER == 0:
            slow.append(theta.detach().numpy().copy())
    return np.array(slow)


def theirs(oracle, inner, batches, **options):
    _, for_optax, for_torch = INNER_OPTIMIZERS[inner]
    if oracle == "optax":
        return of_optax(for_optax, batches, **options)
    return of_pytorch_optimizer(for_torch, batches, **options)


every_oracle = pytest.mark.parametrize("oracle", ["optax", "pytorch_optimizer"])
every_inner = pytest.mark.parametrize("inner", INNER_OPTIMIZERS)


@every_oracle
@every_inner
def test_local_steps_on_all_rows_are_lookahead(oracle, inner):
    ours = INNER_OPTIMIZERS[inner][0]
    run = train(MODEL, ROWS, optimizer=ours, merge=blend(BETA), local_steps=INNER, rounds=ROUNDS)
    full = [(ROWS.X, ROWS.y)] * (INNER * ROUNDS)
    assert gap(run.theta[1:], theirs(oracle, inner, full)) <= RUN


@every_oracle
@every_inner
def test_a_walk_over_successive_batches_is_lookahead(oracle, inner):
    ours, walk = INNER_OPTIMIZERS[inner][0], picking.walks(GROUPS, INNER)
    batches = [(ROWS.X[g], ROWS.y[g]) for i in range(INNER * ROUNDS) for g in [GROUPS[i % len(GROUPS)]]]
    run = train(MODEL, ROWS, GROUPS, walk, optimizer=ours, merge=blend(BETA), rounds=ROUNDS)
    slow = theirs(oracle, inner, batches)
    assert gap(run.theta[1:], slow) <= RUN
    # ... and E local steps on one group are something else:
    stay = train(MODEL, ROWS, GROUPS, optimizer=ours, merge=blend(BETA), local_steps=INNER, rounds=ROUNDS)
    assert gap(stay.theta[1:], slow) > VISIBLE


@every_oracle
def test_beta_is_their_alpha(oracle):
    slow = theirs(oracle, "adam", [(ROWS.X, ROWS.y)] * (INNER * ROUNDS), beta=0.3)
    settings = {"optimizer": Adam(0.05), "local_steps": INNER, "rounds": ROUNDS}
    assert gap(train(MODEL, ROWS, merge=blend(0.3), **settings).theta[1:], slow) <= RUN
    assert gap(train(MODEL, ROWS, merge=blend(0.7), **settings).theta[1:], slow) > VISIBLE


@pytest.mark.parametrize("inner", ["momentum", "adam"])
@pytest.mark.parametrize("state", ["keep", "reset"])
def test_state_is_kept_or_reset_as_optax_does(state, inner):
    full = [(ROWS.X, ROWS.y)] * (INNER * ROUNDS)
    settings = {
        "optimizer": INNER_OPTIMIZERS[inner][0],
        "merge": blend(BETA),
        "local_steps": INNER,
        "rounds": ROUNDS,
    }
    run = train(MODEL, ROWS, state=state, **settings)
    kept, reset = (theirs("optax", inner, full, reset=r) for r in (False, True))
    same, other = (kept, reset) if state == "keep" else (reset, kept)
    assert gap(run.theta[1:], same) <= RUN
    assert gap(run.theta[1:], other) > VISIBLE


@pytest.mark.parametrize("beta", [0, 0.1, 0.5, 1])
def test_the_merge_itself_is_incremental_update(beta):
    optax = library("optax")
    start, trial = np.random.default_rng(0).normal(size=(2, P))
    merged, _ = blend(beta).merge(start, [trial], [1], None)
    with float64_in_jax() as jax:
        theirs = np.asarray(
            optax.incremental_update(jax.numpy.asarray(trial), jax.numpy.asarray(start), beta)
        )
    assert gap(merged, theirs) <= 1e-15  # three operations


def test_all_groups_with_an_outer_optimizer_are_local_sgd_with_one():
    """Workers that take torch steps, their mean by rows, and torch's Nesterov step on what they moved."""
    torch = library("torch")
    settings = {"lr": 0.7, "momentum": 0.9, "nesterov": True}
    rule = outer(Momentum(0.7, nesterov=True))
    picks = picking.all_groups(GROUPS)
    run = train(
        MODEL,
        ROWS,
        GROUPS,
        picks,
        optimizer=GradientDescent(0.1),
        merge=rule,
        local_steps=INNER,
        rounds=ROUNDS,
    )

    server = torch.zeros(P, dtype=torch.float64, requires_grad=True)
    optimizer, states = torch.optim.SGD([server], **settings), []
    for _ in range(ROUNDS):
        ends = []
        for g in GROUPS:
            theta = server.detach().clone().requires_grad_()
            worker = torch.optim.SGD([theta], lr=0.1)
            for _ in range(INNER):
                worker.zero_grad()
                torch_loss(theta, ROWS.X[g], ROWS.y[g]).backward()
                worker.step()
            ends.append(theta.detach().numpy())
        mean = np.average(ends, axis=0, weights=GROUPS.sizes)
        server.grad = server.detach() - torch.from_numpy(mean)
        optimizer.step()
        states.append(server.detach().numpy().copy())
    assert gap(run.theta[1:], states) <= RUN
    assert (
        gap(
            train(MODEL, ROWS, GROUPS, picks, optimizer=GradientDescent(0.1), rounds=ROUNDS).theta[1:], states
        )
        > VISIBLE
    )


@pytest.fixture(scope="module")
def recorded():
    return train(MODEL, ROWS, GROUPS, optimizer=GradientDescent(0.5), rounds=100)


def averaged_by_torch(states, **options):
    """torch's AveragedModel, updated after each state: θ̄ after 1, 2, … of them."""
    torch = library("torch")
    model = torch.nn.Linear(P, 1, bias=False, dtype=torch.float64)
    average, seen = torch.optim.swa_utils.AveragedModel(model, **options), []
    for theta in states:
        with torch.no_grad():
            model.weight.copy_(torch.from_numpy(theta))
        average.update_parameters(model)
        seen.append(average.module.weight.detach().numpy().ravel().copy())
    return np.array(seen)


@pytest.mark.parametrize("foreach", [False, True])
@pytest.mark.parametrize("beta", [0.1, 0.5, 1])
def test_ema_is_torchs(recorded, beta, foreach):
    utils = library("torch").optim.swa_utils
    if foreach:
        options = {"multi_avg_fn": utils.get_ema_multi_avg_fn(1 - beta)}
    else:
        options = {"avg_fn": utils.get_ema_avg_fn(1 - beta)}
    theirs = averaged_by_torch(recorded.theta[1:], **options)
    assert gap(averaging.ema(recorded, beta).theta, theirs) <= MEAN


def test_running_mean_is_torchs_swa(recorded):
    ours = averaging.running_mean(recorded).theta
    assert gap(ours, averaged_by_torch(recorded.theta[1:])) <= MEAN
    assert gap(ours, [recorded.theta[1 : k + 1].mean(0) for k in range(1, 101)]) <= MEAN


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9, 1])
def test_tail_mean_is_torchs_swa_begun_late(recorded, share):
    """Of 100 rounds the last 100·share are averaged: the state itself before that."""
    before = round(100 * (1 - share))
    ours = averaging.tail_mean(recorded, share).theta
    theirs = averaged_by_torch(recorded.theta[1 + before :])
    assert np.array_equal(ours[:before], recorded.theta[1 : 1 + before])
    assert gap(ours[before:], theirs) <= MEAN


def test_an_average_that_takes_in_the_start_is_seen(recorded):
    theirs = averaged_by_torch(recorded.theta)[1:]
    assert gap(averaging.running_mean(recorded).theta, theirs) > VISIBLE


@pytest.mark.parametrize("side_by_side", [False, True])
def test_blocks_are_parameters_with_a_torch_optimizer_each(side_by_side):
    """In turn: one optimizer steps, the others wait. Side by side: all step on one and the same gradient."""
    torch = library("torch")
    picks = picking.blocks(P, 4, [range(len(ROWS))], side_by_side)  # 8 + 8 + 7 + 7 parameters
    run = train(
        MODEL, ROWS, picks=picks, optimizer=Momentum(0.1), merge=blend(combine=sum_of_blocks), rounds=100
    )

    parts = [torch.zeros(n, dtype=torch.float64, requires_grad=True) for n in (8, 8, 7, 7)]
    optimizers, states = [torch.optim.SGD([part], lr=0.1, momentum=0.9) for part in parts], []
    for k in range(100):
        for part in parts:
            part.grad = None
        torch_loss(torch.cat(parts), ROWS.X, ROWS.y).backward()
        for optimizer in optimizers if side_by_side else [optimizers[k % 4]]:
            optimizer.step()
        states.append(torch.cat(parts).detach().numpy().copy())
    assert gap(run.theta[1:], states) <= RUN
