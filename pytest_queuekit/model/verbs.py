"""The actions of actors: the verbs of a history, and the adapter's methods behind them.

One row of `METHODS` says how the kit calls a method and which capability the method declares; the
form of an adapter, its capabilities and the recorder follow from it. A new verb needs a member of
`Verb`, a row, a member of `Capability`, and a typed method in `QueueAdapter` and in `Recorder`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pytest_queuekit.errors import UndeclaredError
from pytest_queuekit.model.capabilities import Capability


class Verb(enum.StrEnum):
    """The action in an operation: a call of an adapter's method, a kill, or a stranger's lock."""

    OPEN = "open"
    ENQUEUE = "enqueue"
    CLAIM = "claim"
    COMPLETE = "complete"
    FAIL = "fail"
    EXTEND = "extend"
    RELEASE = "release"
    CANCEL = "cancel"
    REQUEUE = "requeue"
    STATS = "stats"
    RECLAIM = "reclaim"
    PURGE = "purge"
    DEAD_LETTERS = "dead_letters"
    BACKUP = "backup"
    CLOSE = "close"
    KILL = "kill"
    LOCK = "lock"


@dataclass(frozen=True, kw_only=True)
class Method:
    """One method of an adapter.

    name: its name in `QueueAdapter`.
    verb: how a history records a call; a batch has the verb of its single calls.
    takes: the arguments that the kit gives by position.
    options: the keyword arguments that an adapter may take, each with the capability that it
        declares.
    required: True if every adapter defines it.
    acknowledges: True if it refers to a delivery.
    ends: True if it takes the task out of the worker's hands.
    """

    name: str
    verb: Verb
    takes: tuple[str, ...] = ()
    options: Mapping[str, Capability] = field(default_factory=dict)
    required: bool = False
    acknowledges: bool = False
    ends: bool = False

    @property
    def capability(self) -> Capability | None:
        """The capability that an adapter declares by defining the method, if there is one."""
        return Capability(self.name) if self.name in frozenset(Capability) else None

    def needs(self, options: Iterable[str]) -> list[Capability]:
        """Return what options declare. Raises UndeclaredError for an unknown option."""
        unknown = sorted(set(options) - self.options.keys())
        if unknown:
            raise UndeclaredError(f"{self.name} has no option {', '.join(unknown)}")
        return [self.options[option] for option in options]


METHODS: Mapping[str, Method] = {
    method.name: method
    for method in (
        Method(name="__init__", verb=Verb.OPEN, takes=("location",), required=True),
        Method(
            name="enqueue",
            verb=Verb.ENQUEUE,
            takes=("payload",),
            options={
                "priority": Capability.PRIORITY,
                "delay": Capability.DELAY,
                "expires": Capability.EXPIRES,
                "lease": Capability.TASK_LEASE,
                "key": Capability.KEY,
                "group": Capability.GROUP,
                "capabilities": Capability.ROUTING,
                "max_attempts": Capability.MAX_ATTEMPTS,
            },
            required=True,
        ),
        Method(
            name="claim",
            verb=Verb.CLAIM,
            takes=("worker",),
            options={"lease": Capability.LEASE_OPTION, "capabilities": Capability.ROUTING},
            required=True,
        ),
        Method(name="complete", verb=Verb.COMPLETE, takes=("claim",), acknowledges=True, ends=True),
        Method(
            name="fail",
            verb=Verb.FAIL,
            takes=("claim", "error"),
            options={"retry": Capability.FINAL_FAILURE},
            acknowledges=True,
            ends=True,
        ),
        Method(name="extend", verb=Verb.EXTEND, takes=("claim", "seconds"), acknowledges=True),
        Method(name="release", verb=Verb.RELEASE, takes=("claim",), acknowledges=True, ends=True),
        Method(name="cancel", verb=Verb.CANCEL, takes=("task_id",)),
        Method(name="requeue", verb=Verb.REQUEUE, takes=("task_id",)),
        Method(name="stats", verb=Verb.STATS),
        Method(name="reclaim", verb=Verb.RECLAIM),
        Method(name="purge", verb=Verb.PURGE),
        Method(name="dead_letters", verb=Verb.DEAD_LETTERS),
        Method(
            name="enqueue_many",
            verb=Verb.ENQUEUE,
            takes=("payloads",),
            options={"keys": Capability.BATCH_KEYS},
        ),
        Method(
            name="claim_many",
            verb=Verb.CLAIM,
            takes=("worker", "limit"),
            options={"lease": Capability.BATCH_LEASE},
        ),
        Method(name="backup", verb=Verb.BACKUP, takes=("location",)),
        Method(name="close", verb=Verb.CLOSE),
    )
}
"""The methods of an adapter, by name."""

ACKNOWLEDGEMENTS = frozenset(method.verb for method in METHODS.values() if method.acknowledges)
"""The verbs about a delivery."""

ENDINGS = frozenset(method.verb for method in METHODS.values() if method.ends)
"""The verbs that take a task out of its worker's hands."""
