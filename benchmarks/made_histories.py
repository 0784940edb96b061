"""Histories of a correct queue, as long as a benchmark asks for, whose calls overlap."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from random import Random
from typing import Any

from pytest_queuekit.model.history import History, Operation, Outcome, Verb

PRODUCERS, WORKERS = 4, 8
_STEP = 3_000
_SPREAD = 4_000
"""Microseconds between two effects, and around an effect the longest wait, at each end."""
_NO_ARGUMENTS: Mapping[str, Any] = {}


class _Play:
    """Draws calls, each around the moment of its effect; an actor makes one at a time."""

    def __init__(self, *, priority: bool) -> None:
        self.random = Random(1)  # noqa: S311 - a fixed seed, so that figures can be compared
        self.priority = priority
        self.calls: list[Operation] = []
        self.waiting: list[tuple[int, int, str]] = []
        self.held: list[tuple[str, str, int]] = []
        self.free: dict[str, int] = {}
        self.now = 0
        self.added = 0

    def step(self, tasks: int) -> None:
        """Let one call take effect: an enqueue, a claim or a completion, as there is one."""
        self.now += self.random.randrange(1, _STEP)
        draw = self.random.random()
        if self.added < tasks and (draw < 0.4 or not (self.waiting or self.held)):
            self.enqueue(f"producer-{self.random.randrange(PRODUCERS)}")
        elif self.held and (draw < 0.7 or not self.waiting):
            self.complete(self.random.randrange(len(self.held)))
        else:
            self.claim(f"worker-{self.random.randrange(WORKERS)}")

    def enqueue(self, actor: str) -> None:
        """Add a task, of one of five priorities."""
        label = f"task-{self.added}"
        rank = self.random.randrange(5) if self.priority else 0
        if self.call(actor, Verb.ENQUEUE, label, None, {"priority": rank} if self.priority else {}):
            heapq.heappush(self.waiting, (rank, self.added, label))
            self.added += 1

    def claim(self, actor: str) -> None:
        """Take the first task."""
        label = self.waiting[0][2] if self.waiting else None
        if self.call(actor, Verb.CLAIM, label) and label is not None:
            heapq.heappop(self.waiting)
            self.held.append((actor, label, len(self.calls) - 1))

    def complete(self, place: int) -> None:
        """Complete a task that a worker holds."""
        actor, label, claim = self.held[place]
        if self.call(actor, Verb.COMPLETE, label, claim):
            self.held[place] = self.held[-1]
            self.held.pop()

    def call(
        self,
        actor: str,
        verb: Verb,
        task: str | None,
        claim: int | None = None,
        arguments: Mapping[str, Any] = _NO_ARGUMENTS,
    ) -> bool:
        """Record a call around now; return False if the actor's last one has not ended."""
        free = self.free.get(actor, 0)
        if free > self.now:
            return False
        start = max(free, self.now - self.random.randrange(_SPREAD))
        end = self.now + self.random.randrange(1, _SPREAD)
        self.free[actor] = end + 1
        self.calls.append(
            Operation(
                number=len(self.calls),
                actor=actor,
                verb=verb,
                start=start * 1_000,
                end=end * 1_000,
                outcome=Outcome.OK,
                task=task,
                claim=claim,
                arguments=arguments,
            )
        )
        return True


def made(calls: int, *, priority: bool) -> History:
    """Return a history of some calls, a third each enqueues, claims and completions."""
    play = _Play(priority=priority)
    while len(play.calls) < calls:
        play.step(calls // 3)
    return _sorted(play.calls)


def _sorted(calls: list[Operation]) -> History:
    order = sorted(range(len(calls)), key=lambda at: calls[at].start)
    places = [0] * len(calls)
    for place, at in enumerate(order):
        places[at] = place
    for place, call in enumerate(calls):
        claim = None if call.claim is None else places[call.claim]
        object.__setattr__(call, "number", places[place])
        object.__setattr__(call, "claim", claim)
    return History(operations=tuple(calls[at] for at in order), lease=30.0, drained=True)
