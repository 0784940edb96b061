"""The rules of RACE about a stranger that holds the queue's write lock.

All calls wait for the same lock at the same time, each with an instance of its own, so that a run
takes no longer than the most patient of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from time import sleep
from typing import Any

from pytest_queuekit.execution.drivers.interleaved import Interleaved
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.locked import locked
from pytest_queuekit.execution.meeting import Call, Side
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.execution.steps import Stop, StopBetween
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Level
from pytest_queuekit.model.history import Outcome
from pytest_queuekit.monitors.no_spurious_refusal import no_spurious_refusal
from pytest_queuekit.monitors.under_lock import under_lock
from pytest_queuekit.recording.delivery import Delivery
from pytest_queuekit.recording.recorder import Recorder
from pytest_queuekit.rules.meetings import ALL
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import enqueue_all, labels, once, reclaim

_LONGEST = 60.0
"""Seconds for which a stranger holds the lock at most."""
_ARRIVAL = 0.3
"""Seconds by the real clock after which a call certainly waits for the lock."""
_PARTS = (1, 2)
"""The transactions of a batch after which it stops, each in an actor of its own."""
_SHARE = 0.6
"""The share of a lease for which calls wait, where their times are judged."""

Prepare = Callable[[Recorder], Any]
Act = Callable[[Recorder, Any], Any]
Calls = Mapping[str, tuple[Prepare, Act]]
"""For each call what comes before the lock, and the call itself, which takes what that returned."""


def _nothing(recorder: Recorder) -> None:
    """Prepare nothing."""


def _waiting(recorder: Recorder) -> str:
    label = f"for-{recorder.actor}"
    recorder.enqueue(label)
    return label


def _held(recorder: Recorder, **options: Any) -> Delivery | None:
    _waiting(recorder)
    return recorder.claim(**options)


def _completed(recorder: Recorder) -> None:
    held = _held(recorder)
    if held is not None and recorder.can(Capability.COMPLETE):
        recorder.complete(held)


def _dead(recorder: Recorder) -> str | None:
    """Return the label of a dead task; None if it takes more than one failure."""
    if not recorder.can(Capability.FAIL, Capability.SINGLE_ATTEMPT):
        return None
    label = f"for-{recorder.actor}"
    recorder.enqueue(label, **once(recorder))
    held = recorder.claim()
    return label if held is not None and recorder.fail(held) else None


def _extend(recorder: Recorder, held: Delivery, *, by: float) -> None:
    recorder.extend(held, by)


def _calls(env: Environment) -> Calls:
    """Return all calls. Those of a holder come first, so that no other task waits for its claim."""
    copy = str(env.folder / "copy-under-lock")
    return {
        "complete": (_held, Recorder.complete),
        "fail": (_held, Recorder.fail),
        "release": (_held, Recorder.release),
        "extend": (_held, partial(_extend, by=env.lease)),
        "requeue": (_dead, Recorder.requeue),
        "purge": (_completed, lambda recorder, _: recorder.purge()),
        "claim": (_waiting, lambda recorder, _: recorder.claim()),
        "claim_many": (_waiting, lambda recorder, _: recorder.claim_many(1)),
        "cancel": (_waiting, Recorder.cancel),
        "enqueue": (_nothing, lambda recorder, _: recorder.enqueue("new")),
        "enqueue_many": (_nothing, lambda recorder, _: recorder.enqueue_many(["new-1", "new-2"])),
        "reclaim": (_nothing, lambda recorder, _: recorder.reclaim()),
        "stats": (_nothing, lambda recorder, _: recorder.stats()),
        "dead_letters": (_nothing, lambda recorder, _: recorder.dead_letters()),
        "backup": (_nothing, lambda recorder, _: recorder.backup(copy)),
    }


Batch = Callable[[Recorder, str], Any]
"""A call about several tasks; takes the stem of the labels of new ones."""
_BATCHES: Mapping[str, Batch] = {
    "enqueue_many": lambda recorder, stem: recorder.enqueue_many(labels(3, stem)),
    "claim_many": lambda recorder, _: recorder.claim_many(2),
}


@contextmanager
def _sides(env: Environment, *names: str) -> Iterator[dict[str, Side]]:
    with ExitStack() as stack:
        sides = {}
        for name in names:
            sides[name] = Side(env, name)
            stack.callback(sides[name].end)
        yield sides


def _prepared(sides: Mapping[str, Side], calls: Calls) -> Mapping[str, Call]:
    """Prepare the calls, and return those that have what they need."""
    acts: dict[str, Call] = {}
    for name, side in sides.items():
        prepare, call = calls[name]
        given = side.call(partial(prepare, side.recorder))
        if given is not None or prepare not in (_held, _dead):
            acts[name] = partial(call, side.recorder, given)
    return acts


def _every_call(env: Environment) -> None:
    """Let every call wait for the lock at once; repeat those that the queue answered with busy.

    A batch waits at its beginning, and where it has several commits, between two of them.
    """
    calls = _calls(env)
    known = {*env.contract.capabilities, "enqueue", "claim"}
    batches = [f"{name}-{number}" for name in _BATCHES if name in known for number in _PARTS]
    most = min(0.8 * env.effort.limit, _LONGEST)
    with _sides(env, *(name for name in calls if name in known), *batches) as sides:
        in_parts = [sides.pop(name) for name in batches]
        acts = _prepared(sides, calls)
        halves = _stopped_halfway(in_parts, patience=2 * most)
        env.progress("a stranger to hold the write lock", most)
        env.log.expect_silence(most)
        with locked(env, 2 * most):
            waiting = [sides[name].start(act) for name, act in acts.items()]
            for half in halves:
                half.stop.go_on()
            wait([*waiting, *(half.end for half in halves)], most)
        for future in (*waiting, *(half.end for half in halves)):
            future.result()
        made = [(sides[name], act) for name, act in acts.items()]
        for side, act in (*made, *((half.side, half.act) for half in halves)):
            last = side.recorder.last
            if last is not None and last.outcome is Outcome.BUSY:
                side.call(act)
    env.claim_all("collector")


@dataclass(frozen=True, kw_only=True)
class _Half:
    """A batch that has stopped between two of its commits.

    side: its actor. act: the whole call. stop: lets it go on. end: its end.
    """

    side: Side
    act: Call
    stop: Stop
    end: Future[Any]


def _stopped_halfway(sides: Sequence[Side], *, patience: float) -> list[_Half]:
    """Let batches stop between two of their transactions, each in an actor of its own.

    A batch of one transaction does not stop.

    sides: actors that are named for their batch and for the transaction after which it stops.
    patience: seconds after which a batch goes on unasked.
    """
    batches: list[tuple[Side, Call, int]] = []
    for side in sides:
        name, _, after = side.actor.rpartition("-")
        side.call(partial(enqueue_all, side.recorder, labels(2, f"for-{side.actor}")))
        batches.append((side, partial(_BATCHES[name], side.recorder, side.actor), int(after)))
    halves = []
    for side, act, number in batches:
        stop = StopBetween(number, patience=patience)
        end = side.start(partial(stop.around, act))
        stop.stopped_or_over.wait(_ARRIVAL)
        halves.append(_Half(side=side, act=act, stop=stop, end=end))
    return halves


def _timed_calls(env: Environment) -> None:
    """Let calls that ask for a time wait for the lock.

    A claim waits apart from the others, so that it takes none of their tasks.
    """
    part = _SHARE * env.lease
    calls: Calls = {
        "fail": (_held, Recorder.fail),
        "delay": (_nothing, lambda recorder, _: recorder.enqueue("later", delay=part)),
        "claim": (_waiting, lambda recorder, _: recorder.claim()),
        "claim_many": (_waiting, lambda recorder, _: recorder.claim_many(1)),
    }
    known = {*env.contract.capabilities, "claim"}
    for names in (("fail", "delay"), ("claim",), ("claim_many",)):
        with _sides(env, *(name for name in names if name in known)) as sides:
            acts = _prepared(sides, calls)
            if not acts:
                continue
            with locked(env, _LONGEST):
                waiting = [sides[name].start(act) for name, act in acts.items()]
                sleep(_ARRIVAL)
                env.wait(part)
            for future in waiting:
                future.result()
            for pause in (0.0, 0.5 * env.lease):
                env.wait(pause)
                reclaim(env)
                env.claim_all("other", complete=False)


_lock = partial(
    Rule,
    drivers=(Interleaved(),),
    monitors=(*ALL, no_spurious_refusal, under_lock),
    level=Level.STANDARD,
)

LOCKS = (
    _lock(
        id="RACE-21",
        slug="locked-is-neither-empty-nor-done",
        sentence="While another process holds the write lock, every call waits or answers busy, "
        "and works once the lock is free.",
        why="A backup or an open transaction holds the lock for longer than the queue waits; an "
        "answer of 'empty' or 'done' then hides a task or loses it.",
        scenario=Scenario(script=_every_call, ending=Environment.settle, passes_time=True),
        needs=(Capability.DURABLE, Capability.PROCESSES),
    ),
    _lock(
        id="RACE-22",
        slug="times-count-from-end-of-wait",
        sentence="The lease, the delay or the retry wait of a call that waited for the write lock "
        "counts from the end of that wait.",
        why="A time that is read before the wait is old when it is written: a worker receives a "
        "task whose lease is nearly over.",
        scenario=Scenario(script=_timed_calls, ending=Environment.settle, passes_time=True),
        needs=(Capability.DURABLE, Capability.PROCESSES, Capability.LEASE),
    ),
)
