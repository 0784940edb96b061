"""A run may change the local time zone, and leaves the process in the zone that it was in."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.drivers.sequence import Sequence
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario, Script
from pytest_queuekit.execution.time_zone import set_time_zone, time_zone_restored
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from tests.queues.memory import MemoryQueue

TOKYO = "JST-9"


def _run(script: Script, folder: Path, limit: float = 30.0) -> None:
    queue = QueueUnderTest.of(MemoryQueue)
    next(Sequence().runs(Scenario(script=script), queue, folder, Effort(limit=limit)))


def _distance() -> float | None:
    """Return the hours that local time is ahead of Greenwich."""
    offset = datetime.fromtimestamp(0).astimezone().utcoffset()
    return None if offset is None else offset.total_seconds() / 3600


@pytest.fixture(params=["EST5", None])
def zone(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The zone of the process before the run: one that is set, and none."""
    zone: str | None = request.param
    with pytest.MonkeyPatch.context() as patch:
        if zone is None:
            patch.delenv("TZ", raising=False)
        else:
            patch.setenv("TZ", zone)
        time.tzset()
        yield zone
    time.tzset()


def test_the_zone_is_restored_after_a_run(zone: str | None, tmp_path: Path) -> None:
    """The script acts in the zone that it sets; the caller never does."""
    before, inside = _distance(), []

    def script(_env: Environment) -> None:
        set_time_zone(TOKYO)
        inside.append(_distance())

    _run(script, tmp_path)
    assert inside == [9.0]
    assert os.environ.get("TZ") == zone
    assert _distance() == before


def test_the_zone_is_restored_after_a_hang(zone: str | None, tmp_path: Path) -> None:
    """A script that never ends does not leave its zone behind."""
    never = threading.Event()

    def script(_env: Environment) -> None:
        set_time_zone(TOKYO)
        never.wait()

    _run(script, tmp_path, limit=0.2)
    never.set()
    assert os.environ.get("TZ") == zone


def test_a_zone_that_was_not_changed_is_not_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows has no tzset(), and needs none for a run that stays in its zone."""
    monkeypatch.delattr(time, "tzset")
    with time_zone_restored():
        pass
    with pytest.raises(NotRunError, match="tzset"):
        set_time_zone(TOKYO)
