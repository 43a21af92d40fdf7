"""The loop does what its docstring says, against loops written out here."""

import numpy as np
import pytest

from parti_edu import grouping, load, picking
from parti_edu.convergence import flat_loss, small_gradient
from parti_edu.on_numpy import (
    Adagrad,
    Adam,
    GradientDescent,
    LogisticRegression,
    Momentum,
    Quadratic,
    Rosenbrock,
    Saddle,
    SoftmaxRegression,
    TwoLayerNet,
    blend,
    decaying,
    grid,
    train,
)

MODEL = LogisticRegression(l2=0.1)
OPTIMIZERS = [GradientDescent(0.3), Momentum(0.1, nesterov=True), Adagrad(0.1), Adam(0.05)]
EACH = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
GROUPS = grouping.random(40, 3, seed=1)
# the loops below do the very operations of the package: equal bit for bit


def slope(theta, data, rows):
    return MODEL.gradient(theta, data[0][rows], data[1][rows])


@EACH
def test_one_group_a_round_with_local_steps_and_a_merge(few, optimizer):
    run = train(MODEL, few, GROUPS, optimizer=optimizer, merge=blend(0.3), local_steps=4, rounds=7)
    theta, state = np.zeros(5), optimizer.init(np.zeros(5))
    for k in range(7):
        trial = theta
        for _ in range(4):
            trial, state = optimizer.step(trial, slope(trial, few, GROUPS[k % 3]), state)
        theta = 0.3 * trial + (1 - 0.3) * theta
        assert np.array_equal(run.theta[k + 1], theta)


@EACH
def test_each_slot_of_a_round_keeps_its_own_state(few, optimizer):
    run = train(MODEL, few, GROUPS, picking.all_groups(GROUPS), optimizer=optimizer, rounds=6)
    theta, states = np.zeros(5), [optimizer.init(np.zeros(5)) for _ in range(3)]
    for k in range(6):
        trials = []
        for g in range(3):
            trial, states[g] = optimizer.step(theta, slope(theta, few, GROUPS[g]), states[g])
            trials.append(trial * len(GROUPS[g]))
        theta = (trials[0] + trials[1] + trials[2]) / 40
        assert np.array_equal(run.theta[k + 1], theta)


@EACH
def test_reset_starts_the_state_anew_each_round(few, optimizer):
    run = train(MODEL, few, GROUPS, optimizer=optimizer, local_steps=3, rounds=6, state="reset")
    theta = np.zeros(5)
    for k in range(6):
        state = optimizer.init(theta)
        for _ in range(3):
            theta, state = optimizer.step(theta, slope(theta, few, GROUPS[k % 3]), state)
        assert np.array_equal(run.theta[k + 1], theta)


def test_one_group_of_all_rows_and_cyclic_picks_are_the_defaults(few):
    settings = {"optimizer": Adam(0.1), "rounds": 5}
    plain = train(MODEL, few, **settings)
    assert np.array_equal(plain.theta, train(MODEL, few, [range(40)], **settings).theta)
    cyclic = train(MODEL, few, GROUPS, picking.cyclic(GROUPS), **settings)
    assert np.array_equal(train(MODEL, few, GROUPS, **settings).theta, cyclic.theta)


def test_the_trial_is_kept_by_default(few):
    settings = {"optimizer": Adam(0.1), "rounds": 5}
    assert np.array_equal(
        train(MODEL, few, **settings).theta, train(MODEL, few, merge=blend(1.0), **settings).theta
    )


def test_groups_may_leave_rows_out(few):
    X, y = few
    part = train(MODEL, few, [range(10)], optimizer=GradientDescent(0.3), rounds=5)
    whole = train(MODEL, (X[:10], y[:10]), optimizer=GradientDescent(0.3), rounds=5)
    assert np.array_equal(part.theta, whole.theta)


def test_a_pair_and_rows_of_a_data_set_are_the_same(rows):
    settings = {"optimizer": GradientDescent(0.3), "rounds": 3}
    assert np.array_equal(
        train(MODEL, rows, **settings).theta, train(MODEL, (rows.X, rows.y), **settings).theta
    )


def test_neither_data_start_nor_groups_are_changed(few):
    X, y = few[0].copy(), few[1].copy()
    start, groups = np.ones(5), [g.copy() for g in GROUPS]
    run = train(MODEL, (X, y), groups, optimizer=Momentum(0.1), merge=blend(0.5), start=start, rounds=5)
    run.theta[0] += 1
    assert np.array_equal(X, few[0])
    assert np.array_equal(y, few[1])
    assert (start == 1).all()
    assert all(np.array_equal(a, b) for a, b in zip(groups, GROUPS, strict=True))


def test_the_same_call_gives_the_same_run(few):
    picks = picking.reshuffled(GROUPS, seed=3)
    first, again = (train(MODEL, few, GROUPS, picks, optimizer=Adam(0.1), rounds=20) for _ in range(2))
    assert np.array_equal(first.theta, again.theta)


def test_start_is_the_models_own_or_the_one_given(few):
    net, settings = TwoLayerNet(3, 2), {"optimizer": GradientDescent(0.1), "rounds": 1}
    assert np.array_equal(train(net, few, seed=4, **settings).theta[0], net.start(*few, 4))
    assert not np.array_equal(train(net, few, seed=5, **settings).theta[0], net.start(*few, 4))
    assert (train(MODEL, few, start=np.full(5, 2.0), **settings).theta[0] == 2).all()
    assert train(MODEL, few, start=np.ones((4, 5)), **settings).theta.shape == (2, 4, 5)


def test_a_start_a_configuration_is_a_run_a_configuration(few):
    starts = np.random.default_rng(0).normal(size=(3, 5))
    together = train(MODEL, few, GROUPS, optimizer=Adam(0.1), start=starts, rounds=20)
    for c, start in enumerate(starts):
        alone = train(MODEL, few, GROUPS, optimizer=Adam(0.1), start=start, rounds=20)
        # (3, 5) times (5, n) is summed in another order than (5,) times (5, n)
        np.testing.assert_allclose(together.theta[:, c], alone.theta, rtol=1e-11, atol=1e-13)


def test_until_stops_the_run_and_none_never_does(rows):
    settings = {"optimizer": GradientDescent(0.5), "rounds": 400}
    stopped = train(MODEL, rows, until=small_gradient(1e-3), **settings)
    assert 0 < stopped.converged_at == stopped.rounds[-1] < 400
    never = train(MODEL, rows, **settings)
    assert never.converged_at == -1
    assert never.rounds[-1] == 400
    assert np.array_equal(never.theta[: len(stopped.theta)], stopped.theta)


def test_record_last_gives_the_same_end_with_a_criterion(rows):
    settings = {"optimizer": GradientDescent(0.5), "rounds": 400, "until": small_gradient(1e-3)}
    assert np.array_equal(
        train(MODEL, rows, record="last", **settings).final, train(MODEL, rows, **settings).final
    )


@pytest.mark.parametrize(
    ("surface", "rate", "rounds", "minimum"),
    [
        (Quadratic([1.0, 5.0], centre=[3.0, -1.0]), 0.1, 400, [3, -1]),
        (Rosenbrock(), 1e-3, 40000, [1, 1]),
        (Saddle(), 0.1, 400, [0, 1]),
    ],
    ids=repr,
)
def test_surfaces_are_walked_down_to_their_minimum_without_data(surface, rate, rounds, minimum):
    run = train(surface, optimizer=GradientDescent(rate), rounds=rounds, record="last")
    np.testing.assert_allclose(run.final, minimum, atol=1e-6)  # slowest error: (1 − 4e-4)^40000 = 1e-7


def test_every_model_learns_the_data_it_is_made_for():
    penguins = load("penguins", intercept=True)
    for model in (SoftmaxRegression(3), TwoLayerNet(8, 3)):
        run = train(model, penguins.train, optimizer=Adam(0.05), rounds=200)
        assert run.accuracy(penguins.test)[-1] > 0.95
        assert run.loss(penguins.train)[-1] < 0.1 * run.loss(penguins.train)[0]


def test_the_example_of_the_contract_runs():
    data = load("breast_cancer")
    groups = grouping.stratified(data.train.y, n_groups=8, seed=0)
    run = train(
        LogisticRegression(l2=0.01), data.train, groups, picking.reshuffled(groups, seed=0),
        optimizer=Adam(lr=decaying(0.05)), merge=blend(beta=0.5), local_steps=1, rounds=400,
        until=flat_loss(1e-4, hold=3), state="keep", record=1,
    )  # fmt: skip
    n_states = len(run.rounds)
    assert run.theta.shape == (n_states, 30)
    assert run.final.shape == (30,)
    assert (
        run.loss(data.test).shape
        == run.accuracy(data.test).shape
        == run.sample_gradients.shape
        == (n_states,)
    )
    assert run.loss(data.train)[-1] < 0.2 * run.loss(data.train)[0]
    assert run.accuracy(data.test)[-1] > 0.93


def test_grid_is_every_combination_with_the_last_axis_fastest():
    axes = grid(beta=[0.5, 1], lr=[0.1, 0.2, 0.3])
    assert axes.beta.shape == axes.lr.shape == (6, 1)
    assert axes._fields == ("beta", "lr")
    assert axes.lr.ravel().tolist() == [0.1, 0.2, 0.3] * 2
    assert axes.beta.reshape(2, 3).tolist() == [[0.5] * 3, [1.0] * 3]


def test_grid_leaves_whole_numbers_whole():
    assert grid(local_steps=[1, 2, 4]).local_steps.dtype.kind == "i"


def test_a_hundred_rounds_of_one_local_step_all_recorded_from_seed_zero_are_the_defaults(few):
    run = train(TwoLayerNet(3, 2), few, optimizer=GradientDescent(0.1))
    assert run.rounds.tolist() == list(range(101))
    assert run.sample_gradients.tolist() == [40 * k for k in range(101)]
    assert np.array_equal(run.theta[0], TwoLayerNet(3, 2).start(*few, 0))


def test_a_round_costs_its_rows_times_the_local_steps(few):
    run = train(MODEL, few, GROUPS, optimizer=GradientDescent(0.1), local_steps=3, rounds=3)
    assert np.diff(run.sample_gradients).tolist() == [3 * len(g) for g in GROUPS]
    picks, steps = picking.all_groups(GROUPS), np.array([[2], [5]])
    run = train(MODEL, few, GROUPS, picks, optimizer=GradientDescent(0.1), local_steps=steps, rounds=2)
    assert run.sample_gradients.tolist() == [[0, 0], [80, 200], [160, 400]]


def test_a_schedule_is_asked_about_the_rounds_that_are_run_and_no_other(few):
    rates, shares, steps = {1: 0.5}, {1: 0.25}, {1: 2}
    schedules = {"merge": blend(lambda k: shares[k]), "local_steps": lambda k: steps[k]}
    optimizer = GradientDescent(lambda k: rates[k])
    run = train(MODEL, few, optimizer=optimizer, **schedules, rounds=1)
    settings = {"merge": blend(0.25), "local_steps": 2, "rounds": 1}
    assert np.array_equal(run.theta, train(MODEL, few, optimizer=GradientDescent(0.5), **settings).theta)


@pytest.mark.parametrize("n_steps", [4, 4.0, np.int64(4)], ids=repr)
def test_a_number_of_local_steps_is_kept_as_an_int(few, n_steps):
    run = train(MODEL, few, optimizer=GradientDescent(0.1), local_steps=n_steps, rounds=1)
    assert type(run.settings["local_steps"]) is int
    assert run.settings["local_steps"] == 4


def test_a_start_and_a_rate_a_configuration_go_together(few):
    starts, rates = np.random.default_rng(0).normal(size=(3, 5)), np.array([[0.1], [0.2], [0.3]])
    together = train(MODEL, few, optimizer=GradientDescent(rates), start=starts, rounds=5)
    for c, start in enumerate(starts):
        alone = train(MODEL, few, optimizer=GradientDescent(float(rates[c, 0])), start=start, rounds=5)
        # (3, 5) times (5, n) is summed in another order than (5,) times (5, n)
        np.testing.assert_allclose(together.theta[:, c], alone.theta, rtol=1e-11, atol=1e-13)


@EACH
def test_each_configuration_takes_its_own_number_of_local_steps(few, optimizer):
    numbers, settings = np.array([[2], [5], [1]]), {"optimizer": optimizer, "rounds": 4}
    together = train(MODEL, few, GROUPS, local_steps=numbers, **settings)
    for c, n_steps in enumerate(numbers.ravel()):
        alone = train(MODEL, few, GROUPS, local_steps=n_steps, **settings)
        np.testing.assert_allclose(together.theta[:, c], alone.theta, rtol=1e-11, atol=1e-13)


@EACH
def test_what_is_outside_the_block_stays(few, optimizer):
    picks = picking.blocks(5, 2, GROUPS)
    run = train(MODEL, few, GROUPS, picks, optimizer=optimizer, rounds=1)
    moves = next(iter(picks))[0].block
    assert ((run.final != 0) == moves).all()


def test_blocks_and_configurations_go_together(few):
    picks, rates = picking.blocks(5, 2, GROUPS), np.array([[0.1], [0.2], [0.3]])
    together = train(MODEL, few, GROUPS, picks, optimizer=Momentum(rates), rounds=6)
    for c, rate in enumerate(rates.ravel()):
        alone = train(MODEL, few, GROUPS, picks, optimizer=Momentum(float(rate)), rounds=6)
        np.testing.assert_allclose(together.theta[:, c], alone.theta, rtol=1e-11, atol=1e-13)


def refused(few, **settings):
    """The words of the error that a call of train raises."""
    with pytest.raises(ValueError, match="must") as error:
        train(MODEL, few, **{"optimizer": GradientDescent(0.1), "rounds": 2} | settings)
    return str(error.value)


def test_blocks_of_too_many_parameters_are_refused_with_one_or_several_configurations(few):
    for rate in (0.1, np.array([[0.1], [0.2]])):
        words = refused(
            few, groups=GROUPS, picks=picking.blocks(7, 2, GROUPS), optimizer=GradientDescent(rate)
        )
        assert words == "block must be a mask of 5 parameters, got shape (7,)"


def test_a_start_of_too_many_parameters_is_refused(few):
    for shape in [(7,), (2, 7)]:
        words = refused(few, start=np.zeros(shape))
        assert words == f"start must have shape (P,) or (C, P) with P = 5, got {shape}"


def test_rows_far_beyond_the_last_are_refused(few):
    assert refused(few, groups=[[0, 1000]]) == "groups must hold rows in 0..39 (n_samples), got 1000"


def test_picks_of_too_many_groups_are_refused(few):
    words = refused(few, groups=GROUPS[:2], picks=picking.cyclic(GROUPS))
    assert words == "picks must be made for 2 groups, got 3"


def test_hundreds_of_groups_may_be_trained_on(rows):
    groups = grouping.contiguous(len(rows), 300)  # numbers beyond those that Python keeps once
    assert train(MODEL, rows, groups, optimizer=GradientDescent(0.1), rounds=2).rounds[-1] == 2


def test_a_seed_is_a_whole_number_from_zero(few):
    assert refused(few, seed=-1) == "seed must be at least 0, got -1"


def test_grid_takes_one_axis_of_one_value():
    assert grid(lr=[0.1]).lr.tolist() == [[0.1]]


def test_the_criterion_may_look_at_other_rows(few):
    X, y = few
    settings = {"optimizer": GradientDescent(0.5), "rounds": 400, "until": small_gradient(0.1, hold=1)}
    part = train(MODEL, few, rows=(X[:10], y[:10]), **settings)
    slopes = np.linalg.norm(MODEL.gradient(part.theta, X[:10], y[:10]), axis=-1)
    assert part.converged_at == np.argmax(slopes <= 0.1) > 0
    assert part.converged_at != train(MODEL, few, **settings).converged_at
