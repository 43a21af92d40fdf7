"""The twin makes the record that the reference makes: one call to both, every part of the result compared."""

import warnings
from itertools import chain, cycle, product

import numpy as np
import pytest

from parti_edu import averaging, convergence, grouping, load, on_numpy, picking

from .oracles import ROWS, gap, library

library("torch")
from parti_edu import on_torch  # noqa: E402

ONE_STEP = 1e-13  # the same operations in another order, a gradient by autograd instead of by hand
WHOLE_RUN = 1e-10  # 100 such rounds; Adagrad and Adam divide by √v, which is small where slopes are
ROUNDS = 100

PENGUINS = load("penguins", intercept=True).train
FEW = PENGUINS.at(range(60))
RATES = np.array([[0.01], [0.02], [0.05], [0.1], [0.2]])
BETAS = np.array([[0.2], [0.4], [0.6], [0.8], [1.0]])
STEPS = np.array([[1], [3], [2], [1], [2]])
GROUPS = grouping.random(60, 7)  # 9 and 8 rows
UNEVEN = grouping.Groups([range(5), range(5, 25), range(25, 60)])

# a name → the same thing made of either package
MODELS = {
    "linear": lambda kit: kit.LinearRegression(l2=0.1),
    "logistic": lambda kit: kit.LogisticRegression(l2=0.1),
    "softmax": lambda kit: kit.SoftmaxRegression(3, l2=0.1),
    "net": lambda kit: kit.TwoLayerNet(4, 3, l2=0.1),
    "quadratic": lambda kit: kit.Quadratic([[2.0, 0.5], [0.5, 1.0]], centre=[1.0, -2.0]),
    "rosenbrock": lambda kit: kit.Rosenbrock(b=5.0),
    "saddle": lambda kit: kit.Saddle(),
}
OPTIMIZERS = {
    "GD": lambda kit, lr: kit.GradientDescent(lr),
    "momentum": lambda kit, lr: kit.Momentum(lr),
    "dampened": lambda kit, lr: kit.Momentum(lr, dampening=0.5),
    "from zero": lambda kit, lr: kit.Momentum(lr, dampening=0.5, first="zero"),
    "nesterov": lambda kit, lr: kit.Momentum(lr, nesterov=True),
    "Adagrad": lambda kit, lr: kit.Adagrad(lr),
    "Adagrad inside": lambda kit, lr: kit.Adagrad(lr, eps=1e-7, initial=0.1, eps_inside=True),
    "Adam": lambda kit, lr: kit.Adam(lr),
    "Adam by column": lambda kit, lr: kit.Adam(lr, beta1=BETAS / 2, beta2=1 - BETAS / 10, eps=BETAS),
    "momentum by column": lambda kit, lr: kit.Momentum(lr, momentum=BETAS / 2, dampening=BETAS / 2),
}
ONE_CONFIGURATION = [name for name in OPTIMIZERS if "by column" not in name]
MERGES = {
    "kept": lambda kit: kit.blend(),
    "blend": lambda kit: kit.blend(0.5),
    "betas": lambda kit: kit.blend(BETAS),
    "beta by round": lambda kit: kit.blend(lambda k: 1 / k),
    "betas by round": lambda kit: kit.blend(lambda k: BETAS / k),
    "previous": lambda kit: kit.blend_previous(0.7, kit.mean),
    "mean": lambda kit: kit.blend(0.5, kit.mean),
    "blocks": lambda kit: kit.blend(1.0, kit.sum_of_blocks),
    "outer GD": lambda kit: kit.outer(kit.GradientDescent(kit.decaying(0.9)), kit.mean),
    "outer Nesterov": lambda kit: kit.outer(kit.Momentum(0.3, nesterov=True)),
    "outer Adam": lambda kit: kit.outer(kit.Adam(0.05)),
}
PICKS = {
    "cyclic": picking.cyclic,
    "reshuffled": lambda groups: picking.reshuffled(groups, seed=1),
    "walks": lambda groups: picking.walks(groups, 2),
    "all groups": picking.all_groups,
    "stratified": lambda groups: picking.stratified(groups, np.arange(len(groups)) % 2),
    "blocks": lambda groups: picking.blocks(5, 2, groups),
    "blocks side by side": lambda groups: picking.blocks(5, 3, groups, side_by_side=True),
}
LOCAL_STEPS = {"one": 1, "three": 3, "by round": lambda k: 1 + k % 3}
MANY_LOCAL_STEPS = {"by column": STEPS, "both": lambda k: STEPS + k % 2}


def rows_for(model):
    if model == "logistic":
        return FEW.X, (FEW.y > 0).astype(int)
    if model == "linear":
        return FEW.X, FEW.X @ [1.0, -1.0, 0.5, 2.0, 0.0] + FEW.y
    return None if model in ("quadratic", "rosenbrock", "saddle") else FEW


def both(call):
    """The run of the reference and that of the twin; `call` gets the package to make them with."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "the run diverged")
        return call(on_numpy), call(on_torch)


def assert_same_record(ours, theirs, tolerance=WHOLE_RUN):
    assert np.array_equal(ours.rounds, theirs.rounds)
    assert np.array_equal(ours.sample_gradients, theirs.sample_gradients)
    assert np.array_equal(ours.converged_at, theirs.converged_at)
    assert np.array_equal(ours.diverged_at, theirs.diverged_at)
    assert type(ours.converged_at) is type(theirs.converged_at)
    assert ours.rounds_per_pass == theirs.rounds_per_pass
    assert ours.theta.dtype == theirs.theta.dtype == np.float64
    finite = np.isfinite(ours.theta)
    assert np.array_equal(finite, np.isfinite(theirs.theta))
    mine, other = (np.where(finite, run.theta, 0) for run in (ours, theirs))
    assert (abs(other - mine) <= tolerance * abs(mine).max(-1, keepdims=True)).all()
    assert len(ours.starts) == len(theirs.starts) == len(ours.trials) == len(theirs.trials)
    steps = ([*run.starts, *chain(*run.trials)] for run in (ours, theirs))
    for mine, other in zip(*steps, strict=True):
        largest = abs(mine).max(where=np.isfinite(mine), initial=0)
        np.testing.assert_allclose(other, mine, rtol=tolerance, atol=tolerance * largest)
    assert [[p.groups for p in picked] for picked in ours.picked] == [
        [p.groups for p in picked] for picked in theirs.picked
    ]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("leading", [(), (1,), (5,), (2, 3)])
def test_loss_gradient_start_and_prediction(model, leading):
    torch, data = library("torch"), rows_for(model)
    ours, theirs = MODELS[model](on_numpy), MODELS[model](on_torch)
    X, y = (data.X, data.y) if hasattr(data, "X") else data or (None, None)
    start = ours.start(X, y, 3)
    assert np.array_equal(start, theirs.start(X, y, 3))  # bit for bit
    theta = start + np.random.default_rng(0).normal(size=(*leading, len(start)))
    X_t, y_t = (None, None) if X is None else (torch.from_numpy(X), torch.from_numpy(y))
    theta_t = torch.from_numpy(theta)
    np.testing.assert_allclose(theirs.loss(theta_t, X_t, y_t), ours.loss(theta, X, y), rtol=ONE_STEP)
    gradient, twins = ours.gradient(theta, X, y), theirs.gradient(theta_t, X_t, y_t)
    assert twins.shape == theta.shape
    assert not twins.requires_grad
    assert not theta_t.requires_grad  # no graph is carried on
    assert gap(twins, gradient) <= ONE_STEP
    if X is not None and ours.classifies:
        assert np.array_equal(theirs.predict(theta_t, X_t), ours.predict(theta, X))
    if model == "linear":
        assert gap(theirs.predict(theta_t, X_t), ours.predict(theta, X)) <= ONE_STEP


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_one_step_from_equal_states(optimizer):
    """The state of the reference is handed to the twin before every step."""
    torch = library("torch")
    ours, theirs = (OPTIMIZERS[optimizer](kit, RATES) for kit in (on_numpy, on_torch))
    theta = np.random.default_rng(0).normal(size=(5, 8))
    theirs = theirs.on(torch.from_numpy(theta))
    state = ours.init(theta)
    for k in range(1, ROUNDS):
        gradient = np.random.default_rng(k).normal(size=theta.shape) / k
        put = [torch.from_numpy(part) if isinstance(part, np.ndarray) else part for part in state]
        twin, its_state = theirs.step(torch.from_numpy(theta), torch.from_numpy(gradient), tuple(put))
        theta, state = ours.step(theta, gradient, state)
        assert gap(twin, theta) <= ONE_STEP
        for mine, other in zip(state, its_state, strict=True):
            assert gap(np.atleast_1d(other), np.atleast_1d(mine)) <= ONE_STEP


@pytest.mark.parametrize("many", [False, True], ids=["one", "five"])
@pytest.mark.parametrize(("model", "optimizer"), list(product(MODELS, OPTIMIZERS)))
def test_every_model_with_every_optimizer(model, optimizer, many):
    if not many and optimizer not in ONE_CONFIGURATION:
        optimizer = "Adam"
    data = rows_for(model)
    more = {} if data is None else {"groups": GROUPS}
    rate = RATES / (10 if model == "rosenbrock" else 1)
    ours, theirs = both(
        lambda kit: kit.train(
            MODELS[model](kit), data, optimizer=OPTIMIZERS[optimizer](kit, rate if many else rate[2, 0]),
            merge=kit.blend(0.7), rounds=ROUNDS, seed=2, **more,
        )
    )  # fmt: skip
    assert np.max(ours.diverged_at) == -1  # so that every round is compared
    assert_same_record(ours, theirs)
    np.testing.assert_allclose(theirs.loss(data), ours.loss(data), rtol=WHOLE_RUN)
    if ours.model.classifies:
        assert np.array_equal(theirs.accuracy(data), ours.accuracy(data))


CASES = [
    (merge, picks, next(steps), next(optimizers), next(states))
    for steps, optimizers, states in [
        (cycle(LOCAL_STEPS), cycle(ONE_CONFIGURATION), cycle(("keep", "reset")))
    ]
    for merge, picks in product(MERGES, PICKS)
]


@pytest.mark.parametrize(("merge", "picks", "steps", "optimizer", "state"), CASES)
def test_every_merge_with_every_picking(merge, picks, steps, optimizer, state):
    """Over the whole table every number of local steps, optimizer and fate of the state comes up too."""
    many = "betas" in merge
    steps = (LOCAL_STEPS | MANY_LOCAL_STEPS)["both" if many and steps == "three" else steps]
    ours, theirs = both(
        lambda kit: kit.train(
            MODELS["logistic"](kit), rows_for("logistic"), UNEVEN, PICKS[picks](UNEVEN),
            optimizer=OPTIMIZERS[optimizer](kit, RATES if many else 0.05), merge=MERGES[merge](kit),
            local_steps=steps, rounds=ROUNDS, state=state,
        )
    )  # fmt: skip
    assert_same_record(ours, theirs)


@pytest.mark.parametrize("steps", MANY_LOCAL_STEPS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_unlike_local_steps_in_every_column(optimizer, steps):
    ours, theirs = both(
        lambda kit: kit.train(
            MODELS["softmax"](kit), FEW, GROUPS, optimizer=OPTIMIZERS[optimizer](kit, RATES),
            merge=kit.blend(BETAS), local_steps=MANY_LOCAL_STEPS[steps], rounds=ROUNDS,
        )
    )  # fmt: skip
    assert_same_record(ours, theirs)


@pytest.mark.parametrize(
    "schedule",
    [
        lambda kit: kit.decaying(0.2),
        lambda kit: kit.decaying(RATES),
        lambda kit: lambda k: 0.1 if k % 2 else 0.05,
        lambda kit: lambda k: np.float64(0.1) / k,
    ],
    ids=["decaying", "decaying by column", "by hand", "a NumPy number"],
)
def test_schedules(schedule):
    ours, theirs = both(
        lambda kit: kit.train(
            MODELS["net"](kit), FEW, GROUPS, optimizer=kit.Adam(schedule(kit)), rounds=ROUNDS
        )
    )
    assert_same_record(ours, theirs)


CRITERIA = [
    convergence.flat_loss(1e-3, hold=2),
    convergence.small_gradient(0.02, hold=1),
    convergence.small_update(1e-2, hold=3),
]


@pytest.mark.parametrize("record", [1, 7, "last"])
@pytest.mark.parametrize("rate", [0.5, RATES * 5], ids=["one", "five"])
@pytest.mark.parametrize("until", CRITERIA, ids=repr)
def test_converging(until, rate, record):
    ours, theirs = both(
        lambda kit: kit.train(
            kit.LogisticRegression(0.1), ROWS, grouping.random(len(ROWS), 3), until=until, rounds=150,
            optimizer=kit.GradientDescent(rate), record=record,
        )
    )  # fmt: skip
    assert np.max(ours.converged_at) > 0
    assert_same_record(ours, theirs)


@pytest.mark.parametrize("record", [1, 7, "last"])
@pytest.mark.parametrize("until", [None, convergence.small_update(1e-3, hold=2)], ids=["rounds", "until"])
@pytest.mark.parametrize(
    "rates", [[[0.1], [12.0], [3.0], [30.0], [0.5]], [[12.0], [30.0]], 12.0], ids=["some", "all", "alone"]
)
def test_diverging(rates, until, record):
    """12 on a curvature of 1 goes (−11)ᵏ, beyond 1e12 in round 12; at 30 it takes 9 rounds."""
    rates = np.array(rates) if np.ndim(rates) else rates
    ours, theirs = both(
        lambda kit: kit.train(
            kit.Quadratic([1.0, 0.5]),
            optimizer=kit.GradientDescent(rates),
            rounds=100,
            until=until,
            record=record,
        )
    )
    assert 12 in np.atleast_1d(ours.diverged_at)
    assert_same_record(ours, theirs)


@pytest.mark.parametrize("record", [1, 3])
def test_diverging_in_the_middle_of_a_pass(record):
    """Seen at the end of the pass, and recorded for the round in which it happened."""
    ours, theirs = both(
        lambda kit: kit.train(
            kit.LinearRegression(), rows_for("linear"), GROUPS, optimizer=kit.GradientDescent(50.0),
            until=convergence.flat_loss(1e-9), rounds=100, record=record,
        )
    )  # fmt: skip
    assert ours.diverged_at % 7
    assert_same_record(ours, theirs)


@pytest.mark.parametrize(("local_steps", "test"), [(1, np.isinf), (2, np.isnan)], ids=["infinity", "NaN"])
def test_diverging_to_what_is_no_number(local_steps, test):
    ours, theirs = both(
        lambda kit: kit.train(
            kit.Rosenbrock(), optimizer=kit.GradientDescent(RATES * 1e308), rounds=9, local_steps=local_steps
        )
    )
    assert test(ours.final).any(-1).all()
    assert_same_record(ours, theirs)
    assert np.array_equal(theirs.final, ours.final, equal_nan=True)


@pytest.mark.parametrize("rate", [12.0, np.array([[0.1], [12.0]])], ids=["one", "two"])
def test_the_warning_of_divergence_is_the_references(rate):
    told = []
    for kit in (on_numpy, on_torch):
        with pytest.warns(UserWarning, match="the run diverged") as caught:
            kit.train(kit.Quadratic([1.0]), optimizer=kit.GradientDescent(rate), rounds=50)
        told.append([(str(w.message), w.filename) for w in caught])
    assert told[0] == told[1]
    assert told[0][0][1] == __file__


@pytest.mark.parametrize(
    "average", [averaging.running_mean, averaging.tail_mean, lambda r: averaging.ema(r, 0.2)]
)
def test_averages_trace_passes_and_criteria_take_a_run_of_the_twin(average, capsys):
    ours, theirs = both(
        lambda kit: kit.train(MODELS["softmax"](kit), FEW, GROUPS, optimizer=kit.Adam(0.1), rounds=21)
    )
    assert gap(average(theirs).theta, average(ours).theta) <= WHOLE_RUN
    np.testing.assert_allclose(average(theirs).loss(FEW), average(ours).loss(FEW), rtol=WHOLE_RUN)
    assert np.array_equal(theirs.passes, ours.passes)
    for criterion in CRITERIA:
        assert criterion.first_round(theirs, FEW) == criterion.first_round(ours, FEW)
    ours.trace()
    mine = capsys.readouterr().out
    theirs.trace()
    assert capsys.readouterr().out == mine
