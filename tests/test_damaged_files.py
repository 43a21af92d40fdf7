"""Files that are not what they should be are refused, and no file is ever unpickled."""

import ast
import gzip
import hashlib
import io
import json
import pickle
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import parti_edu
from parti_edu import data, load, read

HOUSE = Path(parti_edu.__file__).parent
ROOT = HOUSE.parent
FILES = {"penguins": "penguins.csv.gz", "senate_votes": "senate_votes.npz"}  # one of each kind, both small
WHOLE = {name: (data.FOLDER / file).read_bytes() for name, file in FILES.items()}
fuzz = settings(derandomize=True, max_examples=60, database=None)
each_kind = pytest.mark.parametrize("name", FILES)


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    """A copy of two data files to damage, in the place of the real ones."""
    copy = tmp_path_factory.mktemp("data")
    for file in ("MANIFEST.json", *FILES.values()):
        shutil.copy(data.FOLDER / file, copy / file)
    patch = pytest.MonkeyPatch()
    patch.setattr(data, "FOLDER", copy)
    yield copy
    patch.undo()


def put(folder, name, raw, trusted=False):
    """Put these bytes in the place of a data file; trusted: with their own checksum in the manifest."""
    (folder / FILES[name]).write_bytes(raw)
    sound = json.loads((ROOT / "data" / "MANIFEST.json").read_text(encoding="utf-8"))
    if trusted:
        sound[name]["sha256"] = hashlib.sha256(raw).hexdigest()
    (folder / "MANIFEST.json").write_text(json.dumps(sound), encoding="utf-8")


def damages(name):
    """The file cut off, with a bit turned, with bytes put in, taken out or replaced, and another file."""
    raw = WHOLE[name]
    place, some = st.integers(0, len(raw) - 1), st.binary(min_size=1, max_size=9)
    turned = st.builds(
        lambda i, bit: raw[:i] + bytes([raw[i] ^ 1 << bit]) + raw[i + 1 :], place, st.integers(0, 7)
    )
    return st.one_of(
        turned,
        st.builds(lambda i: raw[:i], place),
        st.builds(lambda i, b: raw[:i] + b + raw[i:], place, some),
        st.builds(lambda i, n: raw[:i] + raw[i + n :], place, st.integers(1, 99)),
        st.builds(lambda i, b: raw[:i] + b + raw[i + len(b) :], place, some),
        st.binary(max_size=50),
        st.sampled_from([WHOLE[other] for other in FILES if other != name]),
    ).filter(lambda damaged: damaged != raw)


@each_kind
def test_whole_files_are_read(folder, name):
    put(folder, name, WHOLE[name], trusted=True)
    assert len(read(name)) > 3


@each_kind
def test_a_damaged_file_is_told_by_its_checksum(folder, name):
    @fuzz
    @given(damages(name))
    def told(raw):
        put(folder, name, raw)
        found = hashlib.sha256(raw).hexdigest()[:12]
        with pytest.raises(
            ValueError, match=f"{FILES[name]} must have sha256 .* got {found}…: restore the file"
        ):
            read(name)

    told()


@each_kind
def test_every_length_but_the_whole_is_refused(folder, name):
    raw = WHOLE[name]
    for length in {0, 1, 2, 10, 22, len(raw) // 2, len(raw) - 8, len(raw) - 1}:
        put(folder, name, raw[:length])
        with pytest.raises(ValueError, match="must have sha256"):
            read(name)


@each_kind
def test_a_damaged_file_with_a_fitting_checksum_is_arrays_or_a_value_error(folder, name):
    """Behind the checksum stands the reader: nothing but arrays of plain values comes out, and one error."""
    refused = []

    @fuzz
    @given(damages(name))
    def told(raw):
        put(folder, name, raw, trusted=True)
        try:
            arrays = read(name)
        except ValueError as error:
            refused.append(str(error))
        else:
            assert all(
                type(array) is np.ndarray and array.dtype.kind in "iufbSU" for array in arrays.values()
            )

    told()
    assert len(refused) > 30
    rule = f"{FILES[name]} must be a whole {Path(FILES[name]).suffix} file, got "
    assert [message for message in refused if not message.startswith(rule)] == []


def packed(lines):
    return gzip.compress("\n".join(lines).encode())


@pytest.mark.parametrize(
    "raw",
    [b"", packed([]), packed(["a,b", "1,2,3"]), gzip.compress(b"\xff\xfe,\n1,2"), packed(["a,a", '"1,2'])],
    ids=["empty", "of nothing", "ragged", "no text", "a quote left open"],
)
def test_a_table_that_is_none_is_refused(folder, raw):
    put(folder, "penguins", raw, trusted=True)
    with pytest.raises(ValueError, match=r"penguins\.csv\.gz must be a whole \.gz file, got "):
        load("penguins")


class Trap:
    """Who unpickles it leaves a file behind."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def archive(array):
    file = io.BytesIO()
    np.savez(file, vote=array)
    return file.getvalue()


def trapped(kind, path):
    if kind == "an object array":
        return archive(np.array([Trap(path)], dtype=object))
    if kind == "an object array on its own":
        file = io.BytesIO()
        np.save(file, np.array([Trap(path)], dtype=object))
        return file.getvalue()
    if kind == "an archive of a pickle":
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as whole:
            whole.writestr("vote.npy", pickle.dumps(Trap(path)))
        return file.getvalue()
    return pickle.dumps(Trap(path))


@pytest.mark.parametrize(
    "kind", ["an object array", "an object array on its own", "an archive of a pickle", "a pickle"]
)
def test_no_data_file_is_unpickled_even_if_its_checksum_fits(folder, tmp_path, kind):
    sprung = tmp_path / "sprung"
    put(folder, "senate_votes", trapped(kind, sprung), trusted=True)
    try:
        arrays = read("senate_votes")
    except ValueError as error:
        assert str(error).startswith("senate_votes.npz must be a whole .npz file, got ")  # noqa: PT017
    else:  # NumPy hands on what is no array as its bytes
        assert kind == "an archive of a pickle"
        assert isinstance(arrays["vote"], bytes)
    assert not sprung.exists()


def test_the_trap_would_be_sprung(tmp_path):
    with np.load(io.BytesIO(trapped("an object array", tmp_path / "sprung")), allow_pickle=True) as arrays:
        arrays["vote"]
    assert (tmp_path / "sprung").exists()


@pytest.mark.parametrize("text", ["", "{", "[1, 2", "\x00", '{"penguins": '], ids=repr)
def test_a_damaged_manifest_is_told_by_its_name(folder, text):
    (folder / "MANIFEST.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"MANIFEST\.json must be JSON, got .*: restore the file"):
        load("penguins")


# ---- nothing is unpickled anywhere

UNPICKLERS = {
    "pickle": {"load", "loads", "Unpickler"},
    "_pickle": {"load", "loads", "Unpickler"},
    "cloudpickle": {"load", "loads"},
    "dill": {"load", "loads"},
    "joblib": {"load"},
    "marshal": {"load", "loads"},
    "shelve": {"open"},
    "pandas": {"read_pickle"},
    "yaml": {"load", "unsafe_load", "full_load"},
}
KNOWN = {
    # a worker is handed its work, and hands back its value, over a pipe that its own parent has opened
    ("labs/workers/launch.py", "pickle.loads"): 2,
    # the lesson springs a trap of its own making, to show what weights_only=True is for
    ("11_images.ipynb", "torch.load"): 1,
}


def names(tree):
    """What each imported name stands for: {"np": "numpy", "loads": "pickle.loads"}."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def full_name(node, known):
    """The dotted name of an expression, imports looked up; "" if it is none."""
    if isinstance(node, ast.Name):
        return known.get(node.id, "")
    if isinstance(node, ast.Attribute):
        before = full_name(node.value, known)
        return f"{before}.{node.attr}" if before else ""
    return ""


def keyword(call, name):
    return next(
        (k.value.value for k in call.keywords if k.arg == name and isinstance(k.value, ast.Constant)), None
    )


def unpickled(source):
    """(line, what) of all that would unpickle a file."""
    tree = ast.parse(source)
    known, found, guarded = names(tree), [], set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):  # one that says itself which names it may look up is none
            methods = {f.name for f in node.body if isinstance(f, ast.FunctionDef)}
            guarded |= {id(base) for base in node.bases if {"find_class", "read_metadata"} & methods}
    for node in ast.walk(tree):
        name = full_name(node, known) if isinstance(node, ast.Name | ast.Attribute) else ""
        top, _, last = name.rpartition(".")
        if last in UNPICKLERS.get(top, ()) and id(node) not in guarded:
            found.append((node.lineno, name))
        if last == "FileSystemReader" and id(node) not in guarded:
            found.append((node.lineno, name))
        if isinstance(node, ast.Call):
            called = full_name(node.func, known)
            if called == "torch.load" and keyword(node, "weights_only") is not True:
                found.append((node.lineno, "torch.load"))
            if called == "torch.distributed.checkpoint.load" and "storage_reader" not in {
                k.arg for k in node.keywords
            }:
                found.append((node.lineno, called))
            allows = [
                k
                for k in node.keywords
                if k.arg == "allow_pickle" and keyword(node, "allow_pickle") is not False
            ]
            if allows or (called == "numpy.load" and keyword(node, "allow_pickle") is not False):
                found.append((node.lineno, "allow_pickle"))
    return sorted(set(found))


def sources():
    """Name → source of every file of the package, every benchmark and every code cell of a lesson."""
    for path in sorted(HOUSE.rglob("*.py")):
        yield path.relative_to(HOUSE).as_posix(), path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "benchmarks").glob("*.py")):
        yield f"benchmarks/{path.name}", path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        yield path.name, "\n".join(code)


def test_nothing_in_the_package_the_benchmarks_or_the_lessons_unpickles_a_file():
    found, n_sources = {}, 0
    for file, source in sources():
        n_sources += 1
        for _, what in unpickled(source):
            found[file, what] = found.get((file, what), 0) + 1
    assert n_sources > 100
    assert {case: n for case, n in found.items() if n > KNOWN.get(case, 0)} == {}
    assert found["labs/workers/launch.py", "pickle.loads"] == 2  # they are seen


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("import pickle\npickle.load(f)", "pickle.load"),
        ("import pickle as p\nx = map(p.loads, lines)", "pickle.loads"),
        ("def f():\n    from pickle import loads as read\n    return read(b)", "pickle.loads"),
        ("import pickle\nclass U(pickle.Unpickler):\n    pass", "pickle.Unpickler"),
        ("import torch\ntorch.load(path)", "torch.load"),
        ("import torch\ntorch.load(path, weights_only=False)", "torch.load"),
        ("from torch import load\nload(path, weights_only=flag)", "torch.load"),
        ("import numpy as np\nnp.load(path)", "allow_pickle"),
        ("import numpy as np\nnp.load(path, allow_pickle=True)", "allow_pickle"),
        ("import numpy as np\nnp.lib.format.read_array(f, allow_pickle=flag)", "allow_pickle"),
        ("import joblib\njoblib.load(path)", "joblib.load"),
        ("import pandas as pd\npd.read_pickle(path)", "pandas.read_pickle"),
        (
            "import torch.distributed.checkpoint as dcp\ndcp.load(held, checkpoint_id=path)",
            "torch.distributed.checkpoint.load",
        ),
        (
            "import torch.distributed.checkpoint as dcp\ndcp.FileSystemReader(path)",
            "torch.distributed.checkpoint.FileSystemReader",
        ),
    ],
)
def test_what_would_unpickle_is_found_under_any_name(source, what):
    assert [found for _, found in unpickled(source)] == [what]


@pytest.mark.parametrize(
    "source",
    [
        "import pickle\nclass U(pickle.Unpickler):\n    def find_class(self, module, name):\n        raise x",
        "import pickle\npickle.dumps(x)",
        "import torch\ntorch.load(path, weights_only=True)",
        "import numpy as np\nnp.load(path, allow_pickle=False)",
        "import json\njson.load(f)",
        "from parti_edu import load\nload('penguins')",
    ],
)
def test_what_does_not_unpickle_is_left_alone(source):
    assert unpickled(source) == []
