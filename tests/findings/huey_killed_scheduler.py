"""huey: ten tasks wait until a time, and the scheduler is killed while it moves them."""

import os
import sys
import tempfile

from huey import SqliteHuey
from huey.consumer import Scheduler

huey = SqliteHuey(filename=tempfile.mkdtemp() + "/huey.db")
remind = huey.task()(print)
for number in range(10):
    huey.add_schedule(remind.s(number, delay=0))

if os.fork() == 0:
    huey.storage.enqueue = lambda *message: os.kill(os.getpid(), 9)
    Scheduler(huey, stop_flag=None, interval=1, periodic=False).loop()
os.wait()
left = huey.scheduled_count() + huey.pending_count()
if left < 10:
    sys.exit(f"of 10 tasks that no worker had begun, {10 - left} are gone")
print("all 10 tasks are still there")
