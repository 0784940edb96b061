"""The monitor `batches`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.monitors import batches
from tests.monitors.notation import Twins, kinds

TWINS = (
    Twins(
        kind="over-limit",
        legal="a: claim t @2-3 batch=2; a: claim u @2-3 batch=2",
        illegal="a: claim t @2-3 batch=1; a: claim u @2-3 batch=1",
    ),
)


def test_a_batch_keeps_to_its_limit() -> None:
    """The operations of one batch share their actor and interval."""
    lines = [f"a: claim t{n} @2-3 batch=2" for n in range(3)]
    assert kinds(batches, ";".join(lines)) == ["over-limit"]
    assert kinds(batches, ";".join(lines[:2])) == []
    assert kinds(batches, ";".join([*lines[:2], "a: claim t @3-4 batch=2"])) == []
    assert kinds(batches, ";".join([*lines[:2], "b: claim t @2-3 batch=2"])) == []
    assert kinds(batches, "a: claim - @2-3 batch=0") == []
