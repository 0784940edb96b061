"""The monitor `busy`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.monitors import busy
from tests.monitors.notation import Twins, contract, history

TWINS = (
    Twins(
        kind="busy",
        legal="a: claim -",
        illegal="a: claim busy",
    ),
)


def test_each_busy_answer_shows_how_many_there_are() -> None:
    """At most five busy answers are reported, each with the number of all."""
    observed = history(";".join(["a: claim busy"] * 9 + ["a: claim -"]))
    violations = busy(observed, contract())
    assert [violation.kind for violation in violations] == ["busy"] * 5
    assert violations[0].title == "Busy answer to claim"
    assert violations[0].detail == (
        "`a` called claim at 0.000-0.500 s, and the queue answered busy: 9 of 10 calls."
    )


def test_other_answers_are_not_busy() -> None:
    """Empty, refused and unknown are other answers."""
    observed = history("a: claim -; a: enqueue t refused; a: enqueue u unknown error=Boom")
    assert busy(observed, contract()) == []


def test_the_declared_error_is_quoted() -> None:
    """The detail contains the error that the adapter declares as busy."""
    (violation,) = busy(history("a: claim busy error=Locked"), contract())
    assert "answered busy (Locked)" in violation.detail
