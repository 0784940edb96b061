import threading

import pytest
from engine import Engine


def test_a_task_is_done(queue_db, queue_tasks):
    queue_tasks.enqueue("mail", None)
    assert Engine(queue_db, "worker-1").work()
    assert not Engine(queue_db, "worker-1").work()
    assert queue_tasks.stats().completed == 1


@pytest.mark.queue_allow("leased")
def test_two_workers_never_take_one_task(queue_db, queue_db_factory, queue_fill, monkeypatch):
    first = Engine(queue_db, "worker-1")
    second = Engine(queue_db_factory(queue_db.path), "worker-2")
    begin, taken = queue_db.transaction, []

    def late():
        taken.append(second.take())
        return begin()

    queue_fill(1)
    monkeypatch.setattr(queue_db, "transaction", late)
    taken.append(first.take())
    assert taken.count(None) == 1  # fails: both have it


def test_a_second_worker_waits_for_the_first(queue_db_factory, queue_fill):
    first, second = (queue_db_factory("shared", busy_seconds=0.05) for _ in range(2))
    with first.transaction() as conn:
        conn.execute("INSERT INTO task_queue (type, payload) VALUES ('mail', 'null')")
    entered, left = threading.Event(), threading.Event()

    def hold():
        with first.transaction():
            entered.set()
            left.wait(30)

    at_work = threading.Thread(target=hold)  # as finish() does, for as long as it takes
    at_work.start()
    entered.wait(30)
    try:
        assert not Engine(second, "worker-2").work()  # busy
    finally:
        left.set()
        at_work.join()
