"""The monitors `answers` and `busy`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.monitors import answers, busy
from tests.monitors.notation import contract, history, kinds


def test_an_error_that_nobody_declared_is_no_answer() -> None:
    """Refused, busy and ok are answers."""
    for outcome in ("ok", "refused", "busy"):
        assert kinds(answers, f"a: enqueue t {outcome}") == []
    assert kinds(answers, "a: enqueue t unknown error=Boom") == ["unexpected-error"]
    assert kinds(answers, "a: claim @0- error=Boom") == ["unexpected-error"]


def test_a_call_that_never_came_back_is_no_answer() -> None:
    """Unless its actor was killed: then nobody was left to be told."""
    assert kinds(answers, "a: claim @0-; b: kill @1-1") == ["no-answer"]
    assert kinds(answers, "a: claim @0-; a: kill @1-1") == []
    assert kinds(answers, "a: claim @0-1 unknown error=Boom; a: kill @1-1") == []


def test_an_actor_that_had_to_be_stopped_is_no_excuse() -> None:
    """A kill with an error is the queue's doing: the actor hung, or its process broke down."""
    assert kinds(answers, "a: claim @0-; a: kill @1-1 error=Hung") == ["no-answer"]


def test_a_queue_can_be_opened() -> None:
    """Not even busy is an answer to that."""
    for outcome in ("unknown", "refused", "busy"):
        assert kinds(answers, f"a: open {outcome}") == ["cannot-open"]
    assert kinds(answers, "a: open") == []


def test_the_error_is_told() -> None:
    """The sentence has the actor, the call and what was raised."""
    (found,) = answers(history("a: enqueue t unknown error=Boom"), contract())
    assert found.detail == "a: enqueue t (0.000-0.500 s): Boom"


def test_every_busy_answer_is_counted() -> None:
    """At most five are shown, each with the number of all."""
    told = history(";".join(["a: claim busy"] * 9 + ["a: claim -"]))
    found = busy(told, contract())
    assert [one.kind for one in found] == ["busy"] * 5
    assert "one of 9 such answers among 10 calls" in found[0].detail
    assert busy(history("a: claim -; a: enqueue t refused"), contract()) == []
