"""The monitor `purged`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.model.capabilities import Guarantee
from pytest_queuekit.monitors import purged
from tests.monitors.notation import kinds

TOLD = "a: claim t @2-3; a: complete t @4-5 %s; z: purge @6-7 %s; z: stats @8-9 completed=%d"


def test_a_purge_leaves_nothing_completed() -> None:
    """What was completed before it is not counted after it."""
    assert kinds(purged, TOLD % ("", "", 1)) == ["not-purged"]
    assert kinds(purged, TOLD % ("", "", 0)) == []
    assert kinds(purged, TOLD % ("", "refused", 1)) == []
    assert kinds(purged, (TOLD % ("", "", 1)).replace("@8-9", "@7-9")) == []


def test_what_is_completed_later_is_left() -> None:
    """During the purge, or perhaps after it."""
    assert kinds(purged, (TOLD % ("", "", 1)).replace("@4-5", "@4-6")) == []
    assert kinds(purged, TOLD % ("unknown", "", 1)) == []
    assert kinds(purged, "p: cancel u @0-1; " + TOLD % ("", "", 1)) == []


def test_at_most_once_a_delivery_may_count_as_completion() -> None:
    """So the count says nothing about the purge."""
    told = "z: purge @0-1; a: claim t @2-3; z: stats @8-9 completed=1"
    assert kinds(purged, told) == ["not-purged"]
    assert kinds(purged, told, guarantee=Guarantee.AT_MOST_ONCE) == []
