"""The map explorer: its cells are runs, its words are true of them, and rough comes before fine."""

import re

import numpy as np
import pytest

from parti_edu.explore import map, map_explorer
from parti_edu.on_numpy import GradientDescent, blend, train

SETTINGS = [
    {},
    {"n_groups": 64, "optimizer": "Adagrad", "rate": 0.0442, "beta": 0.891},
    {"n_groups": 32, "local_steps": 5, "optimizer": "momentum", "rate": 0.00391, "beta": 0.177},
    {"n_groups": 32, "data": "flights", "rate": 0.25, "beta": 1.0},
]


def cell(result, rate, beta):
    """The height that the map shows at a rate and a β."""
    return result.heights[map.BETAS.index(beta), map.RATES.index(rate)]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_the_code_line_computes_the_same_map_and_the_open_cell(settings):
    state, names = map_explorer.at(**settings), {}
    exec(map_explorer.code(state), names)
    result = map_explorer.result(state)
    lowest = map.minimum(state.data)
    # 1,024 runs in one call and in parts round differently; 200 rounds of the wildest ones keep 1e-6.
    np.testing.assert_allclose(100 * (names["loss"] / lowest - 1), result.heights, rtol=1e-6, atol=1e-6)
    alone = 100 * (names["cell"].loss(names["rows"])[-1] / lowest - 1)
    assert alone == pytest.approx(result.runs[-1, 0], rel=1e-9)
    assert alone == pytest.approx(cell(result, state.rate, state.beta), rel=1e-6)


def test_a_cell_of_the_map_is_the_run_at_its_rate_and_beta():
    result = map_explorer.result(map_explorer.at(rate=2.0, beta=0.5))
    rows, groups = map.rows("breast_cancer"), map.groups("breast_cancer", 16)
    run = train(
        map.MODEL,
        rows,
        groups,
        map.picking.reshuffled(groups, seed=0),
        optimizer=GradientDescent(2.0),
        merge=blend(0.5),
        rounds=200,
    )
    expected = 100 * (run.loss(rows)[-1] / map.minimum("breast_cancer") - 1)
    assert cell(result, 2.0, 0.5) == pytest.approx(expected, rel=1e-9)
    assert cell(result, 0.5, 2 ** (-2 / 2)) == pytest.approx(cell(result, 0.25, 1.0), rel=1e-9), (
        "equal products"
    )


@pytest.mark.parametrize("data", ["breast_cancer", "flights"])
def test_nothing_is_below_the_lowest_loss(data):
    X, y = map.rows(data).X, map.rows(data).y
    run = train(map.MODEL, (X, y), optimizer=map.Momentum(0.25), rounds=1000, record="last")
    assert np.linalg.norm(map.MODEL.gradient(run.final, X, y)) < 1e-12, "the minimum is one"
    assert map_explorer.result(map_explorer.at(data=data, n_groups=32)).heights.min() > 0


def test_a_coarse_map_is_every_fourth_cell_of_the_fine_one():
    state = map_explorer.at(n_groups=8)
    rough, fine = map_explorer.coarse(state), map_explorer.result(state)
    np.testing.assert_allclose(rough.heights, fine.heights[2::4, 2::4], rtol=1e-6)
    assert "of 64 cells" in map_explorer.words(rough)
    assert "a coarse map; the fine one follows" in map_explorer.words(rough)
    assert "of 1,024 cells" in map_explorer.words(fine)
    assert "coarse" not in map_explorer.words(fine)


@pytest.mark.parametrize(
    ("settings", "rough"),
    [
        ({}, False),
        ({"n_groups": 32}, False),
        ({"n_groups": 8}, True),
        ({"n_groups": 1}, True),
        ({"optimizer": "Adam"}, True),
        ({"data": "flights"}, True),
        ({"local_steps": 10}, False),
    ],
    ids=str,
)
def test_a_map_that_takes_long_is_coarse_first(settings, rough):
    assert (map_explorer.coarse(map_explorer.at(**settings)) is not None) == rough


def test_the_words_name_the_best_and_the_open_cell():
    result = map_explorer.result(map_explorer.at(rate=1.0, beta=0.25))
    words = map_explorer.words(result)
    rate, beta = (
        float(x) for x in re.search(r"Best cell \(ring\), rate ([\d.]+) and β = ([\d.]+)", words).groups()
    )
    assert cell(result, rate, beta) <= 1.05 * result.heights.min()
    assert cell(result, rate, beta) == pytest.approx(result.runs[-1, 1], rel=1e-6)
    assert f"{(result.heights <= 1).sum()} of 1,024 cells are within 1 %" in words
    assert f"β = 0.25: {cell(result, 1.0, 0.25):.2g} % above it; not within 1 % at the end" in words


def test_the_words_say_from_which_round_on_the_open_cell_is_good():
    result = map_explorer.result(map_explorer.at(data="flights"))
    first = int(re.search(r"within 1 % from round (\d+) on", map_explorer.words(result))[1])
    good = result.runs[:, 0] <= 1
    assert good[result.rounds >= first].all()
    assert not good[result.rounds < first][-1]


def test_only_with_one_local_step_the_words_call_the_bands_straight():
    told = {n: map_explorer.words(map_explorer.result(map_explorer.at(local_steps=n))) for n in (1, 5)}
    assert told[1].endswith("only the product β × rate counts: the bands are straight.")
    assert "straight" not in told[5]
    assert "one local step: after 200 rounds, 12.5 passes" in told[1]
    assert "5 local steps: after 40 rounds, 12.5 passes" in told[5]


def test_with_five_local_steps_the_bands_are_not_straight():
    high = {n: map_explorer.result(map_explorer.at(local_steps=n)) for n in (1, 5)}
    corners = {n: (cell(h, 1.0, 1.0), cell(h, 16.0, 0.062)) for n, h in high.items()}
    assert corners[1][0] == pytest.approx(corners[1][1], rel=0.05), "0.062 × 16 is nearly 1"
    assert corners[5][1] > 1.3 * corners[5][0]


@pytest.mark.parametrize("settings", [{}, {"n_groups": 1}, {"n_groups": 64, "optimizer": "Adam"}], ids=str)
def test_a_picture_is_small(settings):
    assert len(map_explorer.picture(map_explorer.result(map_explorer.at(**settings)))) < 30_000
