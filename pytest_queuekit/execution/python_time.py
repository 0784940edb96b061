"""Makes Python's wall clock follow a clock that the kit sets.

The clock reaches `time.time`, `time_ns`, `clock_gettime` and `clock_gettime_ns` of CLOCK_REALTIME,
`localtime`, `gmtime`, `ctime`, `asctime` and `strftime` without a time, `datetime.now`, `utcnow`
and `today`, and `date.today`: for all threads, and through every reference (`from time import
time`, `default_factory=time`). Classes keep their identity, so that `isinstance`, pickle and
subclasses work as usual.

It does not reach `time.monotonic`, `perf_counter` and `sleep`, which drivers and watchdogs need; C
code that reads the system's clock itself (`uuid.uuid1` may); and other processes. It needs CPython
with the GIL. `execution.drivers.probe` finds out whether a queue follows, and a queue that does not
is judged in real time.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, tzinfo
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_queuekit.execution.builtin_bodies import RedirectedFunction, RedirectedMethod

_SECOND = 1_000_000_000

Now = Callable[[], int]
"""Returns nanoseconds since the Unix epoch."""


@contextmanager
def python_follows(now: Now) -> Iterator[None]:
    """Put the wall clock of this process under `now`. The innermost block is in force."""
    wall_clock = _wall_clock()
    if wall_clock is None:
        yield
        return
    wall_clock.push(now)
    try:
        yield
    finally:
        wall_clock.pop(now)


@functools.cache  # one process has one wall clock, and C keeps the addresses of its functions
def _wall_clock() -> _WallClock | None:
    """Return the wall clock, or None if this interpreter offers no way to set it."""
    try:
        from pytest_queuekit.execution.builtin_bodies import LayoutError
    except ImportError:  # Python was built without ctypes
        return None
    try:
        return _WallClock()
    except (LayoutError, MemoryError, OSError):  # the system may forbid new machine code
        return None


class _WallClock:
    """The functions that read the wall clock, and a stack of clocks that they follow."""

    def __init__(self) -> None:
        from pytest_queuekit.execution.builtin_bodies import (
            RedirectedFunction,
            RedirectedMethod,
            copy_of,
        )

        self._lock = threading.Lock()
        # Replaced as a whole, never changed: a call in another thread keeps the tuple it read.
        self._clocks: tuple[Now, ...] = ()
        names = [name for name in _FUNCTIONS if hasattr(time, name)]  # Windows lacks some
        real = {name: copy_of(getattr(time, name)) for name in names}
        self._real_now: Now = real["time_ns"]
        self._redirected: list[RedirectedFunction | RedirectedMethod] = [
            RedirectedMethod(datetime, "now", _datetime_now(self.now)),
            RedirectedMethod(datetime, "utcnow", _datetime_utcnow(self.now)),
            RedirectedMethod(date, "today", _date_today(self.now)),
        ]
        for name in names:
            stand_in = _FUNCTIONS[name](self.now, real)
            self._redirected.append(RedirectedFunction(getattr(time, name), stand_in))

    def push(self, clock: Now) -> None:
        """Put a clock in force."""
        with self._lock:
            self._clocks = (*self._clocks, clock)
            try:
                for function in self._redirected:
                    function.redirect()
            except BaseException:  # Ctrl-C
                self._remove(clock)
                raise

    def pop(self, clock: Now) -> None:
        """End a clock, wherever it is in the stack."""
        with self._lock:
            self._remove(clock)

    def now(self) -> int:
        """Return nanoseconds since the Unix epoch."""
        # A thread may still be in a redirected function when the last clock has ended.
        clocks = self._clocks
        return clocks[-1]() if clocks else self._real_now()

    def _remove(self, clock: Now) -> None:
        rest = list(reversed(self._clocks))
        rest.remove(clock)
        # First, so that a function that Ctrl-C leaves redirected returns the real time.
        self._clocks = tuple(reversed(rest))
        if not rest:
            for function in self._redirected:
                function.restore()


def _datetime_now(now: Now) -> Callable[..., Any]:
    def method(owner: type[datetime], tz: tzinfo | None = None) -> Any:
        # As the original does it, past any `fromtimestamp` that a subclass defines.
        make = vars(datetime)["fromtimestamp"].__get__(None, owner)
        return make(now() // 1000 / 1e6, tz)

    return method


def _datetime_utcnow(now: Now) -> Callable[..., Any]:
    in_zone = _datetime_now(now)
    return lambda owner: datetime.replace(in_zone(owner, UTC), tzinfo=None)


def _date_today(now: Now) -> Callable[..., Any]:
    return lambda owner: owner.fromtimestamp(now() / _SECOND)


Real = Mapping[str, Callable[..., Any]]
"""The functions of module `time` by name, as they were."""


def _time(now: Now, _real: Real) -> Callable[..., Any]:
    return lambda: now() / _SECOND


def _time_ns(now: Now, _real: Real) -> Callable[..., Any]:
    return lambda: now()


def _clock_gettime(now: Now, real: Real) -> Callable[..., Any]:
    def clock_gettime(clock: int, /) -> float:
        is_wall = clock == time.CLOCK_REALTIME
        seconds: float = now() / _SECOND if is_wall else real["clock_gettime"](clock)
        return seconds

    return clock_gettime


def _clock_gettime_ns(now: Now, real: Real) -> Callable[..., Any]:
    def clock_gettime_ns(clock: int, /) -> int:
        is_wall = clock == time.CLOCK_REALTIME
        nanoseconds: int = now() if is_wall else real["clock_gettime_ns"](clock)
        return nanoseconds

    return clock_gettime_ns


def _of_seconds(name: str) -> Callable[[Now, Real], Callable[..., Any]]:
    """Return `localtime` or another function that takes seconds, or None for now."""

    def make(now: Now, real: Real) -> Callable[..., Any]:
        def function(*seconds: Any) -> Any:
            given = (now() / _SECOND,) if seconds in ((), (None,)) else seconds
            return real[name](*given)

        return function

    return make


def _of_local_time(name: str, place: int) -> Callable[[Now, Real], Callable[..., Any]]:
    """Return `strftime` or `asctime`, which take a local time at a place, or nothing for now."""

    def make(now: Now, real: Real) -> Callable[..., Any]:
        def function(*arguments: Any) -> Any:
            is_now = len(arguments) == place
            local = (real["localtime"](now() / _SECOND),) if is_now else ()
            return real[name](*arguments, *local)

        return function

    return make


_FUNCTIONS: Mapping[str, Callable[[Now, Real], Callable[..., Any]]] = {
    "time": _time,
    "time_ns": _time_ns,
    "clock_gettime": _clock_gettime,
    "clock_gettime_ns": _clock_gettime_ns,
    "localtime": _of_seconds("localtime"),
    "gmtime": _of_seconds("gmtime"),
    "ctime": _of_seconds("ctime"),
    "strftime": _of_local_time("strftime", 1),
    "asctime": _of_local_time("asctime", 0),
}
"""The replacements of the functions of module `time`, by their names."""
