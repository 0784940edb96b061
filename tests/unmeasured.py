"""Runs Python as a user would, where the suite is measured for coverage."""

from __future__ import annotations

import os
import subprocess
import sys


def python(code: str) -> str:
    """Run code in a new process that no coverage is measured in, and return what it prints."""
    environment = {key: value for key, value in os.environ.items() if "COVERAGE" not in key}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout
