"""The recorder stands between a scenario and an adapter, and records every call.

A scenario's program gets a recorder as its actor. Its `claim` is not the queue's: it returns a
`Delivery` with the label by which the kit recognises the task.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NoReturn

from pytest_queuekit.errors import AdapterError, NotRunError, UndeclaredError
from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import INVALID, Operation, Outcome, Verb
from pytest_queuekit.model.payloads import canonical, sent, wrap
from pytest_queuekit.model.verbs import METHODS
from pytest_queuekit.recording.bare_payloads import BarePayloads
from pytest_queuekit.recording.clock import Clock
from pytest_queuekit.recording.delivery import Delivery
from pytest_queuekit.recording.operation_log import Gone
from pytest_queuekit.recording.raised import describe_error, place_of
from pytest_queuekit.recording.replies import Replies, delivered

Sink = Callable[[Operation], None]
"""Takes an operation twice: without an end when it begins, and complete when it has ended."""


class Recorder:
    """One actor: an adapter instance, a name, and a record of its calls.

    A call that the queue does not declare raises UndeclaredError, since its rule should have asked
    for the capability. An answer of the wrong form raises AdapterError, for the adapter's author.
    Every claim of a queue that has the option `lease` gets the lease of the run. Where only
    `enqueue` has that option, every enqueue gets it instead.

    adapter: the instance through which the actor calls the queue.
    actor: the actor's name, which the queue gets as the worker's name.
    contract: the queue's declaration.
    clock: the clock for starts and ends.
    sink: takes the operations.
    lease: seconds of a lease; None for the queue's default.
    first: the number of the first operation.

    `bare` recognises payloads without a label; the actors of an environment share it.
    `own_process` is True if the actor has a process of its own. `die` ends the actor as a kill
    does: it kills the actor's own process, or it records a kill and raises Gone.
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
        self.own_process = False
        self.die: Callable[[], NoReturn] = self._vanish
        self.raised: BaseException | None = None
        self.bare = BarePayloads()
        self._adapter = adapter
        self._replies = Replies(adapter, contract.payload)
        self.sink = sink
        self.lease = lease
        self._next = first
        self._task_ids: dict[str, Any] = {}

    def can(self, *capabilities: Capability) -> bool:
        """Return True if the queue declares all these capabilities."""
        return not self.contract.lacks(capabilities)

    def enqueue(self, label: str, *, body: Any = None, **options: Any) -> bool:
        """Enqueue a task under a label. Return True if the queue accepted it."""
        payload = wrap(label, self.contract.payload, body)
        return self._enqueue(label, payload, sent(payload, self.contract.payload), options)

    def enqueue_bare(self, label: str, payload: Any, **options: Any) -> bool:
        """Enqueue a payload without a label. Return True if the queue accepted it."""
        accepted = self._enqueue(label, payload, {"payload": canonical(payload)}, options)
        if not accepted:
            self.bare.decline(label)
        return accepted

    def enqueue_many(
        self,
        labels: Sequence[str],
        keys: Sequence[str | None] | None = None,
        payloads: Sequence[Any] | None = None,
    ) -> bool:
        """Enqueue one or more tasks in one step. Return True if the queue accepted them.

        keys: the idempotency key of each task, or None.
        payloads: those of the tasks, with their labels or without; None for the labels alone.
        """
        self._check(Capability.ENQUEUE_MANY, *([] if keys is None else [Capability.BATCH_KEYS]))
        options = {} if keys is None else {"keys": keys}
        if not labels:
            raise ValueError("a batch needs at least one task")
        given = payloads or [wrap(label, self.contract.payload) for label in labels]
        begun = self._begin_batch(labels, given, keys or [None] * len(labels))
        ended, ids = self._run(begun[0], lambda: self._adapter.enqueue_many(given, **options))
        if ended.ok:
            self._task_ids.update(self._replies.ids(ids, labels))
        else:
            self.bare.decline(*labels)
        for operation in begun:
            self._end(replace(ended, task=operation.task, arguments=operation.arguments))
        return ended.ok

    def claim(self, **options: Any) -> Delivery | None:
        """Claim a task. Return None for empty, busy and refused; `last.outcome` says which."""
        options = self._leased("claim", options)
        begun = self._begin(Verb.CLAIM, arguments=options)
        ended, claim = self._run(begun, lambda: self._adapter.claim(self.actor, **options))
        return self._deliver(ended, claim)

    def claim_many(self, limit: int, **options: Any) -> list[Delivery]:
        """Claim at most `limit` tasks in one step."""
        self._check(Capability.CLAIM_MANY)
        options = self._leased("claim_many", options)
        begun = self._begin(Verb.CLAIM, arguments={"batch": limit, **options})
        call = partial(self._adapter.claim_many, self.actor, limit, **options)
        ended, claims = self._run(begun, call)
        taken = self._replies.claims(claims) if ended.ok else ()
        deliveries = [self._deliver(ended, claim) for claim in taken or [None]]
        return [delivery for delivery in deliveries if delivery is not None]

    def complete(self, delivery: Delivery) -> bool:
        """Acknowledge success. Return True if the queue accepted it."""
        return self._acknowledge(Verb.COMPLETE, delivery, self._adapter.complete).ok

    def fail(self, delivery: Delivery, error: str = "it failed", **options: Any) -> bool:
        """Acknowledge failure. Return True if the queue accepted it."""
        self._check(*METHODS["fail"].needs(options))
        call = partial(self._adapter.fail, error=error, **options)
        return self._acknowledge(Verb.FAIL, delivery, call, arguments=options).ok

    def release(self, delivery: Delivery) -> bool:
        """Release a task. Return True if the queue accepted it."""
        return self._acknowledge(Verb.RELEASE, delivery, self._adapter.release).ok

    def extend(self, delivery: Delivery, seconds: float) -> Delivery | None:
        """Extend a lease. Return the changed delivery, or None if the queue did not accept it."""
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
        """Cancel a task that this actor enqueued. Return True if the queue accepted it."""
        task_id = self._task_ids.get(label)
        return self._call(Verb.CANCEL, lambda: self._adapter.cancel(task_id), task=label).ok

    def requeue(self, label: str) -> bool:
        """Requeue a dead task that this actor enqueued. Return True if the queue accepted it."""
        task_id = self._task_ids.get(label)
        return self._call(Verb.REQUEUE, lambda: self._adapter.requeue(task_id), task=label).ok

    def stats(self) -> Mapping[str, int]:
        """Return the counts of tasks by state; empty if the call failed."""
        ended = self._call(Verb.STATS, self._adapter.stats, read=self._replies.counts)
        return ended.result if ended.ok else {}

    def dead_letters(self) -> list[str]:
        """Return the labels of the dead letters; empty if the call failed."""
        read = partial(self._replies.labels, bare=self.bare)
        ended = self._call(Verb.DEAD_LETTERS, self._adapter.dead_letters, read=read)
        return list(ended.result) if ended.ok else []

    def reclaim(self) -> bool:
        """Let the queue reclaim expired leases. Return True if it did."""
        return self._call(Verb.RECLAIM, self._adapter.reclaim).ok

    def purge(self) -> bool:
        """Let the queue delete completed tasks. Return True if it did."""
        return self._call(Verb.PURGE, self._adapter.purge).ok

    def backup(self, location: str) -> bool:
        """Let the queue write a copy of itself. Return True if it did."""
        return self._call(Verb.BACKUP, lambda: self._adapter.backup(location)).ok

    def attempt(
        self, method: str, arguments: Mapping[str, Any], invalid: str, *, task: str | None = None
    ) -> Delivery | None:
        """Call a method with arguments of which one may be invalid, and return its first delivery.

        method: the name of the adapter's method.
        arguments: all arguments by name, as the adapter gets them.
        invalid: the name and the value of the invalid one, for the history.
        task: the label inside the payload, if the call enqueues a task.
        """
        form = METHODS[method]
        if form.capability:
            self._check(form.capability)
        if task is not None:
            self.bare.add_unlabelled(arguments.get("payloads", [arguments.get("payload")]), [task])
        given = dict(arguments)
        positional = [given.pop(name) for name in form.takes]
        begun = self._begin(form.verb, task=task, arguments={INVALID: invalid})
        call = partial(getattr(self._adapter, method), *positional, **given)
        ended, reply = self._run(begun, call)
        replies = reply if isinstance(reply, list | tuple) else [reply]
        deliveries = [self._deliver(ended, each) for each in replies if isinstance(each, Claim)]
        return deliveries[0] if deliveries else self._deliver(ended, None)

    def shared_with(self, actor: str) -> Recorder:
        """Return another actor that calls the queue through the same instance."""
        return Recorder(
            self._adapter,
            actor=actor,
            contract=self.contract,
            clock=self.clock,
            sink=self.sink,
            lease=self.lease,
        )

    def close(self) -> None:
        """Close the adapter, and record that."""
        self._call(Verb.CLOSE, self._adapter.close)

    def share_ids(self, other: Recorder) -> None:
        """Let this actor and another cancel the tasks of both."""
        self._task_ids = other._task_ids

    def continue_from(self, number: int) -> None:
        """Skip the operation numbers that another recorder of the same actor has used."""
        self._next = max(self._next, number)

    def dispose(self) -> None:
        """Close the adapter when the actor ends. Only a failure is recorded."""
        start = self.clock.now()
        try:
            self._adapter.close()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - recorded
            begun = self._begin(Verb.CLOSE, start=start)
            self._end(
                begun, end=self.clock.now(), error=describe_error(error), raised_at=place_of(error)
            )

    def note(self, **facts: Any) -> None:
        """Add facts about the last call to its arguments in the history."""
        if self.last is not None:
            self.last = replace(self.last, arguments={**self.last.arguments, **facts})
            self.sink(self.last)

    def record_kill(self) -> None:
        """Record that the actor was killed. The caller must not let it act again."""
        self._end(self._begin(Verb.KILL), end=self.clock.now(), outcome=Outcome.OK)

    def _vanish(self) -> NoReturn:
        self.record_kill()
        raise Gone

    def _check(self, *needs: Capability) -> None:
        lacking = self.contract.lacks(needs)
        if lacking:
            raise UndeclaredError(f"queue {self.contract.name!r} declares no {', '.join(lacking)}")

    def _leased(self, method: str, options: dict[str, Any]) -> dict[str, Any]:
        """Return the options of a claim, with the lease of the run where it takes one."""
        if self.lease is not None and self.can(METHODS[method].options["lease"]):
            options = {"lease": self.lease, **options}
        self._check(*METHODS[method].needs(options))
        return options

    def _enqueue(
        self, label: str, payload: Any, described: Mapping[str, str], options: Mapping[str, Any]
    ) -> bool:
        if self.lease is not None and self.contract.leases_by_task:
            options = {"lease": self.lease, **options}
        self._check(*METHODS["enqueue"].needs(options))
        self.bare.add_unlabelled([payload], [label])
        return self._call(
            Verb.ENQUEUE,
            lambda: self._adapter.enqueue(payload, **options),
            task=label,
            arguments={**options, **described},
            keep=lambda task_id: self._task_ids.__setitem__(label, task_id),
        ).ok

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

    def _begin_batch(
        self, labels: Sequence[str], payloads: Sequence[Any], keys: Sequence[str | None]
    ) -> list[Operation]:
        """Begin an operation for each task: if the batch does not end, any of them may exist."""
        start, given = self.clock.now(), [{} if key is None else {"key": key} for key in keys]
        self.bare.add_unlabelled(payloads, labels)
        return [
            self._begin(
                Verb.ENQUEUE,
                start=start,
                number=self._next + place,
                task=label,
                arguments={"batch": len(labels), **key, **sent(payload, self.contract.payload)},
            )
            for place, (label, payload, key) in enumerate(zip(labels, payloads, given, strict=True))
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
        value, error, place = None, None, None
        try:
            value = self._replies.finished(begun.verb, call())
            # A claim has no way to refuse but an error: False is an answer of the wrong form.
            refused = value is False and begun.verb is not Verb.CLAIM
            outcome = Outcome.REFUSED if refused else Outcome.OK
        except BaseException as raised:
            # A queue may raise anything, and that is recorded. Ctrl-C is not a reply of the queue.
            if isinstance(raised, AdapterError | NotRunError) or not self._replies.is_reply(raised):
                raise
            self.raised = raised
            outcome, error = self._replies.outcome(raised), describe_error(raised)
            place = place_of(raised)
        ended = replace(begun, end=self.clock.now(), outcome=outcome, error=error, raised_at=place)
        return ended, value

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
        label = self._replies.label(claim.payload, self.bare)
        done = self._end(ended, task=label, result=delivered(claim))
        return Delivery(label=label, claim=claim, number=done.number)
