"""Run the lessons and keep only the outputs that are checked. Used as `make refresh`."""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

MARK = "NBVAL_CHECK_OUTPUT"


def refresh(path):
    """Execute one notebook and strip what nbval does not compare."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(path.parent)}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            checked = MARK in cell.source
            cell.execution_count = 1 if checked else None  # nbval takes outputs without a count for an error
            cell.outputs = cell.outputs if checked else []
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.metadata.pop("widgets", None)  # the explorers' pictures at this moment
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(name)
        refresh(Path(name))
