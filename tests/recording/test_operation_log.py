"""The log of a run: the latest state of each operation, in memory and on disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_queuekit.errors import HistoryError
from pytest_queuekit.model.history import Operation, Outcome, Verb
from pytest_queuekit.recording.operation_log import Gone, Log, LogFile, read_log_file


def begun(number: int, actor: str = "a") -> Operation:
    """Return a claim that has not ended."""
    return Operation(
        number=number,
        actor=actor,
        verb=Verb.CLAIM,
        start=number,
        end=None,
        outcome=Outcome.UNKNOWN,
    )


def ended(number: int, actor: str = "a") -> Operation:
    """Return the same claim when it has ended."""
    return replace(begun(number, actor), end=number + 1, outcome=Outcome.OK)


def test_the_latest_state_counts() -> None:
    """The end of an operation replaces its beginning, for its own actor."""
    log = Log()
    for operation in (begun(0), begun(0, "b"), ended(0), begun(1)):
        log(operation)
    assert log.operations() == [ended(0), begun(0, "b"), begun(1)]


def test_numbers_continue_for_an_actor() -> None:
    """A second recorder of one actor does not overwrite the operations of the first."""
    log = Log()
    assert log.next("a") == 0
    log.extend([begun(0), ended(0), begun(7, "b")])
    assert (log.next("a"), log.next("b"), log.next("c")) == (1, 8, 0)


def test_a_closed_log_takes_nothing() -> None:
    """A write after the run raises Gone, and does not change the log."""
    log = Log()
    log(begun(0))
    log.close()
    with pytest.raises(Gone):
        log(ended(0))
    assert log.operations() == [begun(0)]


def test_threads_may_write_at_once() -> None:
    """Nothing is lost when many threads write and one reads."""
    log = Log()

    def write(actor: str) -> None:
        for number in range(200):
            log(begun(number, actor))
            log.operations()

    threads = [threading.Thread(target=write, args=(actor,)) for actor in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(log.operations()) == 800


def test_a_file_keeps_the_latest_state(tmp_path: Path) -> None:
    """A log file has the same operations as a log in memory."""
    with LogFile(tmp_path / "log") as log:
        for operation in (begun(0), ended(0), begun(1), begun(0, "b")):
            log(operation)
    assert read_log_file(tmp_path / "log") == [ended(0), begun(1), begun(0, "b")]


def test_a_second_writer_appends(tmp_path: Path) -> None:
    """Opening a log file again loses no operation."""
    for number in range(2):
        with LogFile(tmp_path / "log") as log:
            log(begun(number))
    assert read_log_file(tmp_path / "log") == [begun(0), begun(1)]


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_a_torn_last_line_is_what_a_kill_leaves(tmp_path: Path, cut: int) -> None:
    """A line that a kill cut off is ignored; without a kill it is an error."""
    path = tmp_path / "log"
    with LogFile(path) as log:
        for operation in (begun(0), ended(0), begun(1), ended(1)):
            log(operation)
    os.truncate(path, path.stat().st_size - cut)
    assert read_log_file(path, killed=True) == [ended(0), begun(1)]
    with pytest.raises(HistoryError, match="last line is incomplete"):
        read_log_file(path)


def test_an_invalid_line_is_an_error(tmp_path: Path) -> None:
    """A complete but invalid line raises HistoryError with its number."""
    path = tmp_path / "log"
    with LogFile(path) as log:
        log(begun(0))
    with path.open("a") as file:
        file.write("{}\n")
    with pytest.raises(HistoryError, match="line 2"):
        read_log_file(path)


def test_an_actor_that_never_wrote_did_nothing(tmp_path: Path) -> None:
    """An absent file has no operations if its actor was killed, and is an error otherwise."""
    assert read_log_file(tmp_path / "log", killed=True) == []
    with pytest.raises(HistoryError, match="No such file"):
        read_log_file(tmp_path / "log")


def test_a_line_that_the_disk_cuts_off_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operation that is written only in part raises HistoryError."""
    with LogFile(tmp_path / "log") as log:
        monkeypatch.setattr(os, "write", lambda file, line: len(line) - 1)
        with pytest.raises(HistoryError, match="a part of an operation"):
            log(begun(0))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_kill_loses_nothing(tmp_path: Path) -> None:
    """Each recorded operation is in the file at once, even before a SIGKILL."""
    program = (
        "import os, signal, sys; from pathlib import Path;"
        "from pytest_queuekit.recording.operation_log import LogFile;"
        "from tests.recording.test_operation_log import begun;"
        "log = LogFile(Path(sys.argv[1])); [log(begun(number)) for number in range(100)];"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    path = tmp_path / "log"
    done = subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(read_log_file(path)) == 100
