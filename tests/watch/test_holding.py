"""The held time of a transaction, measured on a machine whose every wait the test sets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import combinations

import pytest

from pytest_queuekit.watch.holding import LIMIT, Clocks, Holding, run_queue_seconds

WAIT = 0.046
"""Seconds that the thread waits for a CPU; with 80 ms held, enough to fall below the limit."""
READ = 0.000_01
"""Seconds that one read of a clock takes."""


class Machine:
    """Two clocks, and a scheduler that lets the thread wait before the chosen reads.

    waits: numbers of the reads, from 0, before which the thread waits.
    """

    def __init__(self, *waits: int) -> None:
        self.waits = waits
        self.reads = 0
        self._elapsed = 100.0
        self._waited = 7.0
        self.clocks = Clocks(elapsed=self._read_elapsed, waited=self._read_waited)

    def work(self, seconds: float) -> None:
        """Let the thread hold its transaction and run."""
        self._elapsed += seconds

    def wait(self, seconds: float) -> None:
        """Let the thread wait for a CPU."""
        self._elapsed += seconds
        self._waited += seconds

    def _read_elapsed(self) -> float:
        self._read()
        return self._elapsed

    def _read_waited(self) -> float:
        self._read()
        return self._waited

    def _read(self) -> None:
        if self.reads in self.waits:
            self.wait(WAIT)
        self.reads += 1
        self.work(READ)


def _measured(machine: Machine, work: float) -> float:
    holding = Holding.begin(("a.py", 1), "a test", clocks=machine.clocks)
    machine.work(work)
    return holding.seconds()


def _interleavings(most: int) -> Iterator[tuple[int, ...]]:
    """Yield every choice of up to `most` reads before which the thread waits."""
    reads = range(16)  # more than a measurement with three waits makes
    for count in range(most + 1):
        yield from combinations(reads, count)


def test_a_wait_between_reads_does_not_change_the_held_time() -> None:
    """Wherever the scheduler interrupts the reads, 80 ms of work measure 80 ms, and not less."""
    measured = {waits: _measured(Machine(*waits), 0.080) for waits in _interleavings(3)}
    assert {w: held for w, held in measured.items() if not 0.080 <= held < 0.083} == {}


def test_a_wait_between_reads_makes_no_finding() -> None:
    """Wherever the scheduler interrupts the reads, 10 ms of work stay below the limit."""
    measured = {waits: _measured(Machine(*waits), 0.010) for waits in _interleavings(3)}
    assert {w: held for w, held in measured.items() if not 0.010 <= held < LIMIT} == {}


def test_on_a_machine_that_always_interrupts_a_transaction_is_not_measured_short() -> None:
    """The readings stay wide; the error is towards a longer time."""
    assert _measured(Machine(*range(100)), 0.080) >= 0.080


def test_waiting_for_a_cpu_is_not_holding() -> None:
    """The scheduler's own count is subtracted."""
    machine = Machine()
    holding = Holding.begin(("a.py", 1), "a test", clocks=machine.clocks)
    machine.work(0.010)
    machine.wait(10.0)
    machine.work(0.010)
    assert holding.seconds() == pytest.approx(0.020, abs=0.001)


def test_without_a_count_of_waits_elapsed_time_is_held_time() -> None:
    """Also if the count is lost between begin and end."""
    waits: list[float | None] = [3.0, None]
    moments = iter((0.0, 0.0, 0.080, 0.080, 0.080))
    clocks = Clocks(elapsed=lambda: next(moments), waited=lambda: waits.pop(0))
    assert Holding.begin(None, "", clocks=clocks).seconds() == 0.080


def test_the_waits_of_another_thread_are_not_subtracted() -> None:
    """A transaction that ends in another thread is measured by elapsed time alone."""
    machine = Machine()
    holding = Holding.begin(("a.py", 1), "a test", clocks=machine.clocks)
    machine.wait(0.070)
    measured: list[float] = []
    other = threading.Thread(target=lambda: measured.append(holding.seconds()))
    other.start()
    other.join()
    assert measured[0] == pytest.approx(0.070, abs=0.001)


def test_the_systems_count_never_decreases() -> None:
    """The real source of the second clock, where the system has it."""
    first, second = run_queue_seconds(), run_queue_seconds()
    if first is None or second is None:
        pytest.skip("the system does not count the waits of a thread")
    assert 0 <= first <= second
