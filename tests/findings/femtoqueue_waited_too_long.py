"""femtoqueue: a task that waited longer than the time-out, and is taken by two nodes."""

import sys
import tempfile
import time

from femtoqueue import FemtoQueue

path = tempfile.mkdtemp()
first = FemtoQueue(path, "node1", timeout_stale_ms=200)
first.push(b"charge the card")
time.sleep(0.3)
mine = first.pop()
theirs = FemtoQueue(path, "node2", timeout_stale_ms=200).pop()
if theirs is not None:
    sys.exit(f"two nodes have {theirs.data!r}, which the first took a moment ago")
print(f"only the first node has {mine.data!r}")
