"""Lessons → copies for hosted notebooks: `make hosted REPOSITORY=owner/name`.

`python -m parti_edu.site.hosted owner/name [--branch main] [--to hosted]` writes a copy of each lesson with a
set-up cell on top, and LINKS.md, which opens each of them on Binder and on Colab.
"""

import argparse
import json
import re
import shlex
import sys
import tomllib
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).parents[2]
OWNER = r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}"
NAME = r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}(?<!\.git)"
BRANCH = r"[A-Za-z0-9_][A-Za-z0-9._/-]*"
NOT_ON_COLAB = {"ipywidgets", "jupyterlab"}  # it has its own page and ipywidgets 7, and shows no others
SET_UP = """\
# Where parti_edu is not installed, as on Colab; elsewhere this cell does nothing.
import importlib.util
import os
import subprocess
import sys

if importlib.util.find_spec("parti_edu") is None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "parti-edu @ {source}"], check=True)
    needed = "{needed}"
    subprocess.run([*pip, *needed.split()], check=True)
    os.environ["PARTI_EDU_STATIC"] = "1"  # explorers as tables, which move in any page
    importlib.invalidate_caches()"""


def needed():
    """What a lesson asks for, by name and range; pip leaves alone what is there within its range."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["lessons"]]
    return [line for line in wanted if re.split(r"\W", line)[0] not in NOT_ON_COLAB]


def set_up(repository, branch):
    """The cell that installs the package where it is missing."""
    source = f"git+https://github.com/{repository}@{branch}"
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": "set-up",
        "metadata": {"slideshow": {"slide_type": "skip"}},
        "outputs": [],
        "source": SET_UP.format(source=source, needed=" ".join(needed())).splitlines(keepends=True),
    }


def links(names, repository, branch, folder):
    """LINKS.md: a line a lesson, with its two addresses."""
    name = quote(folder.name)
    binder = f"https://mybinder.org/v2/gh/{repository}/HEAD?labpath=notebooks"
    colab = f"https://colab.research.google.com/github/{repository}/blob/{branch}/{name}"
    rows = [f"| {n} | [Binder]({binder}/{n}.ipynb) | [Colab]({colab}/{n}.ipynb) |" for n in names]
    return "\n".join(
        [
            f"# The lessons of {repository}, hosted",
            "",
            "Binder builds what `environment.yml` asks for, which takes minutes the first time, and opens",
            "the lessons themselves. Colab opens the copies in this folder; they must be in the repository:",
            f"`git add --force {shlex.quote(folder.name)}`. There explorers move in stated steps.",
            "",
            "| lesson | live | on Colab |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def write(folder, repository, branch="main"):
    """Write the copies and LINKS.md.

    Args:
        folder: where to; what is there under these names is replaced.
        repository: "owner/name", as on GitHub.
        branch: the one that holds the copies.

    Raises:
        ValueError: if repository or branch is no such name.
    """
    if not re.fullmatch(f"{OWNER}/{NAME}", repository):
        raise ValueError(
            f"REPOSITORY must be owner/name as on GitHub, such as ada/parti_edu, got {repository!r}"
        )
    if not re.fullmatch(BRANCH, branch):
        raise ValueError(f"branch must be the name of a branch, such as main, got {branch!r}")
    folder.mkdir(parents=True, exist_ok=True)
    paths = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    for path in paths:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        notebook["cells"].insert(0, set_up(repository, branch))
        text = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
        (folder / path.name).write_text(text, encoding="utf-8", newline="\n")
    told = links([path.stem for path in paths], repository, branch, folder)
    (folder / "LINKS.md").write_text(told, encoding="utf-8", newline="\n")
    return paths


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Write copies of the lessons for Colab, and links.")
    parser.add_argument("repository", help="owner/name, as on GitHub")
    parser.add_argument("--branch", default="main", help="that holds the copies (default: main)")
    parser.add_argument("--to", type=Path, default=Path("hosted"), help="folder (default: hosted)")
    wanted = parser.parse_args(arguments)
    try:
        paths = write(wanted.to, wanted.repository, wanted.branch)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{len(paths)} copies and LINKS.md in {wanted.to}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
