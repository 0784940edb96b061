"""localqueue: a worker extends a lease of two seconds, and another worker takes the job."""

import sys
import tempfile
import time

from localqueue import DeliveryPolicy, Empty, SimpleQueue

queue = SimpleQueue(tempfile.mkdtemp(), delivery=DeliveryPolicy(lease_seconds=2))
queue.put("charge the card")
job = queue.get()
queue.extend_lease(job, 0.1)
time.sleep(0.2)
try:
    queue.get_nowait()
except Empty:
    print("the lease of two seconds holds")
else:
    sys.exit("0.2 s after a lease of 2 s was extended by 0.1 s, another worker has the job")
