import pytest
from exporter import backlog, held_by


def test_what_waits_is_shown(queue_db, queue_fill):
    queue_fill(3)
    assert backlog(queue_db) == {"filler": 3}


def test_nobody_holds_anything(queue_db):
    assert held_by(queue_db, "worker-1") == 0


@pytest.mark.queue_perf
def test_a_scrape_is_fast(queue_db, queue_fill, queue_benchmark):  # misses: 20,000 rows are read
    queue_fill(20_000)
    queue_benchmark("scrape", lambda: backlog(queue_db), depth=20_000, target_ms=5)
