"""Checks as pytest items, and suites as collectors beside the files of a project."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import pytest

from pytest_queuekit.errors import AdapterError, NotRunError
from pytest_queuekit.execution.progress import Progress, silent
from pytest_queuekit.model.verdict import Reason, Status, Verdict
from pytest_queuekit.plugin.benchmark import check_measurable, stopwatch_for
from pytest_queuekit.plugin.section import terminal_encoding
from pytest_queuekit.report.failure import explain, headline
from pytest_queuekit.report.lines import encodable
from pytest_queuekit.suites.check import Check, Context, Suite

HOME = Path(__file__).parent
"""Where all nodes lie, as pytest sees it: hooks of a user's conftest files are for their tests."""


PROGRESS = pytest.StashKey[Progress]()
"""Where a run keeps what shows its progress."""

KEEP = pytest.StashKey[Callable[[Verdict], Verdict]]()
"""Where a run has the function that keeps a failure, and returns it with its id."""


_PRINTED = 20
"""Lines of what a queue prints that pytest shows below a failed check."""

_WITHOUT_FOLDER = pytest.StashKey[str]()
"""Where a run keeps the name of the first check for which no folder could be made."""


class NoFolderError(Exception):
    """No folder can be made for the files of a queue."""


class ProcessExitError(BaseException):
    """The queue under test called `os._exit` in the process of the run."""


class CheckItem(pytest.Item):
    """A check, as a pytest item that takes no fixtures.

    The attributes that follow are those which hooks of other plugins expect of every item.
    """

    fixturenames: tuple[str, ...] = ()
    cls = None
    module = None

    @classmethod
    def under(cls, parent: pytest.Collector, check: Check) -> Self:
        """Return the item of a check."""
        # The id is given as text, for pytest reads its brackets as it reads those of --lf.
        node_id = f"{parent.nodeid}::{check.name}"
        made: Self = cls.from_parent(parent, name=check.name, nodeid=node_id, check=check)
        return made

    def __init__(self, *, check: Check, **rest: Any) -> None:
        super().__init__(**rest)
        self.check = check
        self.verdict: Verdict | None = None
        self._headline = ""
        self.extra_keyword_matches |= {*check.keywords, check.slug}
        for mark in check.marks:
            self.add_marker(mark)
        if check.measures and _measurable(self.config):
            # So that --benchmark-only knows it; elsewhere pytest-benchmark would warn about it.
            self.fixturenames = ("benchmark",)

    def runtest(self) -> None:
        """Find the verdict, and report it to pytest."""
        # Those of an earlier run: pytest-rerunfailures runs an item again.
        self.verdict, self._headline = None, ""
        self.user_properties = []
        try:
            self.verdict = self.config.stash[KEEP](self._answer())
        except KeyboardInterrupt:
            # A new one: pytest fails over tracebacks whose frames have no line, as those of Python
            # 3.11 have where Ctrl-C falls between two lines.
            raise KeyboardInterrupt from None
        except NoFolderError as error:
            self.verdict = self._without_folder(error)
        self.user_properties += _properties(self.verdict)
        if self.verdict.status in (Status.NOT_APPLICABLE, Status.NOT_RUN):
            pytest.skip(f"{self.verdict.status}: {self.verdict.reason}")
        if self.verdict.status is Status.ERROR and self.verdict.reason is not None:
            self._headline = str(self.verdict.reason)
            pytest.fail(encodable(self.verdict.reason.text, terminal_encoding()), pytrace=False)
        if self.verdict.failed:
            proof = "\n".join(explain(self.verdict))
            self._headline = headline(self.verdict)
            pytest.fail(encodable(proof, terminal_encoding()), pytrace=False)

    def add_report_section(self, when: str, key: str, content: str) -> None:
        """Keep the last lines of what the queue printed or logged: a check makes many calls."""
        lines = content.splitlines(keepends=True)
        more = len(lines) - _PRINTED
        if more > 0:
            option = "-o log_cli=true" if key == "log" else "-s"
            note = f"{more:,} lines before these; {option} shows all of them\n"
            content = "".join((note, *lines[-_PRINTED:]))
        super().add_report_section(when, key, content)

    def _answer(self) -> Verdict:
        with _folder(self.config) as folder, _own_policies():
            context = Context(
                folder=folder,
                stopwatch=partial(stopwatch_for, self),
                progress=self.config.stash.get(PROGRESS, silent),
            )
            return self.check.answer(context)

    def _without_folder(self, error: NoFolderError) -> Verdict:
        """Return the answer of a check for which there is no folder: one error for all checks."""
        first = self.config.stash.setdefault(_WITHOUT_FOLDER, self.name)
        if first != self.name:
            text = f"no folder for a queue could be made, see {first}"
            return self.check.verdict(Status.NOT_RUN, reason=Reason(kind="preflight", text=text))
        text = f"could not be judged: {error}"
        return self.check.verdict(Status.ERROR, reason=Reason(kind="preflight", text=text))

    def is_answer(self, call: pytest.CallInfo[None]) -> bool:
        """Return True if a phase ended with a verdict, or was skipped; False after an error."""
        error = call.excinfo and call.excinfo.value
        if error is None or isinstance(error, pytest.skip.Exception | pytest.xfail.Exception):
            return True
        # Another plugin may fail a check too, such as one that limits its time.
        has_verdict = call.when == "call" and self.verdict is not None
        return has_verdict and isinstance(error, pytest.fail.Exception)

    def shows_proof(self, call: pytest.CallInfo[None]) -> bool:
        """Return True if a phase ended with the proof of a failure, and with no other error."""
        error = call.excinfo and call.excinfo.value
        failed = self.verdict is not None and self.verdict.failed and bool(self._headline)
        return failed and isinstance(error, pytest.fail.Exception)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the proof for a failed check, and a traceback for an error of the kit."""
        if isinstance(excinfo.value, AdapterError):
            return str(excinfo.value)  # the author of the adapter needs no traceback of the kit
        excinfo.traceback = excinfo.traceback.cut(path=__file__)
        shown = super().repr_failure(excinfo, style)
        crash = getattr(shown, "reprcrash", None)
        if (
            crash is not None
            and self._headline
            and isinstance(excinfo.value, pytest.fail.Exception)
        ):
            crash.message = self._headline
        return shown

    def reportinfo(self) -> tuple[os.PathLike[str], int, str]:
        """Return the path, the line and the title of the check, for pytest's reports."""
        return self.path, 0, f"{self.name} {self.check.slug}".strip()


class SuiteCollector(pytest.Collector):
    """The checks of the suites under one head of node ids."""

    @classmethod
    def beside(
        cls, session: pytest.Session, *, head: str, suites: list[Suite], chosen: list[Check]
    ) -> SuiteCollector:
        """Return the collector; its node id is the head."""
        made: SuiteCollector = cls.from_parent(
            session, name=head, nodeid=head, path=HOME, suites=suites, chosen=chosen
        )
        return made

    def __init__(self, *, suites: list[Suite], chosen: list[Check], **rest: Any) -> None:
        super().__init__(**rest)
        self.suites, self.chosen = suites, chosen

    def collect(self) -> list[pytest.Item | pytest.Collector]:
        """Return the items."""
        return [CheckItem.under(self, check) for check in self.chosen]

    def teardown(self) -> None:
        """Release the resources that the checks shared."""
        for suite in self.suites:
            suite.close()


def _measurable(config: pytest.Config) -> bool:
    try:
        check_measurable(config)
    except NotRunError:
        return False
    return True


@contextmanager
def _folder(config: pytest.Config) -> Iterator[Path]:
    """Make an empty private folder, inside of --basetemp where that is given."""
    base = None
    if config.option.basetemp:
        # pytest empties --basetemp when its factory first uses it, so the factory goes first.
        base = config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
    try:
        made = TemporaryDirectory(prefix="queuekit-", dir=base, ignore_cleanup_errors=True)
    except OSError as error:
        raise NoFolderError(
            f"no folder for a queue could be made ({error}): make room there, or choose another "
            "place with --basetemp"
        ) from error
    with made as folder:
        yield Path(folder)


@contextmanager
def _own_policies() -> Iterator[None]:
    """Judge the queue under Python's own warning filters, and survive its `os._exit`.

    The project's filters are for the project: `filterwarnings = error` would turn a
    DeprecationWarning of the library under test into the failure of nearly every rule.
    """
    exit_process, pid = os._exit, os.getpid()

    def refuse(status: int) -> None:
        if os.getpid() != pid:
            exit_process(status)  # a child that the queue forked
        raise ProcessExitError(f"the queue under test called os._exit({status})")

    with warnings.catch_warnings():
        warnings.resetwarnings()
        vars(os)["_exit"] = refuse
        try:
            yield
        finally:
            vars(os)["_exit"] = exit_process


def _properties(verdict: Verdict) -> list[tuple[str, object]]:
    driver = getattr(verdict.detail, "driver", "")
    values = {
        "queue_name": verdict.queue,
        "queue_suite": verdict.suite,
        "queue_rule": verdict.rule,
        "queue_slug": verdict.slug,
        "queue_requirement": verdict.requirement.value,
        "queue_verdict": verdict.status.value,
        "queue_reason": verdict.reason and verdict.reason.text,
        "queue_waiver": verdict.waiver and f"{verdict.waiver.reason} ({verdict.waiver.source})",
        "queue_driver": driver,
    }
    return [(name, value) for name, value in values.items() if value]
