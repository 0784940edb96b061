"""A misspelt name in an adapter is an error, as is a declaration without effect."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_queuekit.errors import AdapterError
from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.capabilities import (
    KeyConflict,
    KeyHold,
    Liveness,
    Order,
    Retry,
)
from pytest_queuekit.model.contract import Contract


class Small(QueueAdapter):
    """As little as an adapter may have."""

    name = "small"

    def __init__(self, location: str) -> None:
        self.location = location

    def enqueue(self, payload: Any) -> None:
        """Forget the payload."""

    def claim(self, worker: str) -> Claim | None:
        """Find nothing."""


def own(self: Any, claim: Any) -> None:
    """Do nothing."""


def with_option(name: str) -> Any:
    """Return an `enqueue` with one option."""
    made: dict[str, Any] = {}
    exec(f"def enqueue(self, payload, *, {name}=None): pass", made)  # noqa: S102 - ours
    return made["enqueue"]


def make(**members: Any) -> type[QueueAdapter]:
    """Return the small adapter with further members."""
    return type("Odd", (Small,), members)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("compelte", "complete"), ("extent", "extend"), ("relase", "release"), ("cancell", "cancel")],
)
def test_a_misspelt_method_is_named(name: str, meant: str) -> None:
    """Its rules would silently not apply."""
    with pytest.raises(AdapterError, match=rf"defines {name}\(\), .* did you mean '{meant}'\?"):
        Contract.of(make(**{name: own}))


@pytest.mark.parametrize(
    ("name", "meant"),
    [("prio", "priority"), ("delays", "delay"), ("capability", "capabilities")],
)
def test_a_misspelt_option_is_named(name: str, meant: str) -> None:
    """The kit never gives it."""
    with pytest.raises(AdapterError, match=rf"option {name}, .* did you mean '{meant}'\?"):
        Contract.of(make(enqueue=with_option(name)))


def test_a_misspelt_attribute_is_named() -> None:
    """The declaration would be ignored."""
    with pytest.raises(AdapterError, match=r"defines key_holds, .* did you mean 'key_hold'\?"):
        Contract.of(make(key_holds=KeyHold.FOR_EVER))


@pytest.mark.parametrize("name", ["failed", "now", "_compelte", "recover", "queue_name", "queue"])
def test_a_name_of_the_classes_own_is_left_alone(name: str) -> None:
    """A helper resembles no method of the kit, or stands beside the method that it resembles."""
    Contract.of(make(**{name: own}))
    Contract.of(make(**{name: own}, complete=own, completed=own))
    Contract.of(make(enqueue=with_option("queue_name")))


@pytest.mark.parametrize(
    ("declared", "lacks"),
    [
        ({"order": Order(priority="lower-first")}, r"the option priority of enqueue\(\)"),
        ({"order": Order(redelivery="tail")}, r"release\(\), or fail\(\) and retry"),
        ({"key_hold": KeyHold.FOR_EVER}, r"the option key of enqueue\(\)"),
        ({"key_seconds": 30}, r"key_hold=KeyHold\.FOR_A_TIME"),
        ({"key_conflict": KeyConflict.KEEP}, r"the option key of enqueue\(\)"),
        ({"group_limit": 3}, r"the option group of enqueue\(\)"),
        ({"requeue_attempts": 1}, r"requeue\(\)"),
        ({"lease_seconds": 30}, "liveness=Liveness.LEASE"),
        ({"retry": Retry(max_attempts=3)}, r"fail\(\), or a liveness"),
    ],
)
def test_a_declaration_without_effect_is_an_error(declared: dict[str, Any], lacks: str) -> None:
    """It would promise something that no rule can try."""
    (attribute,) = declared
    with pytest.raises(AdapterError, match=f"{attribute}=.* has no effect without {lacks}"):
        Contract.of(make(**declared))


def test_an_inherited_declaration_may_lose_its_effect() -> None:
    """A subclass leaves out what it does not want to try."""
    full = make(liveness=Liveness.LEASE, lease_seconds=30, retry=Retry(max_attempts=3))
    Contract.of(type("Less", (full,), {"liveness": Liveness.NONE}))
