"""The witness of a violation has the call that caused it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_queuekit.model.history import DURING, FORKED_FROM, TOGETHER, History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.rules.witness import complete
from tests.monitors.notation import history


def completed(observed: History, *numbers: int, kind: str = "wrong") -> tuple[Operation, ...]:
    """Return a completed witness."""
    witness = tuple(observed.operations[number] for number in numbers)
    violation = Violation(kind=kind, title="Wrong", detail="It is wrong.", witness=witness)
    return complete(violation, observed).witness


def shown(observed: History, *numbers: int, kind: str = "wrong") -> list[int]:
    """Return the numbers in a completed witness."""
    return [call.number for call in completed(observed, *numbers, kind=kind)]


def test_it_has_the_calls_on_the_task_between_its_first_and_its_last() -> None:
    """The stale completion is shown, other tasks and later calls are not."""
    observed = history(
        "p: enqueue t; p: enqueue u; a: claim t; b: claim t; a: complete t; b: claim u; c: claim t"
        "; c: complete t"
    )
    assert shown(observed, 2, 6) == [2, 3, 4, 6]


def test_it_has_a_call_that_began_before_its_first_and_ended_within() -> None:
    """The release that stopped half-way gave back the task of the next worker."""
    observed = history(
        "p: enqueue t @0-1; a: claim t @2-3; p: cancel t @4-5 refused; a: release t @6-9"
        "; b: claim t @7-8; c: claim t @10-11"
    )
    assert shown(observed, 4, 5) == [1, 3, 4, 5]


def test_where_calls_stop_half_way_it_has_each_call_that_meets_one_of_its_own() -> None:
    """A reclaim, or a claim of another task, may have put the task back; a reading did not."""
    observed = history(
        "p: enqueue t @0-1; a: claim t @2-3; k: reclaim @4-9; a: complete t @5-6; p: stats @5.5-5.7"
        "; k: claim - @10-11; c: claim t @12-13"
    )
    assert shown(observed, 3, 6) == [1, 3, 6]
    assert shown(replace(observed, driver="interleaved"), 3, 6) == [1, 2, 3, 6]


@pytest.mark.parametrize("kind", ["delivered-dead", "missing-dead-letter", "wrong-count"])
def test_a_proof_of_a_spent_task_has_its_whole_life(kind: str) -> None:
    """The options of the enqueue and each failure count; other tasks do not."""
    observed = history(
        "p: enqueue t max_attempts=2; p: enqueue u; a: claim t; a: fail t; a: claim u; a: claim t"
        "; a: fail t; a: claim t"
    )
    assert shown(observed, 6, 7, kind=kind) == [0, 2, 3, 5, 6, 7]


def test_it_has_the_claim_of_a_stale_acknowledgement() -> None:
    """Without it, the worker seems to fail a task that it never had."""
    observed = history("p: enqueue t; a: claim t; b: claim t; a: fail t; c: claim t")
    assert shown(observed, 2, 4) == [1, 2, 3, 4]


def test_it_has_the_backup_in_whose_copy_the_run_went_on() -> None:
    """Every task is in the copy, or should be."""
    observed = history("k: backup; p: enqueue t; p: stats; k: backup; k: backup; z: claim -")
    assert shown(observed, 1, 5) == [1, 3, 5]


def test_a_call_without_a_task_is_preceded_by_the_last_changes() -> None:
    """A claim that raises is not its own cause; reads and empty claims change nothing."""
    observed = history(
        "p: enqueue t key=k; a: claim t; a: fail t; p: enqueue u key=k; p: stats; a: claim -"
        "; a: claim unknown"
    )
    assert shown(observed, 6) == [0, 1, 2, 3, 6]


def test_a_single_call_is_preceded_by_those_on_its_task() -> None:
    """From the enqueue on."""
    observed = history("p: enqueue t; p: enqueue u; a: claim t; a: complete t unknown")
    assert shown(observed, 3) == [0, 2, 3]


def test_a_long_witness_keeps_its_own_calls_and_the_latest_others() -> None:
    """A report shows twelve."""
    rounds = "; a: claim t; a: release t" * 10
    observed = history(f"p: enqueue t{rounds}; b: claim t")
    numbers = shown(observed, 0, 21)
    assert numbers == [0, *range(11, 22)]


def test_a_long_life_keeps_its_enqueue() -> None:
    """Its options explain the rest."""
    rounds = "; a: claim t; a: fail t" * 10
    observed = history(f"p: enqueue t max_attempts=10{rounds}; b: claim t")
    assert shown(observed, 20, 21, kind="delivered-dead") == [0, *range(11, 22)]


def test_an_empty_witness_stays_empty() -> None:
    """There is nothing to complete."""
    assert shown(history("p: enqueue t")) == []


@pytest.mark.parametrize(
    ("kept", "missing"),
    [
        ("order-1", "Order-1"),
        ("order-1", "order-1\\n"),
        ("order-1", "order-01"),
        ("1.0", "1"),
        ("strasse", "straße"),
        ("é", "e\u0301"),
        ("k" * 400, "k" * 401),
    ],
)
def test_a_missing_task_is_shown_with_the_one_whose_key_is_taken_for_its_own(
    kept: str, missing: str
) -> None:
    """The key is equal after a usual conversion, and that task came."""
    observed = history(
        f'p: enqueue s key="none"; p: enqueue t key="{kept}"; p: enqueue u key="{missing}"'
        "; z: claim t; z: claim s; z: claim -"
    )
    for kind in ("lost", "keyed-lost", "turned-away"):
        assert shown(observed, 2, 5, kind=kind) == [1, 2, 5]
    assert shown(observed, 2, 5, kind="wrong") == [2, 5]


def test_the_key_that_was_taken_for_another_one_is_the_nearest_of_a_task_that_came() -> None:
    """A queue that strips blanks takes the second key for the third, and not the first key."""
    observed = history(
        'p: enqueue t key="Order-1"; p: enqueue u key="order-1"; p: enqueue v key="order-1\\n"'
        "; z: claim t; z: claim u; z: claim -"
    )
    assert shown(observed, 2, 5, kind="lost") == [1, 2, 5]
    replaced = history(
        'p: enqueue t key="order-1"; p: enqueue u key="ORDER-1"; z: claim u; z: claim -'
    )
    assert shown(replaced, 0, 3, kind="lost") == [0, 1, 3]


@pytest.mark.parametrize("kind", ["linear-cost", "worse-than-linear", "files-grow", "memory-grows"])
def test_a_comparison_of_measured_calls_has_no_others(kind: str) -> None:
    """The calls that refill the queue between them prove nothing."""
    observed = history(
        "p: enqueue t; p: claim t; p: complete t; p: enqueue t; p: claim t; p: enqueue t"
        "; p: claim t"
    )
    assert shown(observed, 1, 6, kind=kind) == [1, 6]


def test_an_opening_that_may_have_done_the_damage_is_shown() -> None:
    """It lies after the last call that was right; one before that call did nothing wrong."""
    observed = history(
        "p: open; p: enqueue t; q: open; a: open; a: claim t; b: open; b: claim t; c: open"
    )
    assert shown(observed, 1, 4, 6) == [1, 4, 5, 6]
    raised = history("p: enqueue t; a: open; a: claim unknown")
    assert shown(raised, 2) == [0, 1, 2]


def test_an_opening_after_the_end_of_the_work_is_shown_for_a_successor_only() -> None:
    """The stale completion is the cause, unless a restart came between; its close is shown too."""
    stale = "p: enqueue t; a: claim t; b: claim t; a: complete t; {}; z: claim -"
    assert shown(history(stale.format("z: open")), 0, 5) == [0, 1, 2, 3, 5]
    again = stale.format("b: close; y: open; b': open")
    assert shown(history(again), 0, 7) == [0, 1, 2, 3, 4, 6, 7]


def test_a_call_of_a_batch_has_the_tasks_of_the_whole_batch() -> None:
    """The task in a proof was not alone."""
    observed = history(
        "p: enqueue t @0-1 batch=2 key=k; p: enqueue u @0-1 batch=2; p: enqueue v @2-3"
        "; a: claim u @4-5 batch=2; a: claim v @4-5 batch=2; b: claim u @6-7"
    )
    calls = completed(observed, 1, 3, 5)
    assert [call.arguments.get(TOGETHER) for call in calls] == [
        ["t (key=k)", "u"],
        ["u", "v"],
        None,
    ]


def test_a_kill_has_the_call_that_it_cut_off() -> None:
    """That call may be none of the proof's: nobody knows its task."""
    observed = history(
        "p: enqueue t; a: claim @1-; a: kill @2-2; b: enqueue u @3- batch=2"
        "; b: enqueue v @3- batch=2; b: kill @4-4; c: claim t @5-6; c: kill @7-7; d: claim t @8-9"
    )
    kills = [call.arguments for call in completed(observed, 2, 5, 7) if call.verb is Verb.KILL]
    assert kills == [{DURING: "claim"}, {DURING: "enqueue_many"}, {}]


def test_a_call_of_a_forked_process_names_its_parent() -> None:
    """A task may be lost because its process works on the instance of another one."""
    observed = history('p: enqueue s forks="child"; child: enqueue t; z: claim -')
    assert [call.arguments.get(FORKED_FROM) for call in completed(observed, 1, 2)] == ["p", None]


def test_a_call_of_a_forked_process_has_the_end_of_its_parent() -> None:
    """The parent closed the instance that both have, before the call or after it."""
    early = history('p: enqueue s forks="child"; p: close; child: enqueue t; z: claim -')
    assert shown(early, 2, 3) == [1, 2, 3]
    late = history('p: enqueue s forks="child"; child: enqueue t; p: close; z: claim -')
    assert shown(late, 1, 3) == [1, 2, 3]
    other = history('p: enqueue s forks="child"; q: close; q: enqueue t; z: claim -')
    assert shown(other, 2, 3) == [2, 3]


def test_it_has_the_step_of_the_clock_between_its_calls() -> None:
    """A step concerns every task."""
    text = "p: enqueue t; p: enqueue u%s; p: enqueue v; a: claim -"
    assert shown(history(text % " clock_set=-3600"), 0, 3) == [0, 1, 3]
    assert shown(history(text % ""), 0, 3) == [0, 3]
