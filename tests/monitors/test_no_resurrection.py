"""The monitor `no_resurrection`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.model.capabilities import Liveness
from pytest_queuekit.monitors import no_resurrection
from tests.monitors.notation import Twins, kinds

TWINS = (
    Twins(
        kind="completed-again",
        legal=("p: enqueue t @0-1; a: claim t @2-3; a: complete t @4-5; b: claim t @5-6"),
        illegal=("p: enqueue t @0-1; a: claim t @2-3; a: complete t @4-5; b: claim t @5.1-6"),
    ),
    Twins(
        kind="cancelled-again",
        legal="p: enqueue t @0-1; p: cancel t @2-3; b: claim t @3-5",
        illegal="p: enqueue t @0-1; p: cancel t @2-3; b: claim t @4-5",
    ),
    Twins(
        kind="dead-again",
        legal="p: enqueue t; a: claim t; a: fail t; z: dead_letters u; b: claim t",
        illegal="p: enqueue t; a: claim t; a: fail t; z: dead_letters t; b: claim t",
    ),
)


def test_what_is_completed_does_not_come_again() -> None:
    """A claim that began after the completion had ended gets another task."""
    text = "p: enqueue t @0-1; a: claim t @2-3; a: complete t @4-5 %s; b: claim t @%s-30"
    assert kinds(no_resurrection, text % ("ok", 5.1)) == ["completed-again"]
    assert kinds(no_resurrection, text % ("ok", 5)) == []
    assert kinds(no_resurrection, text % ("unknown", 20)) == []
    assert kinds(no_resurrection, text % ("refused", 20)) == []


def test_only_what_the_holder_said_in_time_counts() -> None:
    """A late completion, or one after a take-over, may have been refused in silence."""
    late = "p: enqueue t @0-1; a: claim t @2-3; a: complete t @11-%s; b: claim t @20-21"
    assert kinds(no_resurrection, late % 11.5) == ["completed-again"]
    assert kinds(no_resurrection, late % 12.5) == []
    assert kinds(no_resurrection, late % 12.5, liveness=Liveness.NONE, lease=None) == [
        "completed-again"
    ]
    taken = "p: enqueue t @0-1; a: claim t @2-9; b: claim t @8-9; a: complete t @10-11"
    assert kinds(no_resurrection, taken + "; b: claim t @40-41") == []


def test_what_may_have_been_given_back_before_may_come_again() -> None:
    """Of two acknowledgements only the first counts."""
    text = "p: enqueue t; a: claim t; a: release t %s; a: complete t; b: claim t"
    assert kinds(no_resurrection, text % "unknown") == []
    assert kinds(no_resurrection, text % "busy") == ["completed-again"]


def test_what_is_cancelled_while_it_waits_does_not_come() -> None:
    """Unless the cancel overlaps the enqueue or a claim, or was not certain."""
    text = "p: enqueue t @0-1; p: cancel t @2-3 %s; b: claim t @4-5"
    assert kinds(no_resurrection, text % "ok") == ["cancelled-again"]
    assert kinds(no_resurrection, text % "unknown") == []
    assert kinds(no_resurrection, text % "refused") == []
    assert kinds(no_resurrection, text.replace("@0-1", "@0-2") % "ok") == []
    assert kinds(no_resurrection, text.replace("@4-5", "@3-5") % "ok") == []


def test_a_cancel_of_what_is_held_may_do_nothing() -> None:
    """The task may have been in somebody's hands, seen or unseen."""
    text = "p: enqueue t @0-1; %s; p: cancel t @8-9; b: claim t @40-41"
    assert kinds(no_resurrection, text % "a: claim t @2-3") == []
    assert kinds(no_resurrection, text % "a: claim @2-") == []
    assert kinds(no_resurrection, text % "a: claim - @2-3") == ["cancelled-again"]


def test_the_dead_stay_dead() -> None:
    """A task on a list of dead letters is not delivered after it."""
    text = "p: enqueue t; a: claim t; a: fail t; z: dead_letters %s; b: claim t"
    assert kinds(no_resurrection, text % "t") == ["dead-again"]
    assert kinds(no_resurrection, text % "u") == []
