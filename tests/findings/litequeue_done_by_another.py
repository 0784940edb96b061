"""litequeue: `done` by a worker that gave the message back, while another one works on it."""

import sys
import tempfile

from litequeue import LiteQueue, MessageStatus

queue = LiteQueue(tempfile.mkdtemp() + "/queue.db")
queue.put("charge the card")
first = queue.pop()
claim = {"claim_id": first.claim_id} if hasattr(first, "claim_id") else {}
queue.retry(first.message_id, **claim)
second = queue.pop()
queue.done(first.message_id, **claim)
if queue.get(second.message_id).status == MessageStatus.DONE:
    sys.exit(f"{second.data!r} counts as done while its second worker still works on it")
print("the first worker's done() had no effect")
