"""Whatever an argument is: a sound result, or a ValueError or TypeError that names the argument.

One argument of a call that is right is replaced by anything: numbers of every kind, text, lists that
are ragged, arrays of any type and shape, functions, classes. No other exception may come out, and
what comes out instead of one must be fit for use.
"""

import warnings
from itertools import islice

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from parti_edu import averaging, claim, claims, convergence, grouping, load, metrics, picking, read, seed_for
from parti_edu.exercises import predict, reveal, self_check
from parti_edu.explore import EXPLORERS
from parti_edu.history import History
from parti_edu.on_numpy import (
    Adagrad,
    Adam,
    GradientDescent,
    LinearRegression,
    LogisticRegression,
    Momentum,
    Quadratic,
    Rosenbrock,
    SoftmaxRegression,
    TwoLayerNet,
    blend,
    blend_previous,
    decaying,
    grid,
    outer,
    train,
)

RNG = np.random.default_rng(0)
X, y = RNG.normal(size=(12, 2)), np.arange(12) % 2
FOUR = grouping.contiguous(12, 4)
GD = GradientDescent(0.1)
RUN = train(LogisticRegression(), (X, y), optimizer=GD, rounds=4)

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 40),
    st.floats(-3, 50),
    st.text(max_size=4),
    st.sampled_from(
        [np.nan, np.inf, -np.inf, 1j, b"a", np.int8(3), np.float32(0.5), np.datetime64("2013-01-31")]
    ),
)
RAGGED = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4), max_leaves=8)
ARRAYS = st.sampled_from(["f8", "f4", "i8", "u1", "?", "U2", "c16", "M8[D]"]).flatmap(
    lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
)
ODDS = st.sampled_from(
    [abs, int, {}, {"a": 1}, {1}, range(3), object(), np.float32, ..., X, y, (X, y), FOUR, GD, RUN, "all"]
)
NEARLY = st.one_of(  # what is close to right goes deeper than what is far from it
    st.lists(st.lists(st.integers(-1, 12), max_size=3), max_size=4),
    st.lists(st.integers(0, 3), min_size=12, max_size=12),
    st.lists(st.one_of(st.integers(0, 3), st.none()), min_size=4, max_size=12),
    arrays.arrays("f8", st.tuples(st.integers(0, 4), st.just(1)), elements=st.floats(0, 2)),
    arrays.arrays("f8", (12, 2)),
    st.tuples(arrays.arrays("f8", (12, 2)), arrays.arrays("i8", 12, elements=st.integers(-1, 2))),
)
ANYTHING = st.one_of(SCALARS, RAGGED, ARRAYS, ODDS, NEARLY)


def trained(model=None, data=(X, y), groups=None, picks=None, optimizer=GD, rounds=2, **more):
    model = LogisticRegression() if model is None else model
    return train(model, data, groups, picks, optimizer=optimizer, rounds=rounds, **more)


def on(model):
    """A run of a surface, or of a model on rows of its own."""
    return train(model, (X, y) if model.needs_data else None, optimizer=GD, rounds=2)


def at_most_fifty(value):
    """Nobody waits for 10³⁰⁰ steps, though they are a whole number."""
    kind = np.asarray(value).dtype.kind if isinstance(value, int | float | np.generic | np.ndarray) else "O"
    assume(kind not in "iuf" or not np.any(np.asarray(value) > 50))
    return value


# what is asked of each: the argument's name in the message, and the call with anything in its place
CALLS = {
    "random n_samples": lambda v: grouping.random(v, 2),
    "random n_groups": lambda v: grouping.random(12, v),
    "random seed": lambda v: grouping.random(12, 2, v),
    "contiguous n_samples": lambda v: grouping.contiguous(v, 2),
    "contiguous n_groups": lambda v: grouping.contiguous(12, v),
    "stratified y": lambda v: grouping.stratified(v, 1),
    "stratified n_groups": lambda v: grouping.stratified(y, v),
    "stratified seed": lambda v: grouping.stratified(y, 2, v),
    "by_label y": lambda v: grouping.by_label(v),
    "by_label n_groups": lambda v: grouping.by_label(y, v),
    "by_source source": lambda v: grouping.by_source(v, 1),
    "by_time time": lambda v: grouping.by_time(v),
    "Groups group": lambda v: grouping.Groups(v),
    "cyclic group": lambda v: picking.cyclic(v),
    "reshuffled group": lambda v: picking.reshuffled(v),
    "reshuffled seed": lambda v: picking.reshuffled(FOUR, v),
    "random picks group": lambda v: picking.random(v, by_size=True),
    "random picks seed": lambda v: picking.random(FOUR, v),
    "stratified picks group": lambda v: picking.stratified(v, [0, 0, 1, 1]),
    "stratified picks strata": lambda v: picking.stratified(FOUR, v),
    "all_groups group": lambda v: picking.all_groups(v),
    "walks group": lambda v: picking.walks(v, 1),
    "walks length": lambda v: picking.walks(FOUR, v),
    "blocks n_parameters": lambda v: picking.blocks(v, 2, FOUR),
    "blocks n_blocks": lambda v: picking.blocks(3, v, FOUR),
    "blocks group": lambda v: picking.blocks(3, 3, v),
    "flat_loss tolerance": lambda v: convergence.flat_loss(v).first_round(RUN, (X, y)),
    "small_update hold": lambda v: convergence.small_update(1e-3, v).first_round(RUN, (X, y)),
    "small_gradient rows": lambda v: convergence.small_gradient(1e-3).first_round(RUN, v),
    "first_round run": lambda v: convergence.flat_loss(1e-3).first_round(v, (X, y)),
    "ema run": lambda v: averaging.ema(v, 0.5),
    "ema beta": lambda v: averaging.ema(RUN, v),
    "running_mean run": lambda v: averaging.running_mean(v),
    "tail_mean share": lambda v: averaging.tail_mean(RUN, v),
    "GradientDescent lr": lambda v: trained(optimizer=GradientDescent(v)),
    "Momentum momentum": lambda v: trained(optimizer=Momentum(0.1, momentum=v)),
    "Momentum dampening": lambda v: trained(optimizer=Momentum(0.1, dampening=v)),
    "Momentum first": lambda v: trained(optimizer=Momentum(0.1, first=v)),
    "Adagrad eps": lambda v: trained(optimizer=Adagrad(0.1, v)),
    "Adagrad initial": lambda v: trained(optimizer=Adagrad(0.1, initial=v)),
    "Adam beta1": lambda v: trained(optimizer=Adam(0.1, v)),
    "Adam beta2": lambda v: trained(optimizer=Adam(0.1, beta2=v)),
    "decaying first": lambda v: trained(optimizer=Adam(decaying(v))),
    "decaying power": lambda v: trained(optimizer=Adam(decaying(0.1, v))),
    "blend beta": lambda v: trained(merge=blend(v)),
    "blend_previous beta": lambda v: trained(merge=blend_previous(v)),
    "outer optimizer": lambda v: outer(v),
    "grid beta": lambda v: grid(beta=v),
    "LinearRegression l2": lambda v: on(LinearRegression(v)),
    "SoftmaxRegression n_classes": lambda v: on(SoftmaxRegression(v)),
    "TwoLayerNet n_hidden": lambda v: on(TwoLayerNet(v, 2)),
    "Quadratic A": lambda v: on(Quadratic(v)),
    "Quadratic centre": lambda v: on(Quadratic([1.0, 4.0], v)),
    "Rosenbrock b": lambda v: on(Rosenbrock(v)),
    "train model": lambda v: train(v, (X, y), optimizer=GD, rounds=2),
    "train data": lambda v: trained(LinearRegression(), v),
    "train data y": lambda v: trained(SoftmaxRegression(3), (X, v)),
    "train group": lambda v: trained(groups=v),
    "train picks": lambda v: trained(groups=FOUR, picks=v),
    "train optimizer": lambda v: train(LogisticRegression(), (X, y), optimizer=v, rounds=2),
    "train merge": lambda v: trained(merge=v),
    "train local_steps": lambda v: trained(local_steps=at_most_fifty(v)),
    "train rounds": lambda v: trained(rounds=v),
    "train until": lambda v: trained(until=v),
    "train rows": lambda v: trained(until=convergence.flat_loss(1e-3), rows=v),
    "train state": lambda v: trained(state=v),
    "train record": lambda v: trained(record=v),
    "train start": lambda v: trained(start=v),
    "train seed": lambda v: trained(TwoLayerNet(2, 2), seed=v),
    "loss data": lambda v: RUN.loss(v),
    "accuracy data": lambda v: RUN.accuracy(v),
    "trace rounds": lambda v: RUN.trace(v),
    "confusion y": lambda v: metrics.confusion(v, [0, 1, 2] * 4),
    "scores predicted": lambda v: metrics.scores([0, 1, 2] * 4, v),
    "macro_f1 n_classes": lambda v: metrics.macro_f1([0, 1], [0, 1], v),
    "load name": lambda v: load(v),
    "load label": lambda v: load("penguins", label=v),
    "load features": lambda v: load("penguins", features=v),
    "load intercept": lambda v: load("penguins", intercept=v),
    "load test_share": lambda v: load("penguins", test_share=v),
    "load seed": lambda v: load("penguins", seed=v),
    "read name": lambda v: read(v),
    "seed_for name": lambda v: seed_for(v),
    "claim id": lambda v: claim(v, True, "x"),
    "claim holds": lambda v: claim("03.1", v if v is not False else True, "x"),
    "claim verdict": lambda v: claim("F01", True, "x", v),
    "self_check": lambda v: self_check(length=v, product=v),
    "reveal a number prediction": lambda v: reveal(v, 0.5),
    "reveal a sketch prediction": lambda v: reveal(v, [1.0, 2.0]),
    "predict id": lambda v: predict(v, "?", 1),
    "predict choices": lambda v: predict("03.y", "?", 1, choices=v),
    "predict labels": lambda v: predict("03.y", "?", 1, labels=v),
    "predict between": lambda v: predict("03.y", "?", [1], labels=(1,), between=v),
    "Explorer beta": lambda v: EXPLORERS["merge"].at(beta=v),
}


def outcome(call, value):
    """(result, None), or (None, what the error says); any other exception comes out."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "the run diverged", UserWarning)
            return call(value), None
    except (ValueError, TypeError) as error:
        return None, str(error)


def sound(result):
    """What can be done with any result of its kind can be done with this one."""
    assert repr(result)
    if isinstance(result, grouping.Groups):
        assert len(result) == len(result.names) == len(result.sizes)
        assert result.sizes.min() > 0
        assert np.concatenate(result).min() >= 0
    if isinstance(result, picking.Picks):
        rounds = list(islice(result, 5))
        assert len(rounds) == 5
        assert {g for picked in rounds for pick in picked for g in pick.groups} <= set(range(result.n_groups))
    if isinstance(result, History):
        assert len(result.theta) == len(result.rounds) == len(result.sample_gradients) > 0
        assert result.settings["rounds"] >= result.rounds[-1]


@pytest.fixture(autouse=True)
def no_claim_is_seen(monkeypatch):
    monkeypatch.setattr(claims, "SHOWN", set())


def tried(test):
    """The test with a hundred values, the same ones each time."""
    calm = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    how = settings(derandomize=True, max_examples=100, database=None, suppress_health_check=calm)
    return how(given(value=ANYTHING)(test))


@pytest.mark.parametrize("name", CALLS)
@tried
def test_anything_gives_a_sound_result_or_an_error_that_names_the_argument(name, value):
    result, told = outcome(CALLS[name], value)
    if told is None:
        sound(result)
    else:
        assert name.split()[-1] in told
        assert "must" in told


@pytest.mark.parametrize("name", ["by_label y", "train group", "Quadratic A", "train start", "confusion y"])
def test_of_what_is_tried_some_is_taken_and_some_refused(name):
    told = []
    tried(lambda value: told.append(outcome(CALLS[name], value)[1]))()
    assert len(told) >= 60
    assert min(told.count(None), len(told) - told.count(None)) >= 3
