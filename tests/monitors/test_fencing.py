"""The monitor `fencing`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.monitors import fencing
from tests.monitors.notation import Twins, kinds

TWINS = (
    Twins(
        kind="stale-shut-out",
        legal=(
            "p: enqueue t @0-1; a: claim t @2-3; b: claim t @14-15; a: complete t @15-17; "
            "b: complete t @18-19 refused"
        ),
        illegal=(
            "p: enqueue t @0-1; a: claim t @2-3; b: claim t @14-15; "
            "a: complete t @15.1-17; b: complete t @18-19 refused"
        ),
    ),
    Twins(
        kind="stale-gave-back",
        legal=(
            "p: enqueue t @0-1; a: claim t @2-3; b: claim t @14-15; a: release t @16-17; "
            "c: claim t @18-24"
        ),
        illegal=(
            "p: enqueue t @0-1; a: claim t @2-3; b: claim t @14-15; a: release t @16-17; "
            "c: claim t @18-20"
        ),
    ),
    Twins(
        kind="stale-swallowed",
        legal=(
            "p: enqueue t @0-1; a: claim t @2-3; b: claim t @14-15; a: complete t @16-17; "
            "z: claim - @25-26"
        ),
        illegal=(
            "p: enqueue t @0-1; a: claim t @2-3; b: claim t @14-15; a: complete t @16-17; "
            "z: claim - @40-41"
        ),
        drained=True,
    ),
    Twins(
        kind="stale-shut-out",
        legal=(
            "p: enqueue s; a: claim s id=1; a: complete s; p: enqueue t; b: claim t id=2;"
            "a: complete s; b: complete t refused"
        ),
        illegal=(
            "p: enqueue s; a: claim s id=1; a: complete s; p: enqueue t; b: claim t id=1;"
            "a: complete s; b: complete t refused"
        ),
    ),
)

TAKEN = "p: enqueue t @0-1; a: claim t @2-3; b: claim t @14-15; a: %s; b: complete t @18-19 %s"
SWALLOWED = "p: enqueue t @0-1; a: claim t @2-3; b: claim t @14-15; a: complete t @%s; z: claim - @"


def test_an_answer_of_ok_is_not_enough() -> None:
    """A library may refuse silently, so only an effect counts."""
    assert kinds(fencing, TAKEN % ("complete t @16-17", "ok")) == []


def test_the_new_holder_is_not_shut_out() -> None:
    """The queue refuses the new holder after it accepted the old one."""
    for verb in ("complete", "fail", "release", "extend"):
        assert kinds(fencing, TAKEN % (f"{verb} t @16-17", "refused")) == ["stale-shut-out"]
    for text in ("complete t @16-17 refused", "complete t @16-17 busy", "complete t @16-18"):
        assert kinds(fencing, TAKEN % (text, "refused")) == []


def test_an_acknowledgement_during_the_takeover_may_count() -> None:
    """Before the new claim ends, the old holder may be first."""
    assert kinds(fencing, TAKEN % ("complete t @15-17", "refused")) == []
    assert kinds(fencing, TAKEN % ("complete t @15.1-17", "refused")) == ["stale-shut-out"]


def test_a_new_holder_that_was_late_itself_may_be_refused() -> None:
    """The lease of the new holder may have expired as well."""
    text = (TAKEN % ("complete t @16-17", "refused")).replace("18-19", "18-%s")
    assert kinds(fencing, text % 23.9) == ["stale-shut-out"]
    assert kinds(fencing, text % 24) == []


def test_the_same_worker_is_fenced_off_too() -> None:
    """A worker that claims a task again has lost the old delivery."""
    text = "p: enqueue t @0-1; a: claim t @2-3; a: claim t @14-15; a: complete t @16-17 of=%s;"
    second = "a: complete t @18-19 of=2 refused"
    assert kinds(fencing, text % 1 + second) == ["stale-shut-out"]
    assert kinds(fencing, text % 2 + second) == []


def test_the_old_holder_cannot_give_the_task_away() -> None:
    """A third worker receives the task while the second certainly holds it."""
    text = (
        "p: enqueue t @0-1; a: claim t @2-3; b: claim t @14-15; a: %s t @16-17; c: claim t @18-%s"
    )
    assert kinds(fencing, text % ("release", 20)) == ["stale-gave-back"]
    assert kinds(fencing, text % ("fail", 20)) == ["stale-gave-back"]
    assert kinds(fencing, text % ("complete", 20)) == []
    assert kinds(fencing, text % ("release", 24)) == []
    assert kinds(fencing, (text + "; b: release t @17-18") % ("release", 20)) == []


def test_a_claim_is_blamed_only_on_earlier_acknowledgements() -> None:
    """A stale release after the end of the third claim is not its cause."""
    text = "p: enqueue t @0-1; a: claim t @2-3; b: claim t @14-15; c: claim t @15.5-16;"
    assert kinds(fencing, text + "a: release t @17-18") == []
    assert kinds(fencing, text + "a: release t @15.5-18") == ["stale-gave-back"]
    assert kinds(fencing, text.replace("@15.5", "@14.5") + "a: release t @15.5-18") == []


def test_the_old_holder_cannot_finish_the_task() -> None:
    """The new holder vanished, and the task never came again."""
    kind = ["stale-swallowed"]
    assert kinds(fencing, SWALLOWED % "16-17" + "40-41", drained=True) == kind
    assert kinds(fencing, SWALLOWED % "16-17" + "40-41", drained=False) == []
    assert kinds(fencing, SWALLOWED % "16-17" + "25-26", drained=True) == []
    assert kinds(fencing, SWALLOWED % "16-17 refused" + "40-41", drained=True) == []
    given = (SWALLOWED % "16-17" + "40-41").replace("complete", "release")
    assert kinds(fencing, given, drained=True) == []
    back = SWALLOWED % "16-17" + "40-41; b: release t @18-19"
    assert kinds(fencing, back, drained=True) == []
    came = SWALLOWED % "16-17" + "60-61; z: claim t @40-41"
    assert kinds(fencing, came, drained=True) == []


def test_of_overlapping_claims_neither_is_stale() -> None:
    """Either of two overlapping deliveries may be the newer one."""
    text = "p: enqueue t @0-1; a: claim t @2-3; b: claim t @%s-4; a: complete t @5-6; "
    refused = "b: complete t @7-8 refused"
    assert kinds(fencing, text % 3 + refused, lease=0.5) == []
    assert kinds(fencing, text % 3.1 + refused, lease=0.5) == []
    assert kinds(fencing, text % 3.1 + "b: complete t @7-8 refused", lease=5) == ["stale-shut-out"]
