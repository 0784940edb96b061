"""The environment of one run: a new queue, actors by name, and a clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from pytest_queuekit.adapters.handler_adapter import HandlerAdapter
from pytest_queuekit.execution.progress import Progress, silent
from pytest_queuekit.execution.real_time import require_wait
from pytest_queuekit.execution.waits import (
    longest_wait,
    unfinished,
    until_noticed,
    wait_after_leases,
)
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.capabilities import Capability, Sharing
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import History, Operation, Outcome, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.bare_payloads import BarePayloads
from pytest_queuekit.recording.clock import Clock
from pytest_queuekit.recording.delivery import Delivery
from pytest_queuekit.recording.operation_log import Gone, Log
from pytest_queuekit.recording.raised import describe_error, place_of
from pytest_queuekit.recording.recorder import Recorder, Sink

_PATIENCE = 5.0
"""Seconds of real time for which `claim_all` repeats a claim that is answered with busy."""
_MOST_ERRORS = 2
"""How often `claim_all` repeats a claim that is refused or raises an error."""
_MOST_IN_A_ROW = 1000
_MOST_REPEATED = 100
"""How often one task may be among the last 1000 before `claim_all` stops: some queues hand out a
task for ever."""
_PAUSE = 0.01
"""Seconds between two such claims."""
_MARGIN = 0.05
"""Seconds added to a wait, for the calls around it."""
_MOST_TASKS = 10_000
"""Tasks after which `claim_all` stops, since some queues hand out a task forever."""


Opening = Callable[[str], QueueAdapter]
"""Opens the queue at a location."""


class Halt(Exception):  # noqa: N818 - a signal that ends a script, and no error of the kit
    """An actor cannot open the queue. The history has the reason; the script or program ends."""


class Environment:
    """The queue, the actors and the clock of one run. Scenarios talk to it and to nothing else.

    Each actor has an adapter instance of its own. If the queue allows only one instance, all actors
    share it.

    queue: the queue under test.
    folder: the folder for the queue's files.
    clock: the clock of the run.
    lease: seconds of a lease, if the queue lets a claim choose them.
    effort: how hard the run tries.
    progress: is called when the run begins to wait by the real clock.
    location: the location of the queue; None for a new queue inside the folder.
    log: takes the operations; None for one in memory.
    strikes: the faults that have struck: the actor of each, and its position among the actor's.
    """

    def __init__(
        self,
        queue: QueueUnderTest,
        folder: Path,
        *,
        clock: Clock,
        lease: float,
        effort: Effort,
        progress: Progress = silent,
        location: str | None = None,
        log: Log | None = None,
    ) -> None:
        self.queue = queue
        self.contract = queue.contract
        self.folder = folder
        self.clock = clock
        self.effort = effort
        self.progress = progress
        self.log = Log() if log is None else log
        self._provisioned: list[str] = []
        self.location = self.provision(folder) if location is None else location
        self.drained = False
        self.strikes: set[tuple[str, int]] = set()
        fixed = self.contract.lease_seconds
        self.lease = lease if fixed is None else fixed
        self._actors: dict[str, Recorder] = {}
        self._abandoned: list[Recorder] = []
        self._shared: QueueAdapter | None = None
        self._left: list[QueueAdapter] = []
        self._with_workers: list[HandlerAdapter] = []
        self._sharing = threading.Lock()
        self._bare = BarePayloads()

    def actor(self, name: str) -> Recorder:
        """Return the actor of this name. The first call opens the queue for it."""
        if name not in self._actors:
            self._actors[name] = self.recorder(name)
        actor = self._actors[name]
        actor.continue_from(self.log.next(name))
        return actor

    def recorder(self, name: str) -> Recorder:
        """Open the queue for a new actor. Raises Halt if that fails."""
        recorder = self._open(name)
        recorder.bare = self._bare
        return recorder

    def opening(self, _name: str) -> Opening:
        """Return what opens an instance of an actor's own."""
        return self.queue.adapter

    def _open(self, name: str) -> Recorder:
        shared = self._instance(name)
        if shared is not None:
            return Recorder(
                shared,
                actor=name,
                contract=self.contract,
                clock=self.clock,
                sink=self.log,
                lease=self.lease,
                first=self.log.next(name),
            )
        return open_actor(
            self.queue,
            self.location,
            name,
            clock=self.clock,
            sink=self.log,
            lease=self.lease,
            first=self.log.next(name),
            opening=partial(self._open_instance, self.opening(name)),
        )

    def _open_instance(self, opening: Opening, location: str) -> QueueAdapter:
        instance = opening(location)
        if isinstance(instance, HandlerAdapter):
            self._with_workers.append(instance)
        return instance

    def reopen(self, name: str) -> Recorder:
        """Close an actor's instance. Return a successor with a new instance, named with a prime."""
        self.actor(name).close()
        self._shared = None
        return self.actor(name + "'")

    def abandon(self, name: str) -> None:
        """Let an actor die without closing its instance, which stays open until the run ends."""
        actor = self.actor(name)
        actor.record_kill()
        self._abandoned.append(self._actors.pop(name))

    def provision(self, folder: Path) -> str:
        """Return the location of a new queue in an empty folder; `remove` undoes it."""
        location = self.queue.adapter.provision(folder)
        self._provisioned.append(location)
        return location

    def move(self, location: str) -> None:
        """Change the location: actors that open the queue from now on open it there."""
        if self._shared is not None:
            self._left.append(self._shared)  # its actors stay, and go on at the old location
        self.location, self._shared = location, None

    def wait(self, seconds: float, awaited: str = "time to pass") -> None:
        """Let time pass. Raises NotRunError if the real wait is too long for the level.

        awaited: the reason of the wait in a few words, for the progress line.
        """
        self._pass(seconds, awaited)

    def outlast(self, seconds: float, awaited: str = "a lease or a delay to end") -> None:
        """Let `seconds` pass, plus the time that the queue may take to notice their end."""
        self._pass(seconds, awaited, late=self.contract.resolution + _MARGIN)

    def claim_all(self, name: str, *, complete: bool = True) -> list[Delivery]:
        """Claim, and complete, until the queue answers that it is empty."""
        return claim_all(self.actor(name), complete=complete)

    def settle(self) -> None:
        """Let all leases, delays and retries end, then claim until the queue is empty.

        Only after this is a task that was never delivered a lost task. If the wait is too long,
        the claims are made without it, and the history is marked as not drained.
        """
        collector = self.actor("collector")
        self._collect(collector, longest_wait(*self._pending()))
        if self.drained and (seconds := wait_after_leases(*self._pending())):
            self._collect(collector, seconds)
        if not self.drained or unfinished(self.log.operations(), self.contract):
            return  # a task that has not come is lost: more time must not bring it
        if self.clock.virtual and collector.can(Capability.COMPLETE):
            # A completion without effect shows once its lease has ended. Virtual time is free.
            self._collect(collector, until_noticed(self.contract, self.lease))

    @property
    def is_idle(self) -> bool:
        """True if no lease, delay or retry wait keeps a task from a claim."""
        return not longest_wait(*self._pending())

    def history(self, driver: str) -> History:
        """Return the operations so far."""
        of_claims = not self.contract.notices_death and not self.contract.leases_by_task
        lease = self.lease if of_claims else None
        return History.of(self.log.operations(), lease=lease, drained=self.drained, driver=driver)

    def close(self) -> None:
        """Close every adapter instance. A later call of `actor` opens the queue again."""
        for recorder in (*self._actors.values(), *self._abandoned):
            self.dispose(recorder)
        for shared in (*self._left, self._shared):
            # The history is complete, so no monitor would read the error.
            with suppress(Exception, SystemExit):
                if shared is not None:
                    shared.close()
        self._actors.clear()
        self._abandoned.clear()
        self._left.clear()
        self._shared = None

    def remove(self) -> None:
        """End the workers of handlers, and undo each provision, once nobody uses the queues."""
        while self._with_workers:
            self._with_workers.pop().disband()
        while self._provisioned:
            with suppress(Exception, SystemExit):  # the history is complete
                self.queue.adapter.dispose(self._provisioned.pop())

    def dispose(self, recorder: Recorder) -> None:
        """Close an actor's instance, unless other actors share it."""
        if self.contract.sharing is Sharing.PROCESSES:
            with suppress(Gone):  # the run is over, and its log takes no failed closing
                recorder.dispose()

    def _pass(self, seconds: float, awaited: str, late: float = 0.0) -> None:
        """Let time pass. The limit of the level does not count the `late` seconds."""
        if not self.clock.virtual:
            require_wait(seconds, self.effort)
            self.progress(awaited, seconds + late)
            self.log.expect_silence(seconds + late)
        self.clock.wait(seconds + late)

    def _pending(self) -> tuple[list[Operation], Contract, float]:
        return self.log.operations(), self.contract, self.lease

    def _collect(self, collector: Recorder, seconds: float) -> None:
        """Claim all tasks after this many seconds, or at once if that is too long."""
        waits = self.clock.virtual or seconds <= self.effort.max_wait
        if waits and seconds:
            self.outlast(seconds, "leases, delays and retries to end")
        claim_all(collector)  # a claim must work before a reclaim as well
        if collector.can(Capability.RECLAIM):
            collector.reclaim()
            claim_all(collector)
        self.drained = waits and collector.last is not None and collector.last.is_empty

    def _instance(self, name: str) -> QueueAdapter | None:
        """Return the instance that all actors share, or None if each has its own."""
        if self.contract.sharing is Sharing.PROCESSES:
            return None
        with self._sharing:
            if self._shared is None:
                self._shared = open_recorded(
                    partial(self._open_instance, self.queue.adapter),
                    *(self.location, name, self.clock, self.log, self.log.next(name)),
                )
            return self._shared


def open_actor(
    queue: QueueUnderTest,
    location: str,
    name: str,
    *,
    clock: Clock,
    sink: Sink,
    lease: float,
    first: int = 0,
    opening: Opening | None = None,
) -> Recorder:
    """Return a new actor with an instance of its own. Raises Halt if opening fails.

    opening: opens the queue; by default, the adapter does.
    """
    adapter = open_recorded(opening or queue.adapter, location, name, clock, sink, first)
    return Recorder(
        adapter,
        actor=name,
        contract=queue.contract,
        clock=clock,
        sink=sink,
        lease=lease,
        first=first + 1,
    )


def open_recorded(
    opening: Opening, location: str, actor: str, clock: Clock, sink: Sink, number: int = 0
) -> QueueAdapter:
    """Open the queue and record that as an operation of the actor. Raises Halt if it fails."""
    begun = Operation(
        number=number,
        actor=actor,
        verb=Verb.OPEN,
        start=clock.now(),
        end=None,
        outcome=Outcome.UNKNOWN,
    )
    sink(begun)
    try:
        adapter = opening(location)
    except (Exception, SystemExit) as error:  # a queue may raise anything; it is recorded
        text = describe_error(error)
        sink(replace(begun, end=clock.now(), error=text, raised_at=place_of(error)))
        raise Halt(text) from error
    sink(replace(begun, end=clock.now(), outcome=Outcome.OK))
    return adapter


def claim_all(recorder: Recorder, *, complete: bool = True) -> list[Delivery]:
    """Claim, and complete, until the queue answers that it is empty.

    Busy is not empty: the claim is repeated for some seconds of real time, since what makes the
    queue busy does not follow a virtual clock. A claim that fails otherwise is repeated a few
    times.
    """
    taken: list[Delivery] = []
    since, errors = time.monotonic(), 0
    while len(taken) < _MOST_TASKS:
        delivery = recorder.claim()
        outcome = recorder.last.outcome if recorder.last is not None else Outcome.OK
        if delivery is not None:
            taken.append(delivery)
            since, errors = time.monotonic(), 0
            if complete and recorder.can(Capability.COMPLETE):
                recorder.complete(delivery)
            if _is_endless(taken):
                break
        elif outcome is Outcome.BUSY and time.monotonic() - since < _PATIENCE:
            recorder.clock.wait(_PAUSE)
            threading.Event().wait(_PAUSE if recorder.clock.virtual else 0)
        elif outcome in (Outcome.REFUSED, Outcome.UNKNOWN) and errors < _MOST_ERRORS:
            errors += 1
        else:
            break
    return taken


def _is_endless(taken: Sequence[Delivery]) -> bool:
    """Return True if the queue hands out the same task again and again."""
    last = taken[-1].label
    return sum(delivery.label == last for delivery in taken[-_MOST_IN_A_ROW:]) >= _MOST_REPEATED
