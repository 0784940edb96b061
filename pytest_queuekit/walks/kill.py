"""Steps that kill: the process of an actor dies in the middle of a call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pytest_queuekit.errors import UsageError
from pytest_queuekit.execution.forked_environment import ForkedEnvironment
from pytest_queuekit.model.history import AFTER
from pytest_queuekit.recording.operation_log import Gone
from pytest_queuekit.report.lines import counted
from pytest_queuekit.walks.steps import Crash, Step
from pytest_queuekit.walks.walker import Walker


@dataclass(frozen=True, kw_only=True, repr=False)
class Kill(Step):
    """Kill the process of an actor before one of the steps of its call.

    A step of a call is a statement to SQLite or a call to the system, or else a line of source.

    call: the step whose call does not end.
    gap: the number of the call's step before which the process dies, from 0. A call with fewer
        steps ends first, and then the process dies.
    by_line: True to count lines.
    """

    call: Step
    gap: int = 0
    by_line: bool = False

    def actor(self, walker: Walker) -> str | None:
        return self.call.actor(walker)

    def play(self, walker: Walker) -> None:
        env, name = walker.env, self.actor(walker)
        if not isinstance(env, ForkedEnvironment):
            raise UsageError("a Kill needs actors in processes")
        if name is None:
            return
        victim, cut_off = walker.actor(name), False
        env.die_in_next_call(victim.actor, self.gap, by_line=self.by_line)
        try:
            self.call.play(walker)
        except Gone:
            cut_off = True
        walker.crash(name)
        if cut_off:
            victim.note(**{AFTER: counted(self.gap, "line" if self.by_line else "step")})

    def plainer(self) -> Iterator[Step]:
        """Yield the call alone, a kill after no call, and the kill of a plainer call."""
        yield self.call
        yield Crash(by=getattr(self.call, "by", "a"))
        for plainer in self.call.plainer():
            yield replace(self, call=plainer)

    def kinds(self) -> set[str]:
        """Return the names of the classes that the source text needs."""
        return super().kinds() | self.call.kinds()
