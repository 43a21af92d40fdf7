"""Some explorers of the labs compute with torch: without it their states are skipped by name."""

import pytest

WITH_TORCH = {"augment", "budget"}


@pytest.fixture(autouse=True)
def _torch(request):
    given = getattr(request.node, "callspec", None)
    explorer = given.params.get("explorer") if given else None
    if getattr(explorer, "name", "") in WITH_TORCH:
        pytest.importorskip("torch", reason="torch is not installed: pip install -c constraints.txt torch")
