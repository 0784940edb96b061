"""The monitor `retry`: legal histories beside their illegal twins."""

from __future__ import annotations

from functools import partial
from typing import Any

from pytest_queuekit.model.capabilities import Retry
from pytest_queuekit.monitors import retry
from tests.monitors.notation import Twins, kinds

TWINS = (
    Twins(
        kind="early-retry",
        legal="p: enqueue t @0-1; a: claim t @2-3; a: fail t @4-5; b: claim t @6-8",
        illegal="p: enqueue t @0-1; a: claim t @2-3; a: fail t @4-5; b: claim t @6-7.9",
        declared={"retry": Retry(max_attempts=2, first=4)},
    ),
    Twins(
        kind="delivered-dead",
        legal=("p: enqueue t max_attempts=1; a: claim t; a: fail t unknown; b: claim t @20-21"),
        illegal="p: enqueue t max_attempts=1; a: claim t; a: fail t; b: claim t @20-21",
        declared={"retry": Retry(max_attempts=2, first=4)},
    ),
    Twins(
        kind="missing-dead-letter",
        legal="p: enqueue t max_attempts=1; a: claim t; a: fail t; z: dead_letters t",
        illegal="p: enqueue t max_attempts=1; a: claim t; a: fail t; z: dead_letters",
        declared={"retry": Retry(max_attempts=2, first=4)},
    ),
    Twins(
        kind="dead-too-early",
        legal="p: enqueue t max_attempts=1; a: claim t; a: fail t; z: dead_letters t",
        illegal="p: enqueue t max_attempts=2; a: claim t; a: fail t; z: dead_letters t",
        declared={"retry": Retry(max_attempts=2, first=4)},
    ),
    Twins(
        kind="lost-retry",
        legal="p: enqueue t @0-1; a: claim t @2-3; a: fail t @4-5; b: claim - @9-10",
        illegal="p: enqueue t @0-1; a: claim t @2-3; a: fail t @4-5; b: claim - @9.1-10",
        declared={"retry": Retry(max_attempts=2, first=4)},
    ),
)

reported = partial(kinds, retry, retry=Retry(max_attempts=3, first=4, factor=2, jitter=0.25))
FAILED = "p: enqueue t @0-1; a: claim t @2-3; a: fail t @4-5 %s; "
TWICE = FAILED % "" + "b: claim t @15-16; b: fail t @17-18; "
DEAD = "p: enqueue t @0-1 max_attempts=1; a: claim t @2-3; a: fail t @4-5 %s; "


def test_a_failed_task_waits_before_it_comes_again() -> None:
    """The shortest wait is 4 s less a quarter, counted from the failure's start."""
    assert reported(FAILED % "" + "b: claim t @5.1-6.9") == ["early-retry"]
    assert reported(FAILED % "" + "b: claim t @5.1-7") == []
    assert reported(FAILED % "unknown" + "b: claim t @5.1-6.9") == []
    assert kinds(retry, FAILED % "" + "b: claim t @5.1-6.9") == []


def test_the_wait_grows_with_each_failure() -> None:
    """After the second failure it is 8 s less a quarter."""
    assert reported(TWICE + "c: claim t @18.1-22.9") == ["early-retry"]
    assert reported(TWICE + "c: claim t @18.1-23") == []


def test_a_release_may_count_as_a_failure() -> None:
    """The wait may then be the first or the second."""
    text = "p: enqueue t; a: claim t; a: release t; a: claim t; a: fail t @9-10 of=2; b: claim t "
    assert reported(text + "@11-11.9") == ["early-retry"]
    assert reported(text + "@11-12.1") == []
    assert reported(text.replace("claim t @", "claim - @") + "") == []


def test_a_failure_after_the_lease_may_have_been_ignored() -> None:
    """Then the task came back because its lease was over."""
    text = "p: enqueue t @0-1; a: claim t @2-3; a: fail t @4-%s; b: claim t @12.5-12.9"
    slow = Retry(max_attempts=3, first=100)
    assert kinds(retry, text % 11.9, retry=slow) == ["early-retry"]
    assert kinds(retry, text % 12, retry=slow) == []


def test_a_failed_task_comes_again() -> None:
    """After the longest wait and the declared resolution no claim may return empty."""
    text = FAILED + "b: claim - @%s-20; c: claim t @21-22"
    slow = partial(reported, resolution=1.0)
    assert slow(text % ("", 11.1)) == ["lost-retry"]
    assert slow(text % ("", 11)) == []
    assert slow(text % ("unknown", 11.1)) == []
    assert kinds(retry, text % ("", 11.1)) == []


def test_a_dead_task_does_not_come_again() -> None:
    """The limit counts certain failures, and the task's own limit overrides the declared one."""
    assert reported(DEAD % "" + "b: claim t @90-91") == ["delivered-dead"]
    assert reported(DEAD % "unknown" + "b: claim t @90-91") == []
    assert reported(FAILED % "" + "b: claim t @90-91") == []
    assert reported(DEAD % "" + "b: claim - @90-91") == []
    thrice = TWICE + "b: claim t @40-41; b: fail t @42-43 of=2; c: claim t @90-91"
    assert reported(thrice) == ["delivered-dead"]
    assert reported(thrice.replace("b: fail t @42-43 of=2", "b: release t @42-43 of=2")) == []


def test_a_claim_during_the_last_failure_is_legal() -> None:
    """It may come before the failure."""
    assert reported(DEAD % "" + "b: claim t @5-6") == []


def test_a_dead_task_is_listed() -> None:
    """It is in every list that was read after the last failure."""
    assert reported(DEAD % "" + "z: dead_letters @6-7") == ["missing-dead-letter"]
    assert reported(DEAD % "" + "z: dead_letters t,u @6-7") == []
    assert reported(DEAD % "" + "z: dead_letters @5-7") == []
    assert reported(DEAD % "unknown" + "z: dead_letters @6-7") == []
    assert reported(DEAD % "" + "z: dead_letters ? @6-7") == []


def test_a_task_with_attempts_left_is_not_listed() -> None:
    """A task cannot have failed more often than it was delivered."""
    assert reported(FAILED % "" + "z: dead_letters t @6-7") == ["dead-too-early"]
    assert reported(TWICE + "b: claim t @30-32; z: dead_letters t @31-33") == []
    assert reported("p: enqueue t; z: dead_letters t") == ["dead-too-early"]
    assert kinds(retry, "p: enqueue t; a: claim t; z: dead_letters t") == []
    unseen = FAILED % "" + "c: claim @1-2 batch=2 unknown; z: dead_letters t @6-7"
    assert reported(unseen) == []


def test_a_claim_of_unknown_outcome_may_be_a_failure() -> None:
    """If waits shrink, the wait may then be the next, shorter one."""
    shrinking = Retry(max_attempts=9, first=8, factor=0.5)
    text = "p: enqueue t @0-1; %s; a: claim t @2-3; a: fail t @4-5; b: claim t @8-9"
    assert kinds(retry, text % "c: claim @1- ", retry=shrinking) == []
    assert kinds(retry, text % "c: claim - @1-2", retry=shrinking) == ["early-retry"]


def test_a_task_that_may_be_two_is_left_out() -> None:
    """After a client's retry, either of two tasks may have failed."""
    twice = (FAILED % "").replace(
        "p: enqueue t @0-1", "p: enqueue t @0-1 unknown; p: enqueue t @1-2"
    )
    assert reported(twice + "b: claim t @5.1-6.9") == []


def test_only_an_ok_answer_is_a_list() -> None:
    """A busy or unknown answer lists no dead letters."""
    assert reported(DEAD % "" + "z: dead_letters @6-7 busy") == []
    assert reported(FAILED % "" + "z: dead_letters t @6-7 unknown") == []


def test_a_wait_beyond_every_float_is_the_cap() -> None:
    """Some failures later the wait overflows, and the cap with its jitter applies."""
    given = "; ".join(f"a: claim t; a: release t of={n}" for n in range(1, 9))
    text = f"p: enqueue t; {given}; b: claim t @20-20.5; b: fail t @21-21.5; c: claim "
    endless = Retry(max_attempts=10**6, first=1e300, factor=1e300, cap=5, jitter=0.2)
    overflown = partial(kinds, retry, retry=endless)
    assert overflown(text + "t @24-24.9") == ["early-retry"]
    assert overflown(text + "t @24-25") == []
    assert overflown(text + "- @27.5-28") == []
    assert overflown(text + "- @27.6-28") == ["lost-retry"]


def test_a_final_failure_is_the_last() -> None:
    """A stale one is not: another worker has the task."""
    text = "p: enqueue t @0-1; a: claim t @2-3; %sa: fail t @14-15 retry=false; %s"
    declared: dict[str, Any] = {"retry": Retry(max_attempts=5)}
    final = "p: enqueue t @0-1; a: claim t @2-3; a: fail t @4-5 retry=false; "
    assert kinds(retry, final + "b: claim - @99-100; p: dead_letters t @101-102", **declared) == []
    assert kinds(retry, final + "b: claim t @99-100", **declared) == ["delivered-dead"]
    assert kinds(retry, final + "p: dead_letters u @6-7", **declared) == ["missing-dead-letter"]
    stale = text % ("b: claim t @13.5-13.7; ", "b: fail t @16-17; b: claim t @99-100")
    assert kinds(retry, stale, **declared) == []
