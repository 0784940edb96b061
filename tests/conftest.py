"""pytest's own plugin for tests of plugins, and what of the suite its coverage leaves out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest_plugins = ("pytester",)

_UNMEASURED = frozenset({"faults", "findings", "queue", "rules", "seed", "vendor"})
"""The folders of tests that start many processes, in which runs only what other tests measure."""


@pytest.fixture(autouse=True)
def _leave_processes_unmeasured(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Measure no coverage in the processes of these tests, which takes much of their time."""
    folder = request.path.relative_to(Path(__file__).parent).parts[0]
    if folder in _UNMEASURED:
        for name in [name for name in os.environ if "COVERAGE" in name]:
            monkeypatch.delenv(name)
