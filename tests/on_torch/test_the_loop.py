"""What the twin's loop promises beside its record: devices, dtypes, tensors in, no round trip to the host."""

import numpy as np
import pytest

from parti_edu import convergence, grouping, load, on_numpy, picking

torch = pytest.importorskip("torch", reason="torch is not installed: pip install -e '.[torch]'")
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

from parti_edu import on_torch  # noqa: E402
from parti_edu.on_torch import (  # noqa: E402
    Adam,
    GradientDescent,
    LogisticRegression,
    Momentum,
    Quadratic,
    blend,
    mean,
    outer,
    sum_of_blocks,
    train,
)
from parti_edu.on_torch.training import Recorder, SeenFromNumPy, loop  # noqa: E402

ROWS = load("breast_cancer").train
GROUPS = grouping.random(len(ROWS), 7)
MODEL = LogisticRegression(l2=0.01)
RATES = np.array([[0.05], [0.1], [0.5]])
STEPS = np.array([[1], [2], [3]])
BLOCKS = picking.blocks(30, 4, GROUPS, side_by_side=True)
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device is at hand")
X, y = torch.from_numpy(ROWS.X), torch.from_numpy(ROWS.y)


def run(model=MODEL, data=ROWS, groups=GROUPS, rounds=50, **settings):
    settings = {"optimizer": Adam(0.05), "merge": blend(0.5)} | settings
    return train(model, data, groups, rounds=rounds, **settings)


def more_steps(k):
    return STEPS + k


# every kind of round: what each asks of the device
CASES = {
    "one": {},
    "a grid": {"optimizer": Adam(RATES)},
    "a decaying grid": {"optimizer": Momentum(on_torch.decaying(RATES))},
    "unlike local steps": {"optimizer": Adam(RATES), "local_steps": STEPS},
    "unlike local steps by round": {"optimizer": Momentum(0.1, dampening=0.5), "local_steps": more_steps},
    "every group": {"picks": picking.all_groups(GROUPS), "merge": outer(Momentum(0.7, nesterov=True), mean)},
    "blocks": {"picks": BLOCKS, "merge": blend(1, sum_of_blocks), "optimizer": Adam(RATES), "state": "reset"},
    "a net": {"model": on_torch.TwoLayerNet(5, 2), "optimizer": GradientDescent(RATES)},
    "softmax": {"model": on_torch.SoftmaxRegression(2), "optimizer": Adam(RATES)},
    "a module": {
        "model": on_torch.from_module(
            torch.nn.Sequential(torch.nn.Linear(30, 5), torch.nn.Tanh(), torch.nn.Linear(5, 2)),
            torch.nn.functional.cross_entropy, classifies=True,
        ),
        "optimizer": Adam(RATES),
    },
    "a surface": {"model": Quadratic([1.0, 4.0]), "data": None, "groups": None, "optimizer": Adam(RATES)},
    "over a thousand rounds": {"rounds": 1030, "optimizer": GradientDescent(RATES), "record": "last"},
}  # fmt: skip
every_case = pytest.mark.parametrize("case", CASES)


@every_case
def test_the_same_call_gives_the_same_run_bit_for_bit(case):
    torch.manual_seed(1)
    first = run(**CASES[case])
    torch.manual_seed(2)
    drawn = torch.rand(3)
    again = run(**CASES[case])
    assert np.array_equal(first.theta, again.theta)
    torch.manual_seed(2)
    assert torch.equal(torch.rand(3), drawn)


def test_no_setting_of_torch_is_changed():
    def settings():
        threads, kind = torch.get_num_threads(), torch.get_default_dtype()
        return threads, kind, torch.is_grad_enabled(), torch.random.get_rng_state().tolist()

    before = settings()
    run()
    assert settings() == before


def test_a_run_inside_no_grad_is_the_same():
    with torch.no_grad():
        inside = run(optimizer=Adam(RATES), until=convergence.small_gradient(1e-3))
    assert np.array_equal(
        inside.theta, run(optimizer=Adam(RATES), until=convergence.small_gradient(1e-3)).theta
    )


class NoRoundTrip(TorchDispatchMode):
    """Raises where a number is fetched from a tensor: the host would wait for the device there."""

    FETCHES = ("_local_scalar_dense", "is_nonzero", "equal", "nonzero")

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func.overloadpacket.__name__ in self.FETCHES:
            raise AssertionError(f"a round trip to the host: {func}")
        return func(*args, **(kwargs or {}))


def started(
    model=MODEL, data=ROWS, groups=GROUPS, picks=None, optimizer=None, merge=None, device="cpu", **more
):
    """The arguments of `loop`, as `train` makes them."""
    rows = (data.X, data.y) if data else (np.zeros((1, 0)), np.zeros(1))
    groups = groups or grouping.Groups([[0]])
    optimizer, merge = optimizer or Adam(0.05), merge or blend(0.5)
    n = len(STEPS)
    theta = np.broadcast_to(model.start(*rows), (n, len(model.start(*rows)))).copy()
    theta = torch.from_numpy(theta).to(device)
    seen = SeenFromNumPy(model, theta)
    parts = [seen.rows(rows[0][g], model.labels(rows[1][g])) for g in groups]
    record = Recorder(theta, 1100, more.get("record", 1), None, 7)
    picks = picks or picking.cyclic(groups)
    steps, rounds = more.get("local_steps", 1), more.get("rounds", 30)
    return (
        record,
        model,
        parts,
        picks,
        optimizer.on(theta),
        merge.on(theta),
        steps,
        rounds,
        more.get("state", "keep"),
    )


@every_case
def test_a_round_makes_no_round_trip_to_the_host(case):
    arguments = started(**CASES[case])
    with NoRoundTrip():
        loop(*arguments)
    assert arguments[0].k >= 30


def test_a_round_trip_would_be_seen():
    class Asks(LogisticRegression):
        def loss(self, theta, X, y):
            assert theta.abs().max() < 1e9
            return super().loss(theta, X, y)

    with pytest.raises(AssertionError, match="a round trip"), NoRoundTrip():
        loop(*started(Asks()))


def test_the_host_is_asked_once_a_pass(monkeypatch):
    asked = []
    ask = Recorder._ask
    monkeypatch.setattr(Recorder, "_ask", lambda self, k: (asked.append(k), ask(self, k))[1])
    run(until=convergence.flat_loss(1e-9), rounds=30)
    assert asked == [7, 14, 21, 28]
    run(rounds=30)
    assert len(asked) == 4


@needs_gpu
@pytest.mark.gpu
@every_case
def test_a_round_on_a_gpu_makes_no_round_trip(case):
    arguments = started(**CASES[case], device="cuda")
    loop(*started(**CASES[case], device="cuda"))  # what is set up once may wait
    torch.cuda.set_sync_debug_mode("error")
    try:
        loop(*arguments)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def agree(found, expected, tolerance):
    size = abs(expected).max(-1, keepdims=True)
    assert (abs(found - expected) <= tolerance * np.maximum(size, 1e-300)).all()


@needs_gpu
@pytest.mark.gpu
@pytest.mark.parametrize("until", [None, convergence.flat_loss(1e-3)], ids=["rounds", "until"])
@every_case
def test_a_gpu_gives_what_the_processor_gives(case, until):
    """In float64 to 1e-12: sums of 57 rows in another order, 100 rounds, or 1,030 of a contracting run."""
    settings = {"rounds": 100} | CASES[case] | {"until": until}
    there, here = run(**settings, device="cuda"), run(**settings)
    agree(there.theta, here.theta, 1e-12)
    assert np.array_equal(there.rounds, here.rounds)
    assert np.array_equal(there.converged_at, here.converged_at)
    assert np.array_equal(there.sample_gradients, here.sample_gradients)


@needs_gpu
@pytest.mark.gpu
def test_a_gpu_in_float32_is_near():
    """float32 rounds at 6e-8; 100 rounds, and sums that a GPU may take in another order."""
    there = run(device="cuda", dtype=torch.float32, rounds=100, optimizer=GradientDescent(RATES))
    agree(there.theta, run(rounds=100, optimizer=GradientDescent(RATES)).theta, 1e-4)


@needs_gpu
@pytest.mark.gpu
def test_rows_on_a_gpu_are_taken_where_they_lie():
    there = run(data=(X.cuda(), y.cuda()))
    agree(there.theta, run().theta, 1e-12)
    assert there.loss((X.cuda(), y.cuda())) == pytest.approx(run().loss(ROWS))


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 0.1), (torch.float16, 0.02)], ids=str
)
def test_narrow_dtypes_stay_near_and_stay_narrow(dtype, tolerance):
    """They round at 6e-8, 4e-3 and 5e-4; 50 rounds of a contracting run add up to some tens of that."""
    settings = {"optimizer": GradientDescent(0.1), "rounds": 50}
    wide, narrow = run(**settings), run(dtype=dtype, **settings)
    assert narrow.theta.dtype == (np.float16 if dtype == torch.float16 else np.float32)
    agree(narrow.theta[1:], wide.theta[1:], tolerance)
    assert abs(narrow.theta - wide.theta).max() > 0
    assert narrow.loss(ROWS) == pytest.approx(wide.loss(ROWS), rel=10 * tolerance)
    if dtype == torch.float16:
        return  # it rounds Adam's eps of 1e-8 to 0, and 0/0 is no number
    for case in ("unlike local steps", "unlike local steps by round", "every group", "a net", "a module"):
        end = run(**CASES[case], dtype=dtype, record="last")
        assert end.theta.dtype == narrow.theta.dtype
        assert np.isfinite(end.theta).all()


def test_half_precision_that_overflows_has_diverged():
    """float16 ends at 65504, far below the limit of 1e12."""
    with pytest.warns(UserWarning, match="the run diverged"):
        far = train(Quadratic([1.0]), optimizer=GradientDescent(12.0), rounds=50, dtype=torch.float16)
    assert far.diverged_at == 5  # 11⁵ = 161051


@pytest.mark.parametrize(
    "data", [(X, y), (X, ROWS.y), (ROWS.X, y), (X.float(), y)], ids=["XY", "X", "y", "float32"]
)
def test_tensors_are_taken_as_data(data):
    tolerance = 1e-6 if data[0].dtype == torch.float32 else 0
    found = run(data=data, until=convergence.flat_loss(1e-3), rows=data)
    agree(found.theta, run(until=convergence.flat_loss(1e-3)).theta, tolerance)
    assert found.loss((X, y)) == pytest.approx(found.loss(ROWS), rel=1e-15)
    assert found.accuracy((X, y)).shape == found.rounds.shape


def test_rows_that_numpy_would_not_let_torch_share():
    frozen = ROWS.X.copy()
    frozen.flags.writeable = False
    turned = run(data=(frozen[::-1][::-1], ROWS.y), until=convergence.flat_loss(1e-3))
    assert np.array_equal(turned.theta, run(until=convergence.flat_loss(1e-3)).theta)
    backwards = turned.loss((frozen[::-1], ROWS.y[::-1]))
    assert backwards == pytest.approx(turned.loss(ROWS), rel=1e-13)


def test_tensors_are_taken_as_start_settings_and_steps():
    start = np.random.default_rng(0).normal(size=(3, 30))
    arrays = run(optimizer=Adam(RATES), merge=blend(RATES), local_steps=STEPS, start=start)
    tensors = run(
        optimizer=Adam(torch.from_numpy(RATES)), merge=blend(torch.from_numpy(RATES)),
        local_steps=torch.from_numpy(STEPS), start=torch.from_numpy(start),
    )  # fmt: skip
    assert np.array_equal(arrays.theta, tensors.theta)
    by_round = run(
        optimizer=Adam(lambda k: torch.from_numpy(RATES)), merge=blend(RATES), local_steps=STEPS, start=start
    )
    assert np.array_equal(by_round.theta, arrays.theta)


def test_neither_data_nor_start_nor_settings_are_changed():
    start, rates = np.ones((3, 30)), RATES.copy()
    data = ROWS.X.copy(), ROWS.y.copy()
    kept = run(data=data, start=start, optimizer=Momentum(rates))
    kept.theta[0] += 1
    kept.starts[1][...] += 1  # a view of the device's own memory, if that is the processor
    assert np.array_equal(data[0], ROWS.X)
    assert (start == 1).all()
    assert np.array_equal(rates, RATES)


def test_everything_in_the_record_is_numpy():
    found = run(optimizer=Adam(RATES), picks=picking.all_groups(GROUPS), rounds=3)
    for part in (found.theta, found.rounds, found.sample_gradients, found.converged_at, found.diverged_at):
        assert type(part) is np.ndarray
    assert [type(start) for start in found.starts] == [np.ndarray] * 4
    assert found.trials[0] == ()
    assert [type(t) for trials in found.trials[1:] for t in trials] == [np.ndarray] * 21
    assert [len(part) for part in (found.starts[1:], found.trials[1:])] == [3, 3]
    assert type(found.loss(ROWS)) is type(found.accuracy(ROWS)) is type(found.final) is np.ndarray
    assert repr(found.model) == repr(MODEL)


def test_a_grid_equals_its_runs_one_by_one():
    together = run(optimizer=Adam(RATES))
    for c, rate in enumerate(RATES.ravel()):
        agree(together.theta[:, c], run(optimizer=Adam(rate)).theta, 1e-12)


def test_a_model_of_your_own_needs_a_loss_alone():
    class Poisson(on_torch.models.Model):
        """exp(z) − y·z, the log-likelihood of counts."""

        def loss(self, theta, X, y):
            z = theta @ X.T
            return (z.exp() - y * z).mean(-1)

    counts = np.random.default_rng(0).poisson(np.exp(0.3 * ROWS.X[:, 0]))
    found = train(Poisson(), (ROWS.X[:, :2], counts), optimizer=GradientDescent(0.1), rounds=400)
    assert found.final == pytest.approx([0.3, 0], abs=0.15)  # 398 counts
    assert np.linalg.norm(found.model.gradient(found.final, ROWS.X[:, :2], counts)) < 1e-6


def test_settings_name_what_was_asked_for():
    optimizer, merge = Adam(RATES), blend(0.5)
    found = run(optimizer=optimizer, merge=merge, rounds=3)
    assert found.settings["optimizer"] is optimizer
    assert found.settings["merge"] is merge
    assert found.settings["model"] is MODEL
    assert type(optimizer.lr) is np.ndarray


def test_a_run_can_be_plotted():
    plots = pytest.importorskip("parti_edu.plots")
    pair = (
        kit.train(kit.Quadratic([1.0, 4.0]), optimizer=kit.GradientDescent(0.1), rounds=5)
        for kit in (on_torch, on_numpy)
    )
    axes = plots.path_on_contours({"twin": next(pair), "reference": next(pair)})
    assert len(axes.lines) >= 2
