"""Measures how long the judgement of a history takes, and how it grows with the history.

    python benchmarks/monitors.py                       10,000, 100,000 and 1,000,000 calls
    python benchmarks/monitors.py 10000 100000          other sizes
    python benchmarks/monitors.py 100000 --each         each monitor alone, the slowest first

The histories are those of a correct queue with four producers and eight workers, whose calls
overlap. Each line is measured in a process of its own, in seconds of its processor.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import resource
import time
from collections.abc import Sequence

from made_histories import made

from pytest_queuekit.adapters.reference import ReferenceQueue
from pytest_queuekit.histories.judging import JUDGES
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History
from pytest_queuekit.monitors import Monitor, exclusive, fencing, order
from pytest_queuekit.monitors.expiry import expiry
from pytest_queuekit.monitors.lease_kept import lease_kept

SIZES = (10_000, 100_000, 1_000_000)
KINDS: dict[str, tuple[bool, tuple[Monitor, ...]]] = {
    "FIFO": (False, (order,)),
    "leases and fencing": (False, (exclusive, expiry, fencing, lease_kept)),
    "priority": (True, (order,)),
    "all monitors": (True, JUDGES),
}
"""Whether tasks have priorities, and the monitors that judge."""


def main() -> None:
    """Print a table of seconds, with the growth from the size before."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--each", action="store_true", help="measure each monitor alone")
    options = parser.parse_args()
    if options.each:
        _print_each(options.sizes[-1])
    else:
        _print_table(options.sizes)


def _print_table(sizes: Sequence[int]) -> None:
    heads = "".join(f"{f'{size:,} calls':>24}" for size in sizes)
    print(f"{'':<20}{heads}{'peak':>10}")
    for kind in KINDS:
        cells, before, peak = "", 0.0, 0
        for size in sizes:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                seconds, peak = pool.apply(_measure, (kind, size))
            growth = f" (x {seconds / before:.0f})" if before else ""
            cells += f"{f'{seconds:.2f} s{growth}':>24}"
            before = seconds
        print(f"{kind:<20}{cells}{f'{peak} MiB':>10}", flush=True)


def _measure(kind: str, size: int) -> tuple[float, int]:
    """Return the seconds of some monitors, and the most memory of the process in MiB."""
    priority, monitors = KINDS[kind]
    gc.disable()  # as `queuekit check` does
    history = made(size, priority=priority)
    seconds = _seconds(history, monitors)
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _seconds(history: History, monitors: Sequence[Monitor]) -> float:
    declared = Contract.of(ReferenceQueue)
    began = time.process_time()
    for monitor in monitors:
        if wrong := monitor(history, declared):
            raise AssertionError(wrong[0].detail)
    return time.process_time() - began


def _print_each(size: int) -> None:
    """Print the seconds of each monitor, which profits from what those before it derived."""
    gc.disable()
    history = made(size, priority=True)
    each = {monitor.__name__: _seconds(history, (monitor,)) for monitor in JUDGES}
    for name, seconds in sorted(each.items(), key=lambda entry: -entry[1]):
        print(f"{name:<20}{seconds:>10.2f} s")


if __name__ == "__main__":
    main()
