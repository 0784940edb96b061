"""sqqueue: `complete` by a worker whose visibility time-out is over, while another one works."""

import logging
import sys
import tempfile
import time

from sqqueue import SQLiteQueue

queue = SQLiteQueue(tempfile.mkdtemp() + "/queue.db")
logging.disable()
queue.enqueue("charge the card")
first = queue.dequeue(visibility_timeout=0).value
time.sleep(0.01)
queue.recover_processing_messages()
second = queue.dequeue().value
if queue.complete(first[0]).is_ok():
    sys.exit(f"{second[1]!r} counts as done while its second worker still works on it")
print("the first worker's complete() had no effect")
