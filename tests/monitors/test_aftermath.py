"""The monitor `aftermath`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.monitors import aftermath
from tests.monitors.notation import Twins, contract, history, kinds

_INVALID = 'a: enqueue - invalid="delay=nan" unknown error=TypeError'

TWINS = (
    Twins(
        kind="left-locked",
        legal=f"{_INVALID}; b: enqueue t",
        illegal=f"{_INVALID}; b: enqueue t busy error=Locked",
    ),
    Twins(
        kind="left-broken",
        legal=f"{_INVALID}; a: enqueue t",
        illegal=f"{_INVALID}; a: enqueue t unknown error=Nested",
    ),
)


def test_a_failure_before_the_invalid_call_is_not_its_doing() -> None:
    """Only later calls are harmed, and the invalid calls themselves may fail."""
    assert kinds(aftermath, f"b: enqueue t busy; {_INVALID}; {_INVALID}; b: claim t") == []


def test_the_last_invalid_call_is_named() -> None:
    """The detail has the argument, the error and the call that failed."""
    text = f'a: claim - invalid="lease=-1" refused; {_INVALID}; b: claim busy error=Locked'
    (violation,) = aftermath(history(text), contract())
    assert [operation.number for operation in violation.witness] == [1, 2]
    assert violation.detail == (
        "`a` called enqueue with delay=nan at 1.000-1.500 s, which ended as 'unknown' "
        "(TypeError). The next call, claim by `b` at 2.000-2.500 s, was answered busy (Locked) "
        "although no other call was running: the invalid call left a transaction open."
    )
