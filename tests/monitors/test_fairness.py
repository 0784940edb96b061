"""The monitor `fairness`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.monitors import fairness
from tests.monitors.notation import Twins, contract, history, kinds


def _history(own: int, others: int) -> str:
    """Return a history in which `a` and `b` claim in turn and receive `own` and `others` tasks."""
    lines = ["a: claim -"]
    lines += [f"b: claim t{n}" for n in range(others)]
    lines += [f"a: claim u{n}" for n in range(own)]
    return ";".join(lines)


TWINS = (Twins(kind="starved", legal=_history(2, 38), illegal=_history(1, 39)),)


def test_a_tenth_of_an_even_share_is_enough() -> None:
    """Two workers and 40 tasks: an even share is 20, a tenth of it 2."""
    (violation,) = fairness(history(_history(1, 39)), contract())
    assert violation.title == "Worker starved"
    assert violation.detail == (
        "`a` received 1 of the 40 tasks that 2 workers claimed after it started at 0.000-0.500 s."
    )


def test_few_tasks_prove_nothing() -> None:
    """An even share below 20 tasks is too small."""
    assert kinds(fairness, _history(0, 39)) == []
    assert kinds(fairness, _history(0, 40)) == ["starved"]


def test_only_deliveries_after_the_first_claim_count() -> None:
    """A worker that starts late has missed the tasks before."""
    before = ";".join(f"b: claim t{n}" for n in range(60))
    assert kinds(fairness, f"{before}; a: claim -") == []
