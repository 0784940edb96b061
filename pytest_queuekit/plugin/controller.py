"""The hooks of pytest-xdist, in the process that hands out the items."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import pytest

from pytest_queuekit.model.effort import Level
from pytest_queuekit.plugin.results import Results
from pytest_queuekit.plugin.settings import Settings

if TYPE_CHECKING:
    from pytest_queuekit.plugin.lane_scheduling import LaneScheduling

MOST_LANES = 4
"""However many workers there are: no race has more to do."""


def is_controller(config: pytest.Config) -> bool:
    """Whether this process hands out items to others."""
    return config.pluginmanager.hasplugin("xdist") and config.getoption("dist", "no") != "no"


class Controller:
    """Has races run in lanes, where the workers are on this machine and take what comes."""

    def __init__(self, config: pytest.Config, settings: Settings, results: Results) -> None:
        self.results = results
        self.lanes = _lanes(config, settings)
        self.folder = Path(mkdtemp(prefix="queuekit-")) if self.lanes else None

    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker where the lanes meet, and how many there are."""
        if self.folder:
            node.workerinput["queue_track"] = {"folder": str(self.folder), "lanes": self.lanes}

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> LaneScheduling | None:
        """Have the lanes of a race run at the same time."""
        if not self.lanes:
            return None
        from pytest_queuekit.plugin.lane_scheduling import LaneScheduling

        return LaneScheduling(config, log)

    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Note what is to be answered: the controller itself collects nothing."""
        self.results.expect(ids)

    def pytest_unconfigure(self) -> None:
        """Delete what the lanes left."""
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def _lanes(config: pytest.Config, settings: Settings) -> int:
    """Return how many lanes there are; 0 where there is nobody to race, or nothing."""
    workers = config.getoption("tx") or []
    plain = config.getoption("dist") == "load" and all(one == "popen" for one in workers)
    asked = settings.queues and settings.effort.level >= Level.STANDARD
    return min(len(workers), MOST_LANES) if plain and asked and len(workers) > 1 else 0
