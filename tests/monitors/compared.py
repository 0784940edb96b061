"""Compares the monitors of recorded histories with an exhaustive search, on small histories.

`python -m tests.monitors.compared` judges 100,000 of them, in some minutes, on all cores.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from pytest_queuekit.histories.judging import violations
from tests.monitors.brute_force import drawn, explained
from tests.monitors.notation import contract
from tests.monitors.simulation import listing

CHUNK = 2_500

Counts = Counter[tuple[bool, bool]]
"""The number of histories by: is there an explanation, and do the monitors accuse?"""


def compare(seeds: range) -> Counts:
    """Count histories. Raises AssertionError for one with an explanation that is accused."""
    counts: Counts = Counter()
    for seed in seeds:
        found = drawn(seed)
        accused = violations(found, contract(), complete=True)
        legal = explained(found)
        details = [violation.detail for violation in accused]
        assert not (legal and accused), f"seed {seed}: {details}\n{listing(found)}"
        counts[legal, bool(accused)] += 1
    return counts


def _chunks(histories: int) -> Iterator[range]:
    for start in range(0, histories, CHUNK):
        yield range(start, min(start + CHUNK, histories))


def main() -> None:
    """Compare many histories, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.monitors.compared")
    parser.add_argument("--histories", type=int, default=100_000, metavar="N")
    histories = parser.parse_args().histories
    counts: Counts = Counter()
    with ProcessPoolExecutor() as pool:
        for part in pool.map(compare, _chunks(histories)):
            counts += part
            print(f"\r{counts.total():,} of {histories:,}", end="", flush=True)
    accused, missed = counts[False, True], counts[False, False]
    print(
        f"\r{histories:,} histories, {accused + missed:,} of them without an explanation; the "
        f"monitors accuse {accused:,} of these, and none of the others"
    )


if __name__ == "__main__":
    main()
