"""Where a script plays: a new queue, actors by name, and time."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pytest_queuekit.clock import Clock
from pytest_queuekit.contract import Capability, QueueAdapter, Sharing
from pytest_queuekit.history import SECOND, History, Operation, Outcome, Verb
from pytest_queuekit.level import Effort
from pytest_queuekit.recorder import Delivery, Recorder
from pytest_queuekit.subject import Subject

_PATIENCE = 5.0
_PAUSE = 0.01


class Halt(Exception):  # noqa: N818 - it ends a script, and is no error of anybody
    """The queue could not even be opened: the history says why, and the script ends."""


class Log:
    """Keeps the newest state of each operation that recorders report."""

    def __init__(self) -> None:
        self._newest: dict[tuple[str, int], Operation] = {}

    def __call__(self, operation: Operation) -> None:
        self._newest[operation.actor, operation.number] = operation

    def operations(self) -> list[Operation]:
        """Return the operations in the order in which they began, actor by actor."""
        return list(self._newest.values())


class Stage:
    """One run of a scenario on a new queue.

    lease: seconds for which claims are leased. wait: lets time pass. Each actor has an adapter
    instance of its own, or all share one where the queue is not for several instances.
    """

    def __init__(
        self, subject: Subject, folder: Path, *, clock: Clock, lease: float, effort: Effort
    ) -> None:
        self.subject = subject
        self.contract = subject.contract
        self.folder = folder
        self.clock = clock
        self.effort = effort
        self.log = Log()
        self.location = subject.adapter.provision(folder)
        self.drained = False
        fixed = self.contract.lease_seconds
        self.lease = lease if fixed is None else fixed
        self._actors: dict[str, Recorder] = {}
        self._shared: QueueAdapter | None = None

    def actor(self, name: str) -> Recorder:
        """Return the actor of that name; it opens the queue when first asked for."""
        if name not in self._actors:
            self._actors[name] = self.recorder(name)
        return self._actors[name]

    def recorder(self, name: str) -> Recorder:
        """Open the queue for a new actor. Raises Halt where it cannot be opened."""
        return Recorder(
            self._open(name),
            actor=name,
            contract=self.contract,
            clock=self.clock,
            sink=self.log,
            lease=self.lease,
            first=1,
        )

    def reopen(self, name: str) -> Recorder:
        """Close an actor's instance and return a successor with a new one, named with a prime."""
        self.actor(name).close()
        return self.actor(name + "'")

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.wait(seconds)

    def outlast(self, seconds: float) -> None:
        """Let time pass until whatever takes so many seconds is over and noticed."""
        self.clock.wait(seconds + self.contract.resolution + 0.05)

    def claim_all(self, name: str, *, complete: bool = True) -> list[Delivery]:
        """Claim, and complete, until the queue says that it is empty."""
        return claim_all(self.actor(name), complete=complete)

    def settle(self) -> None:
        """Let all leases run out, then claim until nothing is left.

        Only after this is a task that never came a lost one.
        """
        collector = self.actor("collector")
        if collector.can(Capability.LEASE) and self._held():
            self.outlast(self.lease)
        if collector.can(Capability.RECLAIM):
            collector.reclaim()
        claim_all(collector)
        self.drained = collector.last is not None and collector.last.is_empty

    def history(self, driver: str) -> History:
        """Return what was observed so far."""
        return History.of(
            self.log.operations(), lease=self.lease, drained=self.drained, driver=driver
        )

    def close(self) -> None:
        """Close every adapter instance. What that raises is nobody's verdict."""
        for recorder in self._actors.values():
            with suppress(Exception):
                recorder.let_go()

    def _held(self) -> bool:
        operations = self.log.operations()
        ended = {
            (one.actor, one.claim)
            for one in operations
            if one.ok and one.verb in (Verb.COMPLETE, Verb.FAIL, Verb.RELEASE)
        }
        return any(
            one.outcome is Outcome.UNKNOWN
            or (one.is_delivery
            and (one.actor, one.number) not in ended)
            for one in operations
            if one.verb is Verb.CLAIM
        )

    def _open(self, name: str) -> QueueAdapter:
        if self._shared is not None:
            return self._shared
        adapter = open_recorded(self.subject, self.location, name, self.clock, self.log)
        if self.contract.sharing is not Sharing.PROCESSES:
            self._shared = adapter
        return adapter


def open_recorded(
    subject: Subject, location: str, actor: str, clock: Clock, sink: Log
) -> QueueAdapter:
    """Open the queue for an actor, as its operation number 0. Raises Halt where that fails."""
    begun = Operation(
        actor=actor, verb=Verb.OPEN, start=clock.now(), end=None, outcome=Outcome.UNKNOWN
    )
    sink(begun)
    try:
        adapter = subject.adapter(location)
    except Exception as error:  # a queue may raise anything; it is recorded
        told = f"{type(error).__name__}: {error}"
        sink(replace(begun, end=clock.now(), error=told))
        raise Halt(told) from error
    sink(replace(begun, end=clock.now(), outcome=Outcome.OK))
    return adapter


def claim_all(recorder: Recorder, *, complete: bool = True) -> list[Delivery]:
    """Claim, and complete, until the queue says that it is empty.

    Busy is not empty: it is tried again, for some seconds. A queue that hands out tasks without
    end is stopped at a generous number.
    """
    taken: list[Delivery] = []
    since = recorder.clock.now()
    while len(taken) < 100_000:
        delivery = recorder.claim()
        if delivery is not None:
            taken.append(delivery)
            since = recorder.clock.now()
            if complete and recorder.can(Capability.COMPLETE):
                recorder.complete(delivery)
        elif _is_busy(recorder) and recorder.clock.now() - since < _PATIENCE * SECOND:
            recorder.clock.wait(_PAUSE)
        else:
            break
    return taken


def _is_busy(recorder: Recorder) -> bool:
    return recorder.last is not None and recorder.last.outcome is Outcome.BUSY
