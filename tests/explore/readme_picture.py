"""Draws the picture of README.md; a test compares the file: `python tests/explore/readme_picture.py`."""

from pathlib import Path

from parti_edu.explore import merge, svg

PATH = Path(__file__).parents[2] / "notebooks" / "pictures" / "merge_explorer.svg"
STATE = merge.State(n_groups=32, rate=4.0, beta=0.2)


def draw():
    """The merge explorer's picture as one SVG file."""
    return svg.standalone(*merge.plots(merge.result(STATE)))


if __name__ == "__main__":
    PATH.write_text(draw(), encoding="utf-8")
