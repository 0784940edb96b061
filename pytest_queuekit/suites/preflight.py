"""Tries each queue once before its first check, and stops checks that would only repeat a fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pytest_queuekit.errors import ActorError
from pytest_queuekit.execution.disk import shortage
from pytest_queuekit.execution.preflight import preflight
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import Reason, Status, Verdict
from pytest_queuekit.suites.check import Check, Context

_MOST_HANGS = 3
"""Checks in a row with a call that never returned, after which the others are not run."""


@dataclass(kw_only=True)
class _State:
    """What is known about one queue.

    tried: True after the preflight.
    stopped: why no further check is run; empty while checks are run.
    hung: the ids of the latest checks in a row in which a call never returned.
    """

    tried: bool = False
    stopped: str = ""
    hung: list[str] = field(default_factory=list)


def guard(check: Check, queue: QueueUnderTest) -> Check:
    """Return a check that runs only if its queue can be judged.

    The first check of a queue that fails its preflight ends in an error that says why; all others
    are not run. The same holds from the first check on that fails while the disk is full: the queue
    may be right and find no room, or lose what it could not write.
    """
    state = queue.learned.setdefault("preflight", _State())
    return replace(check, answer=_guarded(check, queue, state))


def _guarded(check: Check, queue: QueueUnderTest, state: _State) -> Callable[[Context], Verdict]:
    def answer(context: Context) -> Verdict:
        if state.stopped:
            reason = Reason(kind="preflight", text=state.stopped)
            return check.verdict(Status.NOT_RUN, reason=reason)
        try:
            problem = "" if state.tried else _preflight(queue, context.folder)
            state.tried = True
            verdict = None if problem else check.answer(context)
        except (OSError, ActorError):
            problem, verdict = shortage(context.folder), None
            if not problem:
                raise
        if verdict is not None and _is_doubtful(verdict):
            problem = shortage(context.folder)
        if problem or verdict is None:
            state.stopped = f"the queue could not be judged, see {check.rule}"
            reason = Reason(kind="preflight", text=f"could not be judged: {problem}")
            return check.verdict(Status.ERROR, reason=reason)
        _note(verdict, state)
        return verdict

    return answer


def _is_doubtful(verdict: Verdict) -> bool:
    """Return True for a failure, and for a run in which the queue let too little succeed."""
    kind = verdict.reason.kind if verdict.reason else ""
    return verdict.status is Status.FAIL or kind in ("inconclusive", "unexercised")


def _preflight(queue: QueueUnderTest, folder: Path) -> str:
    """Return why a queue cannot be judged: the full disk, or else what the preflight has found."""
    home = folder / "preflight"
    home.mkdir()
    problem = preflight(queue, home)
    return problem and (shortage(folder) or problem)


def _note(verdict: Verdict, state: _State) -> None:
    if not verdict.exercised:
        return
    hung = any(violation.kind == "no-answer" for violation in verdict.violations)
    state.hung = [*state.hung, verdict.rule] if hung else []
    if len(state.hung) == _MOST_HANGS:
        state.stopped = f"calls never returned in {', '.join(state.hung)}, so the run stopped"
