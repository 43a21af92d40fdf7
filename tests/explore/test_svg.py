"""The SVG writer: where points land, which ticks there are, and that a picture follows the theme."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from parti_edu.explore import loop_diagram, svg
from parti_edu.plots import PALETTE


def plot(**settings):
    return svg.Plot("title", "across", "up", (0, 10), (1e-3, 1.0), log_y=True, **settings)


def words(tree):
    return [t.text for t in tree.iter("{http://www.w3.org/2000/svg}text")]


def test_corners_of_the_axes():
    across, down = plot().at([0, 10], [1e-3, 1.0])
    assert across.tolist() == [svg.LEFT, svg.WIDTH - svg.RIGHT]
    assert down == pytest.approx([svg.HEIGHT - svg.BOTTOM, svg.TOP])


def test_ticks_stand_inside_the_axes_and_are_readable():
    told = words(ET.fromstring(plot().svg("alt")))
    assert {"0", "2", "4", "10", "10⁻³", "10⁰"} <= set(told)
    assert {"title", "across", "up"} <= set(told)


def test_a_line_is_interrupted_where_it_is_not_a_number_and_kept_within_reach():
    drawing = plot()
    drawing.line([0, 1, 2, 3, 4], [0.1, 0.1, np.nan, 0.1, 1e300])
    (mark,) = drawing.inside
    assert mark.count("M") == 2
    assert "nan" not in mark
    assert "inf" not in mark


def test_a_loss_of_zero_goes_to_the_bottom_of_a_log_axis_without_a_warning():
    assert plot().at([1], [0.0])[1] == [svg.FAR]


def test_text_from_outside_is_escaped():
    picture = svg.Plot("<b>", "a & b", "", (0, 1), (0, 1)).svg('"<&')
    assert ET.fromstring(picture).get("aria-label") == '"<&'


def test_both_themes_have_each_colour():
    for name, (light, dark) in PALETTE.items():
        assert f".parti .{name}{{color:{light}}}" in svg.STYLE
        assert f"[data-jp-theme-light=false] .parti .{name}{{color:{dark}}}" in svg.STYLE


def test_a_standalone_file_is_well_formed_and_themes_itself():
    file = svg.standalone(plot().svg("one"), plot().svg("two"))
    assert len(list(ET.fromstring(file).iter("{http://www.w3.org/2000/svg}svg"))) == 5
    assert "prefers-color-scheme:dark" in file


def test_the_diagram_names_the_four_parts_in_both_languages():
    told = words(ET.fromstring(loop_diagram()))
    assert {"group", "iterate", "merge", "test", "样本分组", "部分迭代", "结果合并", "收敛"} <= set(told)
