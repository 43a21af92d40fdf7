"""The grouping explorer: its arrows and spreads are the package's, and chance is what theory says."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from parti_edu import grouping
from parti_edu.explore import grouping_explorer, groups, svg

RULES = grouping_explorer.knobs[1].values
WHERES = ("at the start", "at the minimum")
SVG = "{http://www.w3.org/2000/svg}"


def result(**settings):
    return grouping_explorer.result(grouping_explorer.at(**settings))


def told(**settings):
    return grouping_explorer.words(result(**settings))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("data", "n_groups", "where"),
    [("penguins", 24, "at the start"), ("penguins", 3, "at the minimum"), ("flights", 6, "at the start")],
)
def test_the_code_line_computes_the_same_spread(rule, data, n_groups, where):
    state = grouping_explorer.at(rule=rule, data=data, n_groups=n_groups, where=where, seed=3)
    names = {}
    exec(grouping_explorer.code(state), names)
    found = grouping_explorer.result(state)
    np.testing.assert_allclose(names["gradients"], found.gradients, rtol=0, atol=1e-14)
    assert names["spread"] == pytest.approx(found.spread, rel=1e-12)


@pytest.mark.parametrize("where", WHERES)
@pytest.mark.parametrize("n_groups", [2, 6, 96])
def test_chance_is_the_spread_of_random_groups_over_many_seeds(n_groups, where):
    chosen, y = groups.rows("penguins")
    at, full = groups.theta("penguins", where), groups.full_gradient("penguins", where)
    squares = []
    for seed in range(300):
        members = grouping.random(len(y), n_groups, seed)
        away = np.array([groups.MODEL.gradient(at, chosen.X[g], y[g]) for g in members]) - full
        squares.append(members.sizes / len(y) @ (away**2).sum(1))
    expected = groups.chance("penguins", where)[n_groups == groups.COUNTS][0]
    # Two groups have one free deviation: the mean of 300 squares of it is good to some 8 %, its root to 4 %.
    assert np.sqrt(np.mean(squares)) == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("data", groups.SOURCES)
@pytest.mark.parametrize("where", WHERES)
def test_chance_starts_at_zero_and_ends_with_the_rows_own_spread(data, where):
    chosen, y = groups.rows(data)
    at, chance = groups.theta(data, where), groups.chance(data, where)
    each = np.array([groups.MODEL.gradient(at, chosen.X[[i]], y[[i]]) for i in range(len(y))])
    alone = np.sqrt(each.var(0).sum())
    assert chance[0] == 0
    if data == "penguins":
        assert chance[-1] == pytest.approx(alone, rel=1e-12)
    else:
        of_m = alone * np.sqrt(groups.COUNTS[-1] / len(y))  # 239 of 32,573: the correction is 0.2 %
        assert of_m * 0.996 < chance[-1] < of_m


def test_every_grouping_is_the_same_at_the_two_ends():
    ends = np.array([groups.curve("penguins", rule, "at the start", 0)[[0, -1]] for rule in RULES])
    np.testing.assert_allclose(ends[:, 0], 0, atol=1e-15)
    np.testing.assert_allclose(ends[:, 1], groups.chance("penguins", "at the start")[-1], rtol=1e-12)


@pytest.mark.parametrize("data", groups.SOURCES)
def test_the_spread_is_what_the_mean_square_length_has_beyond_the_full_gradient(data):
    found = result(data=data, n_groups=12, rule="by source")
    mean_square = found.sizes / found.sizes.sum() @ (found.gradients**2).sum(1)
    assert found.spread**2 == pytest.approx(mean_square - (found.full**2).sum(), rel=1e-9)


def test_at_the_start_an_arrow_tells_the_share_of_its_group():
    found = result(n_groups=16, rule="contiguous")
    np.testing.assert_allclose(0.5 - found.gradients[:, 0], found.shares, atol=1e-14)


def test_at_the_minimum_the_full_gradient_is_zero():
    for data in groups.SOURCES:
        assert np.linalg.norm(groups.full_gradient(data, "at the minimum")) < 1e-8


def test_words_tell_dealt_sorted_and_chance_apart():
    assert "over many seeds we expect 0.098." in told()
    assert re.search(r", 0\.\d+ of what chance gives: these groups resemble", told(rule="stratified"))
    assert re.search(r", 4\.9 times what chance gives: these groups differ", told(rule="by label"))
    assert "about what chance gives" in told(n_groups=2, rule="by time", where="at the minimum")
    assert told(n_groups=1).endswith("nothing spreads.")
    assert "each row is a group, and every grouping gives the same" in told(n_groups=239)
    assert "each row is a group" not in told(n_groups=239, data="flights")


def test_words_name_what_the_rows_were_sorted_by():
    assert "sorted by island, 29 or 30 rows each" in told(rule="by source")
    assert "sorted by carrier" in told(rule="by source", data="flights")
    assert "as they lie in the file" in told(rule="contiguous")


def test_words_give_the_widest_angle_only_where_there_is_one():
    found = result(n_groups=24, rule="by label")
    angles = [np.degrees(np.arctan2(*g[::-1]) - np.arctan2(*found.full[::-1])) for g in found.gradients]
    assert f"widest angle between the two is {max(map(abs, angles)):.0f}°" in grouping_explorer.words(found)
    assert "angle" not in told(where="at the minimum")


def test_arrows_that_leave_the_picture_are_counted():
    found = result(n_groups=239)
    above = int((found.gradients[:, 1] > 1.1).sum())
    assert above
    assert f" {above} arrows end outside the picture." in grouping_explorer.words(found)
    assert "outside" not in told()


@pytest.mark.parametrize("settings", [{}, {"n_groups": 239}, {"rule": "by label", "n_groups": 3}], ids=str)
def test_a_bar_is_as_high_as_its_groups_share(settings):
    found = result(**settings)
    tree = ET.fromstring(groups.strip(found))
    (bars,) = [p.get("d") for p in tree.iter(f"{SVG}path") if p.get("class") == "blue"]
    numbers = np.array(re.findall(r"v(-?[\d.]+)h([\d.]+)v", bars), float)
    np.testing.assert_allclose(-numbers[:, 0] / groups.BARS, found.shares, atol=0.05 / groups.BARS + 1e-9)
    gap = 0.2 if len(found.sizes) < 100 else 0
    np.testing.assert_allclose(numbers[:, 1] + gap, 100 * found.sizes / found.sizes.sum(), atol=0.005 + 1e-9)


def test_a_unit_is_as_long_across_as_upwards():
    across, up = svg.WIDTH - svg.LEFT - svg.RIGHT, svg.HEIGHT - svg.TOP - svg.BOTTOM
    for about in groups.SOURCES.values():
        (left, right), (low, high) = about.span
        assert across / (right - left) == pytest.approx(up / (high - low))
