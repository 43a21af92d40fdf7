"""The widget: knobs move picture, words and code; reset returns; labels, fold and live text are there."""

import ipywidgets as w
import pytest

from parti_edu.explore import merge_explorer
from parti_edu.explore.svg import STYLE


@pytest.fixture
def widget():
    return merge_explorer.show(n_groups=4)


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
    assert style == STYLE
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


def test_two_explorers_do_not_share_a_state(widget):
    other = merge_explorer.show()
    before = texts(other)
    knob(widget, "groups").value = 32
    assert texts(other) == before


def test_the_fold_opens_and_closes(widget):
    fold = knob(widget, "More")
    under = widget.children[-1]
    seen = [under.layout.display]
    for value in (True, False):
        fold.value = value
        seen.append(under.layout.display)
    assert seen == ["none", "", "none"]
