"""Measures how long a transaction is held, without the time its thread waited for a CPU."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from pytest_queuekit.watch.notebook import SourceLine

LIMIT = 0.050
"""Seconds that a transaction may be held."""

_SCHEDULER = "/proc/thread-self/schedstat"
_READ = 128
_TIGHT = 0.001
"""Seconds; a reading that took no longer contains no wait that matters."""
_ATTEMPTS = 4


def run_queue_seconds() -> float | None:
    """Return the seconds this thread was ready to run and waited for a CPU; None if not counted."""
    try:
        descriptor = os.open(_SCHEDULER, os.O_RDONLY)
    except OSError:
        return None
    try:
        return int(os.read(descriptor, _READ).split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return None
    finally:
        os.close(descriptor)


@dataclass(frozen=True, kw_only=True)
class Clocks:
    """The two clocks of a measurement, in seconds.

    elapsed: time that passed. waited: time that this thread waited for a CPU; None if not counted.
    """

    elapsed: Callable[[], float] = time.perf_counter
    waited: Callable[[], float | None] = run_queue_seconds


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """Both clocks, read together.

    before, after: elapsed time on either side of reading `waited`, in seconds.
    waited: in seconds; None if not counted.
    """

    before: float
    waited: float | None
    after: float

    @classmethod
    def take(cls, clocks: Clocks) -> _Reading:
        """Read the clocks; repeat if the thread was interrupted, and return the tightest reading.

        A wait between two reads appears in the one clock and not in the other. See Holding for the
        side it errs to; the repetition keeps the error below a millisecond in all but rare cases.
        """
        tightest = cls._once(clocks)
        for _ in range(_ATTEMPTS - 1):
            if tightest.after - tightest.before <= _TIGHT:
                break
            tightest = min(
                tightest, cls._once(clocks), key=lambda reading: reading.after - reading.before
            )
        return tightest

    @classmethod
    def _once(cls, clocks: Clocks) -> _Reading:
        return cls(before=clocks.elapsed(), waited=clocks.waited(), after=clocks.elapsed())


@dataclass(frozen=True, kw_only=True)
class Holding:
    """A transaction that is open, and may be measured too long but never too short.

    The held time is elapsed minus waited. It is not too short if the interval of `elapsed` encloses
    that of `waited`: at the begin read `elapsed` first, at the end read it last. Counter-example
    for the opposite order, with a transaction that works for 80 ms: the begin reads waited = 0, the
    thread waits 46 ms, and the begin reads elapsed = 46. The end reads elapsed = 126, waited = 46.
    The result is 80 - 46 = 34 ms, below the limit.

    line: the line that began the transaction; None if unknown.
    test: node id of the test that ran then.
    thread: identifier of the thread that began it.
    """

    line: SourceLine | None
    test: str
    thread: int
    _clocks: Clocks
    _begun: _Reading

    @classmethod
    def begin(cls, line: SourceLine | None, test: str, *, clocks: Clocks | None = None) -> Holding:
        """Start to measure."""
        clocks = clocks or Clocks()
        return cls(
            line=line,
            test=test,
            thread=threading.get_ident(),
            _clocks=clocks,
            _begun=_Reading.take(clocks),
        )

    def seconds(self) -> float:
        """Return the seconds from the end of begin() to this call, or slightly more."""
        elapsed = self._clocks.elapsed() - self._begun.before
        if elapsed < LIMIT or self.thread != threading.get_ident():
            return elapsed  # without the waits, which are not needed, or are another thread's
        end = _Reading.take(self._clocks)
        elapsed = end.after - self._begun.before
        if end.waited is None or self._begun.waited is None:
            return elapsed
        return elapsed - (end.waited - self._begun.waited)
