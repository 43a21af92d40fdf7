"""The environment check of lesson 00 says what is there, and how to get what is not."""

import sys
from importlib.metadata import PackageNotFoundError

import pytest

from parti_edu import environment


def test_it_names_each_package_with_its_version(capsys):
    environment.environment()
    told = capsys.readouterr().out
    for package in environment.NEEDED:
        assert f"{package} " in told or f"{package}:" in told


def test_a_missing_package_comes_with_its_use_and_the_line_that_installs_it(capsys, monkeypatch):
    def version(package):
        if package == "torch":
            raise PackageNotFoundError
        return "9.9"

    monkeypatch.setattr(environment, "version", version)
    environment.environment()
    told = capsys.readouterr().out
    assert "torch: missing, needed for lessons 07 and later" in told
    assert "pip install -c constraints.txt torch" in told
    assert "numpy 9.9: here" in told


def test_the_twin_is_on_torch():
    pytest.importorskip("torch", reason="torch is not installed: pip install -c constraints.txt torch")
    assert environment.twin().__name__ == "parti_edu.on_torch"


def test_without_torch_the_twin_is_none_and_says_how_to_get_it(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "parti_edu.on_torch", raising=False)
    monkeypatch.delattr("parti_edu.on_torch", raising=False)
    assert environment.twin() is None
    assert "skipped: parti_edu.on_torch needs torch: pip install" in capsys.readouterr().out
