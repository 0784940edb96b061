"""The rules as pytest items: one item a rule and queue, which takes no fixtures."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import pytest

from pytest_queuekit.errors import AdapterError
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import Status, Verdict
from pytest_queuekit.plugin.node_ids import chosen_names
from pytest_queuekit.report.witness import explain
from pytest_queuekit.rules.rule import Rule, judge

HOME = Path(__file__).parent
"""Where all nodes lie, as pytest sees it: hooks of a user's conftest files are for their tests."""


class QueueItem(pytest.Item):
    """A question whose answer is a verdict.

    The attributes that follow are those which hooks of other plugins expect of every item.
    """

    fixturenames: tuple[str, ...] = ()
    cls = None
    module = None

    @classmethod
    def under(cls, parent: pytest.Collector, *, name: str, **rest: Any) -> Self:
        """Return the item of that name."""
        # The id is given as text, for pytest reads its brackets as it reads those of --lf.
        made: Self = cls.from_parent(parent, name=name, nodeid=f"{parent.nodeid}::{name}", **rest)
        return made

    def __init__(self, *, label: str, **rest: Any) -> None:
        super().__init__(**rest)
        self.label = label
        self.verdict: Verdict | None = None

    @abstractmethod
    def find(self, folder: Path) -> Verdict:
        """Return the verdict; the folder is empty and private."""

    def runtest(self) -> None:
        """Find the verdict, and tell pytest what it means."""
        self._forget()
        with TemporaryDirectory(prefix="queuekit-", ignore_cleanup_errors=True) as folder:
            try:
                self.verdict = replace(self.find(Path(folder)), queue=self.label)
            except KeyboardInterrupt:
                # Raised anew: pytest fails over tracebacks whose frames have no line, as those of
                # Python 3.11 have where Ctrl-C falls between two lines.
                raise KeyboardInterrupt from None
        self.user_properties += _properties(self.verdict)
        if self.verdict.status in (Status.NOT_APPLICABLE, Status.NOT_RUN):
            pytest.skip(_why_not(self.verdict))
        if self.verdict.failed:
            pytest.fail("\n".join(self.explain(self.verdict)), pytrace=False)

    def _forget(self) -> None:
        """Drop what an earlier run of this item left; pytest-rerunfailures runs it again."""
        self.verdict = None
        self.user_properties = [one for one in self.user_properties if one[0] not in _TOLD]

    def explain(self, verdict: Verdict) -> list[str]:
        """Return what is shown for a failure."""
        return explain(verdict)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the witness for a broken rule, and a traceback for an error of the kit."""
        if isinstance(excinfo.value, AdapterError):
            return str(excinfo.value)  # the author of the adapter needs no traceback of the kit
        excinfo.traceback = excinfo.traceback.cut(path=__file__)
        shown = super().repr_failure(excinfo, style)
        crash = getattr(shown, "reprcrash", None)
        if crash is not None and isinstance(excinfo.value, pytest.fail.Exception):
            crash.message = _headline(self.verdict) or crash.message
        return shown

    def reportinfo(self) -> tuple[os.PathLike[str], int, str]:
        """Return what stands over a failure."""
        return self.path, 0, self.name


class RuleItem(QueueItem):
    """A rule that is put to a queue."""

    def __init__(self, *, rule: Rule, queue: QueueUnderTest, effort: Effort, **rest: Any) -> None:
        super().__init__(**rest)
        self.rule = rule
        self.queue = queue
        self.effort = effort
        self.extra_keyword_matches |= {rule.requirement.value, *rule.driver_names}
        if rule.concurrent:
            self.add_marker(pytest.mark.queue_stress)

    def find(self, folder: Path) -> Verdict:
        """Judge."""
        return judge(self.rule, self.queue, folder, self.effort)


class Questions(pytest.Collector):
    """The rules, as a collector beside the files of a project."""

    @classmethod
    def beside(cls, session: pytest.Session, *, name: str, **rest: Any) -> Questions:
        """Return the collector; its node id is its name."""
        made: Questions = cls.from_parent(session, name=name, nodeid=name, path=HOME, **rest)
        return made

    def __init__(self, *, chosen: tuple[str, ...] = (), **rest: Any) -> None:
        super().__init__(**rest)
        self.chosen = [one for one in chosen if one.partition("::")[0] == self.name]

    @abstractmethod
    def questions(self) -> Iterable[QueueItem]:
        """Return all items."""

    def collect(self) -> list[pytest.Item | pytest.Collector]:
        """Return the items, or those of them that were named on the command line."""
        items = list(self.questions())
        if self.chosen:
            names = chosen_names([item.name for item in items], self.chosen)
            items = [item for item in items if item.name in names]
        return list(items)


def _why_not(verdict: Verdict) -> str:
    told = verdict.reason.startswith("not ") and verdict.status is Status.NOT_RUN
    return verdict.reason if told else f"{verdict.status}: {verdict.reason}"


def _headline(verdict: Verdict | None) -> str:
    return (
        verdict.violations[0].title or verdict.violations[0].detail
        if verdict and verdict.violations
        else ""
    )


_TOLD = (
    "queue_name",
    "queue_rule",
    "queue_requirement",
    "queue_verdict",
    "queue_reason",
    "queue_driver",
)


def _properties(verdict: Verdict) -> list[tuple[str, object]]:
    told = (
        verdict.queue,
        verdict.rule,
        verdict.requirement.value,
        verdict.status.value,
        verdict.reason,
        verdict.driver,
    )
    return [(name, value) for name, value in zip(_TOLD, told, strict=True) if value]
