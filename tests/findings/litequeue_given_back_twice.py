"""litequeue: `retry` by a worker that gave the message back before, while another works on it."""

import sys
import tempfile

from litequeue import LiteQueue

queue = LiteQueue(tempfile.mkdtemp() + "/queue.db")
queue.put("charge the card")
first = queue.pop()
claim = {"claim_id": first.claim_id} if hasattr(first, "claim_id") else {}
queue.retry(first.message_id, **claim)
second = queue.pop()
queue.retry(first.message_id, **claim)
third = queue.pop()
if third is not None:
    sys.exit(f"{second.data!r} was handed to a third worker while the second is at work on it")
print("the first worker's second retry() had no effect")
