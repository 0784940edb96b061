"""Judges a changed reference queue by `pytest --queue-validate`, in a copy of the package."""

from __future__ import annotations

import enum
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest_queuekit
from tests.mutation.mutations import Mutation

PACKAGE = Path(pytest_queuekit.__file__).parent
_LIMIT = 400.0
"""Seconds; a run of level quick takes some ten."""


class Outcome(enum.StrEnum):
    """What became of a changed queue."""

    KILLED = "killed"
    """A rule failed."""
    STOPPED = "stopped"
    """The queue no longer opens, enqueues, claims and completes, so that no rule was tried."""
    SURVIVED = "survived"
    """All rules passed."""
    UNKNOWN = "unknown"
    """The run did not end in time, or ended without a verdict."""


class Judge:
    """Judges changed queues one after the other, in a folder of its own."""

    def __init__(self, folder: Path, level: str) -> None:
        self._folder, self._level = folder, level
        self._package = folder / PACKAGE.name
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PACKAGE, self._package, ignore=ignored, dirs_exist_ok=True)

    def judge(self, mutation: Mutation | None) -> Outcome:
        """Return the outcome of a change, or that of the queue as it is."""
        if mutation is None:
            return self._run()
        module = self._package / mutation.file.relative_to(PACKAGE)
        before = module.read_text()
        try:
            self._write(module, mutation.source)
            return self._run()
        finally:
            self._write(module, before)

    def _write(self, module: Path, source: str) -> None:
        """Write a module, and remove its bytecode, which a file of the same age and size keeps."""
        module.write_text(source)
        for cached in (module.parent / "__pycache__").glob(f"{module.stem}.*.pyc"):
            cached.unlink()

    def _run(self) -> Outcome:
        home = self._folder / "home"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        command = [sys.executable, "-m", "pytest", "--queue-validate", "-x", "-q"]
        command += [f"--queue-level={self._level}", "--queue-perf=off", "--color=no"]
        command += ["-p", "no:cacheprovider", "-p", "no:randomly", f"--basetemp={home / 'tmp'}"]
        environ = {**os.environ, "PYTHONPATH": str(self._folder), "NO_COLOR": "1"}
        try:
            run = subprocess.run(
                command,
                cwd=home,
                env=environ,
                text=True,
                capture_output=True,
                timeout=_LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Outcome.UNKNOWN
        if run.returncode == 0:
            return Outcome.SURVIVED
        if "could not be judged" in run.stdout or "NO VERDICT" in run.stdout:
            return Outcome.STOPPED
        return Outcome.KILLED if " FAILED: " in run.stdout else Outcome.UNKNOWN
