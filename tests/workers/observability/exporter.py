"""The figures of the queue in the text format of Prometheus.

They are read at each scrape, in one snapshot, and cached for no time at all: the queries are
served by indexes, and take no lock from the workers.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from pytest_queuekit.queue import QueueDatabase, QueueDatabaseError, TaskQueue

STATES = ("ready", "waiting", "leased", "lapsed", "completed", "dead", "cancelled")
TYPES_SHOWN = 20
"""Types with the most waiting tasks; a label with no bound would swamp the monitoring."""

_BY_TYPE = """
    SELECT type, count(*) AS waiting FROM task_queue WHERE status = 'queued'
    GROUP BY type ORDER BY waiting DESC, type LIMIT ?
"""


class QueueCollector(Collector):
    """Reads the figures of one queue each time they are asked for."""

    def __init__(self, db: QueueDatabase) -> None:
        self._db = db
        self._queue = TaskQueue(db)

    def collect(self) -> Iterator[Metric]:
        """Yield the figures; `queue_up` 0 and nothing else where the queue cannot be read."""
        up = GaugeMetricFamily("queue_up", "1 if the queue could be read, or else 0.")
        try:
            figures = list(self._figures())
        except QueueDatabaseError:
            up.add_metric([], 0)
            figures = []
        else:
            up.add_metric([], 1)
        yield up
        yield from figures

    def _figures(self) -> Iterator[Metric]:
        stats = self._queue.stats().as_dict()
        tasks = GaugeMetricFamily("queue_tasks", "Tasks by state.", labels=["state"])
        for state in STATES:
            tasks.add_metric([state], stats[state] or 0)
        yield tasks
        waiting = GaugeMetricFamily("queue_tasks_by_type", "Waiting tasks.", labels=["type"])
        with self._db.connection() as conn:
            for kind, count in conn.execute(_BY_TYPE, (TYPES_SHOWN,)):
                waiting.add_metric([kind], count)
        yield waiting
        age = GaugeMetricFamily("queue_oldest_ready_seconds", "Age of the oldest ready task.")
        age.add_metric([], stats["oldest_ready_seconds"] or 0)
        yield age
        stale = GaugeMetricFamily("queue_stale_workers", "Workers without a heartbeat.")
        stale.add_metric([], len(self._queue.stale_workers()))
        yield stale


def metrics(db: QueueDatabase) -> str:
    """Return all figures as text."""
    registry = CollectorRegistry()
    registry.register(QueueCollector(db))
    return generate_latest(registry).decode("utf-8")
