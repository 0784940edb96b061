"""Reads the replies of an adapter and turns them into JSON for the history.

A reply of the wrong form is a mistake of the adapter's author, and raises AdapterError.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_queuekit.errors import AdapterError
from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.capabilities import Payload
from pytest_queuekit.model.history import UNRECOGNISED, Outcome
from pytest_queuekit.model.payloads import canonical, label_of, label_of_number
from pytest_queuekit.recording.bare_payloads import BarePayloads

_STATES = ("queued", "ready", "waiting", "leased", "completed", "dead")


class Replies:
    """Reads the replies of one adapter.

    adapter: the instance whose class names its errors.
    domain: the domain of its payloads.
    """

    def __init__(self, adapter: QueueAdapter, domain: Payload) -> None:
        self._domain = domain
        self._name = type(adapter).__name__
        self._busy = adapter.busy
        self._refuses = adapter.refuses

    def finished(self, method: str, reply: object) -> object:
        """Return a reply. Raises AdapterError if the call would only run when awaited."""
        if hasattr(reply, "__await__"):
            raise AdapterError(
                f"{self._name}.{method}() returned an awaitable that nobody awaits: write "
                f"`async def {method}` and `await`"
            )
        return reply

    def ids(self, reply: object, labels: Sequence[str]) -> dict[str, Any]:
        """Return the ids of a batch by label."""
        if reply is None:
            return {}
        if not isinstance(reply, Sequence) or len(reply) != len(labels):
            raise self._wrong_form("enqueue_many", reply, f"None, or {len(labels)} ids")
        return dict(zip(labels, reply, strict=True))

    def claim(self, reply: object) -> Claim:
        """Return a claim that brought a task."""
        if not isinstance(reply, Claim):
            raise self._wrong_form("claim", reply, "a Claim, or None for empty")
        return reply

    def claims(self, reply: object) -> Sequence[Any]:
        """Return a batch of claims."""
        if not isinstance(reply, Sequence) or isinstance(reply, str):
            raise self._wrong_form("claim_many", reply, "a list of Claim")
        return reply

    def counts(self, reply: object) -> dict[str, object]:
        """Return the counts of tasks by state."""
        if not isinstance(reply, Mapping):
            raise self._wrong_form("stats", reply, "a dict of counts")
        for state, count in reply.items():
            if state not in _STATES or not isinstance(count, int | None):
                wanted = f"whole numbers under some of {', '.join(_STATES)}"
                raise self._wrong_form("stats", reply, wanted)
        return dict(reply)

    def labels(self, reply: object, bare: BarePayloads) -> list[str]:
        """Return the labels of payloads. bare: recognises those that have no room for one."""
        if not isinstance(reply, Sequence) or isinstance(reply, str):
            raise self._wrong_form("dead_letters", reply, "a list of payloads")
        return [self._known(payload, bare) or UNRECOGNISED for payload in reply]

    def label(self, payload: object, bare: BarePayloads) -> str:
        """Return the label of a delivered payload."""
        if self._domain is not Payload.INTEGER:
            return label_of(payload) or bare.receive(payload)
        return self._known(payload, bare) or UNRECOGNISED

    def _known(self, payload: object, bare: BarePayloads) -> str | None:
        """Return the label of a payload. An unknown number may be a task's of another process."""
        known = label_of(payload) or bare.label_of(payload)
        return known or (label_of_number(payload) if self._domain is Payload.INTEGER else None)

    def outcome(self, raised: BaseException) -> Outcome:
        """Return the outcome that an error stands for."""
        if isinstance(raised, self._busy):
            return Outcome.BUSY
        return Outcome.REFUSED if isinstance(raised, self._refuses) else Outcome.UNKNOWN

    def is_reply(self, raised: BaseException) -> bool:
        """Return False for errors that stop a run, such as Ctrl-C or a test's time-out."""
        asyncio = sys.modules.get("asyncio")  # importing it would slow every actor down
        cancelled = (asyncio.CancelledError,) if asyncio else ()
        kinds = (Exception, SystemExit, *cancelled, *self._busy, *self._refuses)
        return isinstance(raised, kinds)

    def _wrong_form(self, method: str, reply: object, wanted: str) -> AdapterError:
        return AdapterError(
            f"{self._name}.{method}() returned {type(reply).__name__}: {reply!r:.60}; "
            f"it must return {wanted}"
        )


def delivered(claim: Claim) -> dict[str, object]:
    """Return the content of a delivery as the history keeps it."""
    return {
        "payload": canonical(claim.payload),
        "task_id": _plain(claim.task_id),
        "attempt": _plain(claim.attempt),
        "token": _plain(claim.token),
    }


def _plain(value: object) -> object:
    """Return a value that is the same after a round trip through JSON."""
    if value is None or isinstance(value, str | int | float):
        return value
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - only for display
        return f"<{type(value).__name__}>"
