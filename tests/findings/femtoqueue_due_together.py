"""femtoqueue: two scheduled tasks are due at the same `pop`."""

import sys
import tempfile

from femtoqueue import FemtoQueue

queue = FemtoQueue(tempfile.mkdtemp(), "node1")
queue.schedule(b"charge the card", 1_000_000)
queue.schedule(b"send the receipt", 2_000_000)
done = []
while (task := queue.pop()) is not None:
    done.append(task.data.decode())
    queue.done(task)
if len(done) < 2:
    sys.exit(f"of two scheduled tasks, only {done[0]!r} came out; the other one is gone")
print("both scheduled tasks came out")
