"""pytest's own plugin for tests of plugins, and what a run or its coverage leaves out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest_plugins = ("pytester",)

_UNMEASURED = frozenset({"faults", "findings", "queue", "rules", "seed", "vendor"})
"""The folders of tests that start many processes, in which runs only what other tests measure."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that need a server if none answers; on a machine of CI, they fail."""
    needing = [item for item in items if item.get_closest_marker("server")]
    if needing and not os.environ.get("CI") and _server_problem():
        config.hook.pytest_deselected(items=needing)
        items[:] = [item for item in items if item not in needing]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line that the tests of a server are left out."""
    if not os.environ.get("CI") and _server_problem():
        terminalreporter.write_line(
            f"The tests marked 'server' were left out: {_server_problem()}. "
            "Start one, or set QUEUEKIT_POSTGRES_URL"
        )


def _server_problem() -> str:
    from tests.queue.engines import server_problem  # slow to load

    return server_problem()


@pytest.fixture(autouse=True)
def _leave_processes_unmeasured(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Measure no coverage in the processes of these tests, which takes much of their time."""
    folder = request.path.relative_to(Path(__file__).parent).parts[0]
    if folder in _UNMEASURED:
        for name in [name for name in os.environ if "COVERAGE" in name]:
            monkeypatch.delenv(name)
