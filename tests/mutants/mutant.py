"""A mutant: a correct queue with one thing wrong, and the rules that must say so."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_queuekit.model.adapter import QueueAdapter


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One wrong queue.

    queue: the class; its docstring is its bug.
    breaks: the ids of the rules that fail, its own rule first.
    may_break: of those that fail if chance has it.
    driver: the name of the driver whose rules are put to it; with threads, the sequential too.
    """

    queue: type[QueueAdapter]
    breaks: tuple[str, ...]
    may_break: tuple[str, ...] = ()
    driver: str = "sequence"

    @property
    def name(self) -> str:
        """The bug, in the words of the class's name."""
        return self.queue.__name__


def mutant(
    queue: type[QueueAdapter],
    *breaks: str,
    may_break: tuple[str, ...] = (),
    driver: str = "sequence",
) -> Mutant:
    """Name the rules that a wrong queue breaks."""
    return Mutant(queue=queue, breaks=breaks, may_break=may_break, driver=driver)
