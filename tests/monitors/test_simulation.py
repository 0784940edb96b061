"""Monitors against a simulated queue: silent if it is correct, and not if it has a bug."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_queuekit.monitors import MONITORS, answers, busy
from tests.monitors.simulation import Play, listing

HONEST = [monitor for monitor in MONITORS if monitor not in (answers, busy)]
"""Without the two monitors that report the faults which the simulation injects."""


@settings(max_examples=2000, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 30))
def test_a_correct_queue_is_never_accused(seed: int, steps: int) -> None:
    """This holds for all its habits, all overlaps of calls, and all calls that are cut off."""
    play = Play(seed)
    history = play.history(steps)
    for monitor in HONEST:
        details = [violation.detail for violation in monitor(history, play.contract)]
        assert not details, f"{details}\n{play.contract}\n{listing(history)}"


BUGS = {
    "deaf": "holder-refused",
    "forgets-failed": "lost-retry",
    "forgets-tokens": "stale-swallowed",
    "garbles": "changed",
    "gives-up": "dead-too-early",
    "hides-dead": "missing-dead-letter",
    "hoards": "not-reclaimed",
    "hurries": "early",
    "keeps-cancelled": "cancelled-again",
    "keys-leak": "key-let-through",
    "loses": "lost",
    "miscounts": "wrong-count",
    "misroutes": "misrouted",
    "overfills": "over-limit",
    "resurrects": "completed-again",
    "retries-at-once": "early-retry",
    "says-empty": "said-empty",
    "shares": "double-delivery",
    "shuffles": "fifo-order",
    "tries-for-ever": "delivered-dead",
}


@pytest.mark.parametrize(("bug", "kind"), BUGS.items(), ids=BUGS)
def test_a_queue_with_a_bug_is_reported(bug: str, kind: str) -> None:
    """Some of many runs proves the bug, although faults excuse much."""
    assert any(kind in _kinds(seed, bug) for seed in range(3000)), kind


def _kinds(seed: int, bug: str) -> Iterable[str]:
    play = Play(seed, bug)
    history = play.history(14)
    return {v.kind for monitor in HONEST for v in monitor(history, play.contract)}
