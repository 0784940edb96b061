"""sqqueue: `dequeue` meets a message whose attempts are over, with another one behind it."""

import logging
import sys
import tempfile

from sqqueue import SQLiteQueue

queue = SQLiteQueue(tempfile.mkdtemp() + "/queue.db", default_max_attempts=1)
logging.disable()
queue.enqueue("poison")
queue.enqueue("charge the card")
queue.fail_message(queue.dequeue().value[0])
message = queue.dequeue().value
if message is None:
    sys.exit(
        f"dequeue() says that the queue is empty; next it returns {queue.dequeue().value[1]!r}"
    )
print(f"dequeue() returns {message[1]!r}")
