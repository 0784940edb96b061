"""Waits by the real clock: the longest that a level allows, and the error for a longer one."""

from __future__ import annotations

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.effort import Effort, Level

_DEEP = Effort.at(Level.DEEP)


def real_lease(contract: Contract, effort: Effort, *, where: str) -> float:
    """Return the seconds of a lease that a run can wait for by the real clock.

    For a queue that watches its workers, return the seconds within which it notices a dead one.

    where: how the actors run, in words for the message: "in other processes".

    Raises NotRunError if the wait is longer than the level allows.
    """
    declared, awaited = contract.lease_seconds, "leases that expire"
    if contract.notices_death:
        declared, awaited = contract.notice, "dead workers that are noticed"
        require_wait(declared, effort)
    elif declared is not None and declared > effort.max_wait:
        raise NotRunError(
            f"needs a lease of at most {effort.max_wait:g} s {where} (declared: {declared:g} s). "
            f"Give claim() a 'lease' option{_deep(declared, effort, ', or ')}.",
            kind="clock",
        )
    if not effort.real_time:
        raise NotRunError(
            f"needs {awaited} {where}: requires --queue-level standard",
            kind="level",
            level="standard",
        )
    return 2 * max(contract.resolution, 0.5) if declared is None else declared


def require_wait(seconds: float, effort: Effort) -> None:
    """Raise NotRunError if a wait by the real clock is longer than the level allows."""
    if seconds > effort.max_wait:
        raise NotRunError(
            f"needs to wait {seconds:g} s by the real clock, longer than the "
            f"{effort.max_wait:g} s of this level{_deep(seconds, effort, ': ')}",
            kind="clock",
        )


def _deep(seconds: float, effort: Effort, link: str) -> str:
    """Return the advice to use the deepest level, if that allows the wait."""
    helps = effort.max_wait < seconds <= _DEEP.max_wait
    return f"{link}use --queue-level deep" if helps else ""
