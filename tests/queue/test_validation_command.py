"""`python -m pytest_queuekit.queue.validation PATH`: its output and its exit codes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_queuekit.queue import QueueDatabase, TaskQueue
from tests.queue.validating import alter, names, new_queue

SEED = Path(__file__).parents[1] / "seed" / "worker-support.md"


def documented_output() -> str:
    """Return the output that the seed shows."""
    blocks: list[tuple[str, str]] = re.findall(
        r"^```(\w*)\n(.*?)^```$", SEED.read_text("utf-8"), re.M | re.S
    )
    return next(text for language, text in blocks if not language and "VALIDATION" in text)


def validation(
    *arguments: str, cwd: Path, flags: tuple[str, ...] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does, with warnings as errors."""
    command = [sys.executable, "-W", "error", *flags, "-m", "pytest_queuekit.queue.validation"]
    return subprocess.run(
        [*command, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_output_is_the_documented_one(tmp_path: Path) -> None:
    """Without a benchmark, the output equals that of the documentation."""
    done = validation("--no-benchmark", str(new_queue(tmp_path)), cwd=tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == (documented_output(), "", 0)


def test_benchmark_follows_the_output(tmp_path: Path) -> None:
    """By default, the times of four operations follow the documented output."""
    done = validation(str(new_queue(tmp_path)), cwd=tmp_path)
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout.startswith(documented_output())
    figures = done.stdout.removeprefix(documented_output())
    assert re.findall(r"^  (\w+ \w+) +\d+\.\d+ ms   target < (\d+) ms$", figures, re.M) == [
        ("Task Enqueue", "10"),
        ("Task Claim", "5"),
        ("Task Update", "5"),
        ("Queue Stats", "50"),
    ]
    assert re.search(r"^  Throughput +\d+ tasks/min", figures, re.M)


def test_new_file_is_created_and_valid(tmp_path: Path) -> None:
    """A missing file becomes an empty queue, with a note on standard error."""
    done = validation("--no-benchmark", "new queue #1?.db", cwd=tmp_path)
    assert (done.stdout, done.returncode) == (documented_output(), 0)
    assert "new queue #1?.db did not exist; created an empty queue" in done.stderr
    assert names(tmp_path) == ["new queue #1?.db"]
    assert (tmp_path / "new queue #1?.db").stat().st_mode & 0o777 == 0o600


def test_new_file_that_several_validate_at_once(tmp_path: Path) -> None:
    """Processes that validate the same new file at once all find a valid queue."""
    command = [sys.executable, "-m", "pytest_queuekit.queue.validation", "--no-benchmark", "new.db"]
    started = [
        subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
        )
        for _ in range(5)
    ]
    outputs = [process.communicate(timeout=60)[0] for process in started]
    assert outputs == [documented_output()] * 5


def test_file_without_tables(tmp_path: Path) -> None:
    """An empty file fails the validation and stays empty."""
    (tmp_path / "empty.db").touch()
    done = validation("empty.db", cwd=tmp_path)
    assert done.returncode == 1
    assert "empty.db has no tables" in done.stdout
    assert (tmp_path / "empty.db").stat().st_size == 0
    assert names(tmp_path) == ["empty.db"]


def test_failure_names_value_place_and_fix(tmp_path: Path) -> None:
    """A failed check prints its reasons, the others continue, and the exit code is 1."""
    path = new_queue(tmp_path)
    alter(path, "DROP INDEX task_life")
    done = validation(str(path), cwd=tmp_path)
    assert (done.stderr, done.returncode) == ("", 1)
    expected = documented_output().replace(
        "Running: Index Performance... ✅ PASS\n",
        "Running: Index Performance... ❌ FAIL\n"
        f"    index task_life is missing in {path}: "
        "QueueDatabase(path).initialize_schema() restores it\n",
    )
    expected = expected.replace("✅ ALL VALIDATIONS PASSED", "❌ VALIDATION FAILED: 1 of 8 checks")
    assert done.stdout == expected


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("missing/queue.db", "missing' does not exist"),
        (".", "is a folder"),
        ("", "PATH='': name the queue's database file"),
        (":memory:", "PATH=':memory:': name the queue's database file"),
        ("/dev/null", "is not a regular file"),
    ],
)
def test_nothing_to_validate(tmp_path: Path, path: str, reason: str) -> None:
    """A path that cannot be a queue's file gives one error line and exit code 2."""
    done = validation(path, cwd=tmp_path)
    assert (done.stdout, done.returncode) == ("", 2)
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert reason in done.stderr
    assert names(tmp_path) == []


@pytest.mark.parametrize("arguments", [(), ("a", "b"), ("a", "--bench-mark")])
def test_bad_usage(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Missing or unknown arguments give the usage and exit code 2."""
    done = validation(*arguments, cwd=tmp_path)
    assert (done.stdout, done.returncode) == ("", 2)
    assert done.stderr.startswith("usage: python -m pytest_queuekit.queue.validation ")
    assert names(tmp_path) == []


def test_file_that_is_not_a_database(tmp_path: Path) -> None:
    """A text file fails, is named in the output, and stays unchanged."""
    path = tmp_path / "notes.txt"
    path.write_text("not a database\n" * 100)
    done = validation(str(path), cwd=tmp_path)
    assert done.returncode == 1
    assert "Running: Database Connection... ❌ FAIL\n" in done.stdout
    assert f"path='{path}': file is not a database" in done.stdout
    assert path.read_text() == "not a database\n" * 100
    assert names(tmp_path) == ["notes.txt"]


def test_file_of_a_newer_version(tmp_path: Path) -> None:
    """A file of a newer version fails only the schema check."""
    path = new_queue(tmp_path)
    alter(path, "PRAGMA user_version=7")
    done = validation(str(path), cwd=tmp_path)
    assert done.returncode == 1
    assert re.findall(r"Running: (.*)\.\.\. ❌", done.stdout) == ["Schema Integrity"]
    assert "user_version is 7" in done.stdout
    assert "update the queue's code" in done.stdout


def test_terminal_without_the_signs(tmp_path: Path) -> None:
    """A terminal with only ASCII gets question marks instead of a traceback."""
    path = str(new_queue(tmp_path))
    done = validation("--no-benchmark", path, cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert done.stdout == documented_output().replace("✅", "?")
    assert (done.stderr, done.returncode) == ("", 0)


def test_reader_that_leaves(tmp_path: Path) -> None:
    """There is no traceback if the reader closes the pipe early."""
    path = new_queue(tmp_path)
    command = f"{sys.executable} -m pytest_queuekit.queue.validation {path} | head -1"
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        capture_output=True,
        encoding="utf-8",
        check=False,
        cwd=tmp_path,
    )
    assert (done.stdout, done.stderr) == ("=" * 70 + "\n", "")


def test_help_names_exit_codes(tmp_path: Path) -> None:
    """The help names the exit codes."""
    done = validation("--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "Exit code 0: all checks passed" in " ".join(done.stdout.split())


def test_optimised_python_checks_as_well(tmp_path: Path) -> None:
    """The command finds a fault under -OO too, which drops asserts and docstrings."""
    path = new_queue(tmp_path)
    with QueueDatabase(path) as db:
        TaskQueue(db).enqueue("work", {})
    alter(path, "DROP TRIGGER finish_updated")
    done = validation(str(path), cwd=tmp_path, flags=("-OO",))
    assert done.returncode == 1
    assert re.findall(r"Running: (.*)\.\.\. ❌", done.stdout) == ["Schema Integrity"]
