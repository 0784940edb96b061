"""The eight checks of a database that exists, as pytest items."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pytest_queuekit.model.verdict import Requirement, Status, Verdict, Violation
from pytest_queuekit.plugin import options
from pytest_queuekit.plugin.nodes import Questions, QueueItem
from pytest_queuekit.queue.validation import CheckResult, QueueValidator
from pytest_queuekit.report import database


def check_names(database: Path) -> list[str]:
    """Return the names of the items for a database."""
    return [_item_name(title) for title, _ in QueueValidator.for_file(database).checks()]


def _item_name(title: str) -> str:
    return title.lower().replace(" ", "-")


class Checks(Questions):
    """The checks of one database file."""

    def __init__(self, *, database: Path, **rest: Any) -> None:
        super().__init__(**rest)
        self.database = database

    def questions(self) -> Iterator[QueueItem]:
        """Return an item a check."""
        for title, check in QueueValidator.for_file(self.database).checks():
            yield CheckItem.under(
                self,
                name=_item_name(title),
                label=str(self.database),
                title=title,
                check=check,
            )


class CheckItem(QueueItem):
    """One check. It reads the file, and tries things out on a scratch database."""

    def __init__(self, *, title: str, check: Callable[[], CheckResult], **rest: Any) -> None:
        super().__init__(**rest)
        self.title = title
        self.check = check

    def find(self, folder: Path) -> Verdict:
        """Run the check."""
        problems = self.check().problems
        return Verdict(
            rule=self.name,
            family=options.DATABASE,
            requirement=Requirement.MUST,
            sentence=self.title,
            queue=self.label,
            status=Status.FAIL if problems else Status.PASS,
            driver="check",
            violations=tuple(Violation(kind=self.name, detail=one) for one in problems),
        )

    def explain(self, verdict: Verdict) -> list[str]:
        """Return what the check found."""
        return database.explain(verdict)
