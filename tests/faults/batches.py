"""Runs batches in fresh processes: a batch forks, and changes SQLite in its process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults.attack import ALL, Attack
from tests.faults.tally import Tally

_MOST_LINES = 20


def run_apart(attack: Attack, number: int, limit: int = ALL) -> Tally:
    """Run one batch of an attack in a process of its own, in a folder that is removed again.

    Raises RuntimeError with the end of its output if the batch itself fails.
    """
    environment = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    command = [sys.executable, "-m", "tests.faults.batches", attack.name, str(number), str(limit)]
    done = subprocess.run(
        command,
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        end = "\n".join(done.stderr.splitlines()[-_MOST_LINES:])
        raise RuntimeError(f"batch {number} of {attack.name} ended with {done.returncode}:\n{end}")
    return Tally(**json.loads(done.stdout))


def main(name: str, number: int, limit: int) -> None:
    """Run one batch here, and print its tally as JSON."""
    from tests.faults.catalogue import named

    with tempfile.TemporaryDirectory() as folder:
        tally = named(name).run(number, limit, Path(folder))
    sys.stdout.write(json.dumps(tally.as_dict()))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
