"""For every eye and ear: contrast, colours for the colour-blind, roles, labels, dashes, live words."""

import itertools
import xml.etree.ElementTree as ET

import ipywidgets as w
import numpy as np
import pytest

from parti_edu.explore import EXPLORERS
from parti_edu.plots import PALETTE

PAGES = {"light": "#ffffff", "dark": "#111111"}  # of JupyterLab
ACCENTS = {
    theme: {name: pair[i] for name, pair in PALETTE.items() if name != "ink"} for i, theme in enumerate(PAGES)
}
# What a colour-blind eye makes of linear RGB: Machado, Oliveira & Fernandes (2009), severity 1.0.
EYES = {
    "usual": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(  # sRGB, white D65
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
APART = 10.0  # CIE76 between any two accents; 2.3 is just noticeable. Lines also differ by their dash.
SVG = "{http://www.w3.org/2000/svg}"
each_theme = pytest.mark.parametrize("theme", PAGES)
each_explorer = pytest.mark.parametrize("explorer", EXPLORERS.values(), ids=EXPLORERS)


def linear(colour):
    """Linear RGB of "#rrggbb"."""
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """The ratio of WCAG 2: 1 for equal colours, 21 for black on white."""
    low, high = sorted((TO_XYZ[1] @ linear(one), TO_XYZ[1] @ linear(other)))
    return (high + 0.05) / (low + 0.05)


def lab(rgb):
    """CIE L*a*b* of linear RGB."""
    xyz = TO_XYZ @ np.clip(rgb, 0, 1) / TO_XYZ.sum(1)
    x, y, z = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(one, other, eye):
    """CIE76 between two colours as an eye sees them."""
    matrix = np.array(EYES[eye])
    return float(np.linalg.norm(lab(matrix @ linear(one)) - lab(matrix @ linear(other))))


def opened(explorer):
    """The explorer's widgets, all of them, as they open."""

    def inside(widget):
        yield widget
        for child in getattr(widget, "children", ()):
            yield from inside(child)

    return list(inside(explorer.show()))


def pictures(explorer):
    """The picture at each end of each knob."""
    for knob in explorer.knobs:
        for value in (knob.values[0], knob.values[-1]):
            yield ET.fromstring(explorer.picture(explorer.result(explorer.at(**{knob.name: value}))))


def test_the_measures_measure():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # the textbook near miss of 4.5
    assert lab(linear("#ff0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.02)
    for eye in EYES:
        assert distance("#808080", "#ffffff", eye) == pytest.approx(46.4, abs=0.1), "greys stay grey"
    assert distance("#5d9c00", "#c08000", "protanopia") < 0.3 * distance("#5d9c00", "#c08000", "usual")


@each_theme
@pytest.mark.parametrize("accent", ACCENTS["light"])
def test_each_colour_stands_out_from_its_page(theme, accent):
    ratio = contrast(ACCENTS[theme][accent], PAGES[theme])
    assert ratio >= 4.5, f"{ratio:.2f}; 3 is what WCAG 2 asks of graphics, 4.5 of letters"


@each_theme
@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(ACCENTS["light"], 2)))
def test_any_two_colours_differ_for_every_eye(theme, eye, one, other):
    assert distance(ACCENTS[theme][one], ACCENTS[theme][other], eye) >= APART


@each_explorer
def test_every_picture_says_what_it_shows(explorer):
    for tree in pictures(explorer):
        outer = [e for e in tree.iter(f"{SVG}svg") if e.get("class") == "parti"]
        assert outer
        for drawing in outer:
            assert drawing.get("role") == "img"
            assert len(drawing.get("aria-label").split()) >= 5


def visible(path):
    """Not the line of a key that explains marks alone."""
    return path.get("stroke-dasharray") != "0 99"


@each_explorer
def test_lines_differ_by_dash_as_well_as_by_colour(explorer):
    several = 0
    for tree in pictures(explorer):
        accents = [p for p in tree.iter(f"{SVG}path") if p.get("class") not in (None, "ink") and visible(p)]
        looks = {(p.get("class"), p.get("stroke-dasharray")) for p in accents}
        assert len(looks) == len({colour for colour, _ in looks}) == len({dash for _, dash in looks})
        several += len(looks) > 1
    assert several, "no picture has two lines to tell apart"


@each_explorer
def test_the_legend_shows_every_line(explorer):
    for tree in pictures(explorer):
        frames = [e for e in tree.iter(f"{SVG}svg") if e.get("class") == "parti"]
        accents = [p for p in tree.iter(f"{SVG}path") if p.get("class") not in (None, "ink") and visible(p)]
        keys = [p for frame in frames for p in frame.findall(f"{SVG}path") if p in accents]

        def looks(paths):
            return {(p.get("class"), p.get("stroke-dasharray")) for p in paths}

        assert looks(keys) == looks(accents)
        assert len(accents) > len(keys)


@each_explorer
def test_every_control_has_a_name(explorer):
    widgets = opened(explorer)
    controls = [x for x in widgets if isinstance(x, w.SelectionSlider | w.Dropdown | w.Button)]
    assert len(controls) == len(explorer.knobs) + 1 + sum(knob.plays for knob in explorer.knobs)
    assert all(x.description.strip() for x in controls)
    names = [x.description for x in controls]
    assert len(set(names)) == len(names)


@each_explorer
def test_the_words_are_live_text(explorer):
    (live,) = [x.value for x in opened(explorer) if isinstance(x, w.HTML) and "aria-live" in x.value]
    region = ET.fromstring(live)
    assert region.get("role") == "status"
    assert region.get("aria-live") == "polite"
    assert region.text == explorer.words(explorer.result(explorer.at()))
