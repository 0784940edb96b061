"""sqqueue: `fail_message` by a worker that is too late, while another one works on it."""

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
queue.fail_message(first[0])
third = queue.dequeue().value
if third is not None:
    sys.exit(f"{second[1]!r} was handed to a third worker while the second is at work on it")
print("the first worker's fail_message() had no effect")
