"""Each test has a progress file of its own, and no claims or hints of another's."""

import pytest

from parti_edu import claims
from parti_edu.exercises import progress, task


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """The folder of this test's progress file."""
    monkeypatch.setenv("PARTI_EDU_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(progress, "UNSAVED", {})
    monkeypatch.setattr(claims, "SHOWN", set())
    monkeypatch.setattr(task, "HINTED", {})
    return tmp_path / "home"
