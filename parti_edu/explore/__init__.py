"""Live explorers: pure functions state → result → picture and words, and one binding to ipywidgets."""

from .diagram import loop_diagram
from .merge import merge_explorer

__all__ = ["loop_diagram", "merge_explorer"]
