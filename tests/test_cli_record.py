"""`queuekit record` records a queue under load, for `queuekit check`."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
import time
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest

from pytest_queuekit.cli import main, progress
from pytest_queuekit.execution import bench
from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.capabilities import Durability, Guarantee, Retry, Sharing
from tests.queues.memory import MemoryQueue, Task

Captured = pytest.CaptureFixture[str]
_FOR_EVER = threading.Event()
"""Nobody sets it."""


class Brief(MemoryQueue):
    """A correct queue with leases and retries that a test can wait for."""

    lease_seconds = 0.2
    retry = Retry(max_attempts=5, first=0.01, factor=1, counts_deaths=True)

    def claim(self, worker: str) -> Claim | None:  # type: ignore[override]
        """Claim a task for a moment."""
        return super().claim(worker, lease=0.2)

    def claim_many(self, worker: str, limit: int) -> list[Claim]:  # type: ignore[override]
        """Claim some tasks for a moment."""
        with self._atomically():
            claims = [self.claim(worker) for _ in range(limit)]
        return [claim for claim in claims if claim is not None]


class Doubling(Brief):
    """Puts every tenth claimed task back."""

    claims = 0

    def claim(self, worker: str) -> Claim | None:  # type: ignore[override]
        """Claim a task."""
        claim = super().claim(worker)
        Doubling.claims += 1
        if claim is not None and Doubling.claims % 10 == 0:
            super().release(claim)
        return claim


class TakesLateCompletions(Brief):
    """Completes a task for a worker whose lease has ended, although another one has it."""

    def _is_current(self, task: Task, claim: Claim) -> bool:
        return task.state == "leased"


class Closed(Brief):
    """Cannot be opened."""

    def __init__(self, location: str) -> None:
        raise OSError("the disk is on fire")


class Homeless(Brief):
    """Has no place for a new queue."""

    @classmethod
    def provision(cls, folder: Path) -> str:
        """Fail."""
        raise OSError("no server")


class Hanging(Brief):
    """Never returns from a completion."""

    def complete(self, claim: Claim) -> None:
        """Hang."""
        _FOR_EVER.wait()


class ForOneThread(QueueAdapter):
    """Allows one thread, and does nothing that depends on time."""

    name = "list"
    sharing = Sharing.NONE
    durability = Durability.NONE
    guarantee = Guarantee.AT_MOST_ONCE

    def __init__(self, location: str) -> None:
        self.payloads: list[Any] = []

    def enqueue(self, payload: Any) -> None:
        """Append a payload."""
        self.payloads.append(payload)

    def claim(self, worker: str) -> Claim | None:
        """Take the first payload."""
        if not self.payloads:
            return None
        return Claim(task_id=None, payload=self.payloads.pop(0), worker=worker)


class WrongAnswers(Brief):
    """Answers a claim with the bare payload."""

    def claim(self, worker: str) -> Any:  # type: ignore[override]
        """Return no Claim."""
        return "task"


def _record(name: str, path: Path, *more: str) -> int:
    spec = f"{__name__}:{name}"
    given = ["--output", str(path), "--tasks", "200", "--seconds", "20", *more]
    return main(["record", "--impl", spec, *given])


def _check(name: str, path: Path) -> int:
    return main(["check", str(path), "--contract", f"{__name__}:{name}"])


def _head(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text(encoding="ascii").split("\n")[0])
    return data


@pytest.mark.parametrize(
    ("name", "kind"),
    [("Brief", ""), ("Doubling", "double-delivery")],
)
def test_a_recorded_queue_is_judged(tmp_path: Path, capsys: Captured, name: str, kind: str) -> None:
    """The history of a correct queue proves nothing, that of a faulty one the fault."""
    path = tmp_path / "h.jsonl"
    assert _record(name, path) == 0
    printed = capsys.readouterr().out
    assert f"queuekit check {path} --contract {__name__}:{name}\n" in printed
    assert " on 200 tasks." in " ".join(printed.split())
    assert _check(name, path) == int(bool(kind))
    assert ("Task delivered twice" in capsys.readouterr().out) == bool(kind)


def test_the_head_vouches_for_what_was_done(tmp_path: Path) -> None:
    """All calls are in the file, and the queue was emptied."""
    path = tmp_path / "h.jsonl"
    assert _record("Brief", path) == 0
    head = _head(path)
    assert (head["complete"], head["drained"], head["clock"]) == (True, True, "ns")


@pytest.mark.parametrize(("name", "status"), [("Brief", 0), ("TakesLateCompletions", 1)])
def test_some_deliveries_outlast_their_lease(tmp_path: Path, name: str, status: int) -> None:
    """Their worker completes them when it has the tasks once more."""
    path = tmp_path / "h.jsonl"
    assert _record(name, path, "--workers", "1") == 0
    assert _check(name, path) == status


def test_one_worker_does_the_same_for_the_same_seed(tmp_path: Path) -> None:
    """Another seed draws other calls."""

    def calls(seed: int, name: str) -> list[tuple[Any, ...]]:
        path = tmp_path / name
        assert _record("ForOneThread", path, "--seed", str(seed), "--tasks", "20") == 0
        lines = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()[1:]]
        return [(line["verb"], line.get("task")) for line in lines]

    assert calls(1, "a") == calls(1, "b") != calls(2, "c")


def test_ctrl_c_leaves_a_usable_file(tmp_path: Path, capsys: Captured) -> None:
    """It has the calls so far, and does not claim that the queue was emptied."""
    path = tmp_path / "h.jsonl"
    command = [sys.executable, "-m", "pytest_queuekit", "record", "--tasks", "1000000"]
    spec = f"{__name__}:Brief"
    with Popen([*command, "--impl", spec, "--output", str(path)], stderr=PIPE, text=True) as bench:
        while bench.poll() is None and (not path.exists() or path.stat().st_size < 20_000):
            time.sleep(0.02)
        bench.send_signal(signal.SIGINT)
        _, told = bench.communicate()
    assert (bench.returncode, told) == (
        130,
        f"queuekit: interrupted; {path} has the calls so far\n",
    )
    assert not _head(path)["drained"]
    assert main(["check", str(path), "--contract", spec]) == 0
    assert "Not judged: lost tasks: the head lacks drained." in capsys.readouterr().out


def test_the_time_ends_a_recording(tmp_path: Path, capsys: Captured) -> None:
    """The queue is emptied all the same."""
    path = tmp_path / "h.jsonl"
    assert _record("Brief", path, "--tasks", "1000000", "--seconds", "0.2") == 0
    assert "The time ended before the workers did: 0.2 s.\n" in capsys.readouterr().out
    assert _head(path)["drained"]


def test_a_call_that_hangs_is_named(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file has it without an end, and the status is 1."""
    monkeypatch.setattr(bench, "_HANG", 0.2)
    path = tmp_path / "h.jsonl"
    assert _record("Hanging", path, "--workers", "2", "--seconds", "0.2") == 1
    told = capsys.readouterr().out
    assert re.search(r"`(worker-[12]|collector)` did not return from complete\.\n", told)


def test_a_queue_that_does_not_open_records_nothing_to_judge(
    tmp_path: Path, capsys: Captured
) -> None:
    """The first error says why."""
    assert _record("Closed", tmp_path / "h.jsonl") == 1
    printed = " ".join(capsys.readouterr().out.split())
    assert printed.endswith(
        "No claim brought a task. The first error is of open: OSError: the disk is on fire"
    )


def test_a_terminal_shows_the_progress(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After two seconds, on a line of stderr that is cleared in the end; without colours."""
    monkeypatch.setattr(progress, "_SLOW", 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert _record("Brief", tmp_path / "h.jsonl") == 0
    told = capsys.readouterr().err
    assert "\r\x1b[Krecorded 100 calls\r\x1b[K" in told
    assert told.endswith("\r\x1b[K")
    assert set(re.findall(r"\x1b\[[\d;]*\w", told)) == {"\x1b[K"}


WRONG = {
    ("--impl", "nosuchqueue"): "--impl nosuchqueue: no built-in or published queue",
    ("--impl", f"{__name__}:ForOneThread", "--workers", "2"): "for one thread: give --workers 1",
    ("--impl", f"{__name__}:WrongAnswers"): "returned str: 'task'; it must return a Claim",
    ("--impl", "reference", "--tasks", "0"): "expected a whole number from 1 to 1,000,000",
    ("--impl", "reference", "--seconds", "nan"): "expected a number of seconds above 0",
    ("--impl", "reference", "--output", "no/h.jsonl"): "no/h.jsonl cannot be written: No such file",
    ("--impl", f"{__name__}:Homeless"): "Homeless.provision() raised OSError: no server",
    ("--impl", "reference", "--output", os.devnull): "this file exists",
    ("--tasks", "3"): "the following arguments are required: --impl",
}


@pytest.mark.parametrize("case", WRONG.items(), ids=lambda case: " ".join(case[0][-2:]))
def test_a_usage_error_has_a_reason(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
    case: tuple[tuple[str, ...], str],
) -> None:
    """Exit status 2, and no traceback."""
    given, expected = case
    monkeypatch.chdir(tmp_path)
    try:
        status: object = main(["record", *given])
    except SystemExit as ended:
        status = ended.code
    told = capsys.readouterr().err
    assert (status, "Traceback" in told) == (2, False)
    assert expected in " ".join(told.split())
