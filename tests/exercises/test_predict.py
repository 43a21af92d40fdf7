"""Predictions: committed before the reveal, kept over a re-run, and put into words."""

import xml.etree.ElementTree as ET

import ipywidgets as w
import numpy as np
import pytest

from parti_edu.exercises import predict, progress, reveal
from parti_edu.exercises.predict import Prediction, overlay

WORDS = {
    "equal": (0.95, 0.95, "You said 0.95, and so it is."),
    "close": (0.9, 0.95, "You said 0.9; it is 0.95. Yours is too low by 0.05: close."),
    "far": (8, 2, "You said 8; it is 2. Yours is too high by 6, a factor of 4."),
    "other sign": (-1, 1, "You said -1; it is 1. Yours is too low by 2."),
    "zero": (0, 5, "You said 0; it is 5. Yours is too low by 5."),
    "choice": ("a", "c", "You said “a”; it is “c”. What made you expect the other?"),
    "right": ("c", "c", "You said “c”, and so it is."),
}


@pytest.mark.parametrize(("prediction", "result", "words"), WORDS.values(), ids=WORDS)
def test_the_difference_in_words(prediction, result, words):
    assert reveal(prediction, result) == words


TRENDS = {
    "same fall": ([3, 2, 1], [9, 5, 1], "a fall; so it is. Farthest apart at 0: you 3, it is 9."),
    "equal": ([1, 2, 3], [1, 2, 3], "a rise; so it is. Every value agrees."),
    "valley": ([3, 1, 3], [1, 2, 3], "a valley; it rises. Farthest apart at 0: you 3, it is 1."),
    "hill": ([1, 3, 1], [1, 1, 1], "a hill; it stays level. Farthest apart at 1: you 3, it is 1."),
    "level": (
        [2, 2, 2],
        [2, 1, 2],
        "a level line; it falls to 1, then rises. Farthest apart at 1: you 2, it is 1.",
    ),
    "turns": (
        [1, 2, 1, 2],
        [1, 2, 3, 4],
        "a curve that turns; it rises. Farthest apart at 2: you 1, it is 3.",
    ),
    "nearly level": ([1, 1, 9, 9], [1, 1.001, 9, 9], "a curve that turns; so it is. Farthest apart at 1"),
}


@pytest.mark.parametrize(("prediction", "result", "words"), TRENDS.values(), ids=TRENDS)
def test_the_difference_of_trends_in_words(prediction, result, words):
    assert reveal(prediction, result).startswith(f"You sketched {words}")


def everything(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from everything(child)


class Page:
    """A prediction's widget and what one can do with it."""

    def __init__(self, *arguments, **settings):
        self.parts = list(everything(predict(*arguments, **settings)))
        self.commit, self.show = (self.button(name) for name in ("Commit", "Reveal"))
        kinds = w.RadioButtons | w.FloatText | w.FloatSlider
        self.controls = [part for part in self.parts if isinstance(part, kinds)]

    def button(self, name):
        (found,) = [p for p in self.parts if isinstance(p, w.Button) and p.description == name]
        return found

    @property
    def words(self):
        (found,) = [p.value for p in self.parts if isinstance(p, w.HTML) and 'role="status"' in p.value]
        return ET.fromstring(found).text or ""

    @property
    def picture(self):
        return self.parts[-1].value


def jump():
    return Page("00.jump", "Will the jump be wider?", "narrower", choices=["wider", "narrower"])


def test_the_reveal_is_asleep_until_something_is_committed():
    page = jump()
    assert page.show.disabled
    page.commit.click()
    assert page.words == "Choose first, then commit."
    assert page.show.disabled
    page.controls[0].value = "wider"
    assert page.show.disabled, "a choice alone commits to nothing"
    page.commit.click()
    assert not page.show.disabled
    assert page.words == "Kept. You may change it until you reveal."


def test_after_the_reveal_nothing_can_be_changed():
    page = jump()
    page.controls[0].value = "wider"
    page.commit.click()
    page.controls[0].value = "narrower"
    page.commit.click()
    page.show.click()
    assert page.words == "You said “narrower”, and so it is."
    assert page.commit.disabled
    assert page.controls[0].disabled
    Prediction("00.jump", "?", "narrower", {"wider": "", "narrower": ""}).commit("wider")
    assert progress.load()["predictions"]["00.jump"] == ["narrower", True]


def test_a_re_run_shows_what_was_committed_and_what_was_revealed():
    page = jump()
    page.controls[0].value = "wider"
    page.commit.click()
    page = jump()
    assert page.controls[0].value == "wider"
    assert not page.show.disabled
    assert page.words == "Your prediction is kept."
    page.show.click()
    assert jump().words == page.words == "You said “wider”; it is “narrower”. What made you expect the other?"


def test_a_choice_is_told_what_belongs_to_it():
    prediction = Prediction("03.equal", "Which?", "c", {"a": "Look at the step.", "c": "Not told."})
    prediction.commit("a")
    assert prediction.reveal()[0].endswith("expect the other? Look at the step.")
    other = Prediction("03.other", "Which?", "c", {"a": "", "c": "Not told."})
    other.commit("c")
    assert other.reveal()[0] == "You said “c”, and so it is."


def test_the_result_is_worked_out_at_the_reveal_and_not_before():
    worked = []

    def result():
        worked.append(1)
        return 0.95

    page = Page("03.left", "How much is left?", result)
    page.controls[0].value = 0.5
    page.commit.click()
    assert not worked
    page.show.click()
    assert len(worked) == 1
    assert "it is 0.95" in page.words
    assert 'role="img"' in page.picture


def test_a_result_that_waits_for_another_cell_is_told_so_and_nothing_is_locked():
    page = Page("03.later", "How much?", lambda: worked_out_below)  # noqa: F821
    page.commit.click()
    page.show.click()
    assert page.words.startswith("Run the cell that works it out first: name 'worked_out_below'")
    assert not page.show.disabled
    assert progress.load()["predictions"] == {"03.later": [0.0, False]}


def test_a_trend_is_sketched_with_a_labelled_slider_for_each_value():
    page = Page("03.trend", "How does it go?", [1.0, 0.4, 0.1], labels=(1, 8, 64), between=(0, 2))
    assert [slider.description for slider in page.controls] == ["1", "8", "64"]
    assert {(slider.min, slider.max, slider.value) for slider in page.controls} == {(0, 2, 1)}
    for slider, value in zip(page.controls, (0.2, 0.4, 2), strict=True):
        slider.value = value
    page.commit.click()
    page.show.click()
    assert page.words.startswith("You sketched a rise; it falls. Farthest apart at 64: you 2, it is 0.1.")
    again = Page("03.trend", "How does it go?", [1.0, 0.4, 0.1], labels=(1, 8, 64), between=(0, 2))
    assert [slider.value for slider in again.controls] == [0.2, 0.4, 2]


@pytest.mark.parametrize("arguments", [(0.5, 0.9), ([3, 2, 1], [1, 2, 3], ("a", "b", "c"))])
def test_the_picture_lays_one_over_the_other(arguments):
    picture = ET.fromstring(overlay(*arguments))
    assert picture.get("aria-label") == reveal(*arguments)
    marks = [p.get("class") for p in picture.iter() if p.tag.endswith("polygon")]
    n = np.size(arguments[0])
    assert marks.count("orange") == marks.count("blue") == n + 1  # the last in the legend
    for label in arguments[2:] and arguments[2]:
        assert f">{label}</" in overlay(*arguments)


def test_what_cannot_be_drawn_is_told_in_words_alone():
    assert overlay("a", "b") == overlay(0.5, np.inf) == ""
    assert "it is inf" in reveal(0.5, np.inf)


@pytest.mark.parametrize(
    ("settings", "value", "rule"),
    [
        ({"choices": {"a": ""}}, "b", r"one of \['a'\]"),
        ({}, "much", "a finite number"),
        ({}, np.nan, "a finite number"),
        ({"labels": (1, 2)}, [1.0], "2 finite numbers"),
    ],
)
def test_a_prediction_that_does_not_fit_raises(settings, value, rule):
    with pytest.raises(ValueError, match=f"^prediction must be {rule}, got "):
        Prediction("03.x", "?", None, **settings).commit(value)


def test_choices_and_labels_at_once_raise():
    with pytest.raises(ValueError, match="choices or labels, got both"):
        predict("03.x", "?", 1, choices=["a"], labels=(1, 2))
    with pytest.raises(ValueError, match="high end of between"):
        predict("03.x", "?", 1, labels=(1, 2), between=(1, 1))


def test_before_it_is_committed_there_is_nothing_to_reveal():
    assert Prediction("03.x", "?", 1).reveal() == ("Commit to a prediction first.", "")
    assert progress.load()["predictions"] == {}


def test_a_kept_value_of_another_kind_is_no_prediction():
    progress.record("predictions", "00.jump", [0.5, True])
    page = jump()
    assert page.controls[0].value is None
    assert page.show.disabled


def test_every_control_has_a_name_and_nothing_needs_a_mouse():
    for settings in ({"choices": ["a", "b"]}, {}, {"labels": ("x", "y")}):
        page = Page("03.x", "What?", 1, **settings)
        named = [*page.controls, page.commit, page.show]
        assert all(part.description.strip() for part in named)
        assert len({part.description for part in named}) == len(named)
        assert "What?" in page.parts[2].value


def test_opening_a_prediction_writes_nothing(home):
    jump()
    assert not home.exists()
