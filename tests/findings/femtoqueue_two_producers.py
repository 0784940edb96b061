"""femtoqueue: the order of tasks from two nodes, one of which was opened later."""

import sys
import tempfile
import time

from femtoqueue import FemtoQueue

path = tempfile.mkdtemp()
early = FemtoQueue(path, "node1")
early.push(b"first")
time.sleep(0.1)
late = FemtoQueue(path, "node2")
early.push(b"second")
late.push(b"third")
order = [task.data.decode() for task in (early.pop(), early.pop(), early.pop())]
if order != ["first", "second", "third"]:
    sys.exit(f"tasks that were pushed one after the other come out as {', '.join(order)}")
print(f"tasks come out as {', '.join(order)}")
