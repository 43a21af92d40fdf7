"""One loop, many names: each is settings of the loop, in NumPy and in the twin, and an oracle from outside.

A row says which convention makes them agree, how closely, and by how much the runs part where it is missed.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from parti_edu import averaging, grouping, on_numpy, picking

from .oracles import GROUPS, ROWS, gap, library, torch_loss
from .test_merging import averaged_by_torch, of_pytorch_optimizer
from .test_sgd import of_sklearn, of_torch

torch = library("torch")
from parti_edu import on_torch  # noqa: E402

N, P = ROWS.X.shape
ROWS_ALONE = ROWS.X, ROWS.y
ALL = grouping.Groups([range(N)])
UNEVEN = grouping.Groups([range(20), range(20, 120), range(120, N)])
CENTRED = ROWS.X[:, :10], ROWS.y * 2.0 - 1  # ten features, targets ±1, for the linear rows
RUN = 1e-10  # 100 rounds, each rounded at 2e-16, gradients by another library
ROUNDS, E, ALPHA = 20, 5, 0.1


def loop(kit, model=None, data=ROWS, groups=GROUPS, picks=None, rounds=ROUNDS, **settings):
    """The run of the loop in either package, logistic regression with a penalty unless told otherwise."""
    model = model or kit.LogisticRegression(l2=0.01)
    return kit.train(model, data, groups, picks and picks(groups), rounds=rounds, **settings)


def states(*arguments, **settings):
    return loop(*arguments, **settings).theta[1:]


def every_group(kit, groups=UNEVEN, **settings):
    """Every group every round, five local steps of gradient descent on each."""
    settings = {"optimizer": kit.GradientDescent(0.1), "local_steps": E} | settings
    return states(kit, groups=groups, picks=picking.all_groups, **settings)


def lookahead(kit, **settings):
    """A walk of five groups, then half of the way."""
    walks = {"picks": lambda groups: picking.walks(groups, E)}
    return states(kit, optimizer=kit.Adam(0.05), merge=kit.blend(0.5), **walks, **settings)


def reshuffled(groups):
    return picking.reshuffled(groups, seed=3)


def local_sgd(kit, **settings):
    return every_group(kit, optimizer=kit.Momentum(0.1), merge=kit.blend(1, kit.mean), **settings)


def diloco(kit, **settings):
    merge = kit.outer(kit.Momentum(0.7, nesterov=True), kit.mean)
    return every_group(kit, optimizer=kit.Adam(0.01), merge=merge, **settings)


def fed(kit, server):
    return every_group(kit, merge=kit.outer(server))


def together(kit):
    return kit.blend(1, kit.sum_of_blocks)


def one_shot(kit, local_steps):
    model = kit.LinearRegression(1.0)
    return every_group(kit, model=model, data=CENTRED, rounds=1, local_steps=local_steps)


def by_blocks(kit, model, data, rate, side_by_side=False, **settings):
    """Blocks of one coordinate each, ten of them; the states after each sweep over all."""
    groups = grouping.Groups([range(len(data[1]) if data else 1)])
    picks = picking.blocks(10, 10, groups, side_by_side)
    rounds = ROUNDS if side_by_side else 10 * ROUNDS
    settings |= {"optimizer": kit.GradientDescent(rate), "rounds": rounds, "record": rounds // ROUNDS}
    return kit.train(model, data, groups, picks, **settings).theta[1:]


# Oracles: what the other libraries give, (K, P).


def batches(order, groups=GROUPS):
    return [groups[g].tolist() for g in order]


def in_order():
    """θ of torch's SGD through the groups, one batch after the other."""
    return of_torch(batches([k % 7 for k in range(ROUNDS)]), 0.5)


def orders(seed, epochs=14):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.permutation(len(GROUPS)) for _ in range(epochs)])


def workers(groups=UNEVEN, make=None, server=None, weights=None):
    """A torch optimizer on each group, five steps a round; then their mean, or a torch optimizer on it."""
    make = make or (lambda p: torch.optim.SGD(p, lr=0.1))
    theta = torch.zeros(P, dtype=torch.float64, requires_grad=True)
    outer = server and server([theta])
    theirs = [torch.zeros(P, dtype=torch.float64, requires_grad=True) for _ in groups]
    optimizers = [make([own]) for own in theirs]
    found = []
    for _ in range(ROUNDS):
        for own, optimizer, g in zip(theirs, optimizers, groups, strict=True):
            own.data.copy_(theta.data)
            for _ in range(E):
                optimizer.zero_grad()
                torch_loss(own, ROWS.X[g], ROWS.y[g]).backward()
                optimizer.step()
        mean = torch.from_numpy(np.average([own.detach() for own in theirs], axis=0, weights=weights))
        if outer is None:
            theta.data.copy_(mean)
        else:
            theta.grad = theta.detach() - mean
            outer.step()
        found.append(theta.detach().numpy().copy())
    return found


def periodic_averager(period=4):
    """Workers side by side that torch's PeriodicModelAverager brings together; the states after it did.

    The class decides when. Its all-reduce between processes is done here, over workers in one process.
    """
    from torch.distributed.algorithms.model_averaging import averagers, utils

    theirs = [torch.zeros(P, dtype=torch.float64, requires_grad=True) for _ in UNEVEN]
    optimizers, found = [torch.optim.SGD([own], lr=0.1, momentum=0.9) for own in theirs], []

    def all_reduce(params, group):
        mean = torch.stack([own.detach() for own in params]).mean(0)
        for own in params:
            own.data.copy_(mean)
        found.append(mean.numpy())

    averager = averagers.PeriodicModelAverager(period, process_group=object())
    before, utils.average_parameters_or_parameter_groups = (
        utils.average_parameters_or_parameter_groups,
        all_reduce,
    )
    try:
        while len(found) < ROUNDS:
            for own, optimizer, g in zip(theirs, optimizers, UNEVEN, strict=True):
                optimizer.zero_grad()
                torch_loss(own, ROWS.X[g], ROWS.y[g]).backward()
                optimizer.step()
            averager.average_parameters(theirs)
    finally:
        utils.average_parameters_or_parameter_groups = before
    return found


def coordinate_descent():
    """θ after each sweep of scikit-learn's ElasticNet over the coordinates; its penalty is all ridge here."""
    library("sklearn")
    from sklearn.linear_model import ElasticNet

    options = {"alpha": ALPHA, "l1_ratio": 0, "fit_intercept": False, "tol": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a few sweeps have not converged
        return [ElasticNet(**options, max_iter=k).fit(*CENTRED).coef_ for k in range(1, ROUNDS + 1)]


X, Y = CENTRED
CURVATURES = (X**2).mean(0) + ALPHA  # of the loss in each coordinate
UNIT = (np.corrcoef(X.T) + np.corrcoef(X.T).T) / 18 + np.eye(10) * 8 / 9  # ones on the diagonal


def one_over_curvature(k):
    """In round k, which moves coordinate k − 1 of ten."""
    return 1 / CURVATURES[(k - 1) % 10]


def gauss_seidel():
    """(D + L)x_k = b − U·x_{k−1} with the solution 1, by scipy."""
    solve = pytest.importorskip("scipy.linalg").solve_triangular
    x, found = np.full(10, 2.0), []
    for _ in range(ROUNDS):
        x = solve(np.tril(UNIT), UNIT.sum(1) - np.triu(UNIT, 1) @ x, lower=True)
        found.append(x)
    return found


def ridge_fits():
    """The mean of scikit-learn's fits on each group, weighted by its rows."""
    library("sklearn")
    from sklearn.linear_model import Ridge

    fits = [Ridge(alpha=len(g), fit_intercept=False, solver="cholesky").fit(X[g], Y[g]).coef_ for g in UNEVEN]
    return [np.average(fits, axis=0, weights=UNEVEN.sizes)]


def asgd():
    """The average that torch's ASGD keeps; with lambd=0 its rate is constant."""
    theta = torch.zeros(P, dtype=torch.float64, requires_grad=True)
    optimizer, found = torch.optim.ASGD([theta], lr=0.5, lambd=0, t0=0), []
    for g in [GROUPS[k % 7] for k in range(ROUNDS)]:
        optimizer.zero_grad()
        torch_loss(theta, ROWS.X[g], ROWS.y[g]).backward()
        optimizer.step()
        found.append(optimizer.state[theta]["ax"].numpy().copy())
    return found[1:]


def descent(kit, rounds=ROUNDS):
    return loop(kit, optimizer=kit.GradientDescent(0.5), rounds=rounds)


def without_first(run):
    """The run as if it had begun at θ_1."""
    return replace(run, theta=run.theta[1:], rounds=run.rounds[:-1])


def with_start(run):
    """The mean of all states, θ_0 included."""
    return (np.cumsum(run.theta, axis=0) / np.arange(1, len(run.theta) + 1)[:, None])[1:]


def row_by_row(kit, **settings):
    return loop(
        kit,
        kit.LogisticRegression(),
        groups=[[i] for i in range(N)],
        optimizer=kit.GradientDescent(0.01),
        rounds=3 * N,
        **settings,
    )


@dataclass(frozen=True)
class Row:
    """ours, missed: the kit → the states of the loop, by the convention and without it.
    theirs: → the states of the oracle. off: by how much they part without it, at least."""

    name: str
    convention: str
    ours: Callable = field(repr=False)
    theirs: Callable = field(repr=False)
    missed: Callable = field(repr=False)
    off: float
    tolerance: float = RUN


# fmt: off
TABLE = [
    Row("full-batch gradient descent [torch SGD]",
        "one group of all rows",
        lambda kit: states(kit, groups=ALL, optimizer=kit.GradientDescent(0.5), rounds=100),
        lambda: of_torch([list(range(N))] * 100, 0.5),
        lambda kit: states(kit, optimizer=kit.GradientDescent(0.5), rounds=100),
        off=0.4),
    Row("mini-batches in order [torch SGD + DataLoader]",
        "a group is a batch, its gradient a mean over its own rows",
        lambda kit: states(kit, optimizer=kit.GradientDescent(0.5), rounds=98),
        lambda: of_torch(batches([*range(7)] * 14), 0.5),
        lambda kit: states(kit, picks=picking.random, optimizer=kit.GradientDescent(0.5), rounds=98),
        off=0.4),
    Row("random reshuffling [torch SGD + DataLoader]",
        "a new order each epoch",
        lambda kit: states(kit, picks=reshuffled, optimizer=kit.GradientDescent(0.5), rounds=98),
        lambda: of_torch(batches(orders(3)), 0.5),
        lambda kit: states(kit, optimizer=kit.GradientDescent(0.5), rounds=98),
        off=0.5),
    Row("coordinate descent [scikit-learn ElasticNet]",
        "the rate of coordinate j is one over its curvature, mean x_j² + l2",
        lambda kit: by_blocks(kit, kit.LinearRegression(ALPHA), CENTRED, one_over_curvature),
        coordinate_descent,
        lambda kit: by_blocks(kit, kit.LinearRegression(ALPHA), CENTRED, 0.8),
        off=0.1),
    Row("Gauss–Seidel [scipy solve_triangular]",
        "blocks in turn, each on what the last one left; side by side it is Jacobi",
        lambda kit: by_blocks(kit, kit.Quadratic(UNIT, 1.0), None, 1.0),
        gauss_seidel,
        lambda kit: by_blocks(kit, kit.Quadratic(UNIT, 1.0), None, 1.0, True, merge=together(kit)),
        off=0.6),
    Row("Lookahead [pytorch_optimizer]",
        "a walk of k groups is its k inner steps, and their state is kept",
        lookahead,
        lambda: of_pytorch_optimizer(
            lambda t, p: t.optim.Adam(p, lr=0.05),
            [(ROWS.X[g], ROWS.y[g]) for k in range(E * ROUNDS) for g in [GROUPS[k % 7]]]),
        lambda kit: lookahead(kit, state="reset"),
        off=0.5),
    Row("local SGD [torch SGD, a worker each]",
        "a worker keeps its momentum from round to round; equal weights",
        local_sgd,
        lambda: workers(make=lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
        lambda kit: local_sgd(kit, state="reset"),
        off=0.5),
    Row("post-local SGD [torch PeriodicModelAverager]",
        "it averages after steps 1, 5, 9, …: one local step in the first round, then four",
        lambda kit: local_sgd(kit, local_steps=lambda k: 1 if k == 1 else 4),
        periodic_averager,
        lambda kit: local_sgd(kit, local_steps=4),
        off=5),
    Row("FedAvg [torch workers, np.average]",
        "a client counts by its rows",
        lambda kit: every_group(kit, merge=kit.blend(1, kit.weighted_mean)),
        lambda: workers(weights=UNEVEN.sizes),
        lambda kit: every_group(kit, merge=kit.blend(1, kit.mean)),
        off=0.1),
    Row("FedAvgM [torch workers, torch SGD on the server]",
        "plain momentum on start − mean, rate 1",
        lambda kit: fed(kit, kit.Momentum(1.0, 0.5)),
        lambda: workers(weights=UNEVEN.sizes, server=lambda p: torch.optim.SGD(p, lr=1.0, momentum=0.5)),
        lambda kit: fed(kit, kit.Momentum(1.0, 0.5, nesterov=True)),
        off=0.4),
    Row("FedAdam [torch workers, torch Adam on the server]",
        "a constant rate, m and v corrected for their start at zero",
        lambda kit: fed(kit, kit.Adam(0.1)),
        lambda: workers(weights=UNEVEN.sizes, server=lambda p: torch.optim.Adam(p, lr=0.1)),
        lambda kit: fed(kit, kit.Adam(kit.decaying(0.1))),
        off=0.4),
    Row("DiLoCo [torch AdamW workers, torch Nesterov on the server]",
        "the workers keep their Adam state; equal weights",
        diloco,
        lambda: workers(
            make=lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0),
            server=lambda p: torch.optim.SGD(p, lr=0.7, momentum=0.9, nesterov=True)),
        lambda kit: diloco(kit, state="reset"),
        off=0.5),
    Row("Reptile [torch workers, the authors' θ + ε(mean θ′ − θ)]",
        "tasks weigh the same, whatever their rows",
        lambda kit: every_group(kit, merge=kit.blend(0.3, kit.mean)),
        lambda: workers(server=lambda p: torch.optim.SGD(p, lr=0.3)),
        lambda kit: every_group(kit, merge=kit.blend(0.3)),
        off=0.1),
    Row("one-shot averaging [scikit-learn Ridge]",
        "one round, local steps until each group is at its own minimum",
        lambda kit: one_shot(kit, 600),
        ridge_fits,
        lambda kit: one_shot(kit, E),
        off=0.1),
    Row("EMA, reported [torch AveragedModel]",
        "θ_1 is copied first; beta is the weight of the newest",
        lambda kit: averaging.ema(descent(kit), 0.2).theta,
        lambda: averaged_by_torch(in_order(), avg_fn=torch.optim.swa_utils.get_ema_avg_fn(0.8)),
        lambda kit: averaging.ema(descent(kit), 0.8).theta,
        off=0.3),
    Row("SWA, reported [torch AveragedModel]",
        "the mean of all states but θ_0",
        lambda kit: averaging.running_mean(descent(kit)).theta,
        lambda: averaged_by_torch(in_order()),
        lambda kit: with_start(descent(kit)),
        off=0.4),
    Row("Polyak–Ruppert [scikit-learn SGDClassifier(average=True)]",
        "the mean of all states but θ_0, read at the end of each epoch",
        lambda kit: averaging.running_mean(row_by_row(kit)).theta[N - 1 :: N],
        lambda: of_sklearn("SGDClassifier", 0.01, *ROWS_ALONE, loss="log_loss", penalty=None, average=True),
        lambda kit: row_by_row(kit, record=N).theta[1:],
        off=0.4),
    Row("averaged SGD [torch ASGD]",
        "it drops θ_1 as well: the mean from θ_2 on",
        lambda kit: averaging.running_mean(without_first(descent(kit))).theta,
        asgd,
        lambda kit: averaging.running_mean(descent(kit)).theta[1:],
        off=0.09, tolerance=1e-7),  # torch holds the weights 1/2, 1/3, … in float32
]
# fmt: on
every_row = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)


@pytest.mark.parametrize("kit", [on_numpy, on_torch], ids=["NumPy", "twin"])
@every_row
def test_the_settings_make_the_named_algorithm(row, kit):
    assert gap(row.ours(kit), row.theirs()) <= row.tolerance


@every_row
def test_without_its_convention_it_is_another_one(row):
    assert gap(row.missed(on_numpy), row.theirs()) > row.off


def test_no_name_stands_twice():
    assert len({row.name for row in TABLE}) == len(TABLE)
