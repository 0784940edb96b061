"""The monitor `no_false_empty`: legal histories beside their illegal twins."""

from __future__ import annotations

from functools import partial

from pytest_queuekit.model.capabilities import Retry
from pytest_queuekit.monitors import no_false_empty
from tests.monitors.notation import Twins, contract, history, kinds

TWINS = (
    Twins(
        kind="said-empty",
        legal="p: enqueue t @0-4; a: claim - @4-6",
        illegal="p: enqueue t @0-3; a: claim - @4-6",
    ),
)

reported = partial(kinds, no_false_empty)
EMPTY = ["said-empty"]


def test_empty_means_that_nothing_waits() -> None:
    """The task must wait from before the claim until after it."""
    text = "p: enqueue t @0-%s; a: claim - @4-6; b: claim t @%s-8"
    assert reported(text % (3, 7)) == EMPTY
    assert reported(text % (4, 7)) == []
    assert reported(text % (3, 6)) == []
    assert reported("p: enqueue t @0-1; a: claim - @4-6") == EMPTY
    assert reported("p: enqueue t @0-1 unknown; a: claim - @4-6") == []


def test_tasks_may_take_turns() -> None:
    """At each moment of the claim some task waited."""
    text = "p: enqueue t @0-1; q: enqueue u @2-%s; a: claim - @4-9; b: claim t @7-8; b: claim u @%s"
    assert reported(text % (6, "10-11")) == EMPTY
    assert reported(text % (7, "10-11")) == []
    assert reported(text % (6, "9-11")) == []


def test_a_delayed_task_waits_once_it_is_due() -> None:
    """It is due after its delay and the declared resolution."""
    text = "p: enqueue t @0-1 delay=5; a: claim - @%s-9"
    assert reported(text % 7.1, resolution=1.0) == EMPTY
    assert reported(text % 7, resolution=1.0) == []


def test_busy_is_not_empty() -> None:
    """Busy and refused claims say nothing about waiting tasks."""
    assert reported("p: enqueue t; a: claim - busy") == []
    assert reported("p: enqueue t; a: claim - refused") == []


def test_a_task_for_others_does_not_wait_for_this_worker() -> None:
    """A worker without capabilities may suit no task that needs some."""
    text = 'p: enqueue t capabilities={"region":"EU"}; a: claim - %s'
    assert reported(text % 'capabilities={"region":"EU"}') == EMPTY
    assert reported(text % 'capabilities={"region":["US","EU"]}') == EMPTY
    assert reported(text % 'capabilities={"region":"US"}') == []
    assert reported(text % 'capabilities={"zone":"EU"}') == []
    assert reported(text % "") == []
    assert reported('p: enqueue t; a: claim - capabilities={"region":"EU"}') == EMPTY


def test_a_released_task_waits_again() -> None:
    """It waits from the release's end to the next claim; a late release may have been ignored."""
    text = "p: enqueue t @0-1; a: claim t @2-3; a: release t @4-%s; b: claim - @7-8; c: claim t @%s"
    assert reported(text % (6, "9-10")) == EMPTY
    assert reported(text % (7, "9-10")) == []
    assert reported(text % (6, "8-10")) == []
    assert (
        reported("p: enqueue t @0-1; a: claim t @2-3; a: release t @11-13; b: claim - @14-15") == []
    )


def test_a_release_may_be_the_last_attempt() -> None:
    """A queue may count a release as an attempt."""
    text = "p: enqueue t; a: claim t; a: release t; b: claim -"
    assert reported(text, retry=Retry(max_attempts=1)) == []
    assert reported(text, retry=Retry(max_attempts=2)) == EMPTY
    again = text.replace("b: claim -", "a: claim t; a: release t of=2; b: claim -")
    able = contract(retry=Retry(max_attempts=1)).capabilities
    assert reported(again) == EMPTY
    assert reported(again, capabilities=able) == []  # the queue knows failure without a limit


def test_claims_of_unknown_outcome_take_a_task_each() -> None:
    """Two waiting tasks and one such claim leave one task for certain."""
    text = "p: enqueue t @0-1; %s; c: claim @4- %s; a: claim - @6-7"
    assert reported(text % ("q: enqueue u @0-1", "")) == EMPTY
    assert reported(text % ("q: enqueue u @0-1", "batch=2")) == []
    assert reported(text % ("q: claim - @0-1", "")) == []
    assert reported(text.replace("@4-", "@8-") % ("q: claim - @0-1", "")) == EMPTY


def test_claims_of_unknown_outcome_may_be_attempts() -> None:
    """Such a claim and a release may have used up both attempts of a task."""
    text = "p: enqueue t; p: enqueue u; a: claim t; a: release t; c: claim %s; a: claim - @20-21"
    assert reported(text % "unknown", retry=Retry(max_attempts=3)) == EMPTY
    assert reported(text % "unknown", retry=Retry(max_attempts=2)) == []
    assert reported(text % "busy", retry=Retry(max_attempts=2)) == EMPTY


def test_a_task_that_may_be_gone_does_not_wait() -> None:
    """It may be cancelled, or kept out by another task of its key."""
    text = "p: enqueue t key=k; p: %s; a: claim -"
    assert reported(text % "cancel t") == []
    assert reported("p: enqueue t; p: cancel t; a: claim -; p: cancel t") == []
    assert reported(text % "cancel t refused") == EMPTY
    assert reported(text % "enqueue u key=k") == []
    assert reported(text % "enqueue u key=l unknown") == EMPTY


def test_the_proof_is_the_fewest_tasks() -> None:
    """The witness contains the task that waited longest, with its claim."""
    lines = "p: enqueue t; p: enqueue u; a: claim -; b: claim u; b: claim t"
    (violation,) = no_false_empty(history(lines), contract())
    assert [operation.number for operation in violation.witness] == [0, 2, 4]


def test_a_clock_that_was_set_back_hides_what_came_before() -> None:
    """For as long as it was set back; what comes after is due at once."""
    text = "p: enqueue t @0-1; p: purge @2-3 clock_set=%s; a: claim - @%s"
    assert reported(text % (-10, "4-5")) == []
    assert reported(text % (-10, "10-12")) == []
    assert reported(text % (-10, "12-13")) == EMPTY
    assert reported(text % (10, "4-5")) == EMPTY
    assert reported("p: purge @0-1 clock_set=-10; p: enqueue t @2-3; a: claim - @4-5") == EMPTY


def test_a_claim_before_the_clock_was_set_counts() -> None:
    """The task was there until then, and after as long again."""
    text = "p: enqueue t @0-1; a: claim - @%s; p: purge @6-7 clock_set=-10"
    assert reported(text % "2-3") == EMPTY
    assert reported(text % "6-8") == []


def test_a_delay_that_a_step_meets_lasts_longer() -> None:
    """It ends by the clock; one that was over before the step begins no new wait."""
    text = "p: enqueue t @0-1 delay=5; p: purge @%s clock_set=-10; a: claim - @%s"
    assert reported(text % ("2-3", "7-15"), resolution=0.0) == []
    assert reported(text % ("2-3", "17-18"), resolution=0.0) == EMPTY
    assert reported(text % ("7-8", "9-10"), resolution=0.0) == []
    assert reported(text % ("7-8", "17-18"), resolution=0.0) == EMPTY
