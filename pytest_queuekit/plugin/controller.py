"""The hooks of pytest-xdist, in the process that hands out the items."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import pytest

from pytest_queuekit.model.effort import Level
from pytest_queuekit.plugin.results import Results
from pytest_queuekit.suites.plan import Track

if TYPE_CHECKING:
    from pytest_queuekit.plugin.lane_scheduling import LaneScheduling

MOST_LANES = 4
"""The limit of lanes, whatever the number of workers: no race has more actors."""


def is_controller(config: pytest.Config) -> bool:
    """Return True if this process hands out items to others."""
    return config.pluginmanager.hasplugin("xdist") and config.getoption("dist", "no") != "no"


def track_of(config: pytest.Config, level: Level) -> Track | None:
    """Return the track on which races meet; None if there are no lanes.

    Lanes need two workers or more on this machine that take the items as they come.
    """
    track = getattr(config, "workerinput", {}).get("queue_track")
    if track:
        return Track(folder=Path(track["folder"]), lanes=track["lanes"])
    if not is_controller(config) or level < Level.STANDARD:
        return None
    workers = config.getoption("tx") or []
    plain = config.getoption("dist") == "load" and all(worker == "popen" for worker in workers)
    if not plain or len(workers) < 2:
        return None
    folder = Path(mkdtemp(prefix="queuekit-"))
    return Track(folder=folder, lanes=min(len(workers), MOST_LANES))


class Controller:
    """Makes the lanes of a race run at the same time."""

    def __init__(self, track: Track | None, lanes: dict[str, int], results: Results) -> None:
        self._track, self._lanes, self._results = track, lanes, results

    def pytest_configure_node(self, node: Any) -> None:
        """Pass an xdist worker the place where the lanes meet, and their number."""
        if self._track:
            folder = str(self._track.folder)
            node.workerinput["queue_track"] = {"folder": folder, "lanes": self._track.lanes}

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> LaneScheduling | None:
        """Return the scheduler that knows lanes."""
        if not self._lanes:
            return None
        from pytest_queuekit.plugin.lane_scheduling import LaneScheduling

        return LaneScheduling(config, log, lanes=self._lanes)

    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Note which checks were selected: the controller itself collects nothing."""
        self._results.expect(ids)

    def pytest_unconfigure(self) -> None:
        """Delete the files that the lanes left."""
        if self._track:
            shutil.rmtree(self._track.folder, ignore_errors=True)
