"""The monitor `purged`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.model.capabilities import Guarantee
from pytest_queuekit.monitors import purged
from tests.monitors.notation import Twins, kinds

TWINS = (
    Twins(
        kind="not-purged",
        legal="a: claim t; a: complete t; z: purge; z: stats completed=0",
        illegal="a: claim t; a: complete t; z: purge; z: stats completed=1",
    ),
)

TEXT = "a: claim t @2-3; a: complete t @4-5 %s; z: purge @6-7 %s; z: stats @8-9 completed=%d"


def test_a_purge_leaves_no_completed_task() -> None:
    """A task that was completed before the purge is not counted after it."""
    assert kinds(purged, TEXT % ("", "", 1)) == ["not-purged"]
    assert kinds(purged, TEXT % ("", "", 0)) == []
    assert kinds(purged, TEXT % ("", "refused", 1)) == []
    assert kinds(purged, (TEXT % ("", "", 1)).replace("@8-9", "@7-9")) == []


def test_a_later_completion_is_kept() -> None:
    """So is one that overlaps the purge, or may still take effect."""
    assert kinds(purged, (TEXT % ("", "", 1)).replace("@4-5", "@4-6")) == []
    assert kinds(purged, TEXT % ("unknown", "", 1)) == []
    assert kinds(purged, "p: cancel u @0-1; " + TEXT % ("", "", 1)) == []


def test_at_most_once_a_delivery_may_count_as_completion() -> None:
    """Then the count says nothing about the purge."""
    text = "z: purge @0-1; a: claim t @2-3; z: stats @8-9 completed=1"
    assert kinds(purged, text) == ["not-purged"]
    assert kinds(purged, text, guarantee=Guarantee.AT_MOST_ONCE) == []
