"""The table of verbs agrees with the typed methods of the adapter and of the recorder."""

from __future__ import annotations

import inspect

import pytest

from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.verbs import ENDINGS, METHODS, Method, Verb
from pytest_queuekit.recording.recorder import Recorder

EACH = pytest.mark.parametrize("method", METHODS.values(), ids=lambda method: method.name)


def test_every_method_of_an_adapter_has_a_row() -> None:
    """The table has the public methods of `QueueAdapter` that an actor calls, and no others."""
    public = {
        name
        for name, value in vars(QueueAdapter).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }
    assert set(METHODS) - {"__init__"} == public


def test_every_verb_is_a_method_or_befalls_the_queue() -> None:
    """Each verb of a history but the kill and the lock stands for a method."""
    assert {method.verb for method in METHODS.values()} == set(Verb) - {Verb.KILL, Verb.LOCK}


@EACH
def test_the_adapter_takes_what_the_row_says(method: Method) -> None:
    """The adapter's signature has the row's positional arguments, and names no option."""
    _, *taken = inspect.signature(getattr(QueueAdapter, method.name)).parameters.values()
    plain = [
        parameter.name for parameter in taken if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    assert tuple(plain) == method.takes
    assert any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken) == bool(
        method.options
    )


@EACH
def test_the_recorder_has_each_method(method: Method) -> None:
    """An actor can call each method by its name through the recorder."""
    assert callable(getattr(Recorder, method.name))


@EACH
def test_a_method_that_is_not_required_declares_a_capability(method: Method) -> None:
    """Each method that an adapter may leave out is a capability, except closing."""
    assert (method.capability is None) == (method.required or method.name == "close")


def test_an_option_declares_a_capability_of_its_own() -> None:
    """No capability is declared by two options of one method."""
    for method in METHODS.values():
        assert len(set(method.options.values())) == len(method.options)
        assert set(method.options.values()) <= set(Capability)


def test_what_ends_a_delivery_refers_to_one() -> None:
    """A task leaves its worker's hands by an acknowledgement."""
    assert {method.verb for method in METHODS.values() if method.acknowledges} >= ENDINGS
    assert Verb.EXTEND not in ENDINGS
