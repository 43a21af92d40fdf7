"""The widget: knobs move picture, words and code; reset returns; labels, fold and live text are there."""

import asyncio
from dataclasses import replace

import ipywidgets as w
import pytest

from parti_edu.explore import binding, merge_explorer, race_explorer
from parti_edu.explore.svg import STYLE


@pytest.fixture
def widget():
    """The merge explorer, its fold open."""
    shown = merge_explorer.show(n_groups=4)
    knob(shown, "More").value = True
    return shown


def everything(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from everything(child)


def knob(widget, label):
    (found,) = [x for x in everything(widget) if getattr(x, "description", "") == label]
    return found


def texts(widget):
    """Picture, words and code, without the style sheet that stands before them."""
    style, *others = [x.value for x in everything(widget) if isinstance(x, w.HTML)]
    assert style.startswith(STYLE)
    return others


@pytest.mark.parametrize("label", [k.label for k in merge_explorer.knobs])
def test_every_knob_changes_picture_words_or_code_at_both_ends(widget, label):
    turned = knob(widget, label)
    values = [value for _, value in turned.options]
    seen = []
    for value in (values[0], values[-1]):
        turned.value = value
        seen.append(texts(widget))
    assert all(a != b for a, b in zip(*seen, strict=True))


def test_what_is_shown_is_what_the_pure_functions_give(widget):
    knob(widget, "merge β").value = 0.3
    picture, words, code = texts(widget)
    result = merge_explorer.result(merge_explorer.at(n_groups=4, beta=0.3))
    assert picture == merge_explorer.picture(result)
    assert merge_explorer.words(result) in words
    assert "beta=0.3" in code


def test_code_is_written_when_it_is_unfolded_and_not_before():
    folded = merge_explorer.show(n_groups=4)
    knob(folded, "merge β").value = 0.3
    assert texts(folded)[2] == ""
    knob(folded, "More").value = True
    assert "beta=0.3" in texts(folded)[2]


def test_reset_returns_to_where_the_explorer_opened(widget):
    before = texts(widget)
    knob(widget, "groups").value = 32
    knob(widget, "optimizer").value = "Adam"
    assert texts(widget) != before
    knob(widget, "Reset").click()
    assert texts(widget) == before


def test_words_are_live_text_and_pictures_have_alt_text(widget):
    picture, words, _ = texts(widget)
    assert 'aria-live="polite"' in words
    assert picture.count('role="img" aria-label="') == 2


def test_a_move_sends_no_style_sheet(widget):
    assert not any("<style" in text for text in texts(widget))


@pytest.fixture
def race():
    return race_explorer.show(round=0)


def clock(widget):
    """The timers behind a widget's knobs."""
    return [x for x in everything(widget) if isinstance(x, w.Play)]


def test_a_knob_that_plays_walks_its_slider_and_the_picture_with_it(race):
    (tick,) = clock(race)
    slider = knob(race, "round")
    assert (tick.min, tick.max, tick.value) == (0, len(slider.options) - 1, 0)
    tick.value = 7
    assert slider.value == slider.options[7][1] == 7
    picture, words, _ = texts(race)
    result = race_explorer.result(race_explorer.at(round=7))
    assert picture == race_explorer.picture(result)
    assert race_explorer.words(result) in words
    slider.value = 40  # scrubbed by hand: playing goes on from there
    assert tick.value == 40


def test_play_starts_and_stops_the_clock_and_says_which_it_will_do(race):
    (tick,) = clock(race)
    button, seen = knob(race, "Play"), []
    for _ in range(2):
        button.click()
        seen.append((tick.playing, button.description))
    assert seen == [(True, "Pause"), (False, "Play")]
    tick.playing = True
    tick.playing = False  # as at the last value
    assert button.description == "Play"


def test_only_a_knob_that_plays_has_a_clock(widget):
    assert clock(widget) == []


@pytest.fixture
def slow():
    """An explorer that shows what is rough first, and the βs whose fine result it was asked for."""
    fine = []
    names = {
        "picture": str,
        "words": "{}.".format,
        "code": str,
        "coarse": lambda state: f"rough {state.beta}",
    }
    return replace(merge_explorer, result=lambda s: fine.append(s.beta) or f"fine {s.beta}", **names), fine


def test_what_is_rough_comes_first_stale_moves_are_dropped_and_the_last_one_wins(slow, monkeypatch):
    monkeypatch.setattr(binding, "REST", 0.05)
    explorer, fine = slow

    async def moves():
        widget, seen = explorer.show(), []
        for beta in (0.1, 0.2, 0.3):
            knob(widget, "merge β").value = beta
            seen.append(texts(widget)[0])
        assert (seen, fine) == (["rough 0.1", "rough 0.2", "rough 0.3"], [])
        await asyncio.sleep(0.3)
        assert (texts(widget)[0], fine) == ("fine 0.3", [0.3])

    asyncio.run(moves())


@pytest.fixture
def asked():
    """The merge explorer as one that only tells its β, and the βs whose result was asked for."""
    found = []
    told = {"picture": str, "words": str, "code": str}
    return replace(merge_explorer, result=lambda s: found.append(s.beta) or s.beta, **told), found


@pytest.mark.parametrize(
    ("way", "worked_out"),
    [
        ((0.55,), [0.5, 0.55, 0.6]),  # onward
        ((0.45,), [0.5, 0.45, 0.4]),
        ((0.55, 0.6), [0.5, 0.55, 0.6, 0.65]),  # a stale look ahead is dropped
        ((0.55, 0.5), [0.5, 0.55, 0.45]),  # turning round: what was seen is kept
        ((1.0,), [0.5, 1.0]),  # at the end
    ],
)
def test_while_nobody_waits_the_next_value_is_worked_out(asked, monkeypatch, way, worked_out):
    monkeypatch.setattr(binding, "AHEAD", 0.05)
    explorer, found = asked

    async def moves():
        widget = explorer.show()
        for beta in way:
            knob(widget, "merge β").value = beta
        assert set(found) == {0.5, *way}, "not before the picture"
        await asyncio.sleep(0.3)
        assert found == worked_out
        assert texts(widget)[0] == str(way[-1])
        knob(widget, "merge β").value = worked_out[-1]
        assert found == worked_out, "it is there"

    asyncio.run(moves())


def test_onward_ends_at_both_ends():
    values = (1, 2, 4)
    moves = [(a, b) for a in values for b in values if a != b]
    assert [binding._onward(values, *move) for move in moves] == [4, None, None, None, None, 1]


def test_nothing_rough_is_worked_out_ahead(slow, monkeypatch):
    monkeypatch.setattr(binding, "AHEAD", 0.01)
    monkeypatch.setattr(binding, "REST", 10)
    explorer, fine = slow

    async def move():
        knob(explorer.show(), "merge β").value = 0.1
        await asyncio.sleep(0.2)
        assert fine == []

    asyncio.run(move())


def test_without_a_kernel_the_fine_picture_comes_at_once(slow):
    explorer, _ = slow
    assert texts(explorer.show())[0] == "fine 0.5"


def test_two_explorers_do_not_share_a_state(widget):
    other = merge_explorer.show()
    before = texts(other)
    knob(widget, "groups").value = 32
    assert texts(other) == before


def test_the_fold_opens_and_closes(widget):
    fold = knob(widget, "More")
    under = widget.children[-1]
    seen = [under.layout.display]
    for value in (False, True):
        fold.value = value
        seen.append(under.layout.display)
    assert seen == ["", "none", ""]
