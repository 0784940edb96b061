"""Runs what a measurement of the suite's coverage may not be in, or may not be lost by."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import coverage
import pytest


def python(code: str) -> str:
    """Run code in a new process that no coverage is measured in, and return what it prints."""
    environment = {key: value for key, value in os.environ.items() if "COVERAGE" not in key}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def measure_apart(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test use coverage.py in this process, with its data in a folder of its own.

    coverage.py keeps nothing of a process that it had begun to measure by itself once anybody
    makes a `Coverage` there, and pytest-cov takes in, and removes, the data files that it finds.
    """
    monkeypatch.setenv("COVERAGE_FILE", str(folder / ".coverage"))
    monkeypatch.delattr(coverage.process_startup, "coverage", raising=False)
