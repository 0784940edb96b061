"""The recorder: the outcome of each kind of reply, and the calls that it rejects."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from pytest_queuekit.errors import AdapterError, UndeclaredError
from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.capabilities import Capability, Liveness, Order, Payload
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import UNRECOGNISED, Operation, Outcome, Verb
from pytest_queuekit.model.payloads import wrap
from pytest_queuekit.recording.clock import RealClock
from pytest_queuekit.recording.delivery import Delivery
from pytest_queuekit.recording.operation_log import Gone, Log
from pytest_queuekit.recording.recorder import Recorder
from tests.queues.memory import MemoryQueue
from tests.queues.variants import LeasesByTask


class RefusedError(Exception):
    """No."""


class LockedError(Exception):
    """Not now."""


class TimeIsUp(BaseException):
    """Stands for the error with which a plugin stops a test."""


class Puppet(QueueAdapter):
    """Has every capability, and gives the reply of the test to each call."""

    name = "puppet"
    order = Order(priority="lower-first")
    liveness = Liveness.LEASE
    refuses = (RefusedError,)
    busy = (LockedError,)

    def __init__(self, location: str) -> None:
        self.reply: Any = None
        self.calls: list[tuple[Any, ...]] = []

    def _reply(self, *call: Any) -> Any:
        self.calls.append(call)
        if isinstance(self.reply, BaseException):
            raise self.reply
        return self.reply() if callable(self.reply) else self.reply

    def enqueue(self, payload: Any, *, priority: int = 0, delay: float = 0.0, key: str = "") -> Any:
        return self._reply("enqueue", payload, priority, delay, key)

    def claim(self, worker: str, *, lease: float = 60.0) -> Any:
        return self._reply("claim", worker, lease)

    def complete(self, claim: Claim) -> Any:
        return self._reply("complete", claim)

    def fail(self, claim: Claim, error: str) -> Any:
        return self._reply("fail", claim, error)

    def extend(self, claim: Claim, seconds: float) -> Any:
        return self._reply("extend", claim, seconds)

    def release(self, claim: Claim) -> Any:
        return self._reply("release", claim)

    def cancel(self, task_id: Any) -> Any:
        return self._reply("cancel", task_id)

    def stats(self) -> Any:
        return self._reply("stats")

    def reclaim(self) -> Any:
        return self._reply("reclaim")

    def purge(self) -> Any:
        return self._reply("purge")

    def dead_letters(self) -> Any:
        return self._reply("dead_letters")

    def enqueue_many(self, payloads: Sequence[Any]) -> Any:
        return self._reply("enqueue_many", payloads)

    def claim_many(self, worker: str, limit: int) -> Any:
        return self._reply("claim_many", worker, limit)

    def backup(self, location: str) -> Any:
        return self._reply("backup", location)


class Plain(QueueAdapter):
    """Declares only what each queue must have."""

    name = "plain"

    def __init__(self, location: str) -> None: ...

    def enqueue(self, payload: Any) -> Any: ...

    def claim(self, worker: str) -> None: ...


class Record:
    """A puppet, its recorder, and the recorded operations."""

    def __init__(self, reply: Any = None, **options: Any) -> None:
        self.log = Log()
        self.puppet = Puppet("")
        self.puppet.reply = reply
        self.actor = Recorder(
            self.puppet,
            actor="ann",
            contract=Contract.of(Puppet),
            clock=RealClock(),
            sink=self.log,
            **options,
        )

    @property
    def last(self) -> Operation:
        return self.log.operations()[-1]


def claim(label: str = "task", **fields: Any) -> Claim:
    """Return a claim of the adapter."""
    values = {"task_id": 7, "payload": wrap(label, Payload.JSON), "worker": "ann", **fields}
    return Claim(**values)


def delivery() -> Delivery:
    """Return a delivery that is the actor's operation number 5."""
    return Delivery(label="task", claim=claim(), number=5)


CALLS: dict[str, Callable[[Recorder], Any]] = {
    "enqueue": lambda actor: actor.enqueue("task"),
    "enqueue_many": lambda actor: actor.enqueue_many(["task"]),
    "claim": lambda actor: actor.claim(),
    "claim_many": lambda actor: actor.claim_many(3),
    "complete": lambda actor: actor.complete(delivery()),
    "fail": lambda actor: actor.fail(delivery()),
    "extend": lambda actor: actor.extend(delivery(), 5),
    "release": lambda actor: actor.release(delivery()),
    "cancel": lambda actor: actor.cancel("task"),
    "stats": lambda actor: actor.stats(),
    "dead_letters": lambda actor: actor.dead_letters(),
    "reclaim": lambda actor: actor.reclaim(),
    "purge": lambda actor: actor.purge(),
    "backup": lambda actor: actor.backup("elsewhere"),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (False, Outcome.REFUSED),
        (RefusedError("no"), Outcome.REFUSED),
        (LockedError("not now"), Outcome.BUSY),
        (ValueError("what?"), Outcome.UNKNOWN),
        (SystemExit(3), Outcome.UNKNOWN),
        (asyncio.CancelledError("cut off"), Outcome.UNKNOWN),
    ],
)
def test_every_reply_has_an_outcome(call: str, reply: Any, outcome: Outcome) -> None:
    """False and declared errors mean refused or busy; any other error is unknown."""
    if reply is False and call.startswith("claim"):
        pytest.skip("a claim has no way to refuse but an error")
    record = Record(reply)
    assert not CALLS[call](record.actor)
    assert record.last.outcome is outcome
    assert record.last.end is not None
    assert record.actor.last == record.last
    error = record.last.error
    assert error == (None if reply is False else f"{type(reply).__name__}: {reply}")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("stop", [KeyboardInterrupt, TimeIsUp])
def test_an_interruption_is_not_a_reply(call: str, stop: type[BaseException]) -> None:
    """Ctrl-C and a time-out pass through, and leave an operation without an end."""
    record = Record(stop())
    with pytest.raises(stop):
        CALLS[call](record.actor)
    assert (record.last.end, record.last.outcome) == (None, Outcome.UNKNOWN)


@pytest.mark.parametrize("call", [call for call in CALLS if call not in ("enqueue", "claim")])
def test_an_undeclared_call_is_an_error_of_the_rule(call: str) -> None:
    """A call that the queue does not declare raises UndeclaredError, and is not recorded."""
    log = Log()
    actor = Recorder(
        Plain(""), actor="ann", contract=Contract.of(Plain), clock=RealClock(), sink=log
    )
    with pytest.raises(UndeclaredError, match="'plain'"):
        CALLS[call](actor)
    assert log.operations() == []


@pytest.mark.parametrize("option", ["capabilities", "max_attempts", "colour"])
def test_an_undeclared_option_is_an_error_of_the_rule(option: str) -> None:
    """An option that the queue does not have raises before the call."""
    record = Record()
    with pytest.raises(UndeclaredError, match=option):
        record.actor.enqueue("task", **{option: 1})
    assert record.puppet.calls == []
    assert record.log.operations() == []


@pytest.mark.parametrize(
    ("call", "reply", "message"),
    [
        ("claim", ("x", 1), r"Puppet\.claim\(\) returned tuple: .*a Claim, or None"),
        ("claim", True, "returned bool"),
        ("claim", False, "returned bool: False; it must return a Claim, or None for empty"),
        ("claim_many", claim(), "a list of Claim"),
        ("claim_many", "abc", "a list of Claim"),
        ("claim_many", ["x"], r"Puppet\.claim\(\) returned str"),
        ("enqueue_many", 3, "None, or 1 ids"),
        ("enqueue_many", [1, 2], "None, or 1 ids"),
        ("stats", None, "a dict of counts"),
        ("dead_letters", None, "a list of payloads"),
        ("dead_letters", "task", "a list of payloads"),
    ],
)
def test_a_reply_of_the_wrong_form_is_an_adapter_error(call: str, reply: Any, message: str) -> None:
    """A reply of the wrong type raises AdapterError with the method and the value."""
    record = Record(reply)
    with pytest.raises(AdapterError, match=message):
        CALLS[call](record.actor)


def test_an_enqueue_is_recorded_with_options_and_payload() -> None:
    """The history has the label, the options and the canonical text of the payload."""
    record = Record(reply=41)
    assert record.actor.enqueue("task", body=[1], priority=3)
    assert record.puppet.calls == [("enqueue", {"queuekit": "task", "body": [1]}, 3, 0.0, "")]
    assert record.last.task == "task"
    assert record.last.arguments == {
        "priority": 3,
        "payload": "{'body': [1], 'queuekit': 'task'}",
    }


def test_a_delivery_is_recorded_with_the_answer() -> None:
    """The history has payload, id, attempt and token; the program has label and claim."""
    brought = claim("x", attempt=2, token=b"t")
    record = Record(brought)
    taken = record.actor.claim()
    assert taken == Delivery(label="x", claim=brought, number=0)
    assert record.last.is_delivery
    assert record.last.result == {
        "payload": "{'queuekit': 'x'}",
        "task_id": 7,
        "attempt": 2,
        "token": "b't'",
    }


def test_none_is_an_empty_claim() -> None:
    """A claim that returns None is empty, not busy."""
    record = Record(None)
    assert record.actor.claim() is None
    assert record.last.is_empty
    record.puppet.reply = LockedError()
    assert record.actor.claim() is None
    assert not record.last.is_empty


def test_an_unknown_payload_is_unrecognised() -> None:
    """A delivery without a label is recorded as unrecognised."""
    record = Record(claim(payload="who?"))
    taken = record.actor.claim()
    assert taken is not None
    assert taken.label == record.last.task == UNRECOGNISED


class ChoosesBatchLeases(Puppet):
    """A queue of which a batch claim can choose the lease."""

    def claim_many(self, worker: str, limit: int, *, lease: float = 60.0) -> Any:
        return self._reply("claim_many", worker, limit, lease)


@pytest.mark.parametrize(("queue", "given"), [(ChoosesBatchLeases, [2.5]), (Puppet, [])])
def test_a_batch_claim_gets_the_lease_of_the_run(queue: type[Puppet], given: list[float]) -> None:
    """A batch claim gets the lease of the run, if the queue has the option."""
    puppet = queue("")
    puppet.reply = []
    actor = Recorder(
        puppet, actor="a", contract=Contract.of(queue), clock=RealClock(), sink=Log(), lease=2.5
    )
    actor.claim_many(3)
    assert puppet.calls == [("claim_many", "a", 3, *given)]
    assert actor.last is not None
    assert actor.last.arguments == {"batch": 3, **({"lease": 2.5} if given else {})}


def test_each_claim_gets_the_lease_of_the_run() -> None:
    """A claim gets the lease of the run, if the queue has the option and the program no other."""
    record = Record(lease=2.5)
    record.actor.claim()
    record.actor.claim(lease=9)
    assert record.puppet.calls == [("claim", "ann", 2.5), ("claim", "ann", 9)]
    assert [operation.arguments for operation in record.log.operations()] == [
        {"lease": 2.5},
        {"lease": 9},
    ]
    plain = Recorder(
        Plain(""), actor="b", contract=Contract.of(Plain), clock=RealClock(), sink=Log(), lease=2.5
    )
    plain.claim()
    assert plain.last is not None
    assert plain.last.arguments == {}


def test_each_enqueue_gets_the_lease_where_no_claim_takes_one() -> None:
    """A queue with both options gets it at the claim, and a task may have another one."""
    asked = []
    for queue in (LeasesByTask, MemoryQueue):
        log, contract = Log(), Contract.of(queue)
        adapter = queue(f"the lease of a run in {queue.name}")
        actor = Recorder(
            adapter, actor="a", contract=contract, clock=RealClock(), sink=log, lease=2.5
        )
        actor.enqueue("usual")
        actor.enqueue("long", lease=9)
        actor.claim()
        asked.append([call.arguments.get("lease") for call in log.operations()])
    assert asked == [[2.5, 9, None], [None, 9, 2.5]]


def test_a_batch_is_one_operation_per_task() -> None:
    """The tasks of a batch share one interval, and each has a number and the size of the batch."""
    record = Record([1, 2, 3])
    assert record.actor.enqueue_many(["a", "b", "c"])
    operations = record.log.operations()
    assert [(operation.number, operation.task) for operation in operations] == [
        (0, "a"),
        (1, "b"),
        (2, "c"),
    ]
    assert len({(operation.start, operation.end) for operation in operations}) == 1
    assert {operation.arguments["batch"] for operation in operations} == {3}
    record.puppet.reply = None
    record.actor.cancel("b")
    assert record.puppet.calls[-1] == ("cancel", 2)


def test_a_batch_that_was_cut_off_names_all_its_tasks() -> None:
    """If a batch never returns, each of its tasks may have been enqueued."""
    record = Record(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        record.actor.enqueue_many(["a", "b"])
    assert [(operation.task, operation.outcome) for operation in record.log.operations()] == [
        ("a", Outcome.UNKNOWN),
        ("b", Outcome.UNKNOWN),
    ]


def test_a_batch_of_claims_is_one_delivery_per_task() -> None:
    """Each task of a claimed batch can be acknowledged on its own; an empty batch is empty."""
    record = Record([claim("a"), claim("b")])
    batch = record.actor.claim_many(5)
    assert [(delivery.label, delivery.number) for delivery in batch] == [("a", 0), ("b", 1)]
    record.puppet.reply = []
    assert record.actor.claim_many(5) == []
    assert record.last.is_empty
    assert record.last.number == 2


def test_an_empty_batch_is_an_error_of_the_rule() -> None:
    """A batch without tasks raises ValueError."""
    with pytest.raises(ValueError, match="at least one"):
        Record().actor.enqueue_many([])


@pytest.mark.parametrize("call", ["complete", "fail", "release", "extend"])
def test_an_acknowledgement_names_its_claim(call: str) -> None:
    """The history has the acknowledged delivery, and the adapter gets its own claim back."""
    record = Record()
    assert CALLS[call](record.actor)
    assert (record.last.verb, record.last.task, record.last.claim) == (Verb(call), "task", 5)
    assert record.puppet.calls[0][:2] == (call, claim())


def test_an_extended_delivery_has_the_new_claim() -> None:
    """If extending returns a new token, the delivery has it."""
    record = Record(claim(token=2))
    extended = record.actor.extend(delivery(), 5)
    assert extended == Delivery(label="task", claim=claim(token=2), number=5)
    record.puppet.reply = None
    assert record.actor.extend(delivery(), 5) == delivery()
    assert record.last.arguments == {"seconds": 5}


def test_answers_reach_program_and_history() -> None:
    """Counts and dead letters reach both the program and the history."""
    record = Record({"queued": 3, "dead": None})
    assert record.actor.stats() == record.last.result == {"queued": 3, "dead": None}
    record.puppet.reply = [wrap("x", Payload.JSON), "who?"]
    assert record.actor.dead_letters() == record.last.result == ["x", UNRECOGNISED]


def test_an_operation_is_recorded_before_the_call() -> None:
    """A kill inside a call leaves a record of the call."""
    record = Record()
    logged: list[Operation] = []
    record.puppet.reply = lambda: logged.extend(record.log.operations())
    record.actor.enqueue("task")
    assert [(operation.task, operation.end, operation.outcome) for operation in logged] == [
        ("task", None, Outcome.UNKNOWN)
    ]
    assert len(record.log.operations()) == 1


def test_a_kill_is_recorded() -> None:
    """A kill is an operation of its actor."""
    record = Record()
    record.actor.record_kill()
    assert (record.last.verb, record.last.outcome) == (Verb.KILL, Outcome.OK)


def test_an_actor_ends_with_the_run() -> None:
    """After the run, the next call of an actor ends its program and is not recorded."""
    record = Record()
    record.log.close()
    with pytest.raises(Gone):
        record.actor.enqueue("task")
    assert record.log.operations() == []


def test_an_actor_knows_its_capabilities() -> None:
    """A program may ask for several capabilities at once."""
    actor = Record().actor
    assert actor.can(Capability.FAIL, Capability.DELAY)
    assert not actor.can(Capability.FAIL, Capability.LIFO)


@pytest.mark.parametrize("counts", [{"pending": 1}, {"queued": "3"}, {"queued": 1.0}, {}.keys()])
def test_counts_of_the_wrong_form_are_an_adapter_error(counts: Any) -> None:
    """A count with an unknown name or of the wrong type raises AdapterError."""
    with pytest.raises(AdapterError, match="stats"):
        Record(counts).actor.stats()


def test_an_awaitable_is_an_adapter_error() -> None:
    """A coroutine that is never awaited does nothing."""

    class Awaitable:
        def __await__(self) -> Any:
            yield

    with pytest.raises(AdapterError, match="await"):
        Record(Awaitable()).actor.enqueue("task")


def test_an_error_without_a_message_is_recorded() -> None:
    """An error whose str() raises is recorded with its type."""

    class MuteError(Exception):
        def __str__(self) -> str:
            raise ValueError

    record = Record(MuteError())
    record.actor.enqueue("task")
    assert record.last.error == "MuteError, and str() of it fails"


def test_an_attempt_passes_hostile_arguments_on() -> None:
    """The adapter gets the values as they are; the history says which one is hostile."""
    record = Record()
    given = {"claim": claim(), "error": b"\0"}
    assert record.actor.attempt("fail", given, r"error=b'\x00'") is None
    assert record.puppet.calls == [("fail", given["claim"], b"\0")]
    assert record.last.verb is Verb.FAIL
    assert record.last.arguments == {"invalid": r"error=b'\x00'"}


def test_an_attempt_returns_what_a_claim_delivers() -> None:
    """A batch is recorded claim by claim, like any other."""
    record = Record()
    record.puppet.reply = [claim("one"), claim("two")]
    given = {"worker": "ann", "limit": -1}
    taken = record.actor.attempt("claim_many", given, "limit=-1")
    assert taken is not None
    assert taken.label == "one"
    assert [operation.task for operation in record.log.operations()] == ["one", "two"]


def test_a_bare_payload_is_known_by_its_value() -> None:
    """Equal values are equal by type too."""
    record = Record()
    for label, payload in (("zero", 0), ("false", False)):
        record.actor.enqueue_bare(label, payload)
    for payload in (False, 0):
        record.puppet.reply = claim(payload=payload)
        record.actor.claim()
    tasks = [operation.task for operation in record.log.operations()]
    assert tasks == ["zero", "false", "false", "zero"]


def test_a_changed_bare_payload_is_known_while_it_is_alone() -> None:
    """What comes instead of the only task without a label is that task, each time."""
    record = Record()
    record.actor.enqueue_bare("one", 1)
    record.puppet.reply = claim(payload=True)
    for _ in range(2):
        record.actor.claim()
    for label, payload in (("two", 2), ("three", 3)):
        record.actor.enqueue_bare(label, payload)
    record.actor.claim()
    claims = [call.task for call in record.log.operations() if call.verb is Verb.CLAIM]
    assert claims == ["one", "one", "?"]


def test_a_bare_payload_of_a_task_that_is_over_is_unknown() -> None:
    """So it is taken for the next one, changed."""
    record = Record()
    record.actor.enqueue_bare("one", 1)
    record.actor.bare.forget("one")
    record.actor.enqueue_bare("true", True)
    record.puppet.reply = claim(payload=1)
    record.actor.claim()
    assert record.last.task == "true"


def test_a_declined_bare_payload_does_not_come_instead_of_another() -> None:
    """The queue has only the one that it accepted."""
    record = Record()
    record.puppet.reply = False
    record.actor.enqueue_bare("one", 1)
    record.puppet.reply = None
    record.actor.enqueue_bare("two", 2)
    record.puppet.reply = claim(payload=True)
    record.actor.claim()
    assert record.last.task == "two"


def test_a_note_adds_facts_about_the_last_call() -> None:
    """The facts join the arguments of that call; without a call there is nothing to note."""
    record = Record()
    record.actor.note(steps=1)
    record.actor.enqueue("task", priority=3)
    record.actor.note(steps=260)
    assert record.last.arguments["priority"] == 3
    assert record.last.arguments["steps"] == 260
    assert record.actor.last == record.last


def test_bare_payloads_of_a_batch_are_known_by_their_values() -> None:
    """Those of a refused batch do not come instead of another."""
    record = Record()
    record.actor.enqueue_many(["zero", "task"], payloads=[0, wrap("task", Payload.JSON)])
    record.puppet.reply = False
    record.actor.enqueue_many(["one", "two"], payloads=[1, 2])
    for payload, label in ((None, "zero"), (0, "zero"), (1, "one")):
        record.puppet.reply = claim(payload=payload)
        taken = record.actor.claim()
        assert taken is not None
        assert taken.label == label
