"""femtoqueue: a node that works on a task asks for the next one."""

import sys
import tempfile

from femtoqueue import FemtoQueue

queue = FemtoQueue(tempfile.mkdtemp(), "node1")
queue.push(b"charge the card")
first = queue.pop()
second = queue.pop()
if second is not None:
    sys.exit(f"the node has {first.data!r} in progress, and pop() hands it out again")
print("pop() finds no other task")
