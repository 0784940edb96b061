"""User code against the public names; mypy checks it in strict mode."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_queuekit import (
    CATALOGUE,
    MONITORS,
    Claim,
    Contract,
    Effort,
    History,
    Level,
    Limitation,
    Monitor,
    Operation,
    Outcome,
    QueueAdapter,
    QueueUnderTest,
    Requirement,
    Rule,
    Sharing,
    Status,
    Verb,
    Verdict,
    Violation,
    judge,
    read_history,
    write_history,
)


class ListQueue(QueueAdapter):
    """A queue in a list, without acknowledgement."""

    name = "list"
    sharing = Sharing.NONE
    limitations = (
        Limitation(rule="DURABLE-1", reason="It lives in memory", source="this docstring"),
        "It serves one process.",
    )

    def __init__(self, location: str) -> None:
        self.payloads: list[Any] = []

    def enqueue(self, payload: Any) -> None:
        """Append a payload."""
        self.payloads.append(payload)

    def claim(self, worker: str) -> Claim | None:
        """Take the first payload."""
        if not self.payloads:
            return None
        return Claim(task_id=None, payload=self.payloads.pop(0), worker=worker)


class AsyncListQueue(QueueAdapter):
    """The same as an async client, whose methods a type checker accepts as they are."""

    name = "async-list"
    sharing = Sharing.NONE

    def __init__(self, location: str) -> None:
        self.payloads: list[Any] = []

    @classmethod
    async def dispose(cls, location: str) -> None:
        """Remove nothing."""

    async def enqueue(self, payload: Any) -> None:
        """Append a payload."""
        self.payloads.append(payload)

    async def claim(self, worker: str) -> Claim | None:
        """Take the first payload."""
        claims = await self.claim_many(worker, 1)
        return claims[0] if claims else None

    async def claim_many(self, worker: str, limit: int) -> list[Claim]:
        """Take the first payloads."""
        taken, self.payloads = self.payloads[:limit], self.payloads[limit:]
        return [Claim(task_id=None, payload=payload, worker=worker) for payload in taken]

    async def complete(self, claim: Claim) -> bool:
        """Do nothing."""
        return True

    async def stats(self) -> dict[str, int]:
        """Count the tasks."""
        return {"queued": len(self.payloads)}

    async def dead_letters(self) -> list[Any]:
        """Return none."""
        return []

    async def close(self) -> None:
        """Close nothing."""


def rules() -> list[Rule]:
    """Return the binding rules of one family."""
    return [
        rule
        for rule in CATALOGUE
        if rule.family == "ORDER" and rule.requirement is Requirement.MUST
    ]


def judge_all(adapter: type[QueueAdapter], folder: Path) -> dict[str, Status]:
    """Judge the rules of one family on a queue."""
    queue = QueueUnderTest.of(adapter)
    effort = Effort.at(Level.QUICK)
    statuses: dict[str, Status] = {}
    for rule in rules():
        home = folder / rule.id
        home.mkdir()
        verdict: Verdict = judge(rule, queue, home, effort)
        statuses[verdict.rule] = verdict.status
    return statuses


def twice() -> History:
    """Return a history in which two workers are given one task."""
    task, second = "t1", 1_000_000_000
    return History.of(
        [
            Operation(
                actor="producer",
                verb=Verb.ENQUEUE,
                start=0,
                end=second,
                outcome=Outcome.OK,
                task=task,
                arguments={"payload": "'t1'"},
            ),
            *(
                Operation(
                    actor=worker,
                    verb=Verb.CLAIM,
                    start=start * second,
                    end=(start + 1) * second,
                    outcome=Outcome.OK,
                    task=task,
                    result={"payload": "'t1'"},
                )
                for worker, start in (("first", 2), ("second", 4))
            ),
        ]
    )


def violations(history: History, adapter: type[QueueAdapter]) -> list[Violation]:
    """Run every general monitor on a history."""
    contract = Contract.of(adapter)
    monitors: tuple[Monitor, ...] = MONITORS
    return [violation for monitor in monitors for violation in monitor(history, contract)]


def through_a_file(history: History, path: Path) -> History:
    """Write a history and read it again."""
    write_history(history, path)
    return read_history(path)
