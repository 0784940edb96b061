"""Failures of one cause are linked, and each report shows the cause once."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from pytest_queuekit.model.verdict import Requirement, RuleRun, Status, Verdict
from pytest_queuekit.report.causes import linked
from pytest_queuekit.report.failure import explain
from pytest_queuekit.report.formats import FORMATS
from pytest_queuekit.report.formats.github import workflow_commands
from tests.report.build import DOUBLE, broken, run, verdict


def failing(rule: str, cause: str = "x", **fields: Any) -> Verdict:
    """Return the verdict on a rule that fails for a cause."""
    return broken(
        rule, detail=RuleRun(driver="sequence", violations=(DOUBLE,), cause=cause), **fields
    )


def test_the_first_failure_names_the_others_and_they_name_it() -> None:
    """In the order of the run; another cause stays alone."""
    verdicts = linked(
        [failing("A-1"), failing("A-2", "y"), failing("A-3"), verdict("A-4"), failing("B-1")]
    )
    assert [(each.rule, each.same_as, each.also) for each in verdicts] == [
        ("A-1", "", ("A-3", "B-1")),
        ("A-2", "", ()),
        ("A-3", "A-1", ()),
        ("A-4", "", ()),
        ("B-1", "A-1", ()),
    ]


def test_a_recommendation_never_stands_for_a_binding_rule() -> None:
    """The proof of a failure is among the failures."""
    should = failing("A-1", requirement=Requirement.SHOULD)
    verdicts = linked([should, failing("A-2")])
    assert [each.same_as for each in verdicts] == ["A-2", ""]


@pytest.mark.parametrize(
    "apart",
    [failing("A-2", ""), broken("A-2"), replace(failing("A-2"), status=Status.WAIVED)],
    ids=["an open cause", "no cause", "a waived failure"],
)
def test_what_is_not_known_to_be_the_same_stays_apart(apart: Verdict) -> None:
    """Two open causes are two causes, and a waiver has a line of its own."""
    first = failing("A-1", apart.detail.cause if isinstance(apart.detail, RuleRun) else "")
    assert linked([first, apart]) == (first, apart)


STALE = "stale; Stale completion accepted; claim → empty; complete → ok; enqueue → ok; in turn"


@pytest.mark.parametrize(
    "other",
    [
        STALE.replace("enqueue", "enqueue key=str"),
        STALE.replace("claim", "claim capabilities=dict"),
        STALE.replace("in turn", "at the same time"),
    ],
    ids=["an option of a task", "an option of the culprit", "at the same time"],
)
@pytest.mark.parametrize("turned", [False, True], ids=["plain first", "plain last"])
def test_a_plainer_failure_explains_another_one(other: str, *, turned: bool) -> None:
    """The same calls fail without the option, so that the option is not the cause."""
    plain, special = failing("A-1", STALE), failing("A-2", other)
    verdicts = linked([special, plain] if turned else [plain, special])
    assert {verdict.rule: verdict.same_as for verdict in verdicts} == {"A-1": "", "A-2": "A-1"}


@pytest.mark.parametrize(
    "other",
    [
        STALE.replace("Stale completion accepted", "Task lost"),
        STALE.replace("claim → empty", "claim → task"),
        STALE.replace("complete → ok", "complete → ok; release → ok"),
        STALE.replace("complete → ok; ", ""),
        STALE.replace("complete", "fail"),
        STALE + "; kill",
    ],
    ids=["title", "answer", "a further call", "a call less", "another call", "a kill"],
)
def test_two_causes_stay_two(other: str) -> None:
    """A call that only one of two failures has may be what is wrong."""
    assert [each.same_as for each in linked([failing("A-1", STALE), failing("A-2", other)])] == [
        "",
        "",
    ]


def test_neither_of_two_options_explains_the_other() -> None:
    """A queue may overlook both the key and the priority."""
    keyed, urgent = (STALE.replace("enqueue", f"enqueue {word}") for word in ("key=str", "group=0"))
    verdicts = linked([failing("A-1", keyed), failing("A-2", urgent)])
    assert [verdict.same_as for verdict in verdicts] == ["", ""]


def test_a_failure_of_two_causes_is_linked_if_both_are_shown() -> None:
    """Each of the two names it. As long as one cause is not shown, the failure is."""
    one, other, both = failing("A-1", "x"), failing("A-2", "y"), failing("A-3", "y | x")
    assert [(each.same_as, each.also) for each in linked([both, one, other])] == [
        ("A-2", ()),
        ("", ("A-3",)),
        ("", ("A-3",)),
    ]
    assert [(each.same_as, each.also) for each in linked([both, one])] == [("", ()), ("", ())]


def test_equal_causes_are_one_though_several() -> None:
    """Two rules that meet the same two faults share a proof."""
    verdicts = linked([failing("A-1", "x | y"), failing("A-2", "x | y")])
    assert [verdict.same_as for verdict in verdicts] == ["", "A-1"]


FIRST, SECOND = linked([failing("A-1"), failing("A-2")])


def test_the_second_failure_is_one_line() -> None:
    """The first one names it beside its proof."""
    assert explain(SECOND) == ["Same cause as A-1: Task delivered twice"]
    assert "Also       A-2 fails for the same cause" in explain(FIRST)


@pytest.mark.parametrize("name", FORMATS)
def test_each_report_shows_the_proof_once(name: str) -> None:
    """JSON has all of it, and the link."""
    report = FORMATS[name](run(FIRST, SECOND))
    if name == "json":
        first, second = json.loads(report)["verdicts"]
        assert (first["also"], second["same_as"]) == (["A-2"], "A-1")
        assert first["detail"] == second["detail"]
        return
    proof = "task-1 went to w1" if name in ("gitlab", "sarif") else "queuekit explain A-1"
    assert report.count(proof) == 1
    assert "queuekit explain A-2" not in report
    assert "Same cause as A-1: Task delivered twice" in report


def test_an_annotation_is_short_for_the_second_failure() -> None:
    """GitHub shows ten at most, so that each names its rule."""
    first, second = workflow_commands(run(FIRST, SECOND))
    assert "task-1 went to w1 and to w2" in first
    assert second.endswith("::Same cause as A-1: Task delivered twice")
