"""The memory that this process takes from the system."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

from pytest_queuekit.errors import NotRunError

_STATM = Path("/proc/self/statm")
"""Where Linux tells the present size; elsewhere, the system tells the largest size so far."""


def resident_bytes() -> int:
    """Return the bytes of this process in memory, without garbage that Python can collect.

    Raises NotRunError if the system does not tell.
    """
    gc.collect()
    if _STATM.exists():
        return int(_STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    try:
        import resource  # Windows does not have it
    except ImportError:
        raise NotRunError(
            "this system does not tell the memory of a process", kind="unmeasured"
        ) from None
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024
