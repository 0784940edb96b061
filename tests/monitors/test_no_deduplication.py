"""The monitor `no_deduplication`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.monitors.no_deduplication import no_deduplication
from tests.monitors.notation import Twins, kinds

TWINS = (
    Twins(
        kind="merged",
        legal="p: enqueue t; p: enqueue t; a: claim t; a: claim t; a: claim -",
        illegal="p: enqueue t; p: enqueue t; a: claim t; a: claim -",
        drained=True,
    ),
)

KIND = ["merged"]
TWO = "p: enqueue t @0-1; p: enqueue t @2-3 %s; a: claim t @4-5; a: claim %s @6-7; a: claim - @8-9"


def test_equal_payloads_come_as_often_as_they_were_enqueued() -> None:
    """Only enqueues that were accepted for certain count."""
    assert kinds(no_deduplication, TWO % ("ok", "t"), drained=True) == []
    assert kinds(no_deduplication, TWO % ("ok", "-"), drained=True) == KIND
    for outcome in ("refused", "busy", "unknown"):
        assert kinds(no_deduplication, TWO % (outcome, "-"), drained=True) == []


def test_only_an_empty_queue_has_merged_tasks() -> None:
    """Otherwise a task may still wait, or a claim without an answer may have taken it."""
    assert kinds(no_deduplication, TWO % ("ok", "-")) == []
    unknown = "; b: claim @6-7 unknown"
    assert kinds(no_deduplication, TWO % ("ok", "-") + unknown, drained=True) == []


def test_a_key_or_a_cancel_may_have_kept_a_task_out() -> None:
    """Both are reasons for a task not to come."""
    keyed = (TWO % ("ok", "-")).replace("2-3", "2-3 key=k")
    assert kinds(no_deduplication, keyed, drained=True) == []
    assert kinds(no_deduplication, TWO % ("ok", "-") + "; p: cancel t @3-4", drained=True) == []
