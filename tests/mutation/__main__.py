"""Changes the reference queue in one place at a time, and counts how often the kit notices.

A sample of 150 takes about half an hour on one core. Each answer is stored, so an interrupted run
continues where it stopped.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

from pytest_queuekit.model.effort import Level
from tests.mutation.judge import PACKAGE, Judge, Outcome
from tests.mutation.mutations import Mutation, mutations

MODULES = (
    "acknowledge",
    "chunks",
    "claim_sql",
    "claimed",
    "claims",
    "enqueueing",
    "lottery",
    "maintenance",
    "new_tasks",
    "places",
    "race_sql",
    "retention",
    "retry",
    "routing",
    "scheduling",
    "stats",
    "strategies",
    "tasks",
    "upkeep",
    "waiting",
)
"""The modules that decide what happens to a task. The others open files, hold locks, back files up,
check arguments, serve other SQL, and word errors: a rule of the kit reaches little of them."""
_LEVELS = [level.name.lower() for level in Level]


def sample(size: int, seed: int) -> list[Mutation]:
    """Return changes drawn at random, the same for the same seed and code."""
    every = [
        mutation for name in MODULES for mutation in mutations(PACKAGE / "queue" / f"{name}.py")
    ]
    return Random(seed).sample(every, min(size, len(every)))  # noqa: S311 - it draws a sample


class Answers:
    """The outcomes of the changes that were judged, in a file with a line for each."""

    def __init__(self, file: Path) -> None:
        self._file = file
        lines = file.read_text().splitlines() if file.exists() else []
        self.known = {change: Outcome(outcome) for change, outcome in map(json.loads, lines)}

    def add(self, mutation: Mutation, outcome: Outcome) -> None:
        """Store an outcome."""
        self.known[str(mutation)] = outcome
        with self._file.open("a") as file:
            file.write(json.dumps([str(mutation), outcome]) + "\n")


def main() -> int:
    """Judge the sample, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, default=150, metavar="N", help="changes to try")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="draws another sample")
    parser.add_argument(
        "--level",
        choices=[level.name.lower() for level in Level],
        default="quick",
        help="of the runs",
    )
    parser.add_argument("--answers", type=Path, default=Path("mutation.jsonl"), metavar="FILE")
    options = parser.parse_args()
    drawn, answers = sample(options.sample, options.seed), Answers(options.answers)
    todo = [mutation for mutation in drawn if str(mutation) not in answers.known]
    with tempfile.TemporaryDirectory(prefix="queue-mutation-") as folder:
        judge = Judge(Path(folder), options.level)
        if todo and judge.judge(None) is not Outcome.SURVIVED:
            parser.exit(2, "the queue fails as it is, so no change of it can be judged\n")
        began = time.monotonic()
        for number, mutation in enumerate(todo, start=1):
            answers.add(mutation, judge.judge(mutation))
            left = (time.monotonic() - began) / number * (len(todo) - number)
            line = f"{number} of {len(todo)}, about {left / 60:.0f} min left: {mutation}"
            print(line, file=sys.stderr, flush=True)
    print(_table(drawn, answers))
    return 0


def _table(drawn: list[Mutation], answers: Answers) -> str:
    counts = Counter((mutation.kind, answers.known[str(mutation)]) for mutation in drawn)
    lines = ["| changes of | tried | " + " | ".join(Outcome) + " |", "|---|---|" + "---|" * 4]
    for kind in ("SQL", "Python"):
        row = [counts[kind, outcome] for outcome in Outcome]
        lines.append(f"| {kind} | {sum(row)} | " + " | ".join(map(str, row)) + " |")
    for outcome in (Outcome.SURVIVED, Outcome.UNKNOWN):
        those = sorted(str(each) for each in drawn if answers.known[str(each)] is outcome)
        lines += ["", f"{outcome}:", *those] if those else []
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
