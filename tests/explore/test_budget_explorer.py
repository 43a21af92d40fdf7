"""The budget explorer: its net by code, counts by hand, flips, and words that say what it costs."""

import base64
import io
import re

import numpy as np
import pytest
from matplotlib.image import imread

pytest.importorskip("torch", reason="torch is not installed: pip install -c constraints.txt torch")

from parti_edu.explore import budget, budget_explorer

FULL = {"sparsity": 0, "rank": 100, "bits": 32}


def run(**settings):
    return budget_explorer.result(budget_explorer.at(**settings))


def told(**settings):
    return budget_explorer.words(run(**settings))


@pytest.mark.parametrize(
    "settings",
    [{}, FULL, {"sparsity": 90, "rank": 16, "bits": 4}, {"sparsity": 0, "bits": 2, "scales": "one a layer"}],
    ids=str,
)
def test_the_code_line_computes_the_same(settings, monkeypatch):
    from parti_edu.labs.efficiency import nets

    names, result, net = {}, run(**settings), budget.trained().net
    monkeypatch.setattr(nets, "fit", lambda *_, **__: net)  # trained once is enough
    exec(budget_explorer.code(budget_explorer.at(**settings)), names)
    np.testing.assert_array_equal(names["predicted"], result.predicted)
    assert (names["kilobytes"], names["percent"]) == (result.kilobytes, result.percent)


def test_the_net_of_the_code_line_is_the_trained_one(monkeypatch):
    from parti_edu.labs.efficiency import nets

    asked = {}
    monkeypatch.setattr(
        nets, "fit", lambda net, rows, **settings: asked.update(settings, n=len(rows.y)) or net
    )
    exec("\n".join(budget_explorer.code(budget_explorer.at()).splitlines()[:3]), {})
    assert asked == {"passes": budget.PASSES, "n": 8000}


def test_the_full_net_costs_its_parameters():
    whole = run(**FULL)
    assert whole.kilobytes == 4 * 79_510 / 1000
    assert whole.operations == len(whole.weights) == 79_400
    assert whole.percent > 84


@pytest.mark.parametrize("sparsity", [20, 80, 98])
def test_cut_weights_are_zero_and_cost_a_bit_each(sparsity):
    one = run(**FULL | {"sparsity": sparsity})
    kept = 79_400 - round(sparsity / 100 * 79_400)
    assert (one.weights != 0).sum() == one.operations == kept
    assert one.kilobytes == pytest.approx((79_400 / 8 + 4 * kept + 440) / 1000, abs=0.01)


@pytest.mark.parametrize("rank", [2, 16, 64])
def test_rank_counts_two_narrow_layers(rank):
    one = run(**FULL | {"rank": rank})
    last = min(1000, rank * 110)
    assert one.operations == rank * 884 + last
    assert one.kilobytes == 4 * (rank * 884 + last + 110) / 1000


def test_bits_leave_few_different_weights():
    one = run(**FULL | {"bits": 3, "scales": "one a layer"})
    assert len(np.unique(one.weights[:78_400])) <= 7
    assert len(np.unique(run(**FULL | {"bits": 3}).weights[:78_400])) > 100


def test_flips_are_the_rows_that_changed_sides():
    one, whole, y = run(sparsity=95), run(**FULL), budget.trained().y
    lost, won = budget.flips(one)
    assert len(lost) > len(won) > 0
    for rows, right, wrong in ((lost, whole, one), (won, one, whole)):
        assert (right.predicted[rows] == y[rows]).all()
        assert (wrong.predicted[rows] != y[rows]).all()
    assert one.percent - whole.percent == pytest.approx((len(won) - len(lost)) / 10)


def test_words_tell_what_was_done_saved_and_lost():
    one = run(sparsity=90, rank=16, bits=4)
    words, (lost, won) = budget_explorer.words(one), map(len, budget.flips(one))
    assert words.startswith("90 % of the weights cut, rank 16 of 100, 4 bits a weight: ")
    assert f"{one.kilobytes:.3g} kB in place of 318" in words
    assert f"points less than the full net: {lost} that it had right are wrong now, {won} the other" in words
    assert told(**FULL) == "The full net: 318 kB, 79,400 multiply-adds an image; " + words_of_full()


def words_of_full():
    return f"{run(**FULL).percent:.1f} % of the test garments right."


def test_words_tell_more_less_and_as_many_apart():
    sides = {
        re.search(r"points (more|less) than|as many as", told(**FULL | {k.name: v})).group()
        for k in budget_explorer.knobs[:3]
        for v in k.values
        if v != FULL[k.name]
    }
    assert "points less than" in sides
    assert len(sides) > 1


def test_the_picture_shows_six_garments_that_were_lost_with_their_names():
    one = run(sparsity=95)
    picture = budget_explorer.picture(one)
    row = budget.flips(one)[0][0]
    assert picture.count("<image ") == 6
    assert f">→ {budget.NAMES[one.predicted[row]]}<" in picture
    assert "wrong now: none" in budget_explorer.picture(run(**FULL))
    assert len(picture) < 30_000


def test_a_thumbnail_is_the_garment():
    one = run(sparsity=95)
    shown = re.findall(r'href="data:image/png;base64,([^"]+)"', budget_explorer.picture(one))
    for row, data in zip(budget.flips(one)[0], shown, strict=False):
        light = imread(io.BytesIO(base64.b64decode(data)), format="png")
        np.testing.assert_allclose(light * 255, budget.trained().images[row], atol=0.01)


def test_three_knobs_in_sight():
    assert [k.name for k in budget_explorer.knobs if not k.folded] == ["sparsity", "rank", "bits"]
