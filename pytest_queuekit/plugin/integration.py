"""The integration test of each team, as pytest items."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.gate import package
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import Requirement, Status, Verdict, Violation
from pytest_queuekit.plugin.node_ids import item_name
from pytest_queuekit.plugin.nodes import Questions, QueueItem
from pytest_queuekit.plugin.settings import Settings
from pytest_queuekit.report import database

FAMILY = "INTEGRATION"
"""The family of the verdicts, and what `-k` finds the items by."""


def integration_names(settings: Settings) -> list[str]:
    """Return the names of the items: the team's number, and the queue."""
    return [item_name(one, label) for label in settings.queues for one in _workers(settings)]


def _workers(settings: Settings) -> list[str]:
    workers = [one.worker for one in settings.teams]
    return workers or (["any"] if settings.gate else [])


class Integration(Questions):
    """The integration tests of a run."""

    def __init__(self, *, settings: Settings, **rest: Any) -> None:
        super().__init__(chosen=settings.chosen, **rest)
        self.settings = settings

    def questions(self) -> Iterator[QueueItem]:
        """Return an item a queue and team."""
        for label, queue in self.settings.queues.items():
            for worker in _workers(self.settings):
                yield IntegrationItem.under(
                    self,
                    name=item_name(worker, label),
                    label=label,
                    worker=worker,
                    queue=queue,
                )


class IntegrationItem(QueueItem):
    """Whether a worker can do its whole work on the queue: `validate_worker_integration()`."""

    def __init__(self, *, worker: str, queue: QueueUnderTest, **rest: Any) -> None:
        super().__init__(**rest)
        self.worker, self.queue = worker, queue
        self.extra_keyword_matches.add(FAMILY)

    def find(self, folder: Path) -> Verdict:
        """Try it on a new database."""
        reason, problems = "", list[str]()
        try:
            problems = package.integration(self.queue, folder, f"worker-{self.worker}")
        except NotRunError as error:
            reason = str(error)
        return judged(self.worker, FAMILY, "A worker can do its whole work", problems, reason)

    def explain(self, verdict: Verdict) -> list[str]:
        """Return what was found."""
        return database.explain(verdict)


def judged(rule: str, family: str, sentence: str, problems: list[str], reason: str) -> Verdict:
    """Return the verdict on what a package says of itself; a reason is why it says nothing."""
    status = Status.NOT_APPLICABLE if reason else Status.FAIL if problems else Status.PASS
    return Verdict(
        rule=rule,
        family=family,
        requirement=Requirement.MUST,
        sentence=sentence,
        queue="",
        status=status,
        reason=reason,
        driver="check",
        violations=tuple(Violation(kind=family.lower(), detail=one) for one in problems),
    )
