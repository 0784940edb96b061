import pytest
from service import boost, swap, take

from pytest_queuekit.queue import SchedulingStrategy, TaskClaimerFactory


def test_a_type_is_put_in_front(queue_db, queue_tasks):
    queue_tasks.enqueue("mail", None, priority=5)
    task = queue_tasks.enqueue("report", None, priority=9)
    boost(queue_db, "report")
    assert queue_tasks.get(task).priority == 1


def test_two_tasks_change_places(queue_db, queue_tasks):
    first, second = (queue_tasks.enqueue("mail", None, priority=n) for n in (3, 7))
    swap(queue_db, first, second)
    assert [queue_tasks.get(task).priority for task in (first, second)] == [7, 3]


@pytest.mark.queue_allow("leased")
def test_the_oldest_goes_first(queue_db, queue_tasks):
    queue_tasks.enqueue("mail", "old")
    queue_tasks.enqueue("mail", "new")
    claimer = TaskClaimerFactory.create(SchedulingStrategy.FIFO, queue_db)
    assert take(claimer, "worker-1").get_payload() == "old"
