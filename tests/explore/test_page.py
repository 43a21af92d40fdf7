"""An explorer without Python: the table holds what the live explorer gives, string for string."""

import base64
import gzip
import json
import re
from dataclasses import asdict

import pytest

from parti_edu.explore import EXPLORERS, merge_explorer, page

QUICK = ["merge", "readings", "convergence"]  # computed whole; the others are sampled


def packed(html):
    text = re.search(r'class="packed">(.*?)</script>', html)[1]
    return json.loads(gzip.decompress(base64.b64decode(text)))


@pytest.mark.parametrize("name", QUICK)
def test_every_state_of_the_table_is_the_live_explorers(name):
    explorer = EXPLORERS[name]
    start = explorer.at()
    states, pairs = page.states(explorer, start), packed(page.part(explorer, start))
    assert len(states) == len(pairs) == len(set(states)) <= page.MOST
    for state, (picture, words) in list(zip(states, pairs, strict=True))[::7]:
        result = explorer.result(state)
        assert picture == explorer.picture(result)
        assert words == explorer.words(result)


@pytest.mark.parametrize("name", EXPLORERS)
def test_a_table_has_two_knobs_with_their_ends_and_the_state_that_is_opened(name):
    explorer = EXPLORERS[name]
    for settings in {}, {k.name: k.values[-1] for k in explorer.knobs}:
        start = explorer.at(**settings)
        grid = page.grid(explorer, start)
        assert [knob.name for knob, _ in grid] == [k.name for k in explorer.knobs if not k.folded][:2]
        for knob, values in grid:
            assert {knob.values[0], knob.values[-1], getattr(start, knob.name)} <= set(values)
            assert [v for v in knob.values if v in values] == list(values)  # in order
        states = page.states(explorer, start)
        assert start in states
        assert len(states) <= page.MOST
        moved = {knob.name for knob, _ in grid}
        rest = {k: v for k, v in asdict(start).items() if k not in moved}
        assert all(rest.items() <= asdict(state).items() for state in states)


def test_the_second_knob_moves_fastest_as_the_page_counts():
    states = page.states(merge_explorer, merge_explorer.at())
    assert [s.n_groups for s in states[:6]] == [1, 2, 4, 8, 16, 32]
    assert {s.beta for s in states[:6]} == {0.0}


def test_a_page_says_which_knobs_move_and_where_the_others_stand():
    html = page.part(merge_explorer, merge_explorer.at(rate=2.0))
    assert "here merge β and groups can be moved; optimizer = gradient descent, rate, × usual = 2" in html
    race = EXPLORERS["race"]
    assert "round (26 of 101 values)" in page.part(race, race.at())


def test_a_page_alone_asks_for_nothing_from_elsewhere():
    html = page.alone(merge_explorer, merge_explorer.at())
    assert not re.findall(r'(?:src|href)="(?!data:,)', html)
    assert re.findall(r"https?://[^\s\"']+", html.split('class="packed"')[0]) == [
        "http://www.w3.org/2000/svg" for _ in range(2)
    ]


def test_show_gives_a_page_where_the_environment_asks_for_it(monkeypatch):
    monkeypatch.setenv("PARTI_EDU_STATIC", "1")
    assert 'data-explorer="merge"' in merge_explorer.show(n_groups=4).data
    monkeypatch.delenv("PARTI_EDU_STATIC")
    assert hasattr(merge_explorer.show(n_groups=4), "children")
