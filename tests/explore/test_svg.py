"""The SVG writer: where points land, which ticks there are, and that a picture follows the theme."""

import base64
import io
import xml.etree.ElementTree as ET

import matplotlib.image
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


@pytest.mark.parametrize("shape", svg.SHAPES)
def test_a_mark_stands_around_its_point_and_in_the_legend(shape):
    drawing = svg.Plot("", "", "", (0, 10), (0, 10))
    drawing.mark(3, 4, shape, "blue")
    drawing.legend(("one", "blue", "", shape))
    key, inside = ET.fromstring(drawing.svg("alt")).iter("{http://www.w3.org/2000/svg}polygon")
    assert inside.get("class") == key.get("class") == "blue"
    corners = np.array([pair.split(",") for pair in inside.get("points").split()], float)
    middle = np.concatenate(drawing.at([3], [4]))
    assert ((corners.min(0) < middle) & (middle < corners.max(0))).all()
    assert np.ptp(corners, axis=0) == pytest.approx(10, abs=2)


def test_the_shapes_of_marks_differ_in_their_corners():
    assert len(set(svg.SHAPES.values())) == len(svg.SHAPES) == 4


def test_arrows_begin_at_the_origin_and_end_at_their_points():
    drawing = svg.Plot("", "", "", (-1, 1), (-1, 1))
    drawing.arrows([1, 0], [0, 0])
    (mark,) = drawing.inside
    (x, y), (tip, _) = np.transpose(drawing.at([0, 1], [0, 0]))
    assert f"M{x:.1f} {y:.1f}L{tip:.1f} {y:.1f}" in mark
    assert f"M{tip - 6:.1f} {y + 3:.1f}L{tip:.1f} {y:.1f}L{tip - 6:.1f} {y - 3:.1f}" in mark
    assert mark.count("M") == 4
    drawing.arrows([1, 0], [0, 0], shafts=False)
    assert drawing.inside[-1].count("M") == 2


def contour(**thinned):
    """The pixels of the contour at 3 of a cone around (5, 4), which is a circle of that radius."""
    across, up = np.linspace(0, 10, 41), np.linspace(0, 10, 51)
    cone = np.hypot(across - 5, up[:, None] - 4)
    (path,) = svg.contours(across, up, cone, [3.0, 99.0], **thinned).split("M")[1:]
    return np.array([point.split() for point in path.split("L")], float)


def test_a_contour_runs_at_its_height_and_closes():
    drawing, points = svg.Plot("", "", "", (0, 10), (0, 10)), contour()
    assert points.min(0) == pytest.approx(drawing.at(2, 7), abs=0.5)
    assert points.max(0) == pytest.approx(drawing.at(8, 1), abs=0.5)
    assert points[0].tolist() == points[-1].tolist()


def test_a_thinned_contour_keeps_its_ends():
    whole, half = contour(), contour(every=2)
    assert half.tolist() == [*whole[:-1:2].tolist(), whole[-1].tolist()]
    assert len(half) < len(whole)


def test_a_log_axis_goes_across_as_well():
    drawing = svg.Plot("", "", "", (1, 1e4), (0, 1), log_x=True)
    across, _ = drawing.at([1, 100, 1e4], [0, 0, 0])
    assert across == pytest.approx([svg.LEFT, (svg.LEFT + svg.WIDTH - svg.RIGHT) / 2, svg.WIDTH - svg.RIGHT])
    assert {"10⁰", "10²", "10⁴", "0.2"} <= set(words(ET.fromstring(drawing.svg("alt"))))


def test_ticks_stand_where_they_are_asked_for_and_say_their_value():
    told = words(ET.fromstring(plot(x_ticks=(3, 7.5), y_ticks=(0.003, 0.3)).svg("alt")))
    assert told == ["title", "across", "up", "3", "7.5", "0.003", "0.3"]


def test_cells_fill_the_map_once_from_the_lower_left():
    drawing = svg.Plot("", "", "", (0, 4), (0, 2))
    drawing.cells((0, 3), (0, 2), np.array([[0, 1, 1], [2, 2, 0]]), (0.0, 0.2, 0.5))
    third, half, bottom = (svg.WIDTH - svg.LEFT - svg.RIGHT) / 4, (svg.HEIGHT - svg.TOP - svg.BOTTOM) / 2, 274
    lower, upper = drawing.inside
    ends = [svg.LEFT + i * third for i in range(4)]
    assert f'd="M{ends[1]:.1f} {bottom:.1f}V{bottom - half:.1f}H{ends[3]:.1f}V{bottom:.1f}z"' in lower
    assert f'd="M{ends[0]:.1f} {bottom - half:.1f}V{svg.TOP:.1f}H{ends[2]:.1f}V{bottom - half:.1f}z"' in upper
    assert ('fill-opacity="0.2"' in lower, 'fill-opacity="0.5"' in upper) == (True, True)


def test_a_key_has_a_box_for_each_fill_and_words_between_them():
    drawing = svg.Plot("", "", "", (0, 1), (0, 1))
    before = len(drawing.around)
    drawing.key(["one", "ten"], (0.0, 0.3, 0.6))
    boxes = [mark for mark in drawing.around[before:] if "fill-opacity" in mark]
    assert [mark.count(f"h{svg.KEY}v") for mark in boxes] == [1, 1, 1]
    assert [
        float(t.get("x")) for t in ET.fromstring(drawing.svg("alt")).iter() if t.text in ("one", "ten")
    ] == [
        svg.WIDTH - svg.RIGHT - 2 * svg.KEY,
        svg.WIDTH - svg.RIGHT - svg.KEY,
    ]


def test_a_box_stands_around_its_point():
    drawing = plot()
    drawing.box(5, 1.0, "blue")
    middle = (svg.LEFT + svg.WIDTH - svg.RIGHT) / 2
    assert [f"M{middle - 7:.1f} {svg.TOP - 6:.1f}h14v12h-14z" in mark for mark in drawing.inside] == [
        True,
        True,
    ]


def test_an_image_is_a_png_with_the_same_light():
    light = np.array([[0.0, 0.5, 1.0], [1.5, -1.0, 0.2]])
    kind, data = svg.png(light).split(",")
    assert kind == "data:image/png;base64"
    read = matplotlib.image.imread(io.BytesIO(base64.b64decode(data)))
    np.testing.assert_allclose(read, np.clip(light, 0, 1), atol=0.5 / 255 + 1e-6)


def test_text_from_outside_is_escaped():
    picture = svg.Plot("<b>", "a & b", "", (0, 1), (0, 1)).svg('"<&')
    assert ET.fromstring(picture).get("aria-label") == '"<&'


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0, "0"),
        (1e-4, "0.0001"),
        (9.99e-5, "0.0001"),
        (-2.13e-5, "−2.1·10⁻⁵"),
        (350.4, "350"),
        (949_000, "950000"),
        (999_999, "1.0·10⁶"),
        (3.5e6, "3.5·10⁶"),
        (np.inf, "inf"),
    ],
)
def test_a_number_in_a_sentence_has_no_hyphen_to_break_at(value, told):
    assert svg.number(value) == told


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
