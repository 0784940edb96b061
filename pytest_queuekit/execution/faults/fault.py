"""A fault: something that happens to the world around one actor.

A fault is data. It travels with its program to the actor and is armed there; `trigger` lets it
strike.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from typing import ClassVar

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.recording.clock import Clock
from pytest_queuekit.recording.recorder import Recorder


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How a driver runs its actors.

    own_process: True if each actor has a process of its own.
    virtual_clock: True if the kit moves the clock.
    """

    own_process: bool
    virtual_clock: bool


@dataclass(kw_only=True)
class Surroundings:
    """The world around one actor, as far as a fault reaches it.

    setting: how the driver runs the actor.
    recorder: the actor.
    clock: the clock of the run.
    location: where the queue is.
    descriptors: the file descriptors that were open before the actor opened the queue.
    spare_log: entered around each write to the history, which no fault may cut off.
    cleanup: undoes the faults when the program ends.
    note_strike: called with the position of a fault among those of the actor, before it strikes.
    """

    setting: Setting
    recorder: Recorder
    clock: Clock
    location: str
    descriptors: frozenset[int] = frozenset()
    spare_log: Callable[[], AbstractContextManager[None]] = nullcontext
    cleanup: ExitStack = field(default_factory=ExitStack)
    note_strike: Callable[[int], None] = lambda number: None


@dataclass(frozen=True, kw_only=True)
class Fault(ABC):
    """Something that happens to the world around one actor, once.

    It strikes `delay` seconds after the actor ended `after` calls on the queue. Without a delay it
    strikes between two calls. With one it may strike within a call if the actor has a process of
    its own; otherwise it strikes before the next call.

    kind: a stable word, unique among the faults.
    after: calls on the queue that end before. The opening does not count, nor does a call that is
        answered with busy, which actors repeat.
    delay: seconds after that.
    within: if positive, the fault strikes within the next call instead, once that has taken this
        share of the mean time of such calls so far. Only a process of its own can be struck there;
        another actor is struck before the call.
    """

    kind: ClassVar[str]
    after: int = 0
    delay: float = 0.0
    within: float = 0.0

    def obstacle(self, setting: Setting) -> str:
        """Return the reason why the fault cannot strike in a setting; empty if it can."""
        return ""

    @abstractmethod
    def strike(self, world: Surroundings) -> None:
        """Make the fault happen. Raises NotRunError if it cannot happen to this queue."""


def require_carried(faults: Iterable[Fault], setting: Setting) -> None:
    """Raise NotRunError for the first fault that cannot strike in a setting."""
    for fault in faults:
        reason = fault.obstacle(setting)
        if reason:
            raise NotRunError(f"fault {fault.kind!r} {reason}", kind="unsupported")
