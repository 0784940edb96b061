"""A queue is measured without pytest, with any stopwatch."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.capabilities import Durability
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import Requirement, Status, Verdict
from pytest_queuekit.performance import floor, judgement
from pytest_queuekit.performance.floor import Floor
from pytest_queuekit.performance.judgement import Conditions, judge_target
from pytest_queuekit.performance.stopwatch import Sample, Stopwatch
from pytest_queuekit.performance.targets import BY_WORD
from pytest_queuekit.performance.workbench import Workbench
from tests.queues.memory import MemoryQueue
from tests.queues.small_sqlite import SmallSqliteQueue

QUICK = Effort.at(Level.QUICK)


@dataclass
class Watch:
    """Calls what it is given for real, and says that each call took a given number of seconds."""

    seconds: float = 0.001
    rounds: list[int] = field(default_factory=list)

    def __call__(
        self,
        function: Callable[..., Any],
        *,
        setup: Callable[[], tuple[Sequence[Any], dict[str, Any]]] | None = None,
        rounds: int,
    ) -> Sample:
        """Call the function `rounds` times."""
        self.rounds.append(rounds)
        for _ in range(rounds):
            arguments, options = setup() if setup else ((), {})
            function(*arguments, **options)
        return Sample.of([self.seconds] * rounds)


def _judge(
    word: str,
    folder: Path,
    *,
    adapter: type[MemoryQueue] | type[SmallSqliteQueue] = MemoryQueue,
    watch: Stopwatch | None = None,
) -> Verdict:
    queue = QueueUnderTest.of(adapter)
    used: Stopwatch = watch or Watch()
    conditions = Conditions(
        queue=queue,
        label="memory",
        effort=QUICK,
        workbench=partial(Workbench, queue, folder, QUICK.level),
        stopwatch=lambda: used,
        folder=folder,
    )
    return judge_target(BY_WORD[word], conditions, Requirement.MUST)


@pytest.mark.parametrize("word", ["enqueue", "claim", "update", "stats"])
def test_each_operation_is_measured_on_a_deep_queue(word: str, tmp_path: Path) -> None:
    """A thousand tasks wait at the quick level, and that is what the verdict says."""
    verdict = _judge(word, tmp_path)
    assert verdict.status is Status.PASS
    assert verdict.measurement
    assert (verdict.measurement.what, verdict.measurement.depth) == (word, 1000)
    assert verdict.measurement.value == pytest.approx(1.0)


def test_a_slow_operation_misses_its_target(tmp_path: Path) -> None:
    """The figure, its rounds and the time of the disk are in the measurement."""
    verdict = _judge("claim", tmp_path, watch=Watch(seconds=0.0072))
    assert verdict.failed
    measured = verdict.measurement
    assert measured
    assert (round(measured.value, 3), measured.target, measured.rounds) == (7.2, 5, 100)
    assert measured.floor is not None
    assert measured.fsync is not None


def test_throughput_is_that_of_four_workers(tmp_path: Path) -> None:
    """Every task is delivered, in far less than the minute that 200 may take."""
    verdict = _judge("throughput", tmp_path, adapter=SmallSqliteQueue)
    assert verdict.status is Status.PASS
    assert verdict.measurement
    assert verdict.measurement.value > 200
    assert verdict.measurement.depth == QUICK.tasks


def test_what_a_queue_cannot_do_is_not_applicable(tmp_path: Path) -> None:
    """A queue without stats has no target for them."""

    class Bare(MemoryQueue):
        stats: Any = QueueAdapter.stats

    verdict = _judge("stats", tmp_path, adapter=Bare)
    assert (verdict.status, str(verdict.reason)) == (Status.NOT_APPLICABLE, "not declared: stats")


def test_a_queue_that_hands_out_nothing_is_not_measured(tmp_path: Path) -> None:
    """An empty answer is quick, and says nothing about a claim."""

    class Mute(MemoryQueue):
        def claim(self, worker: str, **options: Any) -> Claim | None:
            return None

    verdict = _judge("claim", tmp_path, adapter=Mute)
    assert verdict.status is Status.NOT_RUN
    assert "a claim returned empty" in str(verdict.reason)


def test_an_error_of_the_queue_is_not_measured(tmp_path: Path) -> None:
    """Other rules judge errors; a target has no answer then, and says which error it was."""

    class Sour(MemoryQueue):
        def claim(self, worker: str, **options: Any) -> Claim | None:
            raise OSError("disk gone")

    verdict = _judge("claim", tmp_path, adapter=Sour)
    assert (verdict.status, str(verdict.reason)) == (
        Status.NOT_RUN,
        "not measured: the queue raised OSError: disk gone",
    )
    assert verdict.reason is not None
    assert verdict.reason.kind == "inconclusive"


@pytest.mark.parametrize("word", ["enqueue", "claim", "update", "stats"])
def test_an_error_of_the_kit_is_not_an_error_of_the_queue(word: str, tmp_path: Path) -> None:
    """It leaves the measurement, so that the run fails instead of lacking a figure."""

    def torn(*arguments: object, **options: object) -> Sample:
        raise ZeroDivisionError("in the stopwatch")

    with pytest.raises(ZeroDivisionError):
        _judge(word, tmp_path, watch=torn)


def test_an_error_while_filling_is_not_measured(tmp_path: Path) -> None:
    """The queue refuses the tasks that the measurement needs."""

    class Full(MemoryQueue):
        def enqueue_many(self, *arguments: Any, **options: Any) -> list[Any]:
            raise OSError("no room")

    verdict = _judge("claim", tmp_path, adapter=Full)
    assert str(verdict.reason) == "not measured: the queue raised OSError: no room"


def test_nothing_is_measured_without_a_stopwatch(tmp_path: Path) -> None:
    """The verdict has the reason why there is no stopwatch, also for throughput."""

    def none() -> Stopwatch:
        raise NotRunError("no stopwatch here", kind="unmeasured")

    queue = QueueUnderTest.of(MemoryQueue)
    conditions = Conditions(
        queue=queue,
        label="memory",
        effort=QUICK,
        workbench=partial(Workbench, queue, tmp_path, QUICK.level),
        stopwatch=none,
        folder=tmp_path,
    )
    for target in BY_WORD.values():
        verdict = judge_target(target, conditions, Requirement.MUST)
        assert (verdict.status, str(verdict.reason)) == (
            Status.NOT_RUN,
            "not measured: no stopwatch here",
        )
        assert verdict.reason is not None
        assert verdict.reason.kind == "unmeasured"


def test_a_slow_disk_is_not_a_slow_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the target is out of the disk's reach, a commit of plain sqlite3 is the measure."""
    slow = Floor(commit=0.02, fsync=0.03)
    monkeypatch.setattr(judgement, "commit_floor", lambda *_: slow)
    statuses = {}
    for milliseconds in (30, 59, 61):
        folder = tmp_path / str(milliseconds)
        folder.mkdir()
        verdict = _judge("claim", folder, watch=Watch(seconds=milliseconds / 1000))
        assert verdict.measurement
        assert (verdict.measurement.target, verdict.measurement.relative) == (60, True)
        statuses[milliseconds] = verdict.status
    assert statuses == {30: Status.PASS, 59: Status.PASS, 61: Status.FAIL}


def test_counting_has_no_excuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target without a commit does not depend on the disk."""
    monkeypatch.setattr(judgement, "commit_floor", lambda *_: Floor(commit=0.02, fsync=0.03))
    assert _judge("stats", tmp_path, watch=Watch(seconds=0.06)).failed


def test_the_worse_moment_of_the_disk_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is measured before and after, since it may be slow for a moment only."""
    floors = iter([Floor(commit=0.001, fsync=0.001), Floor(commit=0.02, fsync=0.02)])
    monkeypatch.setattr(judgement, "commit_floor", lambda *_: next(floors))
    measured = _judge("claim", tmp_path, watch=Watch(seconds=0.03)).measurement
    assert measured
    assert measured.floor == 20


def test_the_floor_is_a_commit_of_plain_sqlite(tmp_path: Path) -> None:
    """It is measured with the durability that the queue promises, and with an fsync."""
    for durability in (Durability.PROCESS_CRASH, Durability.POWER_LOSS):
        folder = tmp_path / durability.name
        folder.mkdir()
        measured = floor.commit_floor(folder, durability)
        assert 0 < measured.commit < 5
        assert 0 < measured.fsync < 5


def test_filling_ends_when_time_is_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue that is slow to fill is measured as deep as it got, and the depth is reported."""
    moments = iter(range(10_000))
    monkeypatch.setattr(time, "monotonic", lambda: next(moments) * 0.5)

    class Single(MemoryQueue):
        enqueue_many = QueueAdapter.enqueue_many

    bench = Workbench(QueueUnderTest.of(Single), tmp_path, Level.QUICK)
    assert 1 <= bench.depth < 10
