"""One trial of a queue before all rules, in a process of its own.

It opens the queue, claims, enqueues, claims, completes and closes. A queue that hangs, crashes or
raises in these calls cannot be judged, and the run says so once.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from pytest_queuekit.errors import ActorError, AdapterError, UsageError
from pytest_queuekit.execution.drivers.actor import Job
from pytest_queuekit.execution.drivers.actor_process import ActorProcess
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.history import Operation, Outcome, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.clock import RealClock
from pytest_queuekit.recording.raised import describe_error, place_of
from pytest_queuekit.recording.recorder import Recorder

_START = 60.0
"""Seconds for the process to start, which does not depend on the queue."""
_LIMIT = 10.0
"""Seconds for opening the queue, and again for the calls."""
_LEASE = 60.0


def preflight(queue: QueueUnderTest, folder: Path) -> str:
    """Try a queue in an empty folder. Return why it cannot be judged, or an empty text.

    A refusal, or a claim that finds nothing, is an answer: the rules judge it.
    """
    if queue.adapter.__module__ == "__main__":
        return ""  # no other process can import it
    home = folder / "queue"
    home.mkdir()
    try:
        location = queue.adapter.provision(home)
    except UsageError as error:  # says what the user can do, such as start a server
        return str(error)
    except Exception as error:  # noqa: BLE001 - a queue may raise anything
        return f"provision() raised {describe_error(error)} ({place_of(error)})"
    if not isinstance(location, str):
        kind = type(location).__name__
        return (
            f"provision() returned a {kind}; it must return text, such as str(folder / 'queue.db')"
        )
    job = _job(queue, location, folder / "preflight.jsonl")
    try:
        with ActorProcess(job, RealClock()) as process:
            _direct(process)
            operations = process.operations()
            messages = process.messages()
    except ActorError:
        return _wrong_form(process.messages())
    finally:
        queue.adapter.dispose(location)
    problem = _problem(operations)
    return f"{problem}\n{messages}".strip() if problem else ""


def _wrong_form(messages: str) -> str:
    """Return the error of the adapter's author that ended the process; empty for any other.

    The rules report an error that is neither the queue's nor the author's.
    """
    kind, _, text = messages.rpartition("\n")[2].partition(": ")
    return text if kind == f"{AdapterError.__module__}.{AdapterError.__qualname__}" else ""


def fly(recorder: Recorder) -> None:
    """Make the calls, and stop after the first that ends without an answer."""
    calls = (recorder.claim, lambda: recorder.enqueue("preflight"), lambda: _work(recorder))
    for call in calls:
        call()
        if recorder.last is not None and recorder.last.outcome is Outcome.UNKNOWN:
            traceback.print_exception(recorder.raised, file=sys.stderr)
            return


def _work(recorder: Recorder) -> None:
    delivery = recorder.claim()
    if delivery is not None and recorder.can(Capability.COMPLETE):
        recorder.complete(delivery)


def _job(queue: QueueUnderTest, location: str, log: Path) -> Job:
    file = getattr(sys.modules.get(queue.adapter.__module__), "__file__", None)
    return Job(
        spec=queue.spec,
        location=location,
        actor="preflight",
        program=f"{__name__}:{fly.__name__}",
        arguments={},
        files={queue.adapter.__module__: file} if file else {},
        log=str(log),
        first=0,
        epoch=RealClock().epoch,
        lease=_LEASE,
        limit=_LIMIT,
    )


def _direct(process: ActorProcess) -> None:
    """Let the process start, open the queue and make the calls, each within its limit."""
    for word, answer, limit in (("", "started", _START), ("open", "ready", _LIMIT)):
        if word:
            process.say(f"{word} 0")
        if not process.hear(answer, time.monotonic() + limit):
            process.give_up(f"not {answer} after {limit:g} s")
            return
    process.say("go 0")
    if not process.hear("done", time.monotonic() + _LIMIT):
        process.give_up(f"not done after {_LIMIT:g} s")
    process.part()


def _problem(operations: Sequence[Operation]) -> str:
    """Return the first call without an answer, in words."""
    kill = next((each for each in operations if each.verb is Verb.KILL), None)
    for number, call in enumerate(operations):
        name = "__init__" if call.verb is Verb.OPEN else str(call.verb)
        if call.outcome is not Outcome.UNKNOWN or call.verb is Verb.KILL:
            continue
        if call.end is not None:
            return f"{name}() raised {call.error} ({call.raised_at})"
        if call.error is not None or kill is None or kill.error is None:
            return f"{call.error or 'the process was killed'} during {name}()"
        empty = call.verb is Verb.CLAIM and not any(
            earlier.verb is Verb.ENQUEUE for earlier in operations[:number]
        )
        return _HANGS[empty].format(name=name, limit=_LIMIT)
    return ""


_HANGS = {
    False: "{name}() did not return within {limit:g} s",
    True: (
        "{name}() on an empty queue did not return within {limit:g} s: it must return None when no "
        "task is ready, so let it ask the library without waiting, as with block=False"
    ),
}
