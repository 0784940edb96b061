"""Tells whether a task queue is correct and fast enough.

The public names are loaded when they are first asked for, so that a pytest run that
does not use the kit does not pay for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from pytest_queuekit.contract import Capability as Capability
    from pytest_queuekit.contract import Claim as Claim
    from pytest_queuekit.contract import Contract as Contract
    from pytest_queuekit.contract import Durability as Durability
    from pytest_queuekit.contract import Guarantee as Guarantee
    from pytest_queuekit.contract import KeyHold as KeyHold
    from pytest_queuekit.contract import Liveness as Liveness
    from pytest_queuekit.contract import Order as Order
    from pytest_queuekit.contract import Payload as Payload
    from pytest_queuekit.contract import QueueAdapter as QueueAdapter
    from pytest_queuekit.contract import Retry as Retry
    from pytest_queuekit.contract import Sharing as Sharing
    from pytest_queuekit.errors import AdapterError as AdapterError
    from pytest_queuekit.errors import QueuekitError as QueuekitError
    from pytest_queuekit.errors import UsageError as UsageError
    from pytest_queuekit.history import History as History
    from pytest_queuekit.history import Operation as Operation
    from pytest_queuekit.history import Outcome as Outcome
    from pytest_queuekit.history import Verb as Verb
    from pytest_queuekit.verdict import Status as Status
    from pytest_queuekit.verdict import Verdict as Verdict
    from pytest_queuekit.verdict import Violation as Violation

_HOME = {
    "Capability": "contract",
    "Claim": "contract",
    "Contract": "contract",
    "Durability": "contract",
    "Guarantee": "contract",
    "KeyHold": "contract",
    "Liveness": "contract",
    "Order": "contract",
    "Payload": "contract",
    "QueueAdapter": "contract",
    "Retry": "contract",
    "Sharing": "contract",
    "AdapterError": "errors",
    "QueuekitError": "errors",
    "UsageError": "errors",
    "History": "history",
    "Operation": "history",
    "Outcome": "history",
    "Verb": "history",
    "Status": "verdict",
    "Verdict": "verdict",
    "Violation": "verdict",
}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
