"""Tries each queue once before its first check, and stops checks that would only repeat a fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

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
    are not run.
    """
    state = queue.learned.setdefault("preflight", _State())
    return replace(check, answer=_guarded(check, queue, state))


def _guarded(check: Check, queue: QueueUnderTest, state: _State) -> Callable[[Context], Verdict]:
    def answer(context: Context) -> Verdict:
        if not state.tried:
            state.tried = True
            folder = context.folder / "preflight"
            folder.mkdir()
            problem = preflight(queue, folder)
            if problem:
                state.stopped = f"the queue could not be judged, see {check.rule}"
                reason = Reason(kind="preflight", text=f"could not be judged: {problem}")
                return check.verdict(Status.ERROR, reason=reason)
        if state.stopped:
            reason = Reason(kind="preflight", text=state.stopped)
            return check.verdict(Status.NOT_RUN, reason=reason)
        verdict = check.answer(context)
        _note(verdict, state)
        return verdict

    return answer


def _note(verdict: Verdict, state: _State) -> None:
    if not verdict.exercised:
        return
    hung = any(violation.kind == "no-answer" for violation in verdict.violations)
    state.hung = [*state.hung, verdict.rule] if hung else []
    if len(state.hung) == _MOST_HANGS:
        state.stopped = f"calls never returned in {', '.join(state.hung)}, so the run stopped"
