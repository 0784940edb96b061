"""Compares the reference queue with other durable queues in SQLite: `python benchmarks/peers.py`.

All queues here acknowledge: a claimed task stays in the file until it is completed. Each holds
100,000 tasks, and the queues take turns, so that all of them meet the same state of the machine.
Install the peers first: `pip install litequeue persist-queue potatoq localqueue gigq`. A peer
that is missing is left out. `--svg PATH` writes the chart.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from chart import bars
from depth import PAYLOAD, filled, note
from leanest import LeanestQueue

from pytest_queuekit.queue import TaskQueue

DEPTH = 100_000
ROUNDS = 15
CALLS = 200
MOST_SECONDS = 1.0
"""The end of a round for a slow queue."""


@dataclass
class Peer:
    """A queue to measure.

    enqueue: adds a task. pair: claims a task and completes it.
    times: seconds of the rounds, by operation.
    """

    name: str
    enqueue: Callable[[], object]
    pair: Callable[[], object]
    times: dict[str, list[float]] = field(default_factory=lambda: {"enqueue": [], "pair": []})

    def take_turn(self) -> None:
        """Time both operations; the queue is as deep as before."""
        for name in ("enqueue", "pair"):
            call = getattr(self, name)
            started, calls, seconds = time.perf_counter(), 0, 0.0
            while calls < CALLS and seconds < MOST_SECONDS:
                call()
                calls, seconds = calls + 1, time.perf_counter() - started
            self.times[name].append(seconds / calls)

    def rate(self, name: str) -> float:
        """Return the calls per second in the median round."""
        return 1 / statistics.median(self.times[name][1:])


def _reference(folder: Path, depth: int) -> Peer:
    queue = TaskQueue(filled(folder / "queue.db", ready=depth))

    def pair() -> None:
        task = queue.claim("w")
        if task is None:
            raise SystemExit("error: the queue is empty")
        queue.complete(task)

    return Peer(_title("pytest-queuekit"), lambda: queue.enqueue("bench", PAYLOAD), pair)


def _leanest(folder: Path, depth: int) -> Peer:
    queue = LeanestQueue(folder / "leanest.db", depth)
    return Peer("leanest possible", queue.enqueue, lambda: queue.complete(queue.claim()))


def _litequeue(folder: Path, depth: int) -> Peer:
    queue = import_module("litequeue").LiteQueue(str(folder / "queue.db"))
    text = json.dumps(PAYLOAD)
    with queue.transaction(mode="IMMEDIATE"):
        for _ in range(depth):
            queue.put(text)
    return Peer(
        _title("litequeue"), lambda: queue.put(text), lambda: queue.done(queue.pop().message_id)
    )


def _persist_queue(folder: Path, depth: int) -> Peer:
    queue = import_module("persistqueue").SQLiteAckQueue(str(folder), auto_commit=True)
    connection: sqlite3.Connection = queue._putter
    connection.execute("PRAGMA synchronous=NORMAL")
    for _ in range(depth):
        queue.put(PAYLOAD)
    return Peer(_title("persist-queue"), lambda: queue.put(PAYLOAD), lambda: queue.ack(queue.get()))


def _potatoq(folder: Path, depth: int) -> Peer:
    message = import_module("potatoq.message").Message
    app = import_module("potatoq").Potatoq("bench", broker=f"sqlite:///{folder / 'queue.db'}")
    broker = app.broker
    broker.setup()
    broker.enqueue([_message(message) for _ in range(depth)])
    consumer = broker.consumer(["default"], "w")

    def pair() -> None:
        consumer.complete(consumer.fetch(1.0), None, [])

    return Peer(_title("potatoq"), lambda: broker.enqueue([_message(message)]), pair)


def _message(message: Any) -> Any:
    return message(task="bench", kwargs=dict(PAYLOAD))


def _localqueue(folder: Path, depth: int) -> Peer:
    queue = import_module("localqueue").SimpleQueue(str(folder))
    queue.put_many([PAYLOAD] * depth)
    return Peer(
        f"{_title('localqueue')} (Rust)",
        lambda: queue.put(PAYLOAD),
        lambda: queue.ack(queue.get_nowait()),
    )


def _gigq(folder: Path, depth: int) -> Peer:
    gigq = import_module("gigq")
    status = import_module("gigq.job_status").JobStatus.COMPLETED
    path = str(folder / "queue.db")
    queue, worker = gigq.JobQueue(path), gigq.Worker(path)

    def enqueue() -> None:
        queue.submit(gigq.Job(name="bench", function=_work, params=dict(PAYLOAD)))

    def pair() -> None:
        job = worker._claim_job()
        worker._complete_job(job["id"], job["execution_id"], status)

    for number in range(depth):
        if number % 1000 == 0:
            note(f"gigq: {number:,} of {depth:,}")
        enqueue()
    return Peer(_title("gigq"), enqueue, pair)


def _work(**_: Any) -> None:
    """Stand for the work of a job."""


_PEERS = (_leanest, _reference, _litequeue, _persist_queue, _potatoq, _localqueue, _gigq)


def _title(package: str) -> str:
    return f"{package} {metadata.version(package)}"


def main() -> None:
    """Measure all peers in turn."""
    parser = argparse.ArgumentParser(description="Compare durable queues in SQLite.")
    parser.add_argument("--svg", type=Path, help="write the chart to this file")
    parser.add_argument("--depth", type=int, default=DEPTH, help="tasks in each queue")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="queue-peers-") as name:
        peers = list(_opened(Path(name), arguments.depth))
        for number in range(ROUNDS):
            note(f"round {number + 1} of {ROUNDS}")
            for peer in peers:
                peer.take_turn()
        note("")
        peers.sort(key=lambda peer: -peer.rate("pair"))
        _print_table(peers, arguments.depth)
    if arguments.svg:
        rates = [(peer.name, peer.rate("pair")) for peer in peers]
        title = f"Claims and completions per second, {arguments.depth:,} tasks waiting"
        arguments.svg.write_text(bars(title, rates, marked=_title("pytest-queuekit")), "utf-8")


def _opened(folder: Path, depth: int) -> list[Peer]:
    peers = []
    for make in _PEERS:
        own = folder / make.__name__
        own.mkdir()
        note(f"filling {make.__name__[1:]}")
        try:
            peers.append(make(own, depth))
        except ImportError as error:
            note("")
            print(f"left out: {error}")
    return peers


def _print_table(peers: list[Peer], depth: int) -> None:
    print(f"SQLite {sqlite3.sqlite_version}, {depth:,} tasks, median of {ROUNDS - 1} rounds\n")
    print(f"{'queue':<28}{'claim+complete/s':>18}{'enqueue/s':>12}")
    for peer in peers:
        print(f"{peer.name:<28}{peer.rate('pair'):>18,.0f}{peer.rate('enqueue'):>12,.0f}")


if __name__ == "__main__":
    main()
