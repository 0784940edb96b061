"""The example of each rule is true: the wrong side breaks that rule, the right side keeps it."""

from __future__ import annotations

import ast
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.history import History, Operation, Outcome, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import RuleRun, Status, Verdict
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.rules.examples.catalogue import MODULES, example_of
from pytest_queuekit.rules.examples.example import TABLE, Example
from pytest_queuekit.rules.examples.proof import calls
from pytest_queuekit.rules.rule import Rule, judge
from tests.docs.pages import ROOT
from tests.rules.example_queue import STATEMENTS, ExampleQueue, queue_of, statement_name

_EXAMPLES = {rule_id: example for examples in MODULES for rule_id, example in examples.items()}
_KEEPS = Effort(tasks=100, rounds=1)
_BREAKS = Effort(level=Level.STANDARD, tasks=100, rounds=6)
"""On a busy machine a race may come out well once."""

_CERTAIN = [rule for rule in CATALOGUE if rule.driver_names == ["sequence"]]


@pytest.fixture(params=_EXAMPLES)
def example(request: pytest.FixtureRequest) -> Example:
    """Each example in turn."""
    chosen = example_of(request.param)
    assert chosen is not None
    return chosen


def test_each_rule_has_an_example() -> None:
    """The examples are those of the catalogue's rules, each in one module."""
    assert list(_EXAMPLES) == [rule.id for rule in CATALOGUE]
    assert sum(len(examples) for examples in MODULES) == len(_EXAMPLES)
    assert all(example_of(rule_id) is example for rule_id, example in _EXAMPLES.items())


def test_a_target_of_performance_has_no_example() -> None:
    """An id outside the catalogue has none."""
    assert example_of("PERF-1") is None


def test_example_is_short(example: Example) -> None:
    """Each side has at most six lines, the proof three to five; each line has 76 columns."""
    assert example.wrong != example.right
    for snippet in (example.wrong, example.right):
        lines = snippet.splitlines()
        assert len(lines) <= 6
        assert max(map(len, lines)) <= 76
    proof = example.proof.splitlines()
    assert 3 <= len(proof) <= 5
    assert max(map(len, proof)) <= 76


def test_proof_marks_one_call(example: Example) -> None:
    """A proof is a list of calls in order of time, and one of them breaks the rule."""
    starts = [call.start for call in calls(example.proof)]
    assert starts == sorted(starts)
    assert sum(line.startswith("▶ ") for line in example.proof.splitlines()) == 1


def test_example_in_python_parses(example: Example) -> None:
    """A snippet of Python is the body of a class."""
    if example.language == "python":
        for snippet in (example.wrong, example.right):
            ast.parse(snippet)


def test_example_in_sql_is_a_statement(example: Example) -> None:
    """A snippet of SQL is one complete statement for the examples' table, under its name."""
    if example.language == "sql":
        for snippet in (example.wrong, example.right):
            assert statement_name(snippet) in STATEMENTS
            _prepare(snippet)


def _prepare(statement: str) -> None:
    values = dict.fromkeys(re.findall(r":(\w+)", statement))
    with closing(sqlite3.connect(":memory:")) as db:
        db.create_function("matches", 2, lambda needs, offered: True)
        db.create_function("wait", 1, float)
        db.create_function("is_alive", 1, bool)
        db.execute(TABLE)
        db.execute(f"EXPLAIN {statement}", values)


def test_the_page_explains_the_examples_queue() -> None:
    """docs/example-queue.md shows the table of the examples, and lists methods of the queue."""
    page = (ROOT / "docs" / "example-queue.md").read_text(encoding="utf-8")
    methods = re.findall(r"^\| `(\w+)\(.*\)` \|", page, flags=re.MULTILINE)
    assert TABLE in page
    assert methods
    assert [name for name in methods if not hasattr(ExampleQueue, name)] == []


def _case(rule: Rule) -> Any:
    """Return a case; one that starts threads or processes takes long."""
    takes_long = rule.concurrent or rule.family == "GROWTH"
    return pytest.param(rule, id=rule.id, marks=(pytest.mark.slow,) if takes_long else ())


@pytest.mark.parametrize("rule", [_case(rule) for rule in CATALOGUE])
def test_right_side_keeps_the_rule(rule: Rule, tmp_path: Path) -> None:
    """The queue with the right implementation passes."""
    verdict = _judge(rule, "right", tmp_path, replace(_KEEPS, level=rule.level))
    assert (verdict.status, verdict.reason, verdict.violations) == (Status.PASS, None, ())


@pytest.mark.parametrize("rule", [_case(rule) for rule in CATALOGUE])
def test_wrong_side_breaks_the_rule(rule: Rule, tmp_path: Path) -> None:
    """The queue with the wrong implementation fails; the run has the calls of the proof."""
    verdict = _judge(rule, "wrong", tmp_path, _BREAKS)
    assert verdict.status is Status.FAIL, verdict.reason
    assert isinstance(verdict.detail, RuleRun)
    if rule in _CERTAIN and verdict.detail.history is not None:
        assert list(_missing(_EXAMPLES[rule.id].proof, verdict.detail.history)) == []


def _judge(rule: Rule, side: str, folder: Path, effort: Effort) -> Verdict:
    return judge(rule, QueueUnderTest.of(queue_of(rule.id, side)), folder, effort)


def _missing(proof: str, history: History) -> Iterator[str]:
    """Yield the lines of a proof that the history does not have, in this order."""
    operations = iter(history)
    for line, call in zip(proof.splitlines(), calls(proof), strict=True):
        if not any(_is(call, operation) for operation in operations):
            yield line


def _is(call: Operation, operation: Operation) -> bool:
    if (operation.actor, operation.verb) != (call.actor, call.verb):
        return False
    if operation.outcome is not Outcome.OK:
        known = (operation.outcome, (operation.error or "").partition(":")[0])
        return (call.error or call.outcome) in known
    if operation.verb is Verb.CLAIM:
        return call.outcome is Outcome.OK and call.task == operation.task
    return call.task in (None, operation.task)


def test_examples_are_loaded_when_asked_for() -> None:
    """The rules do not load their examples."""
    script = "import sys, pytest_queuekit.rules.catalogue as c; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert b"rules.catalogue" in loaded.stdout
    assert b"rules.examples" not in loaded.stdout
