"""Runs the full attack, about 20 minutes on two cores, and writes its table.

Each finished batch is stored in the folder, so an interrupted run continues where it stopped.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from tests.faults.attack import Attack
from tests.faults.batches import run_apart
from tests.faults.catalogue import ATTACKS
from tests.faults.disk import is_available
from tests.faults.table import table
from tests.faults.tally import Tally


class Results:
    """The tallies of the finished batches, stored in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def get(self, attack: Attack, number: int) -> Tally | None:
        """Return the tally of a batch, or None if it has not been run."""
        try:
            return Tally(**json.loads(self._file(attack, number).read_text()))
        except FileNotFoundError:
            return None

    def put(self, attack: Attack, number: int, tally: Tally) -> None:
        """Store the tally of a batch."""
        file = self._file(attack, number)
        partial = file.with_suffix(".part")
        partial.write_text(json.dumps(tally.as_dict()))
        partial.replace(file)

    def total(self, attack: Attack) -> Tally:
        """Return the sum of an attack's finished batches."""
        total = Tally()
        for number in range(1, attack.batches + 1):
            if tally := self.get(attack, number):
                total.add(tally)
        return total

    def _file(self, attack: Attack, number: int) -> Path:
        return self._folder / f"{attack.name}-{number:04d}.json"


def _run(attacks: list[Attack], results: Results, workers: int) -> None:
    todo = [
        (attack, number)
        for attack in attacks
        for number in range(1, attack.batches + 1)
        if results.get(attack, number) is None
    ]
    began = time.monotonic()
    for done, (attack, number, tally) in enumerate(_batches(todo, workers), start=1):
        results.put(attack, number, tally)
        for report in tally.reports:
            print(f"\r\033[K{attack.name}: {report}" if sys.stderr.isatty() else report)
        left = (time.monotonic() - began) / done * (len(todo) - done)
        line = f"{done} of {len(todo)} batches, about {left / 60:.0f} min left ({attack.name})"
        print(line, end="\r" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)


def _batches(todo: list[tuple[Attack, int]], workers: int) -> Iterator[tuple[Attack, int, Tally]]:
    """Run batches side by side, and yield each as it ends."""
    with ThreadPoolExecutor(workers) as pool:
        running: dict[Future[Tally], tuple[Attack, int]] = {}
        waiting = iter(todo)
        try:
            while True:
                for attack, number in waiting:
                    running[pool.submit(run_apart, attack, number)] = (attack, number)
                    if len(running) == workers:
                        break
                if not running:
                    return
                for ended in wait(running, return_when=FIRST_COMPLETED).done:
                    attack, number = running.pop(ended)
                    yield attack, number, ended.result()
        finally:
            pool.shutdown(cancel_futures=True)


def main() -> int:
    """Run the attack that the command line asks for; return 0 if nothing did harm."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    names = [attack.name for attack in ATTACKS]
    parser.add_argument("attacks", nargs="*", metavar="ATTACK", help=f"of: {', '.join(names)}")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("build/faults"),
        help="keeps the finished batches, and the table (default: build/faults)",
    )
    parser.add_argument(
        "--workers", type=int, default=2, help="batches that run side by side (default: 2)"
    )
    options = parser.parse_args()
    unknown = set(options.attacks) - set(names)
    if unknown:
        parser.error(
            f"no such attack: {', '.join(sorted(unknown))}; choose from {', '.join(names)}"
        )
    if options.workers < 1:
        parser.error(f"--workers {options.workers}: must be 1 or more")
    chosen = [
        attack
        for attack in ATTACKS
        if attack.name in (options.attacks or names)
        and (is_available() or not attack.needs_observed_disk)
    ]
    results = Results(options.folder)
    try:
        _run(chosen, results, options.workers)
    except KeyboardInterrupt:
        print("\ninterrupted; the same command continues from here", file=sys.stderr)
        return 130
    except RuntimeError as error:
        print(f"\n{error}", file=sys.stderr)
        return 2
    totals = [(attack, results.total(attack)) for attack in chosen]
    text = table(totals, left_out=[attack for attack in ATTACKS if attack not in chosen])
    (options.folder / "table.md").write_text(text)
    print(text, end="")
    return 0 if all(total.is_clean for _, total in totals) else 1


if __name__ == "__main__":
    sys.exit(main())
