"""Arms the faults of one actor, and lets each strike when its time has come."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import fmean

from pytest_queuekit.execution.faults.fault import Fault, Surroundings
from pytest_queuekit.model.history import SECOND, Operation, Outcome, Verb


@contextmanager
def armed(faults: Sequence[Fault], world: Surroundings) -> Iterator[None]:
    """Arm the faults for as long as the block runs; undo them when it ends.

    Raises the error of a fault that struck within a call.
    """
    if not faults:
        yield
        return
    sink = world.recorder.sink
    trigger = Trigger(faults, world)
    world.recorder.sink = trigger
    try:
        with world.cleanup:
            trigger.start()
            yield
        trigger.raise_error()
    finally:
        world.recorder.sink = sink


class Trigger:
    """Stands between an actor's recorder and its log, and counts the calls that end."""

    def __init__(self, faults: Sequence[Fault], world: Surroundings) -> None:
        self._world = world
        self._sink = world.recorder.sink
        self._waiting = list(enumerate(faults))
        self._due: list[tuple[int, int, Fault]] = []
        self._in_next_call: list[tuple[int, Fault]] = []
        self._ended = 0
        self._took: defaultdict[Verb, list[int]] = defaultdict(list)
        self._error: BaseException | None = None

    def start(self) -> None:
        """Start to count calls; a fault that waits for no call and no delay strikes now."""
        self._advance(self._world.clock.now())

    def __call__(self, operation: Operation) -> None:
        """Write an operation to the log, and let faults strike before it or after it."""
        if operation.end is None:
            self._strike_until(operation.start)
            self._write(operation)
            self._strike_within(operation.verb)
            return
        self._write(operation)
        if operation.verb is not Verb.KILL and operation.outcome is not Outcome.BUSY:
            self._ended += 1
            self._took[operation.verb].append(operation.end - operation.start)
            self._advance(operation.end)

    def raise_error(self) -> None:
        """Raise the error of a fault that struck in a thread of its own."""
        if self._error is not None:
            raise self._error

    def _write(self, operation: Operation) -> None:
        self.raise_error()
        with self._world.spare_log():
            self._sink(operation)

    def _advance(self, moment: int) -> None:
        ripe = [(number, fault) for number, fault in self._waiting if fault.after <= self._ended]
        self._waiting = [entry for entry in self._waiting if entry not in ripe]
        for number, fault in ripe:
            own_process = self._world.setting.own_process
            if fault.within and own_process:
                self._in_next_call.append((number, fault))
            elif fault.delay and own_process:
                self._start_timer(fault.delay, number, fault)
            else:
                self._due.append((moment + round(fault.delay * SECOND), number, fault))
        self._strike_until(moment)

    def _strike_until(self, moment: int) -> None:
        ripe = [(number, fault) for due, number, fault in self._due if due <= moment]
        # Taken off first: a kill is itself an operation, which comes by here.
        self._due = [entry for entry in self._due if entry[0] > moment]
        for number, fault in ripe:
            self._strike(number, fault)

    def _strike(self, number: int, fault: Fault) -> None:
        self._world.note_strike(number)  # before it, since nothing happens after a kill
        fault.strike(self._world)

    def _strike_within(self, verb: Verb) -> None:
        struck, self._in_next_call = self._in_next_call, []
        for number, fault in struck:
            seconds = fmean(self._took[verb] or [0]) / SECOND
            self._start_timer(fault.within * seconds, number, fault)

    def _start_timer(self, delay: float, number: int, fault: Fault) -> None:
        timer = threading.Timer(delay, self._strike_apart, (number, fault))
        timer.daemon = True
        timer.start()
        self._world.cleanup.callback(timer.cancel)

    def _strike_apart(self, number: int, fault: Fault) -> None:
        try:
            self._strike(number, fault)
        except BaseException as error:  # noqa: BLE001 - the actor's own thread raises it
            self._error = error
