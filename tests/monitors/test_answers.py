"""The monitor `answers`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.monitors import answers
from tests.monitors.notation import Twins, contract, history, kinds

TWINS = (
    Twins(
        kind="unexpected-error",
        legal="a: enqueue t refused error=Full",
        illegal="a: enqueue t unknown error=Boom",
    ),
    Twins(
        kind="no-answer",
        legal="a: claim @0-; a: kill @1-1",
        illegal="a: claim @0-; b: kill @1-1",
    ),
    Twins(
        kind="cannot-open",
        legal="a: open",
        illegal="a: open busy",
    ),
)


def test_an_undeclared_error_is_not_an_answer() -> None:
    """Ok, refused and busy are the answers that a queue may give."""
    for outcome in ("ok", "refused", "busy"):
        assert kinds(answers, f"a: enqueue t {outcome}") == []
    assert kinds(answers, "a: enqueue t unknown error=Boom") == ["unexpected-error"]
    assert kinds(answers, "a: claim @0- error=Boom") == ["unexpected-error"]


def test_a_call_that_never_returned_is_not_an_answer() -> None:
    """A call of a killed actor is left out."""
    assert kinds(answers, "a: claim @0-; b: kill @1-1") == ["no-answer"]
    assert kinds(answers, "a: claim @0-; a: kill @1-1") == []
    assert kinds(answers, "a: claim @0-1 unknown error=Boom; a: kill @1-1") == []


def test_an_actor_that_hung_does_not_excuse_others() -> None:
    """A kill with an error is the queue's doing: the actor hung, or its process crashed."""
    assert kinds(answers, "a: claim @0-; a: kill @1-1 error=Hung") == ["no-answer"]


def test_a_queue_can_be_opened() -> None:
    """Even busy is not an answer to an open."""
    for outcome in ("unknown", "refused", "busy"):
        assert kinds(answers, f"a: open {outcome}") == ["cannot-open"]
    assert kinds(answers, "a: open") == []


def test_the_detail_quotes_the_error() -> None:
    """The detail contains the actor, the call and the error."""
    (violation,) = answers(history("a: enqueue t unknown error=Boom"), contract())
    assert violation.title == "Undeclared error from enqueue"
    assert violation.detail == (
        "`a` called enqueue t at 0.000-0.500 s, and the call raised an error that "
        "`refuses` and `busy` do not declare: Boom."
    )
