from nightly import clean


def test_what_is_done_is_deleted(queue_db, queue_tasks, queue_clock):
    queue_clock.set(1_700_000_000)
    queue_tasks.enqueue("mail", None)
    queue_tasks.complete(queue_tasks.claim("worker-1"))
    queue_clock.set(1_800_000_000)
    clean(queue_db)
    assert queue_tasks.stats().completed == 0
