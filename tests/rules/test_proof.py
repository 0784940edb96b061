"""The calls of a proof in an example are read from its lines."""

from __future__ import annotations

import pytest

from pytest_queuekit.errors import HistoryError
from pytest_queuekit.model.history import SECOND, Outcome, Verb
from pytest_queuekit.rules.examples.proof import calls, culprit

STALE = """\
    0.006 s  late       claim           → task-1  lease until 60.006 s
   61.136 s  heir       claim           → task-1  lease until 121.136 s
▶  61.138 s  late       complete task-1 → ok      expected: refused
  154.339 s  collector  claim           → empty   the task is lost"""


def test_a_line_is_a_call() -> None:
    """With its time, actor, verb, task, and the claim that it acknowledges."""
    first, second, stale, last = calls(STALE)
    assert (first.start, first.actor, first.task) == (6 * SECOND // 1000, "late", "task-1")
    assert (stale.verb, stale.task, stale.claim) == (Verb.COMPLETE, "task-1", first.number)
    assert (second.arguments, last.arguments) == ({"lease": 60.0}, {})
    assert last.is_empty
    assert culprit(STALE) == 3


def test_an_error_leaves_the_outcome_unknown() -> None:
    """As a call without an end does; a refusal is one."""
    proof = """\
  0.002 s  a  claim  → ValueError
  0.004 s  a  fail t → refused
▶ 0.006 s  a  kill   → no answer  expected: ok"""
    outcomes = [(call.outcome, call.error, call.end is None) for call in calls(proof)]
    assert outcomes == [
        (Outcome.UNKNOWN, "ValueError", False),
        (Outcome.REFUSED, None, False),
        (Outcome.UNKNOWN, None, True),
    ]


def test_an_extension_makes_the_lease_longer() -> None:
    """By the seconds from the call to the moment in its note."""
    proof = """\
  0.006 s  a  claim      → t   lease until 60.006 s
▶ 2.006 s  a  extend t 9 → ok  lease until 62.006 s"""
    claim, extension = calls(proof)
    assert (extension.claim, extension.arguments) == (claim.number, {"seconds": 60.0})


@pytest.mark.parametrize("line", ["", "  0.006 s  a  claim", "  0.006 s  a  steal → t"])
def test_another_line_is_an_error(line: str) -> None:
    """It names the line."""
    with pytest.raises(HistoryError, match="not a call of a proof"):
        list(calls(f"  0.002 s  a  claim → t\n{line}\n"))
