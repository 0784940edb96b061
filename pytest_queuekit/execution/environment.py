"""Where a script plays: a new queue, actors by name, and time."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pytest_queuekit.execution.progress import Progress, silent
from pytest_queuekit.execution.real_time import require_wait
from pytest_queuekit.execution.waits import longest_wait, wait_after_leases
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.capabilities import Capability, Sharing
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import SECOND, History, Operation, Outcome, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.clock import Clock
from pytest_queuekit.recording.operation_log import Gone, Log
from pytest_queuekit.recording.recorder import Delivery, Recorder, Sink
from pytest_queuekit.recording.replies import told

_PATIENCE = 5.0
_PAUSE = 0.01
_MARGIN = 0.05
_MOST = 10_000


class Halt(Exception):  # noqa: N818 - it ends a script, and is no error of anybody
    """The queue could not even be opened: the history says why, and the script ends."""


class Environment:
    """One run of a scenario on a new queue.

    Each actor has an adapter instance of its own, or all share one where the queue is not for
    several instances.

    subject: the queue under test.
    folder: where the queue may keep its files.
    clock: the time of the run.
    lease: seconds for which claims are leased, where the queue lets that be asked for.
    effort: how hard the run tries.
    progress: hears what the run waits for by the real clock.
    location: where the queue is; None for a new one inside the folder.
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
    ) -> None:
        self.queue = queue
        self.contract = queue.contract
        self.folder = folder
        self.clock = clock
        self.effort = effort
        self.progress = progress
        self.log = Log()
        self.location = queue.adapter.provision(folder) if location is None else location
        self.drained = False
        fixed = self.contract.lease_seconds
        self.lease = lease if fixed is None else fixed
        self._actors: dict[str, Recorder] = {}
        self._shared: QueueAdapter | None = None
        self._sharing = threading.Lock()

    def actor(self, name: str) -> Recorder:
        """Return the actor of that name; it opens the queue when first asked for."""
        if name not in self._actors:
            self._actors[name] = self.recorder(name)
        actor = self._actors[name]
        actor.go_on_from(self.log.next(name))
        return actor

    def recorder(self, name: str) -> Recorder:
        """Open the queue for a new actor. Raises Halt where it cannot be opened."""
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
        )

    def reopen(self, name: str) -> Recorder:
        """Close an actor's instance and return a successor with a new one, named with a prime."""
        self.actor(name).close()
        self._shared = None
        return self.actor(name + "'")

    def move(self, location: str) -> None:
        """Go on at another location: actors who come from now on open the queue there."""
        self.location, self._shared = location, None

    def wait(self, seconds: float, awaited: str = "time to pass") -> None:
        """Let time pass. Raises NotRunError where that would take too long.

        awaited: what the run waits for, in a few words for its progress.
        """
        self._pass(seconds, awaited)

    def outlast(self, seconds: float, awaited: str = "a lease or a delay to end") -> None:
        """Let time pass until whatever takes so many seconds is over and noticed."""
        self._pass(seconds, awaited, late=self.contract.resolution + _MARGIN)

    def claim_all(self, name: str, *, complete: bool = True) -> list[Delivery]:
        """Claim, and complete, until the queue says that it is empty."""
        return claim_all(self.actor(name), complete=complete)

    def settle(self) -> None:
        """Let all leases, delays and retries run out, then claim until nothing is left.

        Only after this is a task that never came a lost one. Where it would take too long, what
        is there is claimed and the history says that it was not drained.
        """
        collector = self.actor("collector")
        self._collect(collector, longest_wait(*self._pending()))
        if self.drained and (seconds := wait_after_leases(*self._pending())):
            self._collect(collector, seconds)

    def history(self, driver: str) -> History:
        """Return what was observed so far."""
        return History.of(
            self.log.operations(), lease=self.lease, drained=self.drained, driver=driver
        )

    def close(self) -> None:
        """Close every adapter instance.

        An actor that is asked for later opens the queue anew.
        """
        for recorder in self._actors.values():
            self.let_go(recorder)
        if self._shared is not None:
            # The history is complete: no monitor reads what a queue says now.
            with suppress(Exception, SystemExit):
                self._shared.close()
        self._actors.clear()
        self._shared = None

    def let_go(self, recorder: Recorder) -> None:
        """Close an actor's instance, unless others use it too."""
        if self.contract.sharing is Sharing.PROCESSES:
            with suppress(Gone):  # after the run: a closing that fails comes into no history
                recorder.let_go()

    def _pass(self, seconds: float, awaited: str, late: float = 0.0) -> None:
        """Let time pass, and as many seconds more as the queue may notice it late."""
        if not self.clock.virtual:
            require_wait(seconds, self.effort)
            self.progress(awaited, seconds + late)
            self.log.expect_silence(seconds + late)
        self.clock.wait(seconds + late)

    def _pending(self) -> tuple[list[Operation], Contract, float]:
        return self.log.operations(), self.contract, self.lease

    def _collect(self, collector: Recorder, seconds: float) -> None:
        """Claim all that is there after so many seconds, or now if that is too long."""
        waits = self._can_wait(seconds)
        if waits and seconds:
            self.outlast(seconds, "leases, delays and retries to end")
        if collector.can(Capability.RECLAIM):
            collector.reclaim()
        claim_all(collector)
        self.drained = waits and collector.last is not None and collector.last.is_empty

    def _can_wait(self, seconds: float) -> bool:
        return self.clock.virtual or seconds <= self.effort.max_wait

    def _instance(self, name: str) -> QueueAdapter | None:
        """Return the instance that all actors share, opened by the first; None where none does."""
        if self.contract.sharing is Sharing.PROCESSES:
            return None
        with self._sharing:
            if self._shared is None:
                self._shared = open_recorded(
                    self.queue, self.location, name, self.clock, self.log, self.log.next(name)
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
) -> Recorder:
    """Return a new actor with an instance of its own. Raises Halt where opening fails."""
    adapter = open_recorded(queue, location, name, clock, sink, first)
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
    queue: QueueUnderTest, location: str, actor: str, clock: Clock, sink: Sink, number: int = 0
) -> QueueAdapter:
    """Open the queue for an actor, as an operation of its. Raises Halt where that fails."""
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
        adapter = queue.adapter(location)
    except (Exception, SystemExit) as error:  # a queue may raise anything; it is recorded
        sink(replace(begun, end=clock.now(), error=told(error)))
        raise Halt(told(error)) from error
    sink(replace(begun, end=clock.now(), outcome=Outcome.OK))
    return adapter


def claim_all(recorder: Recorder, *, complete: bool = True) -> list[Delivery]:
    """Claim, and complete, until the queue says that it is empty.

    Busy is not empty: it is tried again, for some seconds. A queue that hands out tasks without
    end is stopped at a generous number.
    """
    taken: list[Delivery] = []
    since = recorder.clock.now()
    while len(taken) < _MOST:
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
