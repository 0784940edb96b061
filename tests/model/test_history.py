"""Histories: one order for the operations of many actors, and JSON Lines that say the same."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_queuekit.errors import HistoryError
from pytest_queuekit.model.history import (
    History,
    Operation,
    Outcome,
    Verb,
    read_history,
    read_operation,
    write_history,
    write_operation,
)

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
MOMENTS = st.integers(0, 1000)
OPERATIONS = st.builds(
    Operation,
    actor=st.sampled_from(["a", "b", "c"]),
    verb=st.sampled_from(Verb),
    start=MOMENTS,
    end=st.none() | MOMENTS,
    outcome=st.sampled_from(Outcome),
    task=st.none() | st.text(),
    arguments=st.dictionaries(st.text(), PLAIN, max_size=3),
    result=PLAIN,
    error=st.none() | st.text(),
)


def operation(
    verb: Verb = Verb.CLAIM, start: int = 0, end: int | None = 1, **fields: Any
) -> Operation:
    """Return an operation that succeeded, of actor "a" where none is named."""
    given_fields = {"actor": "a", "outcome": Outcome.OK, **fields}
    return Operation(verb=verb, start=start, end=end, **given_fields)


def numbered(operations: list[Operation]) -> list[Operation]:
    """Number the operations of each actor, in the order in which they come."""
    counts: dict[str, int] = {}
    out = []
    for operation in operations:
        counts[operation.actor] = counts.get(operation.actor, -1) + 1
        out.append(replace(operation, number=counts[operation.actor]))
    return out


@given(operations=st.lists(OPERATIONS, max_size=5))
def test_a_history_is_sorted_by_start(operations: list[Operation]) -> None:
    """Numbers follow starts, and nothing is added, lost or changed but where time begins."""
    history = History.of(numbered(operations))
    assert [operation.number for operation in history] == list(range(len(operations)))
    assert [operation.start for operation in history] == sorted(
        operation.start for operation in history
    )
    first = min((operation.start for operation in operations), default=0)
    plain = sorted(repr(moved(replace(operation, number=0), first)) for operation in history)
    assert plain == sorted(map(repr, operations))


def moved(operation: Operation, by: int) -> Operation:
    """Return an operation that happened later by a number of nanoseconds."""
    return replace(
        operation,
        start=operation.start + by,
        end=None if operation.end is None else operation.end + by,
    )


def test_time_begins_with_the_first_operation() -> None:
    """A report and a sentence about the history give the same times."""
    both = [operation(start=7), operation(start=5, actor="b")]
    assert [operation.start for operation in History.of(both)] == [0, 2]


def test_operations_of_one_start_stay_in_order() -> None:
    """A batch, which is many operations of one interval, keeps its order."""
    batch = numbered([operation(start=5, task=name) for name in "xyz"])
    assert [operation.task for operation in History.of(batch)] == ["x", "y", "z"]


def test_an_acknowledgement_still_points_to_its_claim() -> None:
    """The claim's number is its own actor's before, and the history's after the merge."""
    mine = [operation(start=10, number=0), operation(Verb.COMPLETE, start=12, number=1, claim=0)]
    others = [
        operation(start=start, actor="b", number=number) for number, start in enumerate((0, 11))
    ]
    history = History.of([*mine, *others])
    complete = history.by(Verb.COMPLETE)[0]
    assert complete.claim is not None
    assert history.operations[complete.claim] == replace(mine[0], number=1)


@given(operations=st.lists(OPERATIONS, max_size=3), drained=st.booleans())
def test_a_written_history_reads_the_same(
    tmp_path_factory: pytest.TempPathFactory, operations: list[Operation], drained: bool
) -> None:
    """Reading what was written gives an equal history, types included."""
    path = tmp_path_factory.mktemp("history") / "history.jsonl"
    history = History.of(numbered(operations), lease=2.5, drained=drained, driver="lanes")
    write_history(history, path)
    assert repr(read_history(path)) == repr(history)


@given(operation=OPERATIONS)
def test_a_line_has_no_line_end(operation: Operation) -> None:
    """An operation is one line of ASCII, whatever its texts hold."""
    line = write_operation(operation)
    assert line.isascii()
    assert line.splitlines() == [line]
    assert read_operation(line) == operation


def test_what_json_does_not_know_is_written_as_text() -> None:
    """A queue may return anything; the history keeps how it looks."""
    assert read_operation(write_operation(operation(result={"at": Path("x")}))).result == {
        "at": repr(Path("x"))
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a history"),
        ("[]\n", "not a history"),
        ('{"speed": 3}\n', "not a history"),
        ('{"driver": "x"}\n{}\n', "line 2"),
        ('{"driver": "x"}\n' + write_operation(operation()) + "\n{broken\n", "line 3"),
        ('{"driver": "x"}\n{"verb": "dance", "outcome": "ok"}\n', "line 2"),
        ("\x00\udcff", "not a history"),
    ],
)
def test_the_error_of_a_broken_file_names_its_line(tmp_path: Path, text: str, message: str) -> None:
    """A file that is not a history raises HistoryError, which names the file and the place."""
    path = tmp_path / "history.jsonl"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(HistoryError, match=message) as raised:
        read_history(path)
    assert str(path) in str(raised.value)


def test_an_absent_file_is_an_error(tmp_path: Path) -> None:
    """A file that is not there raises HistoryError too."""
    with pytest.raises(HistoryError, match=r"gone\.jsonl"):
        read_history(tmp_path / "gone.jsonl")


def test_what_an_operation_is() -> None:
    """A delivery has a task, an empty claim has none, and neither is one that was not answered."""
    delivery, empty = operation(task="x"), operation()
    open_ended = operation(end=None, outcome=Outcome.UNKNOWN)
    assert [operation.is_delivery for operation in (delivery, empty, open_ended)] == [
        True,
        False,
        False,
    ]
    assert [operation.is_empty for operation in (delivery, empty, open_ended)] == [
        False,
        True,
        False,
    ]


def test_overlapping_operations_have_no_order() -> None:
    """One ended before another only if it was over when that began; without an end it never was."""
    earlier = operation(start=0, end=5)
    assert earlier.ended_before(operation(start=6, end=7))
    assert not earlier.ended_before(operation(start=5, end=7))
    assert not operation(end=None).ended_before(operation(start=9, end=10))


def test_a_derived_fact_is_computed_once() -> None:
    """For each history and each fact that it depends on; it does not travel with the history."""
    asked: list[int] = []

    def count(history: History, least: int) -> int:
        asked.append(least)
        return len(history) + least

    history = History(operations=())
    assert [history.derived(count, least) for least in (1, 2, 1)] == [1, 2, 1]
    assert asked == [1, 2]
    copies = replace(history), pickle.loads(pickle.dumps(history))  # noqa: S301 - its own bytes
    assert [copy.derived(count, 1) for copy in copies] == [1, 1]
    assert asked == [1, 2, 1, 1]
