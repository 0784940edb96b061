"""The public names serve without pytest: in a script or a REPL."""

from __future__ import annotations

from pathlib import Path

from pytest_queuekit import Status
from tests.api.example import ListQueue, judge_all, rules, through_a_file, twice, violations


def test_rules_are_judged_one_by_one(tmp_path: Path) -> None:
    """Each rule has a status; those that need more than the queue declares do not apply."""
    statuses = judge_all(ListQueue, tmp_path)
    assert statuses["ORDER-1"] is Status.PASS
    assert statuses["ORDER-2"] is Status.NOT_APPLICABLE
    assert len(statuses) == len(rules())


def test_monitors_judge_a_history_literal() -> None:
    """Two deliveries of one task prove one violation."""
    assert {violation.kind for violation in violations(twice(), ListQueue)} == {"double-delivery"}


def test_a_history_is_the_same_from_a_file(tmp_path: Path) -> None:
    """`read_history` returns what `write_history` was given."""
    assert through_a_file(twice(), tmp_path / "history.jsonl") == twice()
