"""Live explorers: pure functions state → result → picture and words, and one binding to ipywidgets."""

from .augment import augment_explorer
from .budget import budget_explorer
from .bugs import bugs_explorer
from .diagram import loop_diagram
from .groups import grouping_explorer
from .map import map_explorer
from .merge import merge_explorer
from .names import names_explorer
from .privacy import privacy_explorer
from .race import race_explorer
from .rank import rank_explorer
from .readings import readings_explorer
from .scale import scale_explorer
from .step import step_explorer
from .stopping import convergence_explorer
from .threshold import threshold_explorer

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
        scale_explorer,
        budget_explorer,
        augment_explorer,
        bugs_explorer,
        privacy_explorer,
        rank_explorer,
        threshold_explorer,
    )
}

__all__ = [
    "EXPLORERS",
    "augment_explorer",
    "budget_explorer",
    "bugs_explorer",
    "convergence_explorer",
    "grouping_explorer",
    "loop_diagram",
    "map_explorer",
    "merge_explorer",
    "names_explorer",
    "privacy_explorer",
    "race_explorer",
    "rank_explorer",
    "readings_explorer",
    "scale_explorer",
    "step_explorer",
    "threshold_explorer",
]
