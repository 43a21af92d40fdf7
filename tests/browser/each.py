"""Each explorer by its name: the cells that show it, where a knob stands, where it can go."""

import pytest

from parti_edu.explore import EXPLORERS

IMPORT = "from parti_edu.explore import EXPLORERS"

each_explorer = pytest.mark.parametrize("name", EXPLORERS)


def show(name):
    return f'EXPLORERS["{name}"].show()'


def place(name):
    """Which of the explorers it is, from 0 on."""
    return list(EXPLORERS).index(name)


def start_of(name, knob):
    """Where a knob stands when its explorer opens."""
    return knob.values.index(getattr(EXPLORERS[name].at(), knob.name))


def far(name, knob):
    """The end of a knob's values that is not where it stands at first."""
    return len(knob.values) - 1 if start_of(name, knob) < len(knob.values) - 1 else 0


def long_knob(name):
    """The explorer's slider with the most values."""
    return max(
        EXPLORERS[name].knobs, key=lambda knob: len(knob.values) * (not isinstance(knob.values[0], str))
    )
