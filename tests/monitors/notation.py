"""A compact notation for histories, one operation a line or between semicolons.

    a: enqueue t1 @0-1 priority=5; b: claim t1 @2-3; b: complete t1 @4-; b: claim - @5-6

An actor, a verb, a task (`-` for a claim that returned empty), an interval in seconds, options as
name=JSON, and an outcome if it is not ok: `refused`, `busy`, `unknown`. An interval without an end
means unknown. Without intervals, operations follow each other: the first at 0-0.5, the next at
1-1.5. An acknowledgement belongs to the actor's latest earlier delivery of the task, or with of=1,
of=2 to the first or second. The id of a delivered task is id=7. The options of `stats` are the
counts, and the task of `dead_letters` is the list of labels: `t1,t2`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_queuekit.model.capabilities import (
    Capability,
    Durability,
    Guarantee,
    KeyHold,
    Liveness,
    Order,
    Payload,
    Sharing,
)
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import SECOND, UNRECOGNISED, History, Operation, Outcome, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors import Monitor


@dataclass(frozen=True, kw_only=True)
class Twins:
    """A legal history and its illegal twin, which differs in as little as possible.

    kind: the kind of violation that the illegal history shows.
    legal, illegal: the two histories in the notation of this module.
    drained: True if claims went on until the queue was empty.
    lease: seconds of the lease of claims that request none; None if the queue chooses.
    declared: the declarations of the contract that differ from those of `contract()`.
    """

    kind: str
    legal: str
    illegal: str
    drained: bool = False
    lease: float | None = 10.0
    declared: Mapping[str, Any] = field(default_factory=dict)

    def violations(self, monitor: Monitor, text: str) -> list[Violation]:
        """Run a monitor on one of the two histories."""
        observed = history(text, lease=self.lease, drained=self.drained)
        return monitor(observed, contract(**self.declared))


_ACKNOWLEDGEMENTS = (Verb.COMPLETE, Verb.FAIL, Verb.EXTEND, Verb.RELEASE)


def history(text: str, *, lease: float | None = None, drained: bool = False) -> History:
    """Parse a history."""
    lines = [line.strip() for line in re.split(r"[;\n]", text) if line.strip()]
    read = [_operation(line, place) for place, line in enumerate(lines)]
    read.sort(key=lambda entry: entry[0]["start"])
    operations: list[Operation] = []
    for number, (fields, of) in enumerate(read):
        if fields["verb"] in _ACKNOWLEDGEMENTS:
            fields["claim"] = _delivery(operations, fields, of)
        operations.append(Operation(number=number, **fields))
    return History(operations=tuple(operations), lease=lease, drained=drained)


def _operation(line: str, place: int) -> tuple[dict[str, Any], int]:
    actor, words = line.split(":", 1)
    fields: dict[str, Any] = {
        "actor": actor.strip(),
        "start": place * SECOND,
        "end": place * SECOND + SECOND // 2,
        "outcome": Outcome.OK,
    }
    options: dict[str, Any] = {}
    plain = []
    for word in words.split():
        if word.startswith("@"):
            fields.update(_interval(word))
        elif word in set(Outcome):
            fields["outcome"] = Outcome(word)
        elif "=" in word:
            name, value = word.split("=", 1)
            options[name] = value if name == "payload" else _value(value)
        else:
            plain.append(word)
    of = options.pop("of", 0)
    fields["verb"] = Verb(plain[0])
    fields["error"] = options.pop("error", None)
    fields.update(_content(fields, plain[1] if plain[1:] else None, options))
    return fields, of


def _interval(word: str) -> dict[str, Any]:
    start, end = word[1:].split("-")
    if not end:
        return {"start": _instant(start), "end": None, "outcome": Outcome.UNKNOWN}
    return {"start": _instant(start), "end": _instant(end)}


def _instant(seconds: str) -> int:
    return round(float(seconds) * SECOND)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _content(fields: dict[str, Any], task: str | None, options: dict[str, Any]) -> dict[str, Any]:
    verb = fields["verb"]
    if verb is Verb.STATS:
        return {"result": options}
    if verb is Verb.DEAD_LETTERS:
        return {"result": task.split(",") if task else []}
    if verb is Verb.ENQUEUE:
        return {"task": task, "arguments": {"payload": f"'{task}'", **options}}
    if verb is not Verb.CLAIM or task in (None, "-") or fields["outcome"] is not Outcome.OK:
        return {"task": None if task == "-" else task, "arguments": options}
    payload = options.pop("payload", f"'{task}'")
    label = UNRECOGNISED if task == "?" else task
    result = {"payload": payload, "task_id": options.pop("id", None)}
    return {"task": label, "result": result, "arguments": options}


def _delivery(before: list[Operation], fields: dict[str, Any], of: int) -> int:
    deliveries = [
        operation.number
        for operation in before
        if operation.is_delivery
        and (operation.actor, operation.task) == (fields["actor"], fields["task"])
    ]
    return deliveries[of - 1]


def contract(**declared: Any) -> Contract:
    """Return a contract: by default a queue with leases and all capabilities except retries."""
    fields: dict[str, Any] = {
        "name": "literal",
        "order": Order(),
        "guarantee": Guarantee.AT_LEAST_ONCE,
        "durability": Durability.PROCESS_CRASH,
        "payload": Payload.JSON,
        "liveness": Liveness.LEASE,
        "sharing": Sharing.PROCESSES,
        "retry": None,
        "key_hold": KeyHold.UNTIL_COMPLETION,
        "key_seconds": None,
        "key_conflict": None,
        "group_limit": 1,
        "requeue_attempts": None,
        "lease_seconds": None,
        "notice_seconds": None,
        "survives_fork": False,
        "ends_once": False,
        "resolution": 0.0,
        "limitations": (),
        **declared,
    }
    fields.setdefault("capabilities", _capabilities(fields))
    return Contract(**fields)


def _capabilities(fields: dict[str, Any]) -> frozenset[Capability]:
    once = fields["guarantee"] is Guarantee.AT_MOST_ONCE
    absent = {Capability.AT_LEAST_ONCE if once else Capability.AT_MOST_ONCE, Capability.RECLAIM}
    if fields["retry"] is None:
        absent |= {Capability.RETRY, Capability.FAIL, Capability.DEAD_LETTERS}
    if fields["liveness"] is not Liveness.LEASE:
        absent |= {Capability.LEASE, Capability.LEASE_OPTION, Capability.BATCH_LEASE}
    if fields["liveness"] is not Liveness.HEARTBEAT:
        absent |= {Capability.HEARTBEAT}
    if fields["liveness"] not in (Liveness.HEARTBEAT, Liveness.PROCESS):
        absent |= {Capability.NOTICES_DEATH}
    if fields["liveness"] is Liveness.NONE:
        absent |= {Capability.RECOVERY}
    return frozenset(set(Capability) - absent)


def kinds(monitor: Monitor, text: str, *, drained: bool = False, **declared: Any) -> list[str]:
    """Return the kinds of violation that a monitor reports, for a lease of 10 s."""
    lease = declared.pop("lease", 10.0)
    violations = monitor(history(text, lease=lease, drained=drained), contract(**declared))
    return [violation.kind for violation in violations]
