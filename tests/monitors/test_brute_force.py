"""The monitors of recorded histories against an exhaustive search, on many small histories."""

from __future__ import annotations

import pytest

from tests.monitors.brute_force import LEASE, explained
from tests.monitors.compared import CHUNK, Counts, compare
from tests.monitors.notation import history


def _check(counts: Counts) -> None:
    wrong = counts[False, True] + counts[False, False]
    assert counts[True, False] > wrong > sum(counts.values()) / 20
    assert counts[False, True] >= 0.85 * wrong


def test_the_monitors_accuse_no_history_with_an_explanation() -> None:
    """And most of those without one: some faults need calls that the monitors do not combine."""
    _check(compare(range(1_500)))


def test_claims_of_unknown_outcome_are_no_failure() -> None:
    """Each may have taken a task that its client never saw."""
    compare(range(37_978, 37_979))


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(4))
def test_the_monitors_accuse_none_of_many_histories(chunk: int) -> None:
    """Ten thousand in all; `python -m tests.monitors.compared` takes a hundred thousand."""
    _check(compare(range(chunk * CHUNK, (chunk + 1) * CHUNK)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p: enqueue t; a: claim t; a: complete t; b: claim -", True),
        ("p: enqueue t; a: claim t @1-2; b: claim t @5-5.5", False),
        ("p: enqueue t; a: claim t @1-2; b: claim t @5-6", True),
        ("p: enqueue t; a: claim t @1-2; b: claim - @8-9", False),
        ("p: enqueue t; a: claim t @1-2; a: release t @3-4; b: claim t @4-5", True),
        ("p: enqueue t; a: claim t @1-2; a: complete t @3-; b: claim t @8-9", True),
        ("p: enqueue t; a: claim t @1-2; a: complete t @3-4; b: claim t @8-9", False),
        ("p: enqueue t @0-; b: claim - @8-9", True),
        ("p: enqueue t @0-0; p: enqueue u @1-1; a: claim u @2-2", False),
        ("p: enqueue t @0-0; p: enqueue u @1-1; a: claim - @2- unknown; b: claim u @3-3", True),
        ("p: enqueue t; a: claim t @1-2; a: complete t @3-3 refused", False),
        ("p: enqueue t; a: claim t @1-2; a: complete t @7-7 refused", True),
    ],
)
def test_the_search_is_correct(text: str, expected: bool) -> None:
    """It agrees with histories that a reader can judge."""
    assert explained(history(text, lease=LEASE)) is expected
