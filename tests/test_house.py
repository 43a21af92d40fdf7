"""The house stays as its README draws it: who imports whom, how long it is, what it needs to start."""

import ast
import io
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import parti_edu

HOUSE = Path(parti_edu.__file__).parent
FILES = sorted(HOUSE.rglob("*.py"))
LIMIT = 800  # lines of code that a student reads in an evening
NOT_COUNTED = {
    "data.py",
    "metrics.py",
    "claims.py",
    "__init__.py",
    "plots.py",
    "show.py",
    "environment.py",
    "server.py",
    "__main__.py",
}


def table():
    """The rows of the README: for each file or folder the names that it may import."""
    found, rooms = {}, (HOUSE / "README.md").read_text(encoding="utf-8").splitlines()
    for row in [line for line in rooms if line.startswith("| `")]:
        where, _, allowed = (cell.strip() for cell in row.strip("|").split("|"))
        names = set(allowed.replace("–", "").replace("all of the above", "*").split(", ")) - {""}
        if "*" in names:
            names = names - {"*"} | set(found) | set().union(*found.values())
        found[where.strip("`").removesuffix(".py").removesuffix("/")] = names
    return found


TABLE = table()
INNER = [path for path in FILES if path != HOUSE / "__init__.py"]


def room(path):
    """The row that a file belongs to: its own name, or the folder that it lies in."""
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def published():
    """What the package's __init__ hands on: name → the file that it comes from."""
    tree = ast.parse((HOUSE / "__init__.py").read_text(encoding="utf-8"))
    froms = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.level]
    return {a.asname or a.name: node.module or a.name for node in froms for a in node.names}


def imported(path):
    """(line, name) of each import, inside functions too: a room of the house or a library's top name."""
    package = ("parti_edu", *path.relative_to(HOUSE).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = [*package[: len(package) + 1 - node.level]] if node.level else []
            base += node.module.split(".") if node.module else []
            modules = [[*base, alias.name] for alias in node.names]
        else:
            continue
        for parts in modules:
            inside = parts[0] == "parti_edu" and len(parts) > 1
            name = parts[1] if inside else parts[0]
            yield node.lineno, published().get(name, name) if inside else name


def strangers(path):
    """The imports of a file that its row does not name; the standard library and its own room are free."""
    allowed = TABLE[room(path)] | {room(path)} | sys.stdlib_module_names
    return [f"line {line}: {name}" for line, name in imported(path) if name not in allowed]


@pytest.mark.parametrize("path", INNER, ids=lambda path: path.relative_to(HOUSE).as_posix())
def test_a_file_imports_only_what_its_row_allows(path):
    assert room(path) in TABLE, f"{path.name} has no row in parti_edu/README.md"
    assert not strangers(path), f"{path.name} imports what its row in parti_edu/README.md does not name"


@pytest.mark.parametrize("row", TABLE)
def test_every_row_has_its_file(row):
    assert (HOUSE / f"{row}.py").is_file() or any((HOUSE / row).glob("*.py"))


def test_a_forbidden_import_is_found_wherever_it_hides(tmp_path, monkeypatch):
    source = (
        "def f():\n    import torch.nn\n    from .. import load, plots\n    from ..history import History\n"
    )
    (tmp_path / "on_numpy").mkdir()
    (tmp_path / "__init__.py").write_text("from .data import load\n", encoding="utf-8")
    (tmp_path / "on_numpy" / "models.py").write_text(
        source + "from .merging import mean\nimport numpy, json\n", encoding="utf-8"
    )
    monkeypatch.setattr(sys.modules[__name__], "HOUSE", tmp_path)
    assert strangers(tmp_path / "on_numpy" / "models.py") == [
        "line 2: torch",
        "line 3: data",
        "line 3: plots",
    ]


def code_lines(path):
    """The lines that hold code: no blank lines, comments or docstrings."""
    text = path.read_text(encoding="utf-8")
    idle = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    held = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in idle:
            held |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        if isinstance(node, kinds) and ast.get_docstring(node, clean=False) is not None:
            held -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(held)


def test_code_lines_leave_out_blanks_comments_and_docstrings(tmp_path):
    source = '"""Doc\nstring."""\n\n# comment\nx = 1  # one\n\n\n'
    source += 'def f():\n    """Doc."""\n    return """two\nlines"""\n'
    (tmp_path / "a.py").write_text(source, encoding="utf-8")
    assert code_lines(tmp_path / "a.py") == 4


def test_the_reference_can_be_read_in_an_evening():
    shared = [path for path in HOUSE.glob("*.py") if path.name not in NOT_COUNTED]
    core = [*shared, *(p for p in (HOUSE / "on_numpy").glob("*.py") if p.name not in NOT_COUNTED)]
    lines = {path.relative_to(HOUSE).as_posix(): code_lines(path) for path in core}
    assert len(lines) >= 12  # none has slipped out of the count
    assert sum(lines.values()) <= LIMIT, f"{sum(lines.values())} lines of code: {lines}"


@pytest.mark.parametrize("module", ["parti_edu", "parti_edu.on_numpy", "parti_edu.blackboard"])
def test_importing_the_package_brings_in_nothing_heavy(module):
    heavy = ("torch", "ipywidgets", "matplotlib", "jupyterlab", "IPython", "tqdm", "sklearn")
    code = f"import sys, {module}; print([m for m in {heavy} if m in sys.modules], 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] True"
