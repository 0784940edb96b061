"""What the plugin costs a run that does not use it: `python benchmarks/start.py`.

Prints the best of 20 starts, in milliseconds of the processor, of pytest and of the plugin on top.
"""

from __future__ import annotations

import subprocess
import sys

STARTS = 20
CODE = """
import sys
from time import process_time as now
begun = now()
import pytest
loaded, before = now(), set(sys.modules)
import pytest_queuekit.plugin, pytest_queuekit.plugin.fixtures
print(loaded - begun, now() - loaded, len(set(sys.modules) - before))
"""


def main() -> None:
    """Measure and print."""
    starts = [_start() for _ in range(STARTS)]
    pytest, plugin, modules = (min(values) for values in zip(*starts, strict=True))
    print(f"pytest            {1000 * pytest:6.1f} ms")
    print(f"the plugin on top {1000 * plugin:6.1f} ms, {modules:.0f} modules")


def _start() -> tuple[float, ...]:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    return tuple(map(float, done.stdout.split()))


if __name__ == "__main__":
    main()
