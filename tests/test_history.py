"""What a run leaves: which rounds, at what cost, with which losses, and a table to check by hand."""

import numpy as np
import pytest

from parti_edu import blackboard, grouping, history, picking
from parti_edu.convergence import small_gradient
from parti_edu.on_numpy import (
    GradientDescent,
    LinearRegression,
    LogisticRegression,
    Momentum,
    Quadratic,
    blend,
    train,
)

GD = GradientDescent(0.3)
RATES = GradientDescent(np.array([[0.3], [0.1], [0.03]]))


@pytest.mark.parametrize(
    ("record", "rounds"), [(1, [0, 1, 2, 3, 4, 5, 6, 7]), (3, [0, 3, 6, 7]), ("last", [7])]
)
@pytest.mark.parametrize("optimizer", [GD, RATES])
def test_record_keeps_every_kth_round_the_start_and_the_last(few, record, rounds, optimizer):
    run = train(LogisticRegression(), few, optimizer=optimizer, rounds=7, record=record)
    every = train(LogisticRegression(), few, optimizer=optimizer, rounds=7)
    assert run.rounds.tolist() == rounds
    assert np.array_equal(run.theta, every.theta[rounds])
    assert np.array_equal(run.sample_gradients, every.sample_gradients[rounds])
    assert np.array_equal(run.starts[-1], every.theta[6])
    assert np.array_equal(run.final, every.final)


def test_loss_and_accuracy_are_the_models_at_every_recorded_state(few):
    X, y = few
    model = LogisticRegression(l2=0.1)
    run = train(model, few, optimizer=RATES, rounds=5)
    assert run.loss(few).shape == run.accuracy(few).shape == (6, 3)
    for k, c in np.ndindex(6, 3):
        # one state at a time sums in another order
        assert run.loss(few)[k, c] == pytest.approx(model.loss(run.theta[k, c], X, y), rel=1e-13)
        assert run.accuracy(few)[k, c] == np.mean(model.predict(run.theta[k, c], X) == y)


def test_losses_computed_in_parts_are_the_same(few, monkeypatch):
    run = train(LogisticRegression(), few, optimizer=RATES, rounds=5)
    whole = run.loss(few)
    monkeypatch.setattr(history, "AT_ONCE", 4 * len(few[1]))  # four states at a time, 18 in all
    np.testing.assert_allclose(run.loss(few), whole, rtol=1e-14)
    monkeypatch.setattr(history, "AT_ONCE", 1)
    np.testing.assert_allclose(run.loss(few), whole, rtol=1e-14)


def test_a_surface_needs_no_rows():
    run = train(Quadratic([1.0, 4.0]), optimizer=GradientDescent(0.1), rounds=3)
    assert run.loss()[0] == 2.5
    assert np.array_equal(run.loss(), run.model.loss(run.theta))


GROUPS = grouping.contiguous(40, 3)  # 14, 13 and 13 rows


@pytest.mark.parametrize(
    ("picks", "local_steps", "cost"),
    [
        (picking.cyclic(GROUPS), 1, [0, 14, 27, 40]),
        (picking.cyclic(GROUPS), 5, [0, 70, 135, 200]),
        (picking.all_groups(GROUPS), 2, [0, 80, 160, 240]),
        (picking.walks(GROUPS, 2), 1, [0, 27, 54, 80]),
        (picking.blocks(5, 2, GROUPS, side_by_side=True), 1, [0, 28, 54, 80]),
        (picking.cyclic(GROUPS), lambda k: k, [0, 14, 40, 79]),
    ],
)
def test_cost_is_one_for_each_row_of_each_gradient(few, picks, local_steps, cost):
    run = train(LogisticRegression(), few, GROUPS, picks, optimizer=GD, local_steps=local_steps, rounds=3)
    assert run.sample_gradients.tolist() == cost


def test_cost_is_counted_for_each_configuration(few):
    steps = np.array([[1], [4]])
    run = train(LogisticRegression(), few, optimizer=GD, local_steps=steps, rounds=2)
    assert run.sample_gradients.tolist() == [[0, 0], [40, 160], [80, 320]]


def test_starts_picks_and_trials_are_kept_side_by_side(few):
    picks = picking.all_groups(GROUPS)
    run = train(LogisticRegression(), few, GROUPS, picks, optimizer=GD, merge=blend(0.5), rounds=3)
    assert run.picked[0] == ()
    assert run.trials[0] == ()
    for k in (1, 2, 3):
        assert np.array_equal(run.starts[k], run.theta[k - 1])
        assert [pick.groups for pick in run.picked[k]] == [(0,), (1,), (2,)]
        for g, trial in enumerate(run.trials[k]):
            X, y = few[0][GROUPS[g]], few[1][GROUPS[g]]
            expected = run.starts[k] - 0.3 * LogisticRegression().gradient(run.starts[k], X, y)
            assert np.array_equal(trial, expected)


def test_settings_tell_how_the_run_was_made(few):
    run = train(LogisticRegression(l2=0.1), few, optimizer=GD, rounds=3, state="reset")
    assert run.settings["model"] == LogisticRegression(l2=0.1)
    assert run.settings["optimizer"] is GD
    assert run.settings["groups"].sizes.tolist() == [40]
    told = {name: run.settings[name] for name in ("local_steps", "rounds", "until", "state")}
    assert told == {"local_steps": 1, "rounds": 3, "until": None, "state": "reset"}


def test_divergence_is_recorded_and_warned_about_once():
    with pytest.warns(UserWarning, match="^the run diverged: see diverged_at") as caught:
        run = train(Quadratic([1.0]), optimizer=GradientDescent(12.0), rounds=50)
    assert len(caught) == 1
    # θ_k = (−11)^k, and 11^12 ≈ 3.1e12 is the first power beyond 1e12
    assert run.diverged_at == run.rounds[-1] == 12
    assert run.final.tolist() == [11.0**12]
    assert run.converged_at == -1


def test_a_diverged_configuration_is_frozen_and_counted_in_the_warning():
    rates = GradientDescent(np.array([[12.0], [0.5]]))
    with pytest.warns(UserWarning, match="^the run diverged in 1 of 2 configurations: see diverged_at"):
        run = train(Quadratic([1.0]), optimizer=rates, rounds=50)
    assert run.diverged_at.tolist() == [12, -1]
    assert run.rounds[-1] == 50
    assert (run.theta[12:, 0] == 11.0**12).all()
    assert run.theta[-1, 1, 0] == 0.5**50
    assert (run.sample_gradients[12:, 0] == 12).all()
    assert run.sample_gradients[-1, 1] == 50


def test_a_state_that_is_not_finite_counts_as_diverged(few):
    with pytest.warns(UserWarning, match="diverged"):
        run = train(LinearRegression(), few, optimizer=Momentum(1e300), rounds=50)
    assert run.diverged_at in (1, 2, 3)
    assert np.isinf(run.loss(few)[-1]) or np.isnan(run.loss(few)[-1])  # and no warning here


def test_converged_and_diverged_are_plain_numbers_or_one_a_configuration(few):
    one = train(LogisticRegression(0.1), few, optimizer=GD, rounds=900, until=small_gradient(1e-3))
    many = train(LogisticRegression(0.1), few, optimizer=RATES, rounds=900, until=small_gradient(1e-3))
    assert type(one.converged_at) is type(one.diverged_at) is int
    assert one.converged_at == many.converged_at[0] > 0
    assert many.diverged_at.tolist() == [-1, -1, -1]


def printed(run, capsys, **kwargs):
    run.trace(**kwargs)
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_trace_shows_several_trials_on_lines_of_their_own(capsys):
    groups = blackboard.groups
    run = train(
        LinearRegression(), (blackboard.X, blackboard.y), groups, picking.all_groups(groups),
        optimizer=GradientDescent(0.5), rounds=2,
    )  # fmt: skip
    assert printed(run, capsys) == [
        ["round", "groups", "start", "trial", "merged"],
        ["1", "0", "0", "1", "2"],
        ["1", "1", "0", "3", "2"],
        ["2", "0", "2", "2", "3/2"],
        ["2", "1", "2", "1", "3/2"],
    ]


def test_trace_prints_as_many_rounds_as_it_is_asked_for(few, capsys):
    run = train(LogisticRegression(), few, optimizer=GD, rounds=20)
    assert [line[0] for line in printed(run, capsys, rounds=3)] == ["round", "1", "2", "3"]
    assert len(printed(run, capsys)) == 9


def test_trace_of_a_last_round_alone_shows_that_round(few, capsys):
    run = train(LogisticRegression(), few, optimizer=GD, rounds=20, record="last")
    assert [line[0] for line in printed(run, capsys)] == ["round", "20"]


def test_trace_writes_a_fraction_only_where_it_is_exact_and_short():
    assert history._exact(np.array([0.5, 1 / 4096, -3.0])) == "1/2 1/4096 -3"
    assert history._exact(np.array([1 / 8192, 0.1])) == "0.00012207 0.1"
    assert history._exact(np.array([np.nan, np.inf])) == "nan inf"
    assert history._exact(np.arange(4.0)) == "0 1 2 …"
