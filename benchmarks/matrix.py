"""Makes docs/matrix.md, the table of the built-in adapters: `python benchmarks/matrix.py`.

It runs every rule on every adapter, whose libraries `pip install -e '.[test]'` installs. Arguments
that it does not know go to pytest.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from pytest_queuekit.adapters.catalogue import BUILT_IN
from pytest_queuekit.report.formats.json import read_run

PAGE = Path(__file__).parents[1] / "docs" / "matrix.md"
HEAD = "## By family\n"
"""The line from which on the page is made; what stands above it is written by hand."""


def run(report: Path, arguments: list[str]) -> None:
    """Run the rules on all adapters. Raises ChildProcessError if there is no result."""
    queues = [f"--queue-impl={name}" for name, entry in BUILT_IN.items() if entry.server is None]
    command = [sys.executable, "-m", "pytest", "-q", "--queue-validate", "--queue-perf=off"]
    done = subprocess.run(
        [*command, *queues, f"--queue-report=json:{report}", *arguments], cwd=report.parent
    )
    if done.returncode not in (0, 1):  # 1: a library fails a rule
        raise ChildProcessError(f"pytest ended with {done.returncode}")


def tables(report: Path) -> str:
    """Return the end of the page."""
    environment = read_run(report).environment
    versions = ", ".join(f"{name} {version}" for name, version in environment.items())
    by_family, by_rule = (
        subprocess.run(
            [sys.executable, "-m", "pytest_queuekit", "report", report, *option],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for option in ((), ("--rules",))
    )
    return (
        f"{HEAD}\nMade on {datetime.now(UTC):%Y-%m-%d} with {versions}.\n\n{by_family}\n"
        f"## By rule\n\n{by_rule}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--report", type=Path, help="the JSON report of an earlier run")
    options, rest = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        report = options.report or Path(folder, "run.json")
        if options.report is None:
            run(report, rest)
        written, _, _ = PAGE.read_text(encoding="utf-8").partition(HEAD)
        PAGE.write_text(written + tables(report), encoding="utf-8")
