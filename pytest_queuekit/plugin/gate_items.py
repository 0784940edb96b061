"""What only the gate asks of a queue, as pytest items: the eight checks, and a daily load."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.gate import package
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import Measurement, Status, Verdict
from pytest_queuekit.performance.throughput import rate_of
from pytest_queuekit.plugin.integration import judged
from pytest_queuekit.plugin.node_ids import item_name
from pytest_queuekit.plugin.nodes import Questions, QueueItem, RuleItem
from pytest_queuekit.plugin.settings import Settings
from pytest_queuekit.report import database
from pytest_queuekit.rules.load import RATES, WORKERS, load_rules

CHECKS = "CHECKS"
"""The id of the item that runs the eight checks."""


def gate_names(settings: Settings) -> list[str]:
    """Return the names of the items."""
    ids = [CHECKS, *RATES] if settings.gate else []
    return [item_name(one, label) for label in settings.queues for one in ids]


class GateQuestions(Questions):
    """What the gate asks of each queue under test."""

    def __init__(self, *, settings: Settings, **rest: Any) -> None:
        super().__init__(chosen=settings.chosen, **rest)
        self.settings = settings

    def questions(self) -> Iterator[QueueItem]:
        """Return the checks and the loads of each queue."""
        for label, queue in self.settings.queues.items():
            yield ChecksItem.under(self, name=item_name(CHECKS, label), label=label, queue=queue)
            for rule in load_rules(queue.contract):
                yield LoadItem.under(
                    self,
                    name=item_name(rule.id, label),
                    label=label,
                    rule=rule,
                    queue=queue,
                    effort=self.settings.effort,
                )


class ChecksItem(QueueItem):
    """The eight checks on a scratch database: `quick_validate()`."""

    def __init__(self, *, queue: QueueUnderTest, **rest: Any) -> None:
        super().__init__(**rest)
        self.queue = queue

    def find(self, folder: Path) -> Verdict:
        """Run the checks."""
        del folder
        reason, problems = "", list[str]()
        try:
            problems = package.eight_checks(self.queue)
        except NotRunError as error:
            reason = str(error)
        return judged(CHECKS, CHECKS, "The eight checks pass", problems, reason)

    def explain(self, verdict: Verdict) -> list[str]:
        """Return what the checks found."""
        return database.explain(verdict)


class LoadItem(RuleItem):
    """Workers at a pace. The verdict has the pace that was reached, and how many calls it took."""

    def find(self, folder: Path) -> Verdict:
        """Judge, unless this machine cannot keep even half the pace."""
        verdict = super().find(folder)
        history = verdict.history
        if verdict.status is not Status.PASS or history is None:
            return verdict
        rate = RATES[self.rule.id]
        pace = Measurement(
            what=f"{WORKERS} workers at {rate:,} tasks/min",
            value=rate_of(history),
            target=rate / 2,
            unit="tasks/min",
            higher_is_better=True,
            depth=0,
            rounds=len(history),
        )
        if pace.met:
            return replace(verdict, measurement=pace)
        reason = f"the workers got through {pace.value:,.0f} tasks/min only"
        return replace(verdict, status=Status.NOT_RUN, reason=reason, measurement=pace)
