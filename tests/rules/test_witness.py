"""The witness of a violation has the call that caused it."""

from __future__ import annotations

from pytest_queuekit.model.history import History
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.rules.witness import complete
from tests.monitors.notation import history


def shown(observed: History, *numbers: int) -> list[int]:
    """Return the numbers in a completed witness."""
    witness = tuple(observed.operations[number] for number in numbers)
    violation = Violation(kind="wrong", title="Wrong", detail="It is wrong.", witness=witness)
    return [call.number for call in complete(violation, observed).witness]


def test_it_has_the_calls_on_the_task_between_its_first_and_its_last() -> None:
    """The stale completion is shown, other tasks and later calls are not."""
    observed = history(
        "p: enqueue t; p: enqueue u; a: claim t; b: claim t; a: complete t; b: claim u; c: claim t"
        "; c: complete t"
    )
    assert shown(observed, 2, 6) == [2, 3, 4, 6]


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


def test_an_empty_witness_stays_empty() -> None:
    """There is nothing to complete."""
    assert shown(history("p: enqueue t")) == []
