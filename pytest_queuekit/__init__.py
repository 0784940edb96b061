"""A conformance test kit for task queues.

Public names are loaded on first use, so that a pytest run without the kit does not load their
modules.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from pytest_queuekit.adapters.handler_adapter import HandlerAdapter as HandlerAdapter
    from pytest_queuekit.errors import AdapterError as AdapterError
    from pytest_queuekit.errors import QueuekitError as QueuekitError
    from pytest_queuekit.errors import UsageError as UsageError
    from pytest_queuekit.model.adapter import Claim as Claim
    from pytest_queuekit.model.adapter import Limitation as Limitation
    from pytest_queuekit.model.adapter import QueueAdapter as QueueAdapter
    from pytest_queuekit.model.capabilities import Capability as Capability
    from pytest_queuekit.model.capabilities import Durability as Durability
    from pytest_queuekit.model.capabilities import Guarantee as Guarantee
    from pytest_queuekit.model.capabilities import KeyConflict as KeyConflict
    from pytest_queuekit.model.capabilities import KeyHold as KeyHold
    from pytest_queuekit.model.capabilities import Liveness as Liveness
    from pytest_queuekit.model.capabilities import Order as Order
    from pytest_queuekit.model.capabilities import Payload as Payload
    from pytest_queuekit.model.capabilities import Retry as Retry
    from pytest_queuekit.model.capabilities import Sharing as Sharing
    from pytest_queuekit.model.contract import Contract as Contract
    from pytest_queuekit.model.effort import Effort as Effort
    from pytest_queuekit.model.effort import Level as Level
    from pytest_queuekit.model.history import History as History
    from pytest_queuekit.model.history import Operation as Operation
    from pytest_queuekit.model.history import Outcome as Outcome
    from pytest_queuekit.model.history import Verb as Verb
    from pytest_queuekit.model.history import read_history as read_history
    from pytest_queuekit.model.history import write_history as write_history
    from pytest_queuekit.model.queue_under_test import QueueUnderTest as QueueUnderTest
    from pytest_queuekit.model.verdict import Requirement as Requirement
    from pytest_queuekit.model.verdict import Status as Status
    from pytest_queuekit.model.verdict import Verdict as Verdict
    from pytest_queuekit.model.verdict import Violation as Violation
    from pytest_queuekit.monitors import MONITORS as MONITORS
    from pytest_queuekit.monitors import Monitor as Monitor
    from pytest_queuekit.monitors import check as check
    from pytest_queuekit.recording.record import record as record
    from pytest_queuekit.rules.catalogue import CATALOGUE as CATALOGUE
    from pytest_queuekit.rules.rule import Rule as Rule
    from pytest_queuekit.rules.rule import judge as judge

_HOME = {
    "AdapterError": "errors",
    "CATALOGUE": "rules.catalogue",
    "Capability": "model.capabilities",
    "Claim": "model.adapter",
    "Contract": "model.contract",
    "Durability": "model.capabilities",
    "Effort": "model.effort",
    "HandlerAdapter": "adapters.handler_adapter",
    "Guarantee": "model.capabilities",
    "History": "model.history",
    "KeyConflict": "model.capabilities",
    "KeyHold": "model.capabilities",
    "Level": "model.effort",
    "Limitation": "model.adapter",
    "Liveness": "model.capabilities",
    "MONITORS": "monitors",
    "Monitor": "monitors",
    "check": "monitors",
    "Operation": "model.history",
    "Order": "model.capabilities",
    "Outcome": "model.history",
    "Payload": "model.capabilities",
    "QueueAdapter": "model.adapter",
    "QueueUnderTest": "model.queue_under_test",
    "QueuekitError": "errors",
    "Requirement": "model.verdict",
    "Retry": "model.capabilities",
    "Rule": "rules.rule",
    "Sharing": "model.capabilities",
    "Status": "model.verdict",
    "UsageError": "errors",
    "Verb": "model.history",
    "Verdict": "model.verdict",
    "Violation": "model.verdict",
    "judge": "rules.rule",
    "record": "recording.record",
    "read_history": "model.history",
    "write_history": "model.history",
}
"""The module of each public name."""

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
