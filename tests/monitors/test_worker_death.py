"""The monitor `worker_death`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.model.capabilities import Capability, Retry
from pytest_queuekit.monitors import stats, worker_death
from tests.monitors.notation import Twins, contract, kinds

ONCE = Retry(max_attempts=1)
TWINS = (
    Twins(
        kind="death-hidden",
        legal="p: enqueue t @0-1; a: claim t @2-3; b: claim - @13-14; k: dead_letters @15-16",
        illegal="p: enqueue t @0-1; a: claim t @2-3; b: claim - @13.1-14; k: dead_letters @15-16",
        declared={"retry": ONCE},
    ),
)

KIND = ["death-hidden"]
TEXT = "p: enqueue t @0-1 %s; a: claim t @2-3; %s; b: claim - @%s; k: dead_letters %s @40-41"
QUIET = "q: claim - @4-5"


def test_a_listed_task_is_not_hidden() -> None:
    """A payload that the kit does not recognise may be the task's."""
    assert kinds(worker_death, TEXT % ("", QUIET, "20-21", ""), retry=ONCE) == KIND
    assert kinds(worker_death, TEXT % ("", QUIET, "20-21", "t"), retry=ONCE) == []
    assert kinds(worker_death, TEXT % ("", QUIET, "20-21", "?"), retry=ONCE) == []


def test_only_a_single_attempt_that_nobody_ended_is_judged() -> None:
    """With a second attempt, the task must come again, and `expiry` judges that."""
    many = Retry(max_attempts=2)
    assert kinds(worker_death, TEXT % ("", QUIET, "20-21", ""), retry=many) == []
    assert kinds(worker_death, TEXT % ("max_attempts=1", QUIET, "20-21", ""), retry=many) == KIND
    for said in ("a: complete t @5-6", "a: fail t @5-", "p: cancel t @5-6", "c: claim t @13-14"):
        assert kinds(worker_death, TEXT % ("", said, "20-21", ""), retry=ONCE) == []
    refused = TEXT % ("", "a: complete t @15-16 refused", "20-21", "")
    assert kinds(worker_death, refused, retry=ONCE) == KIND


def test_the_empty_claim_must_prove_that_the_task_does_not_come_again() -> None:
    """A full group, other capabilities and a claim of unknown outcome prove nothing."""
    for options, quiet in (
        ("group=1", QUIET),
        ('capabilities={"region":"EU"}', QUIET),
        ("", "q: claim - @4-"),
    ):
        assert kinds(worker_death, TEXT % (options, quiet, "20-21", ""), retry=ONCE) == []


def test_the_queue_must_have_noticed_the_death() -> None:
    """By its call `reclaim` if it has one, and after the wait that a failure has."""
    able = contract(retry=ONCE).capabilities | {Capability.RECLAIM}
    text = TEXT % ("", "k: reclaim @%s", "20-21", "")
    assert kinds(worker_death, text % "13.1-14", retry=ONCE, capabilities=able) == KIND
    assert kinds(worker_death, text % "13-14", retry=ONCE, capabilities=able) == []
    slow = Retry(max_attempts=1, first=5)
    assert kinds(worker_death, TEXT % ("", QUIET, "20-21", ""), retry=slow) == []
    noticed = TEXT % ("", "q: claim - @14-14.5", "20-21", "")
    assert kinds(worker_death, noticed, retry=slow) == KIND


def test_such_a_task_counts_as_dead() -> None:
    """It is neither held by its dead worker nor gone."""
    text = TEXT % ("", QUIET, "20-21", "t") + "; k: stats @42-43 %s"
    assert kinds(stats, text % "dead=1", retry=ONCE) == []
    assert kinds(stats, text % "dead=0", retry=ONCE) == ["wrong-count"]
    assert kinds(stats, text % "leased=1", retry=ONCE) == ["wrong-count"]
