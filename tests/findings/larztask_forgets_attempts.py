"""larztask: a job is claimed, fails and waits for its retry while another worker looks at it."""

import os
import sys
import tempfile
import time
from typing import Any
from unittest.mock import patch

from larztask import TaskQueue

app = TaskQueue(tempfile.mkdtemp())
app.register("charge", lambda: 1 / 0, max_retries=3, backoff=60)
app.enqueue("charge")


def meet_another_worker(*paths: Any) -> None:
    """Let another worker run the job between the look at its file and the claim."""
    meeting.stop()
    app.work(burst=True)
    os.rename(*paths)  # noqa: PTH104 - the call that the library makes


meeting = patch.object(os, "rename", meet_another_worker)
meeting.start()
job = app.store.claim_ready(time.time())
if job is not None:
    sys.exit(f"a job whose retry is due in 60 s is handed out, with {job['attempts']} attempts")
print("the job waits for its retry")
