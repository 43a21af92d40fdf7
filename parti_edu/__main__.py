"""The command line: `parti-edu lab` and `parti-edu explore NAME`, or `python -m parti_edu …`."""

import argparse
import os
import shutil
import subprocess
import sys
import webbrowser
from pathlib import Path

HERE = Path(__file__).parent
NOTEBOOKS = next(p for p in (HERE / "_notebooks", HERE.parent / "notebooks") if p.is_dir())


def copy(folder):
    """Copy the lessons into a folder; what is there already is left as it is. Returns the names copied."""
    copied = []
    for path in sorted(NOTEBOOKS.rglob("*")):
        target = folder / path.relative_to(NOTEBOOKS)
        if path.is_dir() or ".ipynb_checkpoints" in path.parts or target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        copied.append(path.relative_to(NOTEBOOKS).as_posix())
    return copied


def lab(wanted):
    """Copy the lessons and open JupyterLab on the first."""
    from .server import prompt

    copied = copy(wanted.folder)
    print(f"{len(copied)} files copied to {wanted.folder}; what was there is as it was")
    if wanted.copy_only:
        return 0
    command = [sys.executable, "-m", "jupyterlab", "--LabApp.default_url=/lab/tree/00_start_here.ipynb"]
    return subprocess.call([*command, *wanted.arguments], cwd=wanted.folder, env=prompt(os.environ))


def explore(wanted):
    """Write one explorer as a page of its own, or open it."""
    from .explore import EXPLORERS
    from .explore.page import alone

    if wanted.name not in EXPLORERS:
        print(f"explorer must be one of {', '.join(EXPLORERS)}, got {wanted.name!r}", file=sys.stderr)
        return 2
    explorer = EXPLORERS[wanted.name]
    path = wanted.to or Path(f"{wanted.name}.html")
    if path.exists() and not wanted.force:
        print(f"{path} is there already: choose another name with --to, or say --force", file=sys.stderr)
        return 1
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(alone(explorer, explorer.at()), encoding="utf-8")
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB, opens in any browser")
    if wanted.open:
        webbrowser.open(path.resolve().as_uri())
    return 0


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="parti-edu", description=__doc__)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("lab", help="copy the lessons to a folder and open them in JupyterLab")
    one.add_argument("folder", nargs="?", type=Path, default=Path("parti_edu_lessons"))
    one.add_argument("--copy-only", action="store_true", help="do not start JupyterLab")
    one.add_argument("--arguments", nargs=argparse.REMAINDER, default=[], help="for JupyterLab")
    one.set_defaults(run=lab)
    other = commands.add_parser("explore", help="write an explorer as one HTML file")
    other.add_argument("name")
    other.add_argument("--to", type=Path, help="file (default: NAME.html)")
    other.add_argument("--open", action="store_true", help="open it in the browser")
    other.add_argument("--force", action="store_true", help="replace a file that is there")
    other.set_defaults(run=explore)
    if hasattr(sys.stdout, "reconfigure"):  # a console of Windows may have no letter for a path
        sys.stdout.reconfigure(errors="backslashreplace")
    wanted = parser.parse_args(arguments)
    return wanted.run(wanted)


if __name__ == "__main__":
    sys.exit(main())
