"""Tells whether a task queue is correct and fast enough.

The public names are loaded when they are first asked for, so that a pytest run that
does not use the kit does not pay for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from pytest_queuekit.errors import AdapterError as AdapterError
    from pytest_queuekit.errors import QueuekitError as QueuekitError
    from pytest_queuekit.errors import UsageError as UsageError
    from pytest_queuekit.model.adapter import Claim as Claim
    from pytest_queuekit.model.adapter import Limitation as Limitation
    from pytest_queuekit.model.adapter import QueueAdapter as QueueAdapter
    from pytest_queuekit.model.capabilities import Capability as Capability
    from pytest_queuekit.model.capabilities import Durability as Durability
    from pytest_queuekit.model.capabilities import Guarantee as Guarantee
    from pytest_queuekit.model.capabilities import KeyHold as KeyHold
    from pytest_queuekit.model.capabilities import Liveness as Liveness
    from pytest_queuekit.model.capabilities import Order as Order
    from pytest_queuekit.model.capabilities import Payload as Payload
    from pytest_queuekit.model.capabilities import Retry as Retry
    from pytest_queuekit.model.capabilities import Sharing as Sharing
    from pytest_queuekit.model.contract import Contract as Contract
    from pytest_queuekit.model.history import History as History
    from pytest_queuekit.model.history import Operation as Operation
    from pytest_queuekit.model.history import Outcome as Outcome
    from pytest_queuekit.model.history import Verb as Verb
    from pytest_queuekit.model.verdict import Status as Status
    from pytest_queuekit.model.verdict import Verdict as Verdict
    from pytest_queuekit.model.verdict import Violation as Violation

_HOME = {
    "Capability": "model.capabilities",
    "Claim": "model.adapter",
    "Contract": "model.contract",
    "Durability": "model.capabilities",
    "Guarantee": "model.capabilities",
    "KeyHold": "model.capabilities",
    "Limitation": "model.adapter",
    "Liveness": "model.capabilities",
    "Order": "model.capabilities",
    "Payload": "model.capabilities",
    "QueueAdapter": "model.adapter",
    "Retry": "model.capabilities",
    "Sharing": "model.capabilities",
    "AdapterError": "errors",
    "QueuekitError": "errors",
    "UsageError": "errors",
    "History": "model.history",
    "Operation": "model.history",
    "Outcome": "model.history",
    "Verb": "model.history",
    "Status": "model.verdict",
    "Verdict": "model.verdict",
    "Violation": "model.verdict",
}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
