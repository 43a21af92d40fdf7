"""Live explorers: pure functions state → result → picture and words, and one binding to ipywidgets."""

from .diagram import loop_diagram
from .groups import grouping_explorer
from .map import map_explorer
from .merge import merge_explorer
from .names import names_explorer
from .race import race_explorer
from .readings import readings_explorer
from .step import step_explorer
from .stopping import convergence_explorer

EXPLORERS = {
    explorer.name: explorer
    for explorer in (
        merge_explorer,
        grouping_explorer,
        readings_explorer,
        race_explorer,
        map_explorer,
        names_explorer,
        convergence_explorer,
        step_explorer,
    )
}

__all__ = [
    "EXPLORERS",
    "convergence_explorer",
    "grouping_explorer",
    "loop_diagram",
    "map_explorer",
    "merge_explorer",
    "names_explorer",
    "race_explorer",
    "readings_explorer",
    "step_explorer",
]
