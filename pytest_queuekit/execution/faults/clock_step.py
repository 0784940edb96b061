"""The wall clock steps forward or back."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.clock import VirtualClock
from pytest_queuekit.execution.faults.fault import Fault, Setting, Surroundings

_REASON = "needs the kit's virtual clock, and this run goes by the real one"


@dataclass(frozen=True, kw_only=True)
class ClockStep(Fault):
    """The wall clock steps, as when it is set by hand or by NTP. The history's times do not step.

    seconds: how far; less than 0 for a step back.
    """

    kind = "clock-step"
    seconds: float = -3600.0

    def obstacle(self, setting: Setting) -> str:
        """Return the obstacle if the wall clock is the machine's own."""
        return "" if setting.virtual_clock else _REASON

    def strike(self, world: Surroundings) -> None:
        """Step the wall clock. Raises NotRunError if it is the machine's own."""
        if not isinstance(world.clock, VirtualClock):
            raise NotRunError(f"fault {self.kind!r} {_REASON}", kind="clock")
        world.clock.step(self.seconds)
