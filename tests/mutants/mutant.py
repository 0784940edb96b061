"""A mutant: a correct queue with one thing wrong, and the rules that must catch it."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_queuekit.model.adapter import QueueAdapter

BROAD = frozenset({"CLOCK", "VALUE"})
"""The families whose rules lead tasks through all of life, so that nearly any bug shows there."""


WATCHED = ("ACK", "CLAIM", "ENQUEUE", "KEY", "LEASE", "ORDER", "RETRY", "ROUTE", "SCHEDULE")
"""The families whose rules also look for losses and doubles, and some of them for wrong counts."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One wrong queue.

    queue: the class; its docstring is its bug.
    rule: the id of its own rule, which must fail; its drivers decide how the mutant is run.
    also: what else it breaks: ids of rules that must fail too, and names of families of which any
        rule may fail, because chance decides or because the rules overlap.
    """

    queue: type[QueueAdapter]
    rule: str
    also: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The bug, in the words of the class's name."""
        return self.queue.__name__

    @property
    def breaks(self) -> frozenset[str]:
        """The ids of the rules that must fail."""
        return frozenset((self.rule, *(name for name in self.also if "-" in name)))

    @property
    def families(self) -> frozenset[str]:
        """The families of which any rule may fail. Some rules about groups are races too."""
        races = frozenset({"GROUP"} if "RACE" in self.also else ())
        return BROAD | races | frozenset(self.also) - self.breaks


def mutant(queue: type[QueueAdapter], rule: str, *, also: tuple[str, ...] = ()) -> Mutant:
    """Name the rule that must catch a wrong queue, and what else the queue breaks."""
    return Mutant(queue=queue, rule=rule, also=also)
