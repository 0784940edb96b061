"""Measures the reference queue: `python benchmarks/claims.py [--quick]`.

Prints the steps of a claim at growing depths, the costs beside the leanest queue in SQLite, those
of statistics and large payloads, what a task takes on the disk, in the log and in memory, and how
four processes share the queue. Progress goes to the
terminal; the figures go to stdout.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
from pathlib import Path

from costs import print_costs
from ratio import print_ratio
from shares import print_shares
from sizes import print_sizes
from steps import print_steps


def main() -> None:
    """Run all measurements."""
    parser = argparse.ArgumentParser(description="Measure the reference queue.")
    parser.add_argument("--quick", action="store_true", help="only small queues, seconds")
    quick: bool = parser.parse_args().quick
    print(f"SQLite {sqlite3.sqlite_version}\n")
    with tempfile.TemporaryDirectory(prefix="queue-benchmark-") as name:
        folder = Path(name)
        print_steps(folder, quick=quick)
        print_ratio(folder, quick=quick)
        print_costs(folder, quick=quick)
        print_sizes(folder)
        print_shares(folder, quick=quick)


if __name__ == "__main__":
    main()
