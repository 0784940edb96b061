"""A library that runs handlers is judged like one that hands out tasks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.adapters.awaited import awaited
from pytest_queuekit.adapters.handler_adapter import HandlerAdapter
from pytest_queuekit.adapters.resolve import resolve
from pytest_queuekit.errors import AdapterError, NotRunError, UndeclaredError, UsageError
from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.capabilities import Capability, Sharing
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.verdict import Status
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.rules.rule import by_id, judge
from tests.queues.handlers import AsyncHandlerQueue, HandlerQueue, TrioHandlerQueue
from tests.queues.small_sqlite import RefusedError, SmallSqliteQueue

RULES = by_id(CATALOGUE)
QUICK = Effort.at(Level.QUICK)


@pytest.fixture(params=[HandlerQueue, AsyncHandlerQueue, TrioHandlerQueue])
def queue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """An open queue, as the kit opens it."""
    instance: Any = resolved(request.param).adapter(str(tmp_path / "queue.db"))
    yield instance
    instance.disband()
    instance.close()


def resolved(kind: type[QueueAdapter]) -> Any:
    """Return the queue under test as the kit finds it."""
    return resolve(f"{kind.__module__}:{kind.__qualname__}")


def test_a_handler_that_begins_is_a_delivery(queue: Any) -> None:
    """The claim has what the worker gave to the handler."""
    number = queue.enqueue("task")
    claim = queue.claim("worker")
    assert (claim.payload, claim.task_id, claim.worker) == ("task", number, "worker")
    assert queue.stats()["leased"] == 1


def test_a_worker_without_a_task_is_an_empty_claim(queue: Any) -> None:
    """No handler is called."""
    assert queue.claim("worker") is None


def test_a_handler_that_returns_completes_its_task(queue: Any) -> None:
    """The call returns when the worker has acknowledged."""
    queue.enqueue("task")
    queue.complete(queue.claim("worker"))
    assert queue.stats()["completed"] == 1


def test_a_handler_that_raises_an_error_fails_its_task(queue: Any) -> None:
    """The library has the error's text."""
    queue.enqueue("task", max_attempts=1)
    queue.fail(queue.claim("worker"), "no such file")
    assert queue.stats()["dead"] == 1
    errors = queue.queue.connection.execute("SELECT error FROM task").fetchall()
    assert errors == [("no such file",)]


def test_several_handlers_wait_at_a_time(queue: Any) -> None:
    """Each has a worker of its own, and they end in any order."""
    for name in "abc":
        queue.enqueue(name)
    first, second, third = (queue.claim("worker") for _ in range(3))
    for claim in (second, third, first):
        queue.complete(claim)
    assert queue.stats()["completed"] == 3


def test_a_worker_serves_one_task_after_the_other(queue: Any) -> None:
    """An idle worker is used again, so that its library is opened once."""
    queue.enqueue("warm up")
    queue.complete(queue.claim("worker"))
    before = threading.active_count()
    for _ in range(5):
        queue.enqueue("task")
        queue.complete(queue.claim("worker"))
    assert threading.active_count() == before


def test_a_handler_ends_once(queue: Any) -> None:
    """Nobody is left to hear a second end, so that nothing can be said about it."""
    queue.enqueue("task")
    claim = queue.claim("worker")
    queue.complete(claim)
    for end_again in (queue.complete, lambda claim: queue.fail(claim, "too late")):
        with pytest.raises(NotRunError, match="ends one delivery twice"):
            end_again(claim)


def test_what_ends_a_handler_twice_is_not_run(tmp_path: Path) -> None:
    """A pass would claim more than was tested."""
    verdict = judge(RULES["ACK-3"], resolved(HandlerQueue), tmp_path, QUICK)
    assert verdict.status is Status.NOT_RUN
    assert "ends one delivery twice" in str(verdict.reason)


def test_a_refused_acknowledgement_reaches_the_program(queue: Any) -> None:
    """The library's error leaves `complete`."""
    number = queue.enqueue("task")
    claim = queue.claim("worker")
    queue.queue.connection.execute("UPDATE task SET token = token + 1 WHERE id = ?", (number,))
    with pytest.raises(RefusedError):
        queue.complete(claim)


def test_a_run_that_is_over_leaves_no_thread(tmp_path: Path) -> None:
    """Handlers that nobody ended are ended then; what they do does not matter any more."""
    before = threading.active_count()
    for kind in (HandlerQueue, AsyncHandlerQueue, TrioHandlerQueue):
        instance: Any = resolved(kind).adapter(str(tmp_path / "queue.db"))
        for _ in range(3):
            instance.enqueue("task")
            assert instance.claim("worker") is not None
        instance.disband()
        instance.close()
    assert threading.active_count() == before


class Library(HandlerAdapter):
    """A worker in memory whose only task is at hand whenever it looks."""

    name = "library"
    sharing = Sharing.NONE

    def __init__(self, location: str) -> None:
        self.worker_threads: list[threading.Thread] = []

    def enqueue(self, payload: Any) -> None:
        """Do nothing."""

    def run_one(self, worker: str, handler: Callable[..., Any]) -> Any:
        self.worker_threads.append(threading.current_thread())
        return handler("task")


@pytest.fixture
def opened() -> Iterator[Callable[[type[HandlerAdapter]], Any]]:
    """Opens adapters, and ends their workers."""
    instances: list[HandlerAdapter] = []

    def open_one(kind: type[HandlerAdapter]) -> Any:
        instances.append(kind("nowhere"))
        return instances[-1]

    yield open_one
    for instance in instances:
        instance.disband()


def test_workers_share_an_instance_where_all_actors_do(opened: Any) -> None:
    """A queue in memory exists once; its workers have threads of their own all the same."""
    library = opened(Library)
    library.complete(library.claim("worker"))
    assert library.worker_threads != [threading.current_thread()]
    assert library.worker_threads[0].name == threading.current_thread().name


def test_the_error_of_a_handler_may_leave_the_worker(opened: Any) -> None:
    """It is the kit's own, and no error of the library's."""
    library = opened(Library)
    assert library.fail(library.claim("worker"), "expected") is None


def test_an_error_that_the_library_made_of_it_is_the_same(opened: Any) -> None:
    """Some workers raise an error of their own from the handler's."""

    class Wraps(Library):
        def run_one(self, worker: str, handler: Callable[..., Any]) -> Any:
            try:
                handler("task")
            except Exception as error:
                raise RuntimeError("the job failed") from error

    library = opened(Wraps)
    assert library.fail(library.claim("worker"), "expected") is None


def test_another_error_of_the_worker_reaches_the_program(opened: Any) -> None:
    """Before the handler it is the claim's, after it the acknowledgement's."""

    class Breaks(Library):
        at_once = False

        def run_one(self, worker: str, handler: Callable[..., Any]) -> Any:
            if not self.at_once:
                handler("task")
            raise ConnectionError("gone")

    library = opened(Breaks)
    claim = library.claim("worker")
    with pytest.raises(ConnectionError):
        library.complete(claim)
    library.at_once = True
    with pytest.raises(ConnectionError):
        library.claim("worker")


def test_false_of_the_worker_refuses_the_acknowledgement(opened: Any) -> None:
    """A library that returns whether it could acknowledge needs no error."""

    class Refuses(Library):
        def run_one(self, worker: str, handler: Callable[..., Any]) -> Any:
            handler("task")
            return False

    library = opened(Refuses)
    assert library.complete(library.claim("worker")) is False


def test_a_worker_that_goes_on_to_a_second_task_is_told(opened: Any) -> None:
    """Two deliveries in one call would hide one of them."""

    class Greedy(Library):
        def run_one(self, worker: str, handler: Callable[..., Any]) -> Any:
            handler("first")
            handler("second")

    library = opened(Greedy)
    claim = library.claim("worker")
    with pytest.raises(AdapterError, match="one task at most"):
        library.complete(claim)


def test_a_library_may_give_a_handler_up(opened: Any) -> None:
    """One that cancels a handler after its time has ended the task without it."""

    class GivesUp(Library):
        async def run_one(self, worker: str, handler: Callable[..., Any]) -> Any:
            with suppress(TimeoutError):
                await asyncio.wait_for(handler("task"), 0.001)
            given_up.set()
            await asyncio.sleep(0)

    given_up = threading.Event()
    library = opened(awaited(GivesUp))
    claim = library.claim("worker")
    given_up.wait()
    assert library.complete(claim) is False


def test_the_options_of_the_worker_are_those_of_a_claim() -> None:
    """`run_one` declares what `claim` would."""
    declared = Contract.of(HandlerQueue).capabilities
    assert {Capability.LEASE_OPTION, Capability.ROUTING} <= declared
    assert {Capability.COMPLETE, Capability.FAIL} <= declared
    assert Capability.LEASE_OPTION not in Contract.of(Library).capabilities


def test_the_contract_of_an_async_worker_is_the_same() -> None:
    """`awaited` keeps the signatures."""
    contracts = [resolved(kind).contract for kind in (HandlerQueue, AsyncHandlerQueue)]
    assert contracts[0].capabilities == contracts[1].capabilities


def test_a_claim_beside_the_worker_is_rejected() -> None:
    """The kit would call one of them, and nobody knows which is meant."""
    with pytest.raises(AdapterError, match=r"defines claim\(\), which run_one\(\) replaces"):

        class Both(Library):
            def claim(self, worker: str, *args: Any, **options: Any) -> Claim | None:
                return None


class NoWorker(HandlerAdapter):
    """Has no `run_one`."""

    name = "no-worker"

    def __init__(self, location: str) -> None:
        """Open nothing."""

    def enqueue(self, payload: Any) -> None:
        """Do nothing."""


def test_an_adapter_without_a_worker_is_rejected() -> None:
    """The error names the method and its arguments."""
    with pytest.raises(UsageError, match=r"must define run_one\(self, worker, handler\)"):
        resolved(NoWorker)
    with pytest.raises(UndeclaredError, match="run_one"):
        NoWorker.run_one(NoWorker("nowhere"), "worker", print)


class TakesNoHandler(Library):
    """Has a `run_one` that the kit cannot call."""

    def run_one(self, worker: str) -> Any:  # type: ignore[override]
        """Run nothing."""


def test_a_worker_of_the_wrong_form_is_rejected() -> None:
    """As any other method is."""

    with pytest.raises(UsageError, match=r"must define run_one\(self, worker, handler\): too many"):
        resolved(TakesNoHandler)


class AcknowledgesFirst(HandlerQueue):
    """Completes a task before its handler runs."""

    name = "acknowledges-first"

    def handle(self, claim: Claim, handler: Callable[..., Any]) -> None:
        self.queue.complete(claim)
        handler(claim.payload, task_id=claim.task_id)


class TakesErrorsForDone(HandlerQueue):
    """Completes a task whose handler raises an error."""

    name = "takes-errors-for-done"

    def handle(self, claim: Claim, handler: Callable[..., Any]) -> None:
        try:
            handler(claim.payload, task_id=claim.task_id)
        finally:
            self.queue.complete(claim)


class Unfenced(SmallSqliteQueue):
    """Accepts an acknowledgement of an earlier delivery."""

    def _held(self) -> str:
        return "state = 'leased' AND ? IS NOT NULL"


class AcknowledgesLate(HandlerQueue):
    """Completes a task that another worker has taken over."""

    name = "acknowledges-late"

    def __init__(self, location: str) -> None:
        self.queue = Unfenced(location)


class TakesTwo(HandlerQueue):
    """Takes a second task in advance, and keeps it while the first one's handler runs."""

    name = "takes-two"

    def handle(self, claim: Claim, handler: Callable[..., Any]) -> None:
        self.queue.claim(claim.worker)
        super().handle(claim, handler)


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (AcknowledgesFirst, "LEASE-1"),
        (TakesErrorsForDone, "RETRY-1"),
        (AcknowledgesLate, "ACK-6"),
        (TakesTwo, "CLAIM-3"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_a_worker_that_is_wrong_is_found(
    kind: type[HandlerAdapter], rule: str, tmp_path: Path
) -> None:
    """By the rule that would find it in a queue with claims."""
    assert judge(RULES[rule], resolved(kind), tmp_path, QUICK).status is Status.FAIL


@pytest.mark.parametrize("kind", [HandlerQueue, AsyncHandlerQueue], ids=lambda kind: kind.name)
@pytest.mark.parametrize("rule", ["CLAIM-1", "ACK-6", "RETRY-1", "RACE-1", "CRASH-1", "DURABLE-2"])
def test_a_correct_worker_passes(kind: type[QueueAdapter], rule: str, tmp_path: Path) -> None:
    """In sequence with virtual time, in threads, and in processes that are killed."""
    verdict = judge(RULES[rule], resolved(kind), tmp_path, QUICK)
    assert verdict.status is judge_of_claims(rule, tmp_path)


def judge_of_claims(rule: str, parent: Path) -> Status:
    """Return the verdict on the same queue behind claims."""
    (folder := parent / "claims").mkdir()
    return judge(RULES[rule], resolved(SmallSqliteQueue), folder, QUICK).status
