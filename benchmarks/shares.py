"""Four processes that claim and complete in a tight loop: does each get its share?"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from depth import filled, note

from pytest_queuekit.queue import QueueDatabase, TaskQueue

PROCESSES = 4


def loop(path: str, start: float, seconds: float) -> None:
    """Claim and complete from `start` on (unix time); print the count and the longest wait."""
    count, longest = 0, 0.0
    with QueueDatabase(path) as db:
        queue = TaskQueue(db)
        queue.stats()
        time.sleep(max(0.0, start - time.time()))
        while time.time() < start + seconds:
            began = time.perf_counter()
            task = queue.claim("bench")
            if task is None:
                raise SystemExit("error: the queue ran empty")
            queue.complete(task)
            longest = max(longest, time.perf_counter() - began)
            count += 1
    print(count, longest)


def print_shares(folder: Path, *, quick: bool) -> None:
    """Print what each process got, and for how long the unluckiest claim took."""
    seconds = 1.0 if quick else 5.0
    path = folder / "shares.db"
    filled(path, ready=round(20_000 * seconds)).close()
    note(f"{PROCESSES} processes for {seconds:g} s")
    start = time.time() + 1.0
    command = [sys.executable, __file__, str(path), str(start), str(seconds)]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)
    ]
    results = [process.communicate()[0].split() for process in processes]
    note("")
    counts = sorted(int(count) for count, _ in results)
    longest = max(float(wait) for _, wait in results)
    print(f"\n{PROCESSES} processes that claim and complete in a tight loop for {seconds:g} s")
    print(f"  tasks each       {', '.join(f'{count:,}' for count in counts)}")
    print(f"  together         {sum(counts) / seconds:,.0f} a second")
    print(f"  least / most     {counts[0] / counts[-1]:.2f}")
    print(f"  longest claim    {longest * 1000:.0f} ms")


if __name__ == "__main__":
    loop(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))
