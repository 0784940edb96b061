"""Clock steps: how much longer something may take because the wall clock was set back.

A queue may write down when a task is due, even at once, and deliver it when the clock shows that
time. Counter-example: enqueue [0, 1], the clock is set back an hour, claim [2, 3] -> empty is legal
for an hour. What comes after the step waits no longer than asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.history import CLOCK_SET, History
from pytest_queuekit.monitors.timeline.moments import NEVER, nanoseconds


class ClockSteps:
    """The moments at which the wall clock was set back. The times of a history do not step."""

    def __init__(self, history: History) -> None:
        self._back = [
            (NEVER if call.end is None else call.end, -nanoseconds(call.arguments[CLOCK_SET]))
            for call in history
            if CLOCK_SET in call.arguments and call.arguments[CLOCK_SET] < 0
        ]

    def __bool__(self) -> bool:
        """Return True if the clock was set back at all."""
        return bool(self._back)

    def due(self, since: float, ready: float) -> float:
        """Return when something is certainly due that was written down before a step.

        since: when it was written down. ready: when it would be due without steps.
        """
        for moment, back in self._back:
            if since <= moment <= ready:
                ready += back
        return ready

    def parts(self, since: float, ready: float, until: float) -> Iterator[tuple[float, float]]:
        """Yield the parts of the time from `ready` to `until` in which something is due.

        since: when it was written down.
        """
        ready = self.due(since, ready)
        for moment, back in self._back:
            if since <= moment and ready < moment < until:
                yield ready, moment
                ready = max(ready + back, moment)
        yield ready, until
