"""Every explorer, swept: all end points and 200 random states give a drawable picture and words."""

import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from parti_edu.explore import EXPLORERS
from parti_edu.explore.explorer import Explorer, Knob

SVG = "{http://www.w3.org/2000/svg}"


def states(explorer):
    """Settings of all end points, then 200 at random."""
    names = [knob.name for knob in explorer.knobs]
    for values in itertools.product(*((knob.values[0], knob.values[-1]) for knob in explorer.knobs)):
        yield dict(zip(names, values, strict=True))
    rng = np.random.default_rng(0)
    for _ in range(200):
        yield {knob.name: knob.values[rng.integers(len(knob.values))] for knob in explorer.knobs}


each_state = pytest.mark.parametrize(
    ("explorer", "settings"),
    [
        pytest.param(explorer, settings, id=f"{name}-{i}-" + "-".join(map(str, settings.values())))
        for name, explorer in EXPLORERS.items()
        for i, settings in enumerate(states(explorer))
    ],
)
each = pytest.mark.parametrize("explorer", EXPLORERS.values(), ids=EXPLORERS)


@each_state
def test_every_state_can_be_drawn_told_and_written_as_code(explorer, settings):
    state = explorer.at(**settings)
    result = explorer.result(state)
    tree = ET.fromstring(explorer.picture(result))
    for mark in tree.iter():
        drawn = " ".join(mark.get(name, "") for name in ("d", "cx", "cy", "x", "y", "transform"))
        assert not re.search(r"nan|inf", drawn), drawn
    words = explorer.words(result)
    assert words.endswith(".")
    assert not re.search(r"\bnan\b|\binf\b", words)
    compile(explorer.code(state), "code", "exec")


@each
def test_a_picture_depends_on_the_state_alone(explorer):
    first, again = (explorer.picture(explorer.result(explorer.at())) for _ in range(2))
    assert first == again


@each
def test_every_knob_in_sight_changes_the_picture(explorer):
    assert sum(not knob.folded for knob in explorer.knobs) <= 3
    for knob in explorer.knobs:
        some = knob.values[0], knob.values[len(knob.values) // 2], knob.values[-1]
        drawn = {explorer.picture(explorer.result(explorer.at(**{knob.name: value}))) for value in some}
        assert len(drawn) > 1, knob.name


def test_a_setting_that_no_knob_has_is_refused():
    with pytest.raises(ValueError, match=r"beta must be one of .* got 0\.51"):
        EXPLORERS["merge"].at(beta=0.51)
    with pytest.raises(ValueError, match=r"setting must be one of .*did you mean 'n_groups'"):
        EXPLORERS["merge"].at(n_group=4)


def test_knobs_and_state_must_agree():
    merge = EXPLORERS["merge"]
    functions = (merge.result, merge.picture, merge.words, merge.code)
    with pytest.raises(ValueError, match=r"knobs must be the fields of the state, \['beta', .* got"):
        Explorer("other", merge.state, (Knob("beta", "β", (0.0, 1.0)),), *functions)
