"""Programs of actors for the tests of faults, at module level, so that processes find them."""

from __future__ import annotations

import time

from pytest_queuekit.recording.recorder import Recorder

FILLER = "x" * 100_000


def claim_twice(recorder: Recorder) -> None:
    """Claim a task, and claim again."""
    recorder.claim()
    recorder.claim()


def claim_and_complete(recorder: Recorder) -> None:
    """Claim a task and complete it."""
    delivery = recorder.claim()
    if delivery is not None:
        recorder.complete(delivery)


def claim_for_ever(recorder: Recorder) -> None:
    """Never stop claiming."""
    while True:
        recorder.claim()


def enqueue_large(recorder: Recorder) -> None:
    """Enqueue a small task, and one of 100 kB."""
    recorder.enqueue("small")
    recorder.enqueue("large", body=FILLER)


def look_at_the_clock(recorder: Recorder) -> None:
    """Enqueue two tasks, each named for the second of the wall clock."""
    for _ in range(2):
        recorder.enqueue(str(round(time.time())))


def claim_and_wait(recorder: Recorder) -> None:
    """Claim a task, do nothing for a second, and claim again."""
    recorder.claim()
    recorder.clock.wait(1.0)
    recorder.claim()
