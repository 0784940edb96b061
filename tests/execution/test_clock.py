"""The clocks: real time that all processes share, and virtual time for Python and SQL."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_queuekit.execution.clock import VirtualClock, virtual_time
from pytest_queuekit.model.history import SECOND
from pytest_queuekit.recording.clock import RealClock

BEGIN = "2025-06-15 15:06:40"
HOUR = 3600.0


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    """Return a virtual clock in force."""
    with virtual_time() as clock:
        yield clock


def ask(sql: str) -> object:
    """Return the one value of a query, from a connection that is opened now."""
    connection = sqlite3.connect(":memory:")
    try:
        return connection.execute(sql).fetchone()[0]
    finally:
        connection.close()


def test_the_real_clock_counts_from_its_epoch() -> None:
    """Two real clocks with the same epoch agree, so the times of two processes can be compared."""
    first = RealClock()
    before, between, after = first.now(), RealClock(first.epoch).now(), first.now()
    assert 0 <= before <= between <= after


def test_the_real_clock_is_one_for_all_processes() -> None:
    """A reading in another process lies between two readings in this one."""
    clock = RealClock()
    code = "from pytest_queuekit.recording.clock import RealClock; print(RealClock(0).now())"
    before = RealClock(0).now()
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert before <= int(said.stdout) <= RealClock(0).now()
    assert not clock.virtual


def test_the_real_clock_waits() -> None:
    """A wait takes at least the seconds asked for."""
    clock = RealClock()
    clock.wait(0.01)
    assert clock.now() >= 0.01 * SECOND


def test_each_reading_of_the_virtual_clock_is_later(clock: VirtualClock) -> None:
    """No two moments of a sequential history are equal."""
    looks = [clock.now() for _ in range(5)]
    assert looks == sorted(set(looks))


def test_a_wait_moves_only_the_virtual_clock(clock: VirtualClock) -> None:
    """A day passes for Python and for the run, but not for the machine."""
    wall, monotonic, now = time.time(), time.monotonic(), clock.now()
    clock.wait(24 * HOUR)
    assert clock.now() - now == pytest.approx(24 * HOUR * SECOND, abs=0.01 * SECOND)
    assert time.time() - wall == pytest.approx(24 * HOUR, abs=0.01)
    assert time.monotonic() - monotonic < HOUR
    assert clock.virtual


def test_many_small_steps_do_not_drift(clock: VirtualClock) -> None:
    """The wall clock and the run's clock agree after thousands of readings."""
    begin = time.time() - clock.now() / SECOND
    for _ in range(5000):
        now = clock.now()
    assert time.time() - begin == pytest.approx(now / SECOND, abs=0.002)


def test_python_follows_the_virtual_clock(clock: VirtualClock) -> None:
    """All of Python's wall clocks show the same moment."""
    clock.wait(HOUR)
    expected = 1_750_000_000.25 + HOUR
    assert time.time() == pytest.approx(expected)
    assert time.time_ns() == pytest.approx(expected * SECOND)
    assert datetime.now(UTC).timestamp() == pytest.approx(expected)
    assert time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()) == "2025-06-15 16:06:40"


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("datetime('now')", "2025-06-15 16:06:40"),
        ("datetime()", "2025-06-15 16:06:40"),
        ("datetime('NOW')", "2025-06-15 16:06:40"),
        ("datetime('now', '+60 seconds')", "2025-06-15 16:07:40"),
        ("datetime('now', 'start of day', '-1 day')", "2025-06-14 00:00:00"),
        ("date('now')", "2025-06-15"),
        ("date()", "2025-06-15"),
        ("time('now', '+1 minute')", "16:07:40"),
        ("strftime('%s', 'now')", "1750003600"),
        ("strftime('%s')", "1750003600"),
        ("strftime('%Y-%m-%dT%H:%M:%fZ', 'now')", "2025-06-15T16:06:40.250Z"),
        ("unixepoch()", 1_750_003_600),
        ("unixepoch('now', '-1 hour')", 1_750_000_000),
        ("round((julianday('now') - 2440587.5) * 86400.0, 3)", 1_750_003_600.25),
        ("current_timestamp", "2025-06-15 16:06:40"),
        ("CURRENT_DATE", "2025-06-15"),
        ("CURRENT_TIME", "16:06:40"),
        ("datetime('2000-01-01', '+1 day')", "2000-01-02 00:00:00"),
        ("datetime(NULL)", None),
        ("datetime('now', 'nonsense')", None),
    ],
)
def test_sqlite_follows_the_virtual_clock(clock: VirtualClock, sql: str, answer: object) -> None:
    """Every form of "now" in SQL is virtual time; an explicit moment is unchanged."""
    clock.wait(HOUR)
    assert ask(f"SELECT {sql}") == answer


@pytest.mark.skipif(sqlite3.sqlite_version_info < (3, 43), reason="SQLite has no timediff()")
def test_both_moments_of_timediff_may_be_now(clock: VirtualClock) -> None:
    """Both time values of timediff() can be "now"."""
    assert ask("SELECT timediff('now', 'now')") == "+0000-00-00 00:00:00.000"


def test_defaults_of_columns_follow_the_virtual_clock(clock: VirtualClock) -> None:
    """A row is stamped with virtual time by the schema, also in triggers and indexes."""
    connection = sqlite3.connect(":memory:")
    connection.executescript("""
        CREATE TABLE task (
            id INTEGER, at TEXT DEFAULT CURRENT_TIMESTAMP, also TEXT DEFAULT (datetime('now'))
        );
        CREATE INDEX by_day ON task (date(at));
        CREATE TRIGGER note AFTER INSERT ON task BEGIN
            UPDATE task SET also = also || ' ' || strftime('%H', 'now') WHERE id = new.id;
        END;
    """)
    clock.wait(HOUR)
    connection.execute("INSERT INTO task (id) VALUES (1)")
    row = connection.execute("SELECT at, also FROM task").fetchone()
    connection.close()
    assert row == ("2025-06-15 16:06:40", "2025-06-15 16:06:40 16")


def test_dbapi2_is_reached_too(clock: VirtualClock) -> None:
    """A library that connects through `sqlite3.dbapi2` follows the virtual clock."""
    connection = sqlite3.dbapi2.connect(":memory:")
    assert connection.execute("SELECT datetime('now')").fetchone()[0] == BEGIN
    connection.close()


def test_the_real_time_is_restored() -> None:
    """After the virtual clock, even after an error, Python and SQLite show the real time."""
    before = sqlite3.connect
    with pytest.raises(KeyError), virtual_time():
        raise KeyError
    assert sqlite3.connect is before is sqlite3.dbapi2.connect
    assert time.time() > 1_760_000_000
    assert str(ask("SELECT datetime('now')")) > "2025-10-01"


_MOMENTS = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)).map(str)  # noqa: DTZ001 - SQLite's are without
_MODIFIERS = st.lists(
    st.sampled_from(["+1 day", "-3 months", "start of month", "weekday 0", "+1.5 seconds", "x"]),
    max_size=2,
)


@given(moment=_MOMENTS | st.floats(0, 5e6) | st.none() | st.text(max_size=5), modifiers=_MODIFIERS)
def test_an_explicit_moment_is_unchanged(moment: object, modifiers: list[str]) -> None:
    """For a moment other than "now", the date functions return what SQLite's own return."""
    marks = ", ".join("?" * (1 + len(modifiers)))
    sql = f"SELECT datetime({marks}), julianday({marks}), strftime('%j', {marks})"
    values = [moment, *modifiers] * 3
    plain = sqlite3.connect(":memory:")
    with virtual_time():
        virtual = sqlite3.connect(":memory:")
        answers = [conn.execute(sql, values).fetchone() for conn in (plain, virtual)]
    plain.close()
    virtual.close()
    assert answers[0] == answers[1]
