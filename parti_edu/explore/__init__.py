"""Live explorers: pure functions state → result → picture and words, and one binding to ipywidgets."""

from .diagram import loop_diagram
from .merge import merge_explorer
from .readings import readings_explorer

EXPLORERS = {explorer.name: explorer for explorer in (merge_explorer, readings_explorer)}

__all__ = ["EXPLORERS", "loop_diagram", "merge_explorer", "readings_explorer"]
