"""The monitor `stuck_behind`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.model.capabilities import Order, Retry
from pytest_queuekit.monitors import stuck_behind
from pytest_queuekit.monitors.stuck_behind import PATIENCE
from tests.monitors.notation import Twins, kinds


def failures(count: int) -> str:
    """Return the history of a task that fails so often while another one waits."""
    rounds = "a: claim t; a: fail t; " * count
    return f"p: enqueue t; p: enqueue u; {rounds}a: claim u"


TWINS = (
    Twins(
        kind="stuck-behind",
        legal=failures(PATIENCE - 1),
        illegal=failures(PATIENCE),
    ),
)


def test_a_declaration_excuses_the_failing_task() -> None:
    """A limit ends its attempts, and a declared place is what the author wanted."""
    text = failures(PATIENCE)
    assert kinds(stuck_behind, text, retry=Retry(max_attempts=1000)) == []
    assert kinds(stuck_behind, text, order=Order(redelivery="head")) == []
    assert kinds(stuck_behind, text, order=Order(ties="lifo")) == []
    assert kinds(stuck_behind, text, order=Order(ties="none")) == ["stuck-behind"]


def test_a_task_that_was_enqueued_late_did_not_wait() -> None:
    """Only failures while the other task waited count."""
    assert kinds(
        stuck_behind, "p: enqueue u;" + failures(PATIENCE).replace("p: enqueue u; ", "")
    ) == ["stuck-behind"]
    late = failures(PATIENCE).replace("p: enqueue u; ", "").replace("; a: claim u", "")
    assert kinds(stuck_behind, late + "; p: enqueue u; a: claim u") == []
