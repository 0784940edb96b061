"""litequeue: `retry` on a message that is done, by a worker that tidies up late."""

import sys
import tempfile

from litequeue import LiteQueue

queue = LiteQueue(tempfile.mkdtemp() + "/queue.db")
queue.put("charge the card")
message = queue.pop()
claim = {"claim_id": message.claim_id} if hasattr(message, "claim_id") else {}
queue.done(message.message_id, **claim)
queue.retry(message.message_id, **claim)
again = queue.pop()
if again is not None:
    sys.exit(f"{again.data!r} was done, and is handed out again after retry()")
print("a message that is done stays done")
