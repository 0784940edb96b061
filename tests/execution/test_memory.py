"""The memory of a process, and a process whose memory cannot be compared."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution import memory
from pytest_queuekit.execution.drivers.sequence import Sequence
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import Status
from pytest_queuekit.rules.growth import RULES
from pytest_queuekit.rules.rule import by_id, judge
from tests.queues.memory import MemoryQueue

MEGABYTE = 2**20


def test_it_is_that_of_the_present_process() -> None:
    """A Python process has a few megabytes."""
    assert 4 * MEGABYTE < memory.resident_bytes() < 4096 * MEGABYTE


@pytest.mark.skipif(sys.platform == "win32", reason="the system does not tell it")
@pytest.mark.parametrize("platform", ["darwin", "freebsd"])
def test_other_systems_tell_the_largest_so_far(
    monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    """In bytes on macOS, in kilobytes elsewhere."""
    present = memory.resident_bytes()
    monkeypatch.setattr(memory, "_STATM", Path("/nowhere"))
    monkeypatch.setattr(sys, "platform", platform)
    unit = 1024 if platform == "darwin" else 1
    assert memory.resident_bytes() * unit > present * 0.9  # the kernel counts it in batches


def test_a_system_that_does_not_tell_leaves_the_rule_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows has neither way."""
    monkeypatch.setattr(memory, "_STATM", Path("/nowhere"))
    monkeypatch.setitem(sys.modules, "resource", None)
    with pytest.raises(NotRunError, match="does not tell the memory"):
        memory.resident_bytes()


def test_too_few_rounds_are_not_judged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A slow disk is no leak, and no hang."""
    monkeypatch.setattr("pytest_queuekit.rules.growth_programs._PATIENCE", 0.0)
    rule = replace(by_id(RULES)["GROWTH-8"], drivers=(Sequence(),))
    verdict = judge(rule, QueueUnderTest.of(MemoryQueue), tmp_path, Effort())
    assert verdict.status is Status.NOT_RUN
    assert str(verdict.reason) == "only 0 tasks were completed within 0 s"
