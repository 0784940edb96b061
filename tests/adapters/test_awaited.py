"""An adapter with async methods is judged as a sync one is."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.adapters.awaited import awaited
from pytest_queuekit.adapters.resolve import resolve
from pytest_queuekit.adapters.sqlite_locks import locked_is_busy
from pytest_queuekit.errors import AdapterError
from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import Status
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.rules.rule import by_id, judge
from tests.queues.asynchronous import AsyncQueue, TrioQueue, UvloopQueue
from tests.queues.memory import MemoryQueue
from tests.queues.small_sqlite import SmallSqliteQueue

RULES = by_id(CATALOGUE)
QUICK = Effort.at(Level.QUICK)


class Loops(QueueAdapter):
    """Tells what happens in its event loop."""

    name = "loops"

    def __init__(self, location: str) -> None:
        self.made_in = threading.current_thread()
        self.beats = 0

    async def open(self) -> None:
        self.heart = asyncio.create_task(self._beat())

    async def enqueue(self, payload: Any) -> Any:
        return await asyncio.to_thread(lambda: payload)

    async def claim(self, worker: str) -> Claim | None:
        return Claim(task_id=await self.enqueue(1), payload=threading.current_thread(), worker="")

    def stats(self) -> dict[str, int]:
        return {"queued": self.beats, "leased": threading.current_thread() is self.made_in}

    async def _beat(self) -> None:
        while True:
            self.beats += 1
            await asyncio.sleep(0.001)


@pytest.fixture
def opened() -> Iterator[Any]:
    """An open instance of what the kit calls."""
    instance = awaited(Loops)("nowhere")
    yield instance
    instance.close()


def threads() -> int:
    """Count the threads of event loops."""
    return sum(type(thread).__name__ == "_LoopThread" for thread in threading.enumerate())


def test_the_kit_gets_answers(opened: Any) -> None:
    """A call returns what the adapter's coroutine returns; one method may await another."""
    assert opened.enqueue("task") == "task"
    assert opened.claim("worker").task_id == 1


def test_all_calls_run_in_the_loop_of_the_instance(opened: Any) -> None:
    """A client belongs to the loop, and often to the thread, in which it was made."""
    assert opened.claim("worker").payload is opened.made_in
    assert opened.stats()["leased"]
    other: Any = awaited(Loops)("nowhere")
    assert other.made_in is not opened.made_in
    other.close()


def test_the_loop_runs_between_calls(opened: Any) -> None:
    """What a library does in the background goes on, as it does in a worker."""
    before = opened.stats()["queued"]
    while opened.stats()["queued"] < before + 3:
        threading.Event().wait(0.001)


def test_closing_ends_the_loop() -> None:
    """A closed instance leaves no thread, and a second close does nothing."""
    before = threads()
    instance = awaited(Loops)("nowhere")
    assert threads() == before + 1
    for _ in range(2):
        instance.close()
        assert threads() == before


def test_a_failed_opening_ends_the_loop() -> None:
    """The error of `open` is that of the opening."""

    class Unreachable(Loops):
        async def open(self) -> None:
            raise ConnectionError("nobody listens")

    before = threads()
    with pytest.raises(ConnectionError, match="nobody listens"):
        awaited(Unreachable)("nowhere")
    assert threads() == before


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), asyncio.CancelledError()])
def test_an_error_reaches_the_caller(error: BaseException) -> None:
    """An error ends the call, and not the loop: the next call is answered."""

    class Fails(Loops):
        async def complete(self, claim: Claim) -> None:
            raise error

    instance = awaited(Fails)("nowhere")
    with pytest.raises(type(error)) as raised:
        instance.complete(Claim(task_id=1, payload="", worker=""))
    assert raised.value is error
    assert instance.enqueue("next") == "next"
    instance.close()


def test_a_call_that_is_not_awaited_is_told() -> None:
    """A coroutine that never runs would pass for a completion."""

    class Forgets(Loops):
        async def complete(self, claim: Claim) -> None:
            self.done()  # type: ignore[unused-coroutine]

        async def done(self) -> None:
            """Never runs."""

    instance = awaited(Forgets)("nowhere")
    message = r"test_awaited.py:\d+ calls .*done\(\) and does not await it: write `await`"
    with pytest.raises(AdapterError, match=message):
        instance.complete(Claim(task_id=1, payload="", worker=""))
    assert instance.enqueue("next") == "next"
    instance.close()


def test_a_library_may_drop_its_own_coroutines() -> None:
    """Only the adapter's own code is judged; Python warns of the rest, as it always does."""
    library: dict[str, Any] = {}
    exec("async def sends(): ...\ndef send(): sends()", library)  # noqa: S102 - code of another file

    class Drops(Loops):
        async def complete(self, claim: Claim) -> None:
            library["send"]()

    instance = awaited(Drops)("nowhere")
    with pytest.warns(RuntimeWarning, match="'sends' was never awaited"):
        instance.complete(Claim(task_id=1, payload="", worker=""))
    instance.close()


WARNS = """
import warnings
from pytest_queuekit.adapters.awaited import awaited
from tests.adapters.test_awaited import Loops
before = warnings._warn_unawaited_coroutine
first, second = awaited(Loops)("nowhere"), awaited(Loops)("nowhere")
assert warnings._warn_unawaited_coroutine is not before
first.close()
assert warnings._warn_unawaited_coroutine is not before
second.close()
assert warnings._warn_unawaited_coroutine is before
"""


def test_python_warns_as_before_without_a_loop() -> None:
    """The kit notices forgotten coroutines only while an event loop of its own runs."""
    subprocess.run([sys.executable, "-c", WARNS], check=True, timeout=60)


def test_a_child_of_a_fork_has_a_loop_of_its_own(opened: Any) -> None:
    """A fork takes no thread along, and the child's calls are answered all the same."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, opened.enqueue(b"from the child"))
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read, "rb") as answer:
        assert answer.read() == b"from the child"


def test_a_sync_adapter_stays_as_it_is() -> None:
    """Without an async method there is nothing to await."""
    assert awaited(MemoryQueue) is MemoryQueue


def test_the_contract_is_that_of_the_adapter() -> None:
    """Options and methods are declared by the adapter's own signatures."""
    assert Contract.of(awaited(AsyncQueue)) == Contract.of(AsyncQueue)
    declared = Contract.of(SmallSqliteQueue).capabilities
    assert Contract.of(awaited(AsyncQueue)).capabilities == declared


@pytest.mark.parametrize("kind", [AsyncQueue, TrioQueue, UvloopQueue], ids=lambda kind: kind.name)
def test_an_event_loop_of_each_library_serves(kind: type[QueueAdapter], tmp_path: Path) -> None:
    """asyncio, and uvloop and trio where they are installed."""
    pytest.importorskip(kind.event_loop)
    queue = awaited(kind)(str(tmp_path / "queue.db"))
    queue.enqueue("task")
    claim = queue.claim("worker")
    assert isinstance(claim, Claim)
    assert claim.payload == "task"
    queue.complete(claim)
    assert queue.claim("worker") is None
    queue.close()


def test_an_event_loop_that_is_not_installed_is_named() -> None:
    """The error says what to install."""

    class Elsewhere(Loops):
        event_loop = "trio"

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, "trio", None)
        with pytest.raises(AdapterError, match="pip install trio"):
            awaited(Elsewhere)("nowhere")


def test_provision_may_be_async(tmp_path: Path) -> None:
    """A queue on a server makes its namespace over the network."""

    class Served(Loops):
        @classmethod
        async def provision(cls, folder: Path) -> str:  # type: ignore[override]
            await asyncio.sleep(0)
            return f"{cls.name}://{folder.name}"

    assert awaited(Served).provision(tmp_path) == f"loops://{tmp_path.name}"


class Ignores(SmallSqliteQueue):
    """Says that it completes, and does not."""

    name = "ignores"

    def complete(self, claim: Claim) -> None:
        """Do nothing."""


class AsyncIgnores(AsyncQueue):
    """The same with a coroutine."""

    name = "async-ignores"

    async def complete(self, claim: Claim) -> None:  # type: ignore[override]
        """Do nothing."""


@pytest.mark.parametrize(
    ("later", "at_once", "failed"),
    [(AsyncQueue, SmallSqliteQueue, 0), (AsyncIgnores, Ignores, 2)],
    ids=["correct", "broken"],
)
def test_an_async_adapter_gets_the_verdicts_of_a_sync_one(
    later: type[QueueAdapter], at_once: type[QueueAdapter], failed: int, tmp_path: Path
) -> None:
    """In sequence with virtual time, in threads, and in processes that are killed."""
    answers = {
        kind: [
            judge(RULES[rule], resolved(kind), folder(tmp_path, kind, rule), QUICK).status
            for rule in ("CLAIM-1", "RACE-1", "DURABLE-2", "ACK-1", "LEASE-1")
        ]
        for kind in (later, at_once)
    }
    assert answers[later] == answers[at_once]
    assert answers[later].count(Status.FAIL) == failed


def resolved(kind: type[QueueAdapter]) -> QueueUnderTest:
    """Return the queue under test as the kit finds it."""
    return resolve(f"{kind.__module__}:{kind.__qualname__}")


def folder(parent: Path, kind: type[QueueAdapter], rule: str) -> Path:
    """Make the folder of a rule's run."""
    made = parent / f"{kind.name}-{rule}"
    made.mkdir()
    return made


def test_a_lock_is_busy_in_an_async_method_too() -> None:
    """`locked_is_busy` translates what a coroutine raises."""

    @locked_is_busy
    class Locked(Loops):
        async def complete(self, claim: Claim) -> None:
            raise sqlite3.OperationalError("database is locked")

    instance = awaited(Locked)("nowhere")
    with pytest.raises(Locked.busy):
        instance.complete(Claim(task_id=1, payload="", worker=""))
    instance.close()
