"""The monitor `stats`: legal histories beside their illegal twins."""

from __future__ import annotations

from functools import partial
from typing import Any

from pytest_queuekit.model.capabilities import Capability, Guarantee, Retry
from pytest_queuekit.monitors import stats
from tests.monitors.notation import Twins, contract, history, kinds

TWINS = (
    Twins(
        kind="wrong-count",
        legal="p: enqueue t @0-1; p: enqueue u @2-4; a: stats @4-5 queued=1",
        illegal="p: enqueue t @0-1; p: enqueue u @2-3; a: stats @4-5 queued=1",
    ),
)

reported = partial(kinds, stats)
WRONG = ["wrong-count"]


def test_a_waiting_task_is_counted() -> None:
    """The count lies between the certain and the possible tasks."""
    text = "p: enqueue t @0-1; p: enqueue u @2-%s; a: stats @4-5 queued=%d"
    assert [reported(text % (3, count)) for count in (0, 1, 2, 3)] == [WRONG, WRONG, [], WRONG]
    assert [reported(text % (4, count)) for count in (0, 1, 2, 3)] == [WRONG, [], [], WRONG]


def test_the_title_tells_too_few_from_too_many() -> None:
    """They have different causes, and a report shows a proof of each cause."""
    text = "p: enqueue t; p: enqueue u; a: stats queued=%d"
    titles = [stats(history(text % count), contract())[0].title for count in (1, 3)]
    assert titles == ["Too few queued tasks counted", "Too many queued tasks counted"]


def test_an_enqueue_of_unknown_outcome_may_count() -> None:
    """Both counts are legal; refused and busy enqueues do not count."""
    text = "p: enqueue t %s; a: stats queued=%d"
    assert [reported(text % ("unknown", count)) for count in (0, 1, 2)] == [[], [], WRONG]
    assert [reported(text % ("refused", count)) for count in (0, 1)] == [[], WRONG]
    batch = "p: enqueue @0- batch=3; a: stats queued=%d"
    assert [reported(batch % count) for count in (0, 3, 4)] == [[], [], WRONG]


def test_delayed_tasks_are_queued() -> None:
    """So are tasks with a key that no other task shares."""
    assert reported("p: enqueue t delay=99 key=k; a: stats queued=1 leased=0") == []
    assert reported("p: enqueue t delay=99 key=k; a: stats queued=0") == WRONG
    shared = "p: enqueue t key=k; p: enqueue u key=k; a: stats queued=%d"
    assert [reported(shared % count) for count in (1, 2, 3)] == [[], [], WRONG]


def test_a_held_task_is_leased() -> None:
    """After its lease it may be leased or queued."""
    text = "p: enqueue t @0-1; a: claim t @2-3; a: stats @%s queued=%d leased=%d"
    assert reported(text % ("4-11.9", 0, 1)) == []
    assert reported(text % ("4-11.9", 1, 0)) == WRONG * 2
    assert reported(text % ("4-13", 1, 0)) == []
    assert reported(text % ("2-3", 1, 0)) == []


def test_at_most_once_a_delivered_task_may_be_forgotten() -> None:
    """It is certainly not queued."""
    text = "p: enqueue t; a: claim t; a: stats queued=%d leased=%d completed=%d"
    once = partial(reported, guarantee=Guarantee.AT_MOST_ONCE)
    assert [once(text % counts) for counts in ((0, 0, 0), (0, 1, 0), (0, 0, 1))] == [[], [], []]
    assert once(text % (1, 0, 0)) == WRONG
    able = contract().capabilities - {Capability.COMPLETE}
    assert reported(text % (0, 0, 0), capabilities=able) == []


def test_a_completed_task_is_counted_until_a_purge() -> None:
    """From the purge's start it may be gone."""
    text = "p: enqueue t @0-1; a: claim t @2-3; a: complete t @4-5 %s; %s; a: stats @8-9 %s"
    assert reported(text % ("", "q: claim - @6-7", "completed=1 leased=0 queued=0")) == []
    assert reported(text % ("", "q: claim - @6-7", "completed=0")) == WRONG
    assert reported(text % ("", "q: purge @6-7", "completed=0")) == []
    assert reported(text % ("", "q: purge @6-7", "queued=1")) == WRONG
    assert reported(text % ("", "q: purge @9.5-10", "completed=0")) == WRONG
    assert reported(text % ("", "q: purge @3-7", "completed=0")) == []
    assert reported(text % ("unknown", "q: claim - @6-7", "completed=0 leased=1")) == []


def test_a_task_that_failed_for_the_last_time_is_dead() -> None:
    """Before that it is queued, even while it waits to be retried."""
    text = "p: enqueue t; a: claim t; a: fail t; a: stats dead=%d queued=%d"
    assert reported(text % (1, 0), retry=Retry(max_attempts=1)) == []
    assert reported(text % (0, 1), retry=Retry(max_attempts=1)) == WRONG * 2
    assert reported(text % (0, 1), retry=Retry(max_attempts=2, first=99)) == []
    assert reported(text % (1, 0), retry=Retry(max_attempts=2, first=99)) == WRONG * 2


def test_a_cancelled_task_is_not_queued() -> None:
    """It may count as completed, as dead, or not at all."""
    text = "p: enqueue t; p: cancel t %s; a: stats %s"
    assert reported(text % ("", "queued=1")) == WRONG
    assert reported(text % ("", "leased=1")) == WRONG
    assert reported(text % ("", "dead=1 queued=0")) == []
    assert reported(text % ("", "completed=1")) == []
    assert reported(text % ("unknown", "queued=1")) == []
    assert reported("q: claim @0-; " + text % ("", "leased=1")) == []


def test_a_claim_of_unknown_outcome_may_have_taken_a_task() -> None:
    """The task may be queued, leased or gone."""
    text = "p: enqueue t; p: enqueue u; q: claim unknown; a: stats queued=%d leased=%d"
    assert [reported(text % counts) for counts in ((2, 0), (1, 1), (1, 0))] == [[], [], []]
    assert reported(text % (0, 2)) == WRONG * 2


def test_overlapping_deliveries_have_no_order() -> None:
    """The state of their task is unknown."""
    text = "p: enqueue t @0-1; a: claim t @2-4; b: claim t @3-5; a: stats @6-7 leased=%d queued=%d"
    assert reported(text % (0, 1)) == []
    assert reported((text % (0, 1)).replace("@3-5", "@4.5-5")) == WRONG * 2


def test_a_missing_count_is_not_wrong() -> None:
    """Each count is judged alone, and only whole numbers are."""
    assert reported("p: enqueue t; a: stats dead=0") == []
    assert reported("p: enqueue t; a: stats queued=null") == []
    assert reported("p: enqueue t; a: stats queued=0 busy") == []


def test_a_count_that_is_too_low_is_shown_with_some_tasks_that_it_should_have() -> None:
    """The latest three are enough."""
    lines = ";".join([*(f"p: enqueue t{n}" for n in range(9)), "a: stats queued=8"])
    (violation,) = stats(history(lines), contract())
    assert violation.detail == (
        "`a` read queued=8 at 9.000-9.500 s. The correct count is exactly 9. At that time, "
        "t6 was queued (enqueued by `p` at 6.000-6.500 s), "
        "t7 was queued (enqueued by `p` at 7.000-7.500 s), "
        "t8 was queued (enqueued by `p` at 8.000-8.500 s)."
    )
    assert [operation.verb for operation in violation.witness] == ["enqueue"] * 3 + ["stats"]


def test_a_count_that_is_too_high_is_shown_with_the_tasks_that_it_should_not_have() -> None:
    """The failure that killed t explains the count; the task that waits does not."""
    text = "p: enqueue t; p: enqueue u; a: claim t; a: fail t; a: stats queued=2"
    (violation,) = stats(history(text, lease=10), contract(retry=Retry(max_attempts=1)))
    assert violation.detail.endswith("At that time, t was dead (failed by `a` at 3.000-3.500 s).")
    assert [operation.number for operation in violation.witness] == [3, 4]


def test_a_count_of_more_tasks_than_exist_is_shown_with_those_that_do() -> None:
    """No task was in another state."""
    (violation,) = stats(history("p: enqueue t; a: stats queued=2"), contract())
    assert [operation.number for operation in violation.witness] == [0, 1]


def test_queued_tasks_wait_or_are_ready() -> None:
    """A delay may end up to the resolution late, so that between both moments either is right."""
    text = "p: enqueue t @0-1 delay=10; a: stats @%s queued=1 ready=%d waiting=%d"
    declared: dict[str, Any] = {"resolution": 1.0}
    for at, ready in (("2-9.9", 0), ("12.1-13", 1)):
        assert reported(text % (at, ready, 1 - ready), **declared) == []
        assert reported(text % (at, 1 - ready, ready), **declared) == WRONG * 2
    for ready in (0, 1):
        assert reported(text % ("10-11", ready, 1 - ready), **declared) == []
    assert reported("p: enqueue t @0-1; a: stats @2-3 ready=0") == WRONG
    assert reported("p: enqueue t @0-1; a: claim t @2-3; a: stats @4-5 waiting=1") == WRONG


def test_a_failed_task_waits_until_its_retry() -> None:
    """A released task is ready at once."""
    text = "p: enqueue t @0-1; a: claim t @2-3; a: %s t @4-5; a: stats @6-7 ready=%d waiting=%d"
    declared: dict[str, Any] = {"retry": Retry(max_attempts=3, first=5)}
    assert reported(text % ("fail", 0, 1), **declared) == []
    assert reported(text % ("fail", 1, 0), **declared) == WRONG * 2
    assert reported(text % ("release", 1, 0), **declared) == []
    assert reported(text % ("release", 0, 1), **declared) == WRONG * 2
