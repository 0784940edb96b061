"""The monitor `lease_kept`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.model.capabilities import Guarantee, Liveness
from pytest_queuekit.monitors import lease_kept
from tests.monitors.notation import Twins, kinds

TWINS = (
    Twins(
        kind="holder-refused",
        legal="p: enqueue t @0-1; a: claim t @2-3; a: complete t @4-12 refused",
        illegal="p: enqueue t @0-1; a: claim t @2-3; a: complete t @4-11.9 refused",
    ),
)

REFUSED = ["holder-refused"]


def test_an_acknowledgement_within_the_lease_is_accepted() -> None:
    """A refusal is legal once the lease may be over."""
    text = "p: enqueue t @0-1; a: claim t @2-3; a: %s t @4-%s refused"
    for verb in ("complete", "fail", "release", "extend"):
        assert kinds(lease_kept, text % (verb, 11.9)) == REFUSED
        assert kinds(lease_kept, text % (verb, 12)) == []
    assert kinds(lease_kept, text % ("complete", 99), liveness=Liveness.NONE, lease=None) == REFUSED


def test_an_extended_lease_is_kept() -> None:
    """The extension counts from its start; one of unknown outcome may have changed the token."""
    text = "p: enqueue t @0-1; a: claim t @2-3; a: extend t @8-9 seconds=10 %s; "
    late = "a: complete t @15-17.9 refused"
    assert kinds(lease_kept, text % "ok" + late) == REFUSED
    assert kinds(lease_kept, text % "busy" + late) == []
    assert kinds(lease_kept, text % "unknown" + "a: complete t @9.5-9.9 refused") == []


def test_a_second_acknowledgement_may_be_refused() -> None:
    """So may one after a cancel, if the first or the cancel may have counted."""
    text = "p: enqueue t; a: claim t; %s; a: complete t refused"
    assert kinds(lease_kept, text % "a: release t") == []
    assert kinds(lease_kept, text % "a: release t unknown") == []
    assert kinds(lease_kept, text % "a: release t busy") == REFUSED
    assert kinds(lease_kept, text % "p: cancel t") == []
    assert kinds(lease_kept, text % "p: cancel t refused") == REFUSED
    later = "p: enqueue t; a: claim t; a: complete t refused; a: release t"
    assert kinds(lease_kept, later) == REFUSED


def test_after_a_takeover_the_old_holder_may_be_refused() -> None:
    """During a takeover too, since either may be first."""
    text = "p: enqueue t @0-1; a: claim t @2-3; b: claim t @%s; a: complete t @6-7 refused"
    assert kinds(lease_kept, text % "4-5") == []
    assert kinds(lease_kept, text % "6.5-9") == []
    assert kinds(lease_kept, text % "7.5-9") == REFUSED


def test_an_invalid_extension_may_be_refused() -> None:
    """A queue must grant a positive number of seconds of at most a day."""
    text = "p: enqueue t; a: claim t; a: extend t seconds=%s refused"
    assert kinds(lease_kept, text % 5) == REFUSED
    for seconds in ("0", "-1", "NaN", "Infinity", "1e9", '"long"', "null"):
        assert kinds(lease_kept, text % seconds) == []


def test_at_most_once_there_is_nothing_to_acknowledge() -> None:
    """The task is done when it is delivered."""
    text = "p: enqueue t; a: claim t; a: complete t refused"
    assert kinds(lease_kept, text, guarantee=Guarantee.AT_MOST_ONCE) == []
