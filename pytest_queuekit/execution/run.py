"""One run of a scenario, as its driver returns it."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_queuekit.execution.faults.fault import Fault
from pytest_queuekit.model.history import History


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a scenario.

    history: the operations of all actors.
    token: replays the run in the same driver: a seed or a schedule. Empty if the run is
        deterministic, or if chance decides it and nothing can replay it.
    test: the source of a pytest test that repeats the run; empty if there is none.
    faults: the faults that its actors carried.
    unstruck: those of the faults that did not strike, because their actors ended before.
    """

    history: History
    token: str = ""
    test: str = ""
    faults: tuple[Fault, ...] = ()
    unstruck: tuple[Fault, ...] = ()
