"""Rows that several files train on, loaded once."""

import pytest
from hypothesis import settings

from parti_edu import load

# No test asks how long an example takes: a busy machine is no fault.
settings.register_profile("calm", deadline=None)
settings.load_profile("calm")


@pytest.fixture(scope="session")
def rows():
    """The training rows of breast_cancer: X (398, 30), y in {0, 1}."""
    return load("breast_cancer").train


@pytest.fixture(scope="session")
def few(rows):
    """Its first 40 rows and 5 features: enough for a law, quick to run."""
    return rows.X[:40, :5], rows.y[:40]
