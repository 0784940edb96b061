"""The suite of team 02."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from pytest_queuekit.plugin.fixtures.clock import QueueClock
from pytest_queuekit.plugin.fixtures.databases import QueueDatabases
from pytest_queuekit.queue import QueueDatabase, TaskQueue
from tests.workers.client_api.api import create_app

pytestmark = [pytest.mark.queue_worker(2), pytest.mark.queue_integration]


@pytest.fixture
def client(queue_db: QueueDatabase) -> FlaskClient:
    """A client of the API on a queue of this test alone."""
    return create_app(queue_db).test_client()


@pytest.mark.queue_allow("leased")
def test_a_task_that_is_posted_reaches_a_worker(
    client: FlaskClient, queue_tasks: TaskQueue, queue_worker_id: str
) -> None:
    """The task has the payload, the priority and the other options of the request."""
    body = {"type": "mail", "payload": {"to": "ada"}, "priority": 7}
    answer = client.post("/tasks", json=body)
    assert answer.status_code == 201
    claimed = queue_tasks.claim(queue_worker_id)
    assert claimed is not None
    assert (claimed.id, claimed.priority) == (answer.get_json()["id"], 7)
    assert claimed.get_payload() == {"to": "ada"}


def test_a_client_that_asks_twice_gets_one_task(client: FlaskClient) -> None:
    """The second answer is 200, with the first task's id."""
    body = {"type": "order", "payload": {"number": 1}, "idempotency_key": "order-1"}
    first, second = client.post("/tasks", json=body), client.post("/tasks", json=body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.get_json() == second.get_json()


@pytest.mark.queue_allow("leased")
def test_a_task_can_be_put_off(
    client: FlaskClient, queue_tasks: TaskQueue, queue_clock: QueueClock
) -> None:
    """A delay is in seconds."""
    client.post("/tasks", json={"type": "mail", "delay": 60})
    assert queue_tasks.claim("worker-1") is None
    queue_clock.advance(60)
    assert queue_tasks.claim("worker-1") is not None


@pytest.mark.queue_allow("leased")
def test_a_client_sees_what_becomes_of_its_task(
    client: FlaskClient, queue_tasks: TaskQueue
) -> None:
    """The answer has neither the worker nor the fencing token."""
    task_id = client.post("/tasks", json={"type": "mail"}).get_json()["id"]
    assert client.get(f"/tasks/{task_id}").get_json()["status"] == "queued"
    queue_tasks.claim("worker-1")
    shown = client.get(f"/tasks/{task_id}").get_json()
    assert shown["status"] == "leased"
    assert not {"locked_by", "lease_token"} & shown.keys()


@pytest.mark.queue_allow("leased")
def test_only_what_waits_can_be_cancelled(client: FlaskClient, queue_tasks: TaskQueue) -> None:
    """The answer is 204 for a waiting task, 409 for a claimed one, and 404 for an unknown id."""
    waiting, held = (
        client.post("/tasks", json={"type": "mail", "priority": p}).get_json()["id"] for p in (2, 1)
    )
    queue_tasks.claim("worker-1")
    assert client.delete(f"/tasks/{waiting}").status_code == 204
    assert client.delete(f"/tasks/{held}").status_code == 409
    assert client.delete("/tasks/999").status_code == 404
    assert queue_tasks.claim("worker-2") is None


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"payload": 1},
        {"type": ""},
        {"type": "mail", "priority": 0},
        {"type": "mail", "delay": -1},
        {"type": "mail", "compatibility": "EU"},
        {"type": "mail", "prioritty": 1},
    ],
    ids=str,
)
def test_bad_input_is_rejected_and_adds_nothing(
    client: FlaskClient, queue_tasks: TaskQueue, body: object
) -> None:
    """The answer is 400 with a sentence."""
    answer = client.post("/tasks", json=body)
    assert answer.status_code == 400
    assert answer.get_json()["error"]
    assert queue_tasks.stats().queued == 0


@pytest.mark.queue_allow("busy", "long-transaction")
def test_a_busy_database_is_reported_as_busy(queue_db_factory: QueueDatabases) -> None:
    """The answer is 503 with Retry-After, and the queue stays as it was."""
    impatient = queue_db_factory("shared", busy_seconds=0.05)
    other = queue_db_factory("shared")
    client = create_app(impatient).test_client()
    with other.transaction():
        answer = client.post("/tasks", json={"type": "mail"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert TaskQueue(other).stats().queued == 0


def test_the_integration(queue_integration_check: Callable[..., None]) -> None:
    """validate_worker_integration() finds no problem with the queue."""
    queue_integration_check()
