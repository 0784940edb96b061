"""A history as numbered lines, and as a drawing in plain text."""

from __future__ import annotations

import re

import pytest

from pytest_queuekit.model.history import History, Outcome, Verb
from pytest_queuekit.report.plain_timeline import drawn, numbered
from tests.report.build import operation

LEASE = {"lease": 60.0}
STALE = History.of(
    [
        operation(Verb.CLAIM, 0, actor="late", task="t", arguments=LEASE, number=0),
        operation(Verb.CLAIM, 61, actor="heir", task="t", arguments=LEASE, number=0),
        operation(Verb.COMPLETE, 61.002, actor="late", task="t", claim=0, number=1),
        operation(Verb.COMPLETE, 61.004, actor="heir", end=None, outcome=Outcome.UNKNOWN, number=1),
    ]
).operations
PROOF = STALE[:3]


def test_a_drawing_has_lanes_calls_leases_and_moments() -> None:
    """The last call of the proof has its mark, and a call without an answer has its own end."""
    assert drawn(STALE, proof=PROOF, width=100)[:4] == [
        "      0.000 s                       61.000 s           61.002 s          61.004 s",
        "late  [1 claim     ]=========                          [▶3 complete ]",
        "heir                                [2 claim     ]=======================[4 complete  ?",
        "",
    ]


def test_a_lane_shows_leases_that_overlap() -> None:
    """The second lease lies within the first, and the third begins within it and ends later."""
    calls = History.of(
        operation(Verb.CLAIM, at, actor="a", task=task, arguments={"lease": lease}, number=number)
        for number, (at, task, lease) in enumerate([(0, "t", 60.0), (1, "u", 10.0), (30, "v", 60)])
    ).operations
    assert drawn(calls, proof=calls, width=100)[1] == (
        "a  [1 claim     ]=======[2 claim     ]=================[▶3 claim    ]=================="
    )


def test_calls_are_numbered_as_in_the_drawing() -> None:
    """Calls of the proof are marked; those of the rest of the run are not."""
    assert numbered(STALE, proof=PROOF, width=80) == [
        "* 1    0.000–0.001 s  late  claim(lease=60.0) → t",
        "* 2  61.000–61.001 s  heir  claim(lease=60.0) → t",
        "▶ 3  61.002–61.003 s  late  complete t → ok",
        "  4       61.004–? s  heir  complete → unknown",
    ]


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("calls", [1, 4, 150])
def test_no_line_is_wider_than_the_terminal(width: int, calls: int) -> None:
    """However many calls there are, each is in the drawing once, with its number."""
    history = History.of(
        operation(Verb.CLAIM, at * 10.0 ** (at % 5), actor=f"worker-{at % 7}-of-seven", number=at)
        for at in range(calls)
    ).operations
    lines = drawn(history, proof=history[-1:], width=width)
    listed = numbered(history, proof=history[-1:], width=width)
    assert max(map(len, [*lines, *listed])) <= width
    bars = [number for line in lines for number in re.findall(r"\[▶?(\d+) \w", line)]
    assert sorted(map(int, bars)) == list(range(1, calls + 1))


def test_a_history_without_calls_has_no_drawing() -> None:
    """And no lines."""
    assert drawn([], proof=[], width=80) == numbered([], proof=[], width=80) == []
