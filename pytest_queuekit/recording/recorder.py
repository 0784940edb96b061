"""The recorder stands in front of an adapter and writes every call down.

It is the actor that a scenario's program is given. Its `claim` is not the queue's: it returns a
`Delivery`, which carries the label by which the kit knows the task.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pytest_queuekit.errors import AdapterError, UndeclaredError
from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import UNRECOGNISED, Operation, Outcome, Verb
from pytest_queuekit.model.payloads import canonical, label_of, wrap
from pytest_queuekit.model.verbs import METHODS
from pytest_queuekit.recording.clock import Clock
from pytest_queuekit.recording.replies import Replies, delivered, told

Sink = Callable[[Operation], None]
"""Takes an operation when it begins, without an end, and once more when it has ended."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A task in a worker's hands.

    label: the kit's name of the task.
    claim: what the adapter returned.
    number: the number of the claim among its actor's operations.
    """

    label: str
    claim: Claim
    number: int


class Recorder:
    """One actor: an adapter instance, a name, and a record of what it did.

    Where a program uses what the queue does not declare, an UndeclaredError tells the rule that
    it forgot to ask; only a `lease` is given by itself, to every claim that takes it. Where the
    adapter answers in a form that is not the form's, an AdapterError tells its author.

    adapter: the instance through which the actor reaches the queue.
    actor: the actor's name, and the queue's name for the worker.
    contract: what the queue declares.
    clock: where starts and ends are read.
    sink: takes the operations.
    lease: seconds for which claims are leased.
    first: the number of the first operation.
    """

    def __init__(
        self,
        adapter: QueueAdapter,
        *,
        actor: str,
        contract: Contract,
        clock: Clock,
        sink: Sink,
        lease: float | None = None,
        first: int = 0,
    ) -> None:
        self.actor = actor
        self.contract = contract
        self.clock = clock
        self.last: Operation | None = None
        self._adapter = adapter
        self._replies = Replies(adapter)
        self.sink = sink
        self._lease = lease if Capability.LEASE_OPTION in contract.capabilities else None
        self._next = first
        self._task_ids: dict[str, Any] = {}

    def can(self, *capabilities: Capability) -> bool:
        """Whether the queue declares all of these."""
        return not self.contract.lacks(capabilities)

    def enqueue(self, label: str, *, body: Any = None, **options: Any) -> bool:
        """Enqueue a task under a label; return whether the queue took it."""
        self._check_options(Verb.ENQUEUE, options)
        payload = wrap(label, self.contract.payload, body)
        ended = self._call(
            Verb.ENQUEUE,
            lambda: self._adapter.enqueue(payload, **options),
            task=label,
            arguments={**options, "payload": canonical(payload)},
            keep=lambda task_id: self._task_ids.__setitem__(label, task_id),
        )
        return ended.ok

    def enqueue_many(self, labels: Sequence[str]) -> bool:
        """Enqueue at least one task in one step; return whether the queue took them."""
        self._check(Capability.ENQUEUE_MANY)
        if not labels:
            raise ValueError("a batch has at least one task")
        payloads = [wrap(label, self.contract.payload) for label in labels]
        begun = self._begin_batch(labels, payloads)
        ended, ids = self._run(begun[0], lambda: self._adapter.enqueue_many(payloads))
        if ended.ok:
            self._task_ids.update(self._replies.ids(ids, labels))
        for one in begun:
            self._end(replace(one, end=ended.end, outcome=ended.outcome, error=ended.error))
        return ended.ok

    def claim(self, **options: Any) -> Delivery | None:
        """Claim a task; None where none came: `last.outcome` tells empty from busy or refused."""
        if self._lease is not None:
            options = {"lease": self._lease, **options}
        self._check_options(Verb.CLAIM, options)
        begun = self._begin(Verb.CLAIM, arguments=options)
        ended, claim = self._run(begun, lambda: self._adapter.claim(self.actor, **options))
        return self._deliver(ended, claim)

    def claim_many(self, limit: int) -> list[Delivery]:
        """Claim at most `limit` tasks in one step."""
        self._check(Capability.CLAIM_MANY)
        begun = self._begin(Verb.CLAIM, arguments={"batch": limit})
        ended, claims = self._run(begun, lambda: self._adapter.claim_many(self.actor, limit))
        taken = self._replies.claims(claims) if ended.ok else ()
        deliveries = [self._deliver(ended, claim) for claim in taken or [None]]
        return [delivery for delivery in deliveries if delivery is not None]

    def complete(self, delivery: Delivery) -> bool:
        """Acknowledge success; return whether the queue took it."""
        return self._acknowledge(Verb.COMPLETE, delivery, self._adapter.complete).ok

    def fail(self, delivery: Delivery, error: str = "it failed") -> bool:
        """Acknowledge failure; return whether the queue took it."""
        return self._acknowledge(
            Verb.FAIL, delivery, lambda claim: self._adapter.fail(claim, error)
        ).ok

    def release(self, delivery: Delivery) -> bool:
        """Give a task back; return whether the queue took it."""
        return self._acknowledge(Verb.RELEASE, delivery, self._adapter.release).ok

    def extend(self, delivery: Delivery, seconds: float) -> Delivery | None:
        """Ask for a longer lease; return the delivery as it is now, None if refused."""
        changed: list[Any] = []
        ended = self._acknowledge(
            Verb.EXTEND,
            delivery,
            lambda claim: self._adapter.extend(claim, seconds),
            arguments={"seconds": seconds},
            keep=changed.append,
        )
        if not ended.ok:
            return None
        claim = changed[0] if isinstance(changed[0], Claim) else delivery.claim
        return replace(delivery, claim=claim)

    def cancel(self, label: str) -> bool:
        """Cancel a task that this actor enqueued; return whether the queue took it."""
        task_id = self._task_ids.get(label)
        return self._call(Verb.CANCEL, lambda: self._adapter.cancel(task_id), task=label).ok

    def stats(self) -> Mapping[str, int]:
        """Ask for the counts; empty where none came."""
        ended = self._call(Verb.STATS, self._adapter.stats, read=self._replies.counts)
        return ended.result if ended.ok else {}

    def dead_letters(self) -> list[str]:
        """Ask for the dead tasks; return their labels."""
        ended = self._call(Verb.DEAD_LETTERS, self._adapter.dead_letters, read=self._replies.labels)
        return list(ended.result) if ended.ok else []

    def reclaim(self) -> bool:
        """Have expired leases reclaimed."""
        return self._call(Verb.RECLAIM, self._adapter.reclaim).ok

    def purge(self) -> bool:
        """Have completed tasks deleted."""
        return self._call(Verb.PURGE, self._adapter.purge).ok

    def backup(self, location: str) -> bool:
        """Have a copy of the queue written."""
        return self._call(Verb.BACKUP, lambda: self._adapter.backup(location)).ok

    def close(self) -> None:
        """Close the adapter."""
        self._call(Verb.CLOSE, self._adapter.close)

    def go_on_from(self, number: int) -> None:
        """Leave out the numbers that a program of this actor's name has used meanwhile."""
        self._next = max(self._next, number)

    def let_go(self) -> None:
        """Close the adapter when its actor ends. The history has it only if it fails."""
        start = self.clock.now()
        try:
            self._adapter.close()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - recorded
            begun = self._begin(Verb.CLOSE, start=start)
            self._end(replace(begun, end=self.clock.now(), error=told(error)))

    def record_kill(self) -> None:
        """Record that this actor is dead. The caller must not let it act again."""
        self._end(self._begin(Verb.KILL), end=self.clock.now(), outcome=Outcome.OK)

    def _check(self, *needs: Capability) -> None:
        lacking = self.contract.lacks(needs)
        if lacking:
            raise UndeclaredError(f"queue {self.contract.name!r} declares no {', '.join(lacking)}")

    def _check_options(self, verb: Verb, options: Mapping[str, Any]) -> None:
        known = METHODS[verb].options
        unknown = options.keys() - known.keys()
        if unknown:
            raise UndeclaredError(f"{verb} has no option {', '.join(sorted(unknown))}")
        self._check(*(known[option] for option in options))

    def _acknowledge(
        self,
        verb: Verb,
        delivery: Delivery,
        call: Callable[[Claim], Any],
        *,
        arguments: Mapping[str, Any] | None = None,
        keep: Callable[[Any], None] | None = None,
    ) -> Operation:
        return self._call(
            verb,
            lambda: call(delivery.claim),
            task=delivery.label,
            claim=delivery.number,
            arguments=arguments,
            keep=keep,
        )

    def _call(
        self,
        verb: Verb,
        call: Callable[[], Any],
        *,
        task: str | None = None,
        claim: int | None = None,
        arguments: Mapping[str, Any] | None = None,
        read: Callable[[Any], Any] | None = None,
        keep: Callable[[Any], None] | None = None,
    ) -> Operation:
        if need := METHODS[verb].capability:
            self._check(need)
        begun = self._begin(verb, task=task, claim=claim, arguments=arguments or {})
        ended, value = self._run(begun, call)
        if ended.ok and keep:
            keep(value)
        return self._end(ended, result=read(value) if ended.ok and read else None)

    def _begin_batch(self, labels: Sequence[str], payloads: Sequence[Any]) -> list[Operation]:
        """Begin an operation for each task: if none of them ends, each may have been enqueued."""
        start = self.clock.now()
        return [
            self._begin(
                Verb.ENQUEUE,
                start=start,
                number=self._next + place,
                task=label,
                arguments={"batch": len(labels), "payload": canonical(payload)},
            )
            for place, (label, payload) in enumerate(zip(labels, payloads, strict=True))
        ]

    def _begin(
        self, verb: Verb, *, start: int | None = None, number: int | None = None, **fields: Any
    ) -> Operation:
        begun = Operation(
            number=self._next if number is None else number,
            actor=self.actor,
            verb=verb,
            start=self.clock.now() if start is None else start,
            end=None,
            outcome=Outcome.UNKNOWN,
            **fields,
        )
        self.sink(begun)
        return begun

    def _run(self, begun: Operation, call: Callable[[], Any]) -> tuple[Operation, Any]:
        value, error = None, None
        try:
            value = self._replies.answered(begun.verb, call())
            outcome = Outcome.REFUSED if value is False else Outcome.OK
        except BaseException as raised:
            # A queue may raise anything; it is recorded, unless it comes from elsewhere.
            if isinstance(raised, AdapterError) or not self._replies.is_reply(raised):
                raise
            outcome, error = self._replies.outcome(raised), told(raised)
        return replace(begun, end=self.clock.now(), outcome=outcome, error=error), value

    def _end(self, operation: Operation, **fields: Any) -> Operation:
        ended = replace(operation, number=self._next, **fields)
        self._next += 1
        self.last = ended
        self.sink(ended)
        return ended

    def _deliver(self, ended: Operation, claim: Claim | None) -> Delivery | None:
        if not ended.ok or claim is None:
            self._end(ended)
            return None
        claim = self._replies.claim(claim)
        label = label_of(claim.payload) or UNRECOGNISED
        done = self._end(ended, task=label, result=delivered(claim))
        return Delivery(label=label, claim=claim, number=done.number)
