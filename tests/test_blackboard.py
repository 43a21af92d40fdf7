"""The example done by hand in fractions is what the package computes, bit for bit."""

from fractions import Fraction

import numpy as np
import pytest

from parti_edu import blackboard
from parti_edu.on_numpy import GradientDescent, LinearRegression, blend, train

ROUNDS = 8


@pytest.fixture(scope="module")
def run():
    return train(
        LinearRegression(), (blackboard.X, blackboard.y), blackboard.groups,
        optimizer=GradientDescent(float(blackboard.rate)), merge=blend(float(blackboard.beta)), rounds=ROUNDS,
    )  # fmt: skip


def test_every_start_trial_and_merged_state_is_the_fraction(run):
    for k, group, start, trial, merged in blackboard.by_hand(ROUNDS):
        assert run.picked[k][0].groups == (group,)
        assert Fraction(run.starts[k].item()) == start
        assert Fraction(run.trials[k][0].item()) == trial
        assert Fraction(run.theta[k].item()) == merged


def test_the_first_rounds_written_out():
    table = [tuple(map(str, line)) for line in blackboard.by_hand(3)]
    assert table == [
        ("1", "0", "0", "1", "1/2"),
        ("2", "1", "1/2", "5/2", "3/2"),
        ("3", "0", "3/2", "7/4", "13/8"),
    ]


def test_trace_prints_the_fractions(run, capsys):
    run.trace(ROUNDS)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["round", "groups", "start", "trial", "merged"]
    assert lines[1:] == [[str(cell) for cell in line] for line in blackboard.by_hand(ROUNDS)]


def test_trace_lines_up_its_columns(run, capsys):
    run.trace(3)
    assert capsys.readouterr().out == (
        "round  groups       start       trial      merged\n"
        "    1       0           0           1         1/2\n"
        "    2       1         1/2         5/2         3/2\n"
        "    3       0         3/2         7/4        13/8\n"
    )


def test_the_groups_pull_towards_the_places_the_docstring_names():
    X, y = np.array(blackboard.X, float), np.array(blackboard.y, float)
    for rows, minimum in ((blackboard.groups[0], 2), (blackboard.groups[1], 1.5), (range(4), 1.6)):
        gradient = LinearRegression().gradient(np.array([minimum]), X[list(rows)], y[list(rows)])
        assert gradient.item() == pytest.approx(0, abs=1e-15)  # 1.6 is not a binary fraction


@pytest.mark.parametrize("beta", [Fraction(1), Fraction(1, 4), Fraction(0)])
def test_other_betas_are_exact_as_well(beta):
    run = train(
        LinearRegression(), (blackboard.X, blackboard.y), blackboard.groups,
        optimizer=GradientDescent(0.5), merge=blend(float(beta)), rounds=ROUNDS,
    )  # fmt: skip
    merged = [state for *_, state in blackboard.by_hand(ROUNDS, beta)]
    assert [Fraction(theta.item()) for theta in run.theta[1:]] == merged
