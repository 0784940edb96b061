"""Python's wall clock under a clock of the kit: what follows it, and what stays as it is."""

from __future__ import annotations

import asyncio
import copy
import functools
import gc
import logging
import pickle
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from time import strftime as imported_strftime
from time import time as imported_time
from types import ModuleType
from typing import Any

import pytest

from pytest_queuekit.execution import builtin_bodies, python_time
from pytest_queuekit.execution.clock import VirtualClock, virtual_time
from pytest_queuekit.execution.drivers.probe import goes_by_virtual_time
from pytest_queuekit.execution.python_time import python_follows
from pytest_queuekit.model.queue_under_test import QueueUnderTest

BEGIN = 1_750_000_000.25
"""Seconds since the Unix epoch of the virtual clock's first moment."""
MOMENT = datetime(2025, 6, 15, 15, 6, 40, 250_000, tzinfo=UTC)
"""The same as a datetime."""
LOCAL = MOMENT.astimezone().replace(tzinfo=None)
NOW, UTCNOW, TODAY = datetime.now, datetime.utcnow, date.today
"""Bound methods that exist before the virtual clock, as a class body would hold them."""


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    """Return a virtual clock in force."""
    with virtual_time() as clock:
        yield clock


class Moment(datetime):
    """A datetime of a library."""

    @classmethod
    def fromtimestamp(cls, timestamp: float, tz: tzinfo | None = None) -> Moment:
        raise AssertionError("the built-in `now` does not call it")


@dataclass
class Task:
    """A task whose moments are defaults."""

    seconds: float = field(default_factory=time.time)
    moment: datetime = field(default_factory=datetime.now)
    in_zone: datetime = field(default_factory=functools.partial(datetime.now, tz=UTC))


def stamp(clock: Callable[[], float] = time.time) -> float:
    """Return the time of a clock that is a parameter's default."""
    return clock()


READINGS: dict[str, tuple[Callable[[], Any], Any]] = {
    "time": (lambda: time.time(), BEGIN),
    "time_ns": (lambda: time.time_ns(), 1_750_000_000_250_000_000),
    "localtime": (lambda: time.localtime(), time.localtime(BEGIN)),
    "localtime(None)": (lambda: time.localtime(None), time.localtime(BEGIN)),
    "gmtime": (lambda: time.gmtime(), time.gmtime(BEGIN)),
    "ctime": (lambda: time.ctime(), time.ctime(BEGIN)),
    "asctime": (lambda: time.asctime(), time.ctime(BEGIN)),
    "strftime": (lambda: time.strftime("%Y-%m-%d %H:%M:%S"), f"{LOCAL:%Y-%m-%d %H:%M:%S}"),
    "datetime.now": (lambda: datetime.now(), LOCAL),  # noqa: DTZ005 - of queues that do so
    "datetime.now(UTC)": (lambda: datetime.now(UTC), MOMENT),
    "datetime.now(tz=...)": (lambda: datetime.now(tz=timezone(timedelta(hours=5))), MOMENT),
    "datetime.utcnow": (lambda: datetime.utcnow(), MOMENT.replace(tzinfo=None)),  # noqa: DTZ003
    "datetime.today": (lambda: datetime.today(), LOCAL),  # noqa: DTZ002
    "date.today": (lambda: date.today(), LOCAL.date()),  # noqa: DTZ011
    "from time import time": (imported_time, BEGIN),
    "from time import strftime": (lambda: imported_strftime("%Y"), "2025"),
    "a parameter's default": (stamp, BEGIN),
    "a default_factory": (lambda: Task().seconds, BEGIN),
    "a default_factory, now": (lambda: Task().moment, LOCAL),
    "a default_factory, partial": (lambda: Task().in_zone, MOMENT),
    "a bound now": (NOW, LOCAL),
    "a bound now(UTC)": (lambda: NOW(UTC), MOMENT),
    "a bound utcnow": (UTCNOW, MOMENT.replace(tzinfo=None)),
    "a bound today": (TODAY, LOCAL.date()),
    "a subclass": (lambda: Moment.now(UTC), MOMENT),
}


@pytest.mark.parametrize("name", READINGS)
def test_each_reading_of_the_wall_clock_follows(clock: VirtualClock, name: str) -> None:
    """The kit's clock reaches every way to read the wall clock, through any reference."""
    read, expected = READINGS[name]
    assert read() == expected


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
def test_each_reading_is_real_afterwards() -> None:
    """When the block ends, also by an error, each reading is the real one again."""
    with pytest.raises(KeyError), virtual_time():
        raise KeyError
    for name, (read, expected) in READINGS.items():
        assert read() != expected, name


@pytest.mark.skipif(not hasattr(time, "clock_gettime"), reason="this system has no clock_gettime")
def test_only_the_wall_clock_of_clock_gettime_follows(clock: VirtualClock) -> None:
    """CLOCK_REALTIME follows; CLOCK_MONOTONIC is what `time.monotonic` reads."""
    assert time.clock_gettime(time.CLOCK_REALTIME) == BEGIN
    assert time.clock_gettime_ns(time.CLOCK_REALTIME) == 1_750_000_000_250_000_000
    before = time.monotonic_ns()
    assert before <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) <= time.monotonic_ns()
    assert before / 1e9 <= time.clock_gettime(time.CLOCK_MONOTONIC) <= time.monotonic()


def test_a_given_time_means_what_it_always_means(clock: VirtualClock) -> None:
    """Functions that get a time convert that time."""
    assert time.gmtime(0).tm_year == time.localtime(86_400).tm_year == 1970
    assert time.ctime(86_400).endswith("1970")
    assert time.strftime("%Y", time.gmtime(0)) == "1970"
    assert time.asctime(time.gmtime(0)) == "Thu Jan  1 00:00:00 1970"
    assert datetime.fromtimestamp(0, UTC) == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("owner", "name", "arguments"),
    [
        (time, "localtime", ("now",)),
        (time, "localtime", (1e30,)),
        (time, "ctime", (0, 0)),
        (time, "strftime", ()),
        (time, "strftime", ("%Y", None)),
        (time, "asctime", ("now",)),
        (time, "time", (1,)),
        (datetime, "now", ("UTC",)),
        (datetime, "now", (UTC, UTC)),
        (datetime, "utcnow", (UTC,)),
    ],
)
def test_a_wrong_call_raises_what_it_always_raises(
    owner: object, name: str, arguments: tuple[object, ...]
) -> None:
    """The type of the error is the original's."""
    with pytest.raises((TypeError, ValueError, OverflowError)) as real:
        getattr(owner, name)(*arguments)
    with virtual_time(), pytest.raises(real.type):
        getattr(owner, name)(*arguments)


def test_an_error_in_a_bound_now_is_a_system_error(clock: VirtualClock) -> None:
    """An existing bound method cannot pass on the error, but does not return a value."""
    with pytest.raises(SystemError):
        NOW("UTC")  # type: ignore[arg-type]


def test_clocks_that_measure_durations_are_real(clock: VirtualClock) -> None:
    """Drivers and watchdogs measure real time."""
    before = time.monotonic(), time.perf_counter()
    clock.wait(3600)
    time.sleep(0.001)
    after = time.monotonic(), time.perf_counter()
    assert all(0.001 <= b - a < 3600 for a, b in zip(before, after, strict=True))


def test_classes_and_functions_keep_their_identity(clock: VirtualClock) -> None:
    """A datetime of the block is a plain datetime: types, pickle and arithmetic work as ever."""
    moment = datetime.now(UTC)
    assert type(moment) is datetime
    assert isinstance(moment, date)
    assert issubclass(Moment, datetime)
    assert type(Moment.now()) is Moment
    assert time.time is imported_time
    assert pickle.loads(pickle.dumps((moment, datetime))) == (moment, datetime)  # noqa: S301
    assert copy.deepcopy(moment) == moment
    assert datetime.now(UTC) - moment == timedelta(0)
    assert datetime.now(UTC) + timedelta(seconds=1) > moment


def test_a_class_that_is_made_meanwhile_returns_to_real_time() -> None:
    """References that are taken during the block are not left behind in virtual time."""
    with virtual_time():

        class Late(datetime):
            """A subclass that did not exist before."""

        now, late_now = datetime.now, Late.now
        module = ModuleType("imported_meanwhile")
        exec("from time import time\nfrom datetime import datetime", vars(module))  # noqa: S102
        assert module.time() == BEGIN
        assert module.datetime.now(UTC) == MOMENT == Late.now(UTC)
    assert module.time() > BEGIN + 86_400
    assert module.time is time.time
    assert now(UTC) > MOMENT + timedelta(days=1)
    assert late_now(UTC) > MOMENT + timedelta(days=1)


def test_everything_is_restored_exactly() -> None:
    """The members of `time`, `datetime` and `date` are the same objects, and no reference leaks."""
    before = dict(vars(time)), dict(vars(datetime)), dict(vars(date))
    texts = repr(time.time), repr(datetime.now), repr(time.localtime)
    for _ in range(3):
        with virtual_time():
            gc.collect()
            time.localtime()
    assert (dict(vars(time)), dict(vars(datetime)), dict(vars(date))) == before
    assert (repr(time.time), repr(datetime.now), repr(time.localtime)) == texts


def test_a_call_site_that_the_interpreter_specialised_follows() -> None:
    """A loop that ran often in real time sees the virtual time, and the real time afterwards."""

    def read() -> list[float]:
        return [time.time() + datetime.now(UTC).timestamp() + NOW().timestamp() for _ in range(999)]

    read()
    for _ in range(3):
        with virtual_time():
            assert set(read()) == {3 * BEGIN}
        assert min(read()) > 3 * BEGIN


def test_blocks_nest() -> None:
    """The innermost clock is in force, and the outer clock again when it ends."""
    with virtual_time() as outer:
        with virtual_time() as inner:
            inner.wait(10)
            outer.wait(5)
            assert time.time() == BEGIN + 10
        assert time.time() == BEGIN + 5
        with pytest.raises(KeyError), virtual_time():
            raise KeyError
        assert datetime.now(UTC) == MOMENT + timedelta(seconds=5)


def test_blocks_may_end_in_any_order() -> None:
    """The real time returns when the last block ends, whichever block that is."""
    first, second = python_follows(lambda: 1), python_follows(lambda: 2)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert time.time_ns() == 2
    second.__exit__(None, None, None)
    assert time.time() > BEGIN


def test_other_threads_see_the_virtual_time(clock: VirtualClock) -> None:
    """A thread that starts in the block reads the same clock."""
    readings: list[float] = []
    thread = threading.Thread(target=lambda: readings.append(time.time()))
    thread.start()
    thread.join()
    assert readings == [BEGIN]


def test_threads_that_read_the_clock_survive_the_change() -> None:
    """Threads may read the clock while blocks begin and end: they get one time or the other."""
    stop = threading.Event()
    readings: set[bool] = set()

    def read() -> None:
        while not stop.is_set():
            moments = (time.time(), NOW().timestamp(), datetime.now(UTC).timestamp())
            readings.update(now == 5 or now > BEGIN for now in moments)
            time.strftime("%Y")

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(300):
        with python_follows(lambda: 5_000_000_000):
            time.localtime()
    stop.set()
    for thread in threads:
        thread.join()
    assert readings == {True}


def test_logging_follows(clock: VirtualClock) -> None:
    """A log record carries the virtual time."""
    record = logging.LogRecord("name", logging.INFO, __file__, 1, "message", (), None)
    assert record.created == pytest.approx(BEGIN)
    assert logging.Formatter("%(asctime)s").format(record).startswith("2025-06-1")


def test_asyncio_waits_in_real_time(clock: VirtualClock) -> None:
    """An event loop works: its timers go by the monotonic clock."""

    async def wait() -> float:
        await asyncio.wait_for(asyncio.sleep(0.001), 5)
        return time.time()

    assert asyncio.run(wait()) == BEGIN


@pytest.mark.filterwarnings("ignore:The default:DeprecationWarning")
def test_adapters_of_sqlite3_work(clock: VirtualClock) -> None:
    """`sqlite3` adapts and converts the moments of the block."""
    connection = sqlite3.connect(":memory:", detect_types=sqlite3.PARSE_DECLTYPES)
    connection.execute("CREATE TABLE task (at timestamp, day date)")
    connection.execute("INSERT INTO task VALUES (?, ?)", (datetime.now(), date.today()))  # noqa: DTZ005, DTZ011
    row = connection.execute("SELECT at, day FROM task").fetchone()
    connection.close()
    assert row == (LOCAL, LOCAL.date())


@pytest.fixture
def no_reach(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the interpreter be one of another layout."""
    monkeypatch.setattr(builtin_bodies, "_known_layout", lambda builtin: False)
    python_time._wall_clock.cache_clear()
    yield
    python_time._wall_clock.cache_clear()


def test_an_interpreter_out_of_reach_is_left_alone(no_reach: None, tmp_path: Path) -> None:
    """Where the layout differs nothing is written, and the probe finds that no queue follows."""
    with virtual_time():
        assert time.time() > BEGIN + 86_400
    from pytest_queuekit.adapters.reference import ReferenceQueue

    assert not goes_by_virtual_time(QueueUnderTest.of(ReferenceQueue), tmp_path / "probe")


def test_a_function_of_python_is_rejected() -> None:
    """A function that another tool has replaced by Python code has no body to lend."""
    with pytest.raises(builtin_bodies.LayoutError, match="not a built-in function of known layout"):
        builtin_bodies.copy_of(stamp)
