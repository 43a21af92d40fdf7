"""Each knob of each explorer in JupyterLab, by keyboard and by mouse: picture and words follow."""

import pytest

from browser.each import each_explorer, far, start_of
from parti_edu.explore import EXPLORERS

KNOBS = [(name, knob) for name, explorer in EXPLORERS.items() for knob in explorer.knobs]

each_knob = pytest.mark.parametrize(
    ("name", "knob"), KNOBS, ids=[f"{name}-{knob.name}" for name, knob in KNOBS]
)


@each_knob
def test_the_keyboard_turns_a_knob(shown, name, knob):
    i, first = start_of(name, knob), shown.seen()
    j, key, back = (i + 1, "Right", "Left") if i + 1 < len(knob.values) else (i - 1, "Left", "Right")
    shown.step(knob, key)
    shown.expect(**{knob.name: knob.values[j]})
    assert shown.seen() != first
    shown.step(knob, back)
    shown.expect()
    assert shown.seen() == first


@each_knob
def test_the_mouse_turns_a_knob(shown, name, knob):
    first = shown.seen()
    clicked = shown.click(knob, far(name, knob))
    shown.expect(**{knob.name: clicked})
    assert shown.seen() != first
    if not isinstance(clicked, str):
        dragged = shown.drag(knob, len(knob.values) // 2)
        shown.expect(**{knob.name: dragged})
        assert dragged != clicked


@pytest.mark.parametrize(("name", "knob"), [(name, knob) for name, knob in KNOBS if knob.plays])
def test_with_the_keyboard_alone_a_knob_plays_pauses_and_plays_to_its_end(shown, name, knob):
    shown.end(knob, "Home")
    shown.expect(**{knob.name: knob.values[0]})
    slider = shown.knob(knob).get_by_role("slider")
    shown.box.get_by_role("button", name="Play").press("Space")
    pause = shown.box.get_by_role("button", name="Pause")
    pause.wait_for()
    shown.page.wait_for_function("s => s.getAttribute('aria-valuenow') >= 3", arg=slider.element_handle())
    pause.press("Space")
    play = shown.box.get_by_role("button", name="Play")
    play.wait_for()
    paused = shown.stands(knob)
    assert paused < knob.values[-1]
    shown.expect(**{knob.name: paused})
    shown.end(knob, "End")
    shown.step(knob, "Left")
    shown.expect(**{knob.name: knob.values[-2]})
    play.press("Space")  # one tick to the end, where the clock stops by itself
    shown.expect(**{knob.name: knob.values[-1]})
    play.wait_for()


@each_explorer
def test_reset_brings_the_first_picture_back(shown, name):
    first, moved = shown.seen(), {}
    for knob in EXPLORERS[name].knobs:
        moved[knob.name] = shown.click(knob, far(name, knob))
        shown.expect(**moved)
    assert shown.seen() != first
    shown.box.get_by_role("button", name="Reset").click()
    shown.expect()
    assert shown.seen() == first
