"""Two violations share a cause only if nothing could tell their causes apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.report.causes import linked
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.rules.cause import cause_of, follows
from pytest_queuekit.rules.rule import by_id, judge
from tests.monitors.notation import history
from tests.mutants.retry import TriesOnceMore

PLAIN = "p: enqueue t @0-1 priority=5; a: claim t @2-3 lease=60; b: claim t @4-5 lease=60"


def proof(text: str, **fields: str) -> Violation:
    """Return a violation whose witness is a whole history."""
    given: dict[str, Any] = {
        "kind": "double-delivery",
        "title": "Task delivered twice",
        "detail": "",
        **fields,
    }
    return Violation(witness=history(text).operations, **given)


def cause(text: str, *world: str, **fields: str) -> str:
    """Return the cause of such a violation."""
    return cause_of(proof(text, **fields), world=world)


@pytest.mark.parametrize(
    "alike",
    [
        PLAIN.replace("t ", "u ").replace("a:", "w:"),
        PLAIN.replace("lease=60", "lease=30").replace("priority=5", "priority=7"),
        "p: enqueue t @0-1 priority=5; x: open - @1-1.5; a: claim t @2-3 lease=60"
        "; c: claim t @3.5-3.6 lease=60; b: claim t @4-5 lease=60",
    ],
    ids=["other names", "other values of a kind", "an opening and one more time"],
)
def test_names_values_and_repetitions_make_no_other_cause(alike: str) -> None:
    """They differ between two rules that meet one fault."""
    assert cause(alike) == cause(PLAIN)


@pytest.mark.parametrize(
    "other",
    [
        PLAIN.replace("b: claim t @4-5 lease=60", "b: claim - @4-5 lease=60"),
        PLAIN.replace("b: claim t @4-5 lease=60", "b: claim t @4-5 lease=60 busy"),
        PLAIN.replace("b: claim t @4-5 lease=60", "b: claim t @4-"),
        PLAIN.replace("priority=5", "priority=0"),
        PLAIN.replace("priority=5", "priority=-5"),
        PLAIN.replace("priority=5", "priority=5 key='k'".replace("'", '"')),
        PLAIN.replace("b:", "a: fail t @3.5-3.6 refused; b:"),
        PLAIN.replace("@4-5", "@2.5-5"),
    ],
    ids=[
        "another answer",
        "a busy answer",
        "no answer",
        "another sort of value",
        "a negative value",
        "another option",
        "another call between",
        "at the same time",
    ],
)
def test_each_difference_that_may_be_the_cause_makes_another_one(other: str) -> None:
    """A cause that is hidden behind another is worse than one that is shown twice."""
    assert cause(other) != cause(PLAIN)


def test_title_kind_and_world_belong_to_the_cause() -> None:
    """The same calls may break two promises, and a kill or a full disk may be behind them."""
    texts = {
        cause(PLAIN),
        cause(PLAIN, title="Task lost"),
        cause(PLAIN, kind="lost"),
        cause(PLAIN, "kill"),
        cause(PLAIN, "CLOCK"),
    }
    assert len(texts) == 5


def test_errors_are_compared_without_their_numbers_and_with_their_place() -> None:
    """The number of a task in the message is chance; the line that raised the error is not."""
    wrong = proof("a: claim t; a: complete t unknown")

    def failing(error: str, place: str) -> str:
        last = replace(wrong.witness[-1], error=error, raised_at=place)
        return cause_of(replace(wrong, witness=(*wrong.witness[:-1], last)), world=())

    here = failing("KeyError: 17", "shop.py:3 in done")
    assert here == failing("KeyError: 4", "shop.py:3 in done")
    assert here != failing("KeyError: 17", "shop.py:9 in done")
    assert here != failing("TypeError: 17", "shop.py:3 in done")


def test_a_payload_beyond_its_label_belongs_to_the_cause() -> None:
    """A queue may change one payload and not another."""
    enqueue = 'p: enqueue t payload="{}"; a: claim t'
    assert cause(enqueue) != cause(enqueue.replace("{}", "[]"))


def test_without_calls_the_cause_is_open() -> None:
    """Nothing to compare is never the same."""
    assert cause_of(Violation(kind="lost", title="Lost", detail=""), world=()) == ""


def test_an_option_of_a_task_belongs_to_the_cause_though_the_proof_begins_later() -> None:
    """The task may come again because of its priority."""
    wrong = proof("a: claim t; b: claim t")
    plain, urgent = (
        cause_of(wrong, world=(), enqueues=history(f"p: enqueue {options}").operations)
        for options in ("t", "t priority=5")
    )
    other = cause_of(wrong, world=(), enqueues=history("p: enqueue u priority=5").operations)
    assert plain != urgent
    assert other == cause_of(wrong, world=())


def test_a_task_that_a_stale_completion_ended_is_no_cause_of_its_own() -> None:
    """It never comes again; another task that is lost, or one that comes twice, has a cause."""
    stale = proof("a: claim t; b: claim t; a: complete t; c: claim -", kind="stale-swallowed")
    lost = proof("p: enqueue t; c: claim -", kind="unfinished-lost")
    other = proof("p: enqueue u; c: claim -", kind="unfinished-lost")
    twice = proof("a: claim t; b: claim t")
    violations = [stale, lost, other, twice]
    assert [follows(violation, violations) for violation in violations] == [
        False,
        True,
        False,
        False,
    ]


def test_the_deliveries_after_the_enqueue_at_fault_do_not_matter() -> None:
    """The key let the second task through, whoever then claims the two; a release may free it."""
    text = 'p: enqueue t key="k"; a: claim t; {}p: enqueue u key="k"; a: claim u'
    kind = "key-let-through"
    plain, later, released = (
        cause(text.format(""), kind=kind),
        cause(f"{text.format('')}; b: claim t; b: complete t", kind=kind),
        cause(text.format("a: release t; "), kind=kind),
    )
    assert plain == later != released


def test_a_task_in_the_wrong_count_is_one_cause() -> None:
    """It is too few there and too many here; another task, and another answer, are apart."""
    text = "a: claim t; a: fail t; a: stats"
    few, many = (proof(text, kind="wrong-count", title=f"Too {word}") for word in ("few", "many"))
    other = proof(text.replace("t;", "u;"), kind="wrong-count", title="Too many")
    later = proof(f"x: open; {text}", kind="wrong-count", title="Too many")
    counts = [few, many, other, later]
    assert [follows(count, counts) for count in counts] == [False, True, False, False]


def test_a_count_with_a_task_that_came_after_its_last_attempt_is_no_cause_of_its_own() -> None:
    """That task alone makes the number wrong. A list without another task has its own cause."""
    again = proof("a: claim t; a: fail t; b: claim t", kind="delivered-dead")
    count = proof("a: claim t; a: claim u; a: stats", kind="wrong-count")
    apart = proof("a: claim u; a: stats", kind="wrong-count")
    listed = proof("a: claim u; a: dead_letters t", kind="missing-dead-letter")
    violations = [again, count, apart, listed]
    assert [follows(violation, violations) for violation in violations] == [
        False,
        True,
        False,
        False,
    ]


def test_a_task_that_is_tried_once_more_is_one_cause(tmp_path: Path) -> None:
    """Its wrong counts, and the dead letters that lack it, follow from the next delivery."""
    queue, judged = QueueUnderTest.of(TriesOnceMore), []
    for rule in ("RETRY-4", "RETRY-5", "RETRY-7", "STATS-4", "STATS-7"):
        (tmp_path / rule).mkdir()
        effort = Effort.at(Level.QUICK)
        judged.append(judge(by_id(CATALOGUE)[rule], queue, tmp_path / rule, effort))
    first, *others = linked(judged)
    assert first.also == ("RETRY-7", "RETRY-5", "STATS-4", "STATS-7")
    assert {verdict.same_as for verdict in others} == {"RETRY-4"}
