"""What the lessons need, what is here, and how to get what is missing."""

import sys
from importlib.metadata import PackageNotFoundError, version

NEEDED = {
    "numpy": "every lesson",
    "matplotlib": "figures",
    "ipywidgets": "explorers",
    "jupyterlab": "opening the lessons",
    "optuna": "the search of lesson 06",
    "scikit-learn": "what lessons 12 and 13 compare with",
    "torch": "lessons 07 and later; 00 to 06 run without it",
}


def environment():
    """Print a line for Python and each package: its version, or what it is for and how to get it."""
    print(
        f"python {sys.version.split()[0]}: "
        + ("here" if sys.version_info >= (3, 11) else "3.11 or later is needed")
    )
    for package, use in NEEDED.items():
        try:
            print(f"{package} {version(package)}: here")
        except PackageNotFoundError:
            print(f"{package}: missing, needed for {use}: pip install -c constraints.txt {package}")


def twin():
    """`parti_edu.on_torch`, the same names in PyTorch; without torch None, and how to get it in a line."""
    try:
        from . import on_torch
    except ImportError as error:
        print(f"skipped: {error}")
        return None
    return on_torch
