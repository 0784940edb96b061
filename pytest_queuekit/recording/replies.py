"""Reads what an adapter replied: as JSON for the history, and in the form that was agreed on.

A reply of another form is the mistake of the adapter's author, and told as an AdapterError.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_queuekit.errors import AdapterError
from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.history import UNRECOGNISED, Outcome
from pytest_queuekit.model.payloads import canonical, label_of

_STATES = ("queued", "leased", "completed", "dead")


class Replies:
    """Reads the replies of one adapter.

    adapter: the instance whose name and errors count.
    """

    def __init__(self, adapter: QueueAdapter) -> None:
        self._name = type(adapter).__name__
        self._busy = adapter.busy
        self._refuses = adapter.refuses

    def answered(self, method: str, reply: object) -> object:
        """Return a reply, unless it is one that would only be made if somebody awaited it."""
        if hasattr(reply, "__await__"):
            raise AdapterError(
                f"{self._name}.{method}() returned something to await, and the kit does not: let "
                "the adapter run it in an event loop of its own"
            )
        return reply

    def ids(self, reply: object, labels: Sequence[str]) -> dict[str, Any]:
        """Read the ids of a batch, under the tasks' labels."""
        if reply is None:
            return {}
        if not isinstance(reply, Sequence) or len(reply) != len(labels):
            raise self._misshapen("enqueue_many", reply, f"None, or {len(labels)} ids")
        return dict(zip(labels, reply, strict=True))

    def claim(self, reply: object) -> Claim:
        """Read a claim that is not empty."""
        if not isinstance(reply, Claim):
            raise self._misshapen("claim", reply, "a Claim, or None for empty")
        return reply

    def claims(self, reply: object) -> Sequence[Any]:
        """Read a batch of claims."""
        if not isinstance(reply, Sequence) or isinstance(reply, str):
            raise self._misshapen("claim_many", reply, "a list of Claim")
        return reply

    def counts(self, reply: object) -> dict[str, object]:
        """Read the counts of tasks by state."""
        if not isinstance(reply, Mapping):
            raise self._misshapen("stats", reply, "a dict of counts")
        for state, count in reply.items():
            if state not in _STATES or not isinstance(count, int | None):
                wanted = f"whole numbers under some of {', '.join(_STATES)}"
                raise self._misshapen("stats", reply, wanted)
        return dict(reply)

    def labels(self, reply: object) -> list[str]:
        """Read the labels of payloads."""
        if not isinstance(reply, Sequence) or isinstance(reply, str):
            raise self._misshapen("dead_letters", reply, "a list of payloads")
        return [label_of(payload) or UNRECOGNISED for payload in reply]

    def outcome(self, raised: BaseException) -> Outcome:
        """Tell what an error means."""
        if isinstance(raised, self._busy):
            return Outcome.BUSY
        return Outcome.REFUSED if isinstance(raised, self._refuses) else Outcome.UNKNOWN

    def is_reply(self, raised: BaseException) -> bool:
        """Tell what a queue may raise from what stops a run: Ctrl-C, a test's time-out."""
        asyncio = sys.modules.get("asyncio")  # its import costs more than all the rest
        cancelled = (asyncio.CancelledError,) if asyncio else ()
        kinds = (Exception, SystemExit, *cancelled, *self._busy, *self._refuses)
        return isinstance(raised, kinds)

    def _misshapen(self, method: str, reply: object, wanted: str) -> AdapterError:
        return AdapterError(
            f"{self._name}.{method}() returned {type(reply).__name__}: {reply!r:.60}; "
            f"it must return {wanted}"
        )


def delivered(claim: Claim) -> dict[str, object]:
    """Return what a delivery brought, as a history keeps it."""
    return {
        "payload": canonical(claim.payload),
        "task_id": _plain(claim.task_id),
        "attempt": _plain(claim.attempt),
        "token": _plain(claim.token),
    }


def told(error: BaseException) -> str:
    """Return the type and the message of an error."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - an error whose message is itself an error
        return f"{type(error).__name__}, which cannot tell its message"


def _plain(value: object) -> object:
    """Return a value as JSON carries it, so that a history says the same after it was written."""
    if value is None or isinstance(value, str | int | float):
        return value
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - it is only shown
        return f"<{type(value).__name__}>"
