"""A project in which the tests of the plugin run pytest, and its queues."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Self

import pytest

# Imported here, so that the runs inside this process share these modules and do not import copies.
from pytest_queuekit.plugin import gate, validation, watching  # noqa: F401 - as above
from pytest_queuekit.report.formats import github, gitlab, html, json, junit, sarif  # noqa: F401
from pytest_queuekit.suites import database, integration, load, review, rules, targets  # noqa: F401
from tests.queues import memory  # noqa: F401 - as above

QUEUES = '''
from pytest_queuekit import Claim, Order, QueueAdapter, Sharing
from tests.queues.memory import MemoryQueue


class Good(MemoryQueue):
    """Keeps every promise."""

    name = "good"
    limitations = ("It forgets everything when its process ends (memory.py).",)


def __getattr__(name):
    if name == "Lazy":
        raise RuntimeError("not today")
    raise AttributeError(name)


class Twice(MemoryQueue):
    """Hands a task out again and again: breaks CLAIM-1 and CLAIM-7, keeps KEY-1."""

    name = "twice"

    def _lease(self, task, worker, lease):
        claim = super()._lease(task, worker, lease)
        task.state = "queued"
        return claim

    def _is_current(self, task, claim):
        return task.token == claim.token


class Little(QueueAdapter):
    """Declares as little as can be."""

    name = "little"
    order = Order(ties="none")
    sharing = Sharing.NONE

    def __init__(self, location):
        self.tasks = []

    def enqueue(self, payload):
        self.tasks.append(payload)

    def claim(self, worker):
        if self.tasks:
            return Claim(task_id=None, payload=self.tasks.pop(0), worker=worker)
'''

QUICK = ("--queue-validate", "--queue-level=quick", "--queue-perf=off")

_OUTER = (
    "PYTEST_XDIST_WORKER",
    "PYTEST_XDIST_WORKER_COUNT",
    "PYTEST_ADDOPTS",
    "GITHUB_STEP_SUMMARY",
    "CI",  # with either of these pytest prints each failure in full a second time
    "BUILD_NUMBER",
)

_REPOSITORY = Path(__file__).parents[2]


class Project:
    """A folder with a module `shop` of queues, and pytest runs in it."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path

    @classmethod
    def made(cls, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Self:
        """Make one, with nothing of the outer run left in the environment."""
        for name in _OUTER:
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        monkeypatch.setenv("PYTHONPATH", str(_REPOSITORY))
        monkeypatch.setenv("COLUMNS", "80")
        pytester.makepyfile(shop=QUEUES)
        return cls(pytester)

    def run(self, *arguments: str, plugins: tuple[str, ...] = ()) -> pytest.RunResult:
        """Run pytest in this process with the plugin, and with others by name."""
        loaded = [part for name in ("pytest_queuekit.plugin", *plugins) for part in ("-p", name)]
        return self.pytester.runpytest_inprocess(*loaded, *arguments)

    def validate(self, *arguments: str, plugins: tuple[str, ...] = ()) -> pytest.RunResult:
        """Run the rules, at the quick level, without performance."""
        return self.run(*QUICK, *arguments, plugins=plugins)

    def alone(self, *arguments: str) -> pytest.RunResult:
        """Do the same in a process of its own, for what would end this one."""
        return self.pytester.runpytest_subprocess(
            "-p", "pytest_queuekit.plugin", *QUICK, *arguments
        )


def outcomes(result: pytest.RunResult) -> dict[str, str]:
    """Return the outcome word of each item of a run with -v, by node id."""
    pattern = re.compile(r"(queue-(?:validate|db)::\S+)(?: <- \S+)? ([A-Z][A-Z ]+?)(?: \(| +\[|$)")
    spread = re.compile(r"\[gw\d\] \[ *\d+%\] ([A-Z][A-Z ]+?) (queue-(?:validate|db)::\S+)")
    outcome_of = {}
    for line in result.outlines:
        if match := spread.match(line):
            outcome_of[match[2]] = match[1]
        elif match := pattern.match(line):
            outcome_of[match[1]] = match[2]
    return outcome_of


def text(result: pytest.RunResult) -> str:
    """Return all that a run wrote, as one text."""
    return result.stdout.str() + result.stderr.str()


def flat(result: pytest.RunResult) -> str:
    """Return all that a run wrote, with the line ends taken for spaces."""
    return " ".join(text(result).split())


def squeezed(result: pytest.RunResult) -> str:
    """Return all that a run wrote without white space: a long path is cut where a line ends."""
    return "".join(text(result).split())


def unprivileged() -> list[str]:
    """Return what makes a command obey permissions, which root does not."""
    if os.geteuid() != 0:
        return []
    command = shutil.which("setpriv")
    if command is None:
        pytest.skip("root may write everywhere, and setpriv, which could forbid it, is not here")
    return [command, "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
