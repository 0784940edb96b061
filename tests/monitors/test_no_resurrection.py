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


def test_a_completed_task_does_not_come_again() -> None:
    """The later claim must start after the completion ended."""
    text = "p: enqueue t @0-1; a: claim t @2-3; a: complete t @4-5 %s; b: claim t @%s-30"
    assert kinds(no_resurrection, text % ("ok", 5.1)) == ["completed-again"]
    assert kinds(no_resurrection, text % ("ok", 5)) == []
    assert kinds(no_resurrection, text % ("unknown", 20)) == []
    assert kinds(no_resurrection, text % ("refused", 20)) == []


def test_only_a_completion_in_time_counts() -> None:
    """A library may silently refuse a completion that is late, or follows a takeover."""
    late = "p: enqueue t @0-1; a: claim t @2-3; a: complete t @11-%s; b: claim t @20-21"
    assert kinds(no_resurrection, late % 11.5) == ["completed-again"]
    assert kinds(no_resurrection, late % 12.5) == []
    assert kinds(no_resurrection, late % 12.5, liveness=Liveness.NONE, lease=None) == [
        "completed-again"
    ]
    taken = "p: enqueue t @0-1; a: claim t @2-9; b: claim t @8-9; a: complete t @10-11"
    assert kinds(no_resurrection, taken + "; b: claim t @40-41") == []


def test_a_task_that_may_have_been_released_may_come_again() -> None:
    """Only the first of two acknowledgements counts."""
    text = "p: enqueue t; a: claim t; a: release t %s; a: complete t; b: claim t"
    assert kinds(no_resurrection, text % "unknown") == []
    assert kinds(no_resurrection, text % "busy") == ["completed-again"]


def test_a_cancelled_task_does_not_come() -> None:
    """The cancel must be certain and overlap neither the enqueue nor a claim."""
    text = "p: enqueue t @0-1; p: cancel t @2-3 %s; b: claim t @4-5"
    assert kinds(no_resurrection, text % "ok") == ["cancelled-again"]
    assert kinds(no_resurrection, text % "unknown") == []
    assert kinds(no_resurrection, text % "refused") == []
    assert kinds(no_resurrection, text.replace("@0-1", "@0-2") % "ok") == []
    assert kinds(no_resurrection, text.replace("@4-5", "@3-5") % "ok") == []


def test_a_cancel_of_a_held_task_may_do_nothing() -> None:
    """A claim of unknown outcome may hold it too."""
    text = "p: enqueue t @0-1; %s; p: cancel t @8-9; b: claim t @40-41"
    assert kinds(no_resurrection, text % "a: claim t @2-3") == []
    assert kinds(no_resurrection, text % "a: claim @2-") == []
    assert kinds(no_resurrection, text % "a: claim - @2-3") == ["cancelled-again"]


def test_a_dead_letter_does_not_come_again() -> None:
    """A list of dead letters counts from its end."""
    text = "p: enqueue t; a: claim t; a: fail t; z: dead_letters %s; b: claim t"
    assert kinds(no_resurrection, text % "t") == ["dead-again"]
    assert kinds(no_resurrection, text % "u") == []
