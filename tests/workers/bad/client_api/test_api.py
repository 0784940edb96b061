from api import Api


def test_a_task_that_is_posted_waits(queue_db, queue_tasks):
    assert Api(queue_db).enqueue("mail", {"to": "ada"}) is not None
    assert queue_tasks.stats().queued == 1
