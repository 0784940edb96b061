"""The recorder stands in front of an adapter and writes every call down.

It is the actor that a scenario's program is given. Its `claim` is not the queue's: it returns a
`Delivery`, which carries the label by which the kit knows the task.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pytest_queuekit.clock import Clock
from pytest_queuekit.contract import Capability, Claim, Contract, QueueAdapter
from pytest_queuekit.history import UNRECOGNISED, Operation, Outcome, Verb
from pytest_queuekit.payloads import canonical, label_of, wrap

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

    Options that the queue does not declare are an error of the rule that uses them, except
    `lease`, which is given to every claim where the queue takes it.
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
        self._sink = sink
        self._lease = lease if Capability.LEASE_OPTION in contract.capabilities else None
        self._next = first
        self._task_ids: dict[str, Any] = {}

    def can(self, *capabilities: Capability) -> bool:
        """Whether the queue declares all of these."""
        return not self.contract.lacks(capabilities)

    def enqueue(self, label: str, *, body: Any = None, **options: Any) -> bool:
        """Enqueue a task under a label; return whether the queue took it."""
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
        """Enqueue several tasks in one step; return whether the queue took them."""
        payloads = [wrap(label, self.contract.payload) for label in labels]
        begun = self._begin(Verb.ENQUEUE, arguments={"batch": len(labels)})
        ended, ids = self._run(begun, lambda: self._adapter.enqueue_many(payloads))
        for place, (label, payload) in enumerate(zip(labels, payloads, strict=True)):
            if ended.ok and ids is not None:
                self._task_ids[label] = ids[place]
            self._end(
                replace(ended, result=None),
                task=label,
                arguments={"batch": len(labels), "payload": canonical(payload)},
            )
        return ended.ok

    def claim(self, **options: Any) -> Delivery | None:
        """Claim a task; None where none came: `last.outcome` tells empty from busy or refused."""
        if self._lease is not None:
            options = {"lease": self._lease, **options}
        begun = self._begin(Verb.CLAIM, arguments=options)
        ended, claim = self._run(begun, lambda: self._adapter.claim(self.actor, **options))
        return self._deliver(ended, claim)

    def claim_many(self, limit: int) -> list[Delivery]:
        """Claim at most `limit` tasks in one step."""
        begun = self._begin(Verb.CLAIM, arguments={"batch": limit})
        ended, claims = self._run(begun, lambda: self._adapter.claim_many(self.actor, limit))
        deliveries = [self._deliver(ended, claim) for claim in claims or [None]]
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
        ended = self._call(Verb.STATS, self._adapter.stats, read=dict)
        return ended.result if ended.ok else {}

    def dead_letters(self) -> list[str]:
        """Ask for the dead tasks; return their labels."""
        ended = self._call(Verb.DEAD_LETTERS, self._adapter.dead_letters, read=_labels)
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

    def let_go(self) -> None:
        """Close the adapter without a record, after the run."""
        self._adapter.close()

    def vanish(self) -> None:
        """Note that this actor does nothing any more, as if it had died between two calls."""
        self._end(self._begin(Verb.KILL), end=self.clock.now(), outcome=Outcome.OK)

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
        begun = self._begin(verb, task=task, claim=claim, arguments=arguments or {})
        ended, value = self._run(begun, call)
        if ended.ok and keep:
            keep(value)
        return self._end(ended, result=read(value) if ended.ok and read else None)

    def _begin(self, verb: Verb, **fields: Any) -> Operation:
        begun = Operation(
            number=self._next,
            actor=self.actor,
            verb=verb,
            start=self.clock.now(),
            end=None,
            outcome=Outcome.UNKNOWN,
            **fields,
        )
        self._sink(begun)
        return begun

    def _run(self, begun: Operation, call: Callable[[], Any]) -> tuple[Operation, Any]:
        value, error = None, None
        try:
            value = call()
            outcome = Outcome.REFUSED if value is False else Outcome.OK
        except Exception as raised:  # noqa: BLE001 - a queue may raise anything; it is recorded
            outcome, error = self._judge(raised), _told(raised)
        return replace(begun, end=self.clock.now(), outcome=outcome, error=error), value

    def _judge(self, raised: Exception) -> Outcome:
        if isinstance(raised, self._adapter.busy):
            return Outcome.BUSY
        if isinstance(raised, self._adapter.refuses):
            return Outcome.REFUSED
        return Outcome.UNKNOWN

    def _end(self, operation: Operation, **fields: Any) -> Operation:
        ended = replace(operation, number=self._next, **fields)
        self._next += 1
        self.last = ended
        self._sink(ended)
        return ended

    def _deliver(self, ended: Operation, claim: Claim | None) -> Delivery | None:
        if not ended.ok or claim is None:
            self._end(ended)
            return None
        label = label_of(claim.payload) or UNRECOGNISED
        result = {
            "payload": canonical(claim.payload),
            "task_id": claim.task_id,
            "attempt": claim.attempt,
            "token": claim.token,
        }
        done = self._end(ended, task=label, result=result)
        return Delivery(label=label, claim=claim, number=done.number)


def _labels(payloads: Sequence[Any]) -> list[str]:
    return [label_of(payload) or UNRECOGNISED for payload in payloads]


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
