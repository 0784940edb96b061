"""The drawing of a proof: lanes, bars, leases and times in their places."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

from pytest_queuekit.model.history import Operation, Outcome, Verb
from pytest_queuekit.report.failure import calls_of
from pytest_queuekit.report.timeline import Timeline, timeline
from tests.report.build import operation


def _numbered(*operations: Operation) -> list[Operation]:
    return [replace(each, number=number) for number, each in enumerate(operations)]


def _claim(at: float, actor: str, **fields: Any) -> Operation:
    return operation(Verb.CLAIM, at, actor=actor, task="t", arguments={"lease": 60.0}, **fields)


def _drawn(*operations: Operation) -> Timeline:
    drawing = timeline(_numbered(*operations))
    assert drawing is not None
    return drawing


STALE = (
    _claim(0.004, "late"),
    _claim(61, "heir"),
    operation(Verb.COMPLETE, 61.002, actor="late", task="t", claim=0),
    operation(Verb.COMPLETE, 61.004, actor="heir", task="t", claim=1, outcome=Outcome.REFUSED),
)


def test_each_actor_has_a_lane_and_each_call_a_bar() -> None:
    """The last call is the one that shows the violation."""
    drawing = _drawn(*STALE)
    assert [name for _, name in drawing.lanes] == ["late", "heir"]
    assert [(bar.number, bar.verb, bar.outcome, bar.culprit) for bar in drawing.bars] == [
        (1, "claim", "ok", False),
        (2, "claim", "ok", False),
        (3, "complete", "ok", False),
        (4, "complete", "refused", True),
    ]
    assert drawing.bars[0].y == drawing.bars[2].y < drawing.bars[1].y


def test_bars_of_one_lane_do_not_cover_each_other() -> None:
    """However short the calls are: a millisecond and a minute are both readable."""
    drawing = _drawn(*STALE)
    for first, second in ((0, 2), (1, 3)):
        assert drawing.bars[first].x + drawing.bars[first].width <= drawing.bars[second].x
    assert all(bar.x + bar.width <= drawing.width for bar in drawing.bars)
    assert drawing.width < 1000


def test_calls_at_the_same_time_overlap() -> None:
    """A call that begins before another one ended lies above or below it."""
    long = operation(Verb.STATS, 1.0, actor="a", end=1_500_000_000)
    drawing = _drawn(long, operation(Verb.STATS, 1.2, actor="b"))
    a, b = drawing.bars
    assert a.x < b.x < b.x + b.width < a.x + a.width


def test_a_lease_ends_with_its_time_or_its_acknowledgement() -> None:
    """A refused acknowledgement ends none."""
    drawing = _drawn(*STALE)
    assert [band.text for band in drawing.bands] == [
        "lease of t until 60.005 s",
        "lease of t until 121.001 s",
    ]
    done = operation(Verb.COMPLETE, 2, actor="a", task="t", claim=0)
    assert [band.text for band in _drawn(_claim(1, "a"), done).bands] == [
        "lease of t until 2.001 s"
    ]


def test_an_extension_makes_a_lease_longer() -> None:
    """By the seconds that it asks for, from its own end."""
    more = operation(Verb.EXTEND, 30, actor="a", task="t", claim=0, arguments={"seconds": 100.0})
    assert [band.text for band in _drawn(_claim(1, "a"), more).bands] == [
        "lease of t until 130.001 s"
    ]


def test_a_call_without_an_end_has_a_bar() -> None:
    """It was cut off."""
    (bar,) = _drawn(operation(Verb.FAIL, 1, end=None, outcome=Outcome.UNKNOWN)).bars
    assert bar.width > 0


def test_a_batch_is_one_call() -> None:
    """Its operations have one interval."""
    batch = [operation(Verb.ENQUEUE, 1, task=task, arguments={"batch": 2}) for task in ("t1", "t2")]
    (bar,) = _drawn(*batch).bars
    assert bar.text == "enqueue_many t1, t2 → ok"
    assert calls_of(batch) == [batch]


def test_labels_of_the_time_keep_apart() -> None:
    """A label that would cover another one is left out."""
    places = sorted(tick.x for tick in _drawn(*STALE).ticks)
    assert min(after - before for before, after in pairwise(places)) >= 72


def test_a_proof_without_calls_has_no_drawing() -> None:
    """A rule about files, say."""
    assert timeline([]) is None
