"""History files: what they may look like, and the errors of those that do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pytest_queuekit.errors import HistoryError
from pytest_queuekit.histories import reading
from pytest_queuekit.model.history import SECOND, Outcome
from tests.histories.files import (
    CLAIM,
    COMPLETE,
    ENQUEUE,
    HEAD,
    WHOLE,
    call,
    recorded,
    write,
)

SCHEMA = json.loads(Path(reading.__file__).with_name("schema-1.json").read_text("utf-8"))
VALID = jsonschema.Draft202012Validator(SCHEMA)


def test_calls_are_sorted_and_the_first_one_starts_at_zero(tmp_path: Path) -> None:
    """Lines may come in any order, as of several threads."""
    history = recorded(tmp_path, WHOLE, COMPLETE, ENQUEUE, CLAIM).history
    assert [(each.number, each.verb, each.start) for each in history] == [
        (0, "enqueue", 0),
        (1, "claim", SECOND),
        (2, "complete", 2 * SECOND),
    ]
    assert history.operations[2].claim == 1


@pytest.mark.parametrize(
    ("clock", "start", "end"),
    [
        ("ns", 1_500_000_000, 2_000_000_000),
        ("us", 1_500_000, 2_000_000),
        ("ms", 1500, 2000),
        ("s", 1.5, 2),
        ("iso", "2026-01-31T12:00:01.5Z", "2026-01-31T13:00:02+01:00"),
    ],
)
def test_times_are_in_the_unit_of_the_clock(
    tmp_path: Path, clock: str, start: Any, end: Any
) -> None:
    """A call of half a second, in each unit."""
    line = {**ENQUEUE, "start": start, "end": end}
    [only] = recorded(tmp_path, {**HEAD, "clock": clock}, line).history
    assert (only.start, only.end) == (0, SECOND // 2)
    assert VALID.is_valid(line)


def test_a_call_without_an_end_has_an_unknown_outcome(tmp_path: Path) -> None:
    """Absent, or null."""
    lines = [
        {"actor": "p", "verb": "enqueue", "task": "t", "start": 0},
        {**ENQUEUE, "end": None},
        {**ENQUEUE, "outcome": "unknown"},
    ]
    history = recorded(tmp_path, HEAD, *lines).history
    assert {each.outcome for each in history} == {Outcome.UNKNOWN}


def test_a_call_that_ended_replaces_its_beginning(tmp_path: Path) -> None:
    """A recorder writes a call twice, so that a kill leaves the beginning."""
    begun = {"number": 0, "actor": "p", "verb": "enqueue", "task": "t", "start": 0}
    lines = [begun, {**begun, "end": 1}, {**begun, "number": 1, "task": "u", "start": 2}]
    history = recorded(tmp_path, HEAD, *lines).history
    assert [(each.task, each.outcome) for each in history] == [("t", "ok"), ("u", "unknown")]


@pytest.mark.parametrize(
    "naming",
    [{}, {"token": 7}, {"claim": 3}, {"token": 7, "task": None}],
    ids=["task and actor", "token", "number", "token alone"],
)
def test_an_acknowledgement_finds_its_delivery(tmp_path: Path, naming: dict[str, Any]) -> None:
    """By the number of the claim, by the token, or the last one of the task to the actor."""
    first = call("a", "claim", "t", 1, token=6)
    second = call("a", "claim", "t", 40, token=7, number=3)
    last = {**call("a", "complete", "t", 41), **naming}
    history = recorded(tmp_path, WHOLE, ENQUEUE, first, second, last).history
    assert (history.operations[-1].claim, history.operations[-1].task) == (2, "t")
    assert all(map(VALID.is_valid, (WHOLE, first, second, last)))


def test_another_actor_may_acknowledge_by_the_token(tmp_path: Path) -> None:
    """Such as a process that took the receipt over."""
    lines = [call("a", "claim", "t", 1, token=9), call("b", "complete", "t", 2, token=9)]
    assert recorded(tmp_path, WHOLE, *lines).history.operations[1].claim == 0


def test_several_files_are_one_history(tmp_path: Path) -> None:
    """Each has its own clock and its own numbers; the weakest head says what holds."""
    one = write(tmp_path / "1", {**WHOLE, "drained": True}, {**ENQUEUE, "number": 0})
    two = write(
        tmp_path / "2",
        {**WHOLE, "clock": "ms"},
        {**CLAIM, "actor": "p", "start": 1000, "end": 1100, "number": 0},
        {**COMPLETE, "actor": "p", "start": 1200, "end": 1300, "claim": 0},
    )
    read = reading.read_files([one, two], lambda _: None)
    assert [each.start for each in read.history] == [0, SECOND, SECOND * 12 // 10]
    assert read.history.operations[2].claim == 1
    assert (read.head.complete, read.history.drained) == (True, False)
    assert read.place(read.history.operations[1]) == (str(two), 2)


def test_the_tolerance_widens_each_call_at_both_ends(tmp_path: Path) -> None:
    """The true interval is inside, however wrong the two clocks are."""
    history = recorded(tmp_path, {**HEAD, "tolerance": 0.5}, ENQUEUE, CLAIM).history
    length = SECOND + SECOND // 10
    assert [(each.start, each.end) for each in history] == [
        (0, length),
        (SECOND, SECOND + length),
    ]


WRONG = [
    ([{"actor": "p"}], "line 1: this is no head. Begin the file with the line"),
    ([{**HEAD, "version": 2}], "line 1: version=2 is unknown"),
    ([{**HEAD, "drain": True}], "the head has no 'drain'; did you mean 'drained'?"),
    ([{**HEAD, "clock": "sec"}], "clock='sec' is none of ns, us, ms, s, iso"),
    ([{**HEAD, "lease": "30"}], "lease='30' must be a number of seconds from 0 on"),
    ([{**HEAD, "complete": 1}], "complete=1 must be true or false"),
    ([HEAD, []], "line 2: a call is an object with actor, verb, start and end"),
    ([HEAD, {**CLAIM, "verb": "clam"}], "verb='clam' is unknown; did you mean 'claim'"),
    ([HEAD, {**CLAIM, "outcome": "okay"}], "outcome='okay' is unknown; did you mean 'ok'?"),
    ([HEAD, {**CLAIM, "lease": 3}], "a call has no 'lease': put it into arguments"),
    ([HEAD, {**CLAIM, "acter": "a"}], "a call has no 'acter'; did you mean 'actor'?"),
    ([HEAD, {"verb": "claim", "start": 0}], "the call has no actor"),
    ([HEAD, {"actor": "a", "verb": "claim"}], "the call has no start"),
    ([HEAD, {**CLAIM, "actor": 1.5}], "actor=1.5 is no text or whole number"),
    ([HEAD, {**CLAIM, "end": 0}], "the call ends before it starts"),
    ([HEAD, {**CLAIM, "start": "12:00"}], "start: '12:00' is no time: the head says clock='s'"),
    ([HEAD, {**CLAIM, "end": None, "outcome": "ok"}], "outcome='ok' needs an end"),
    ([HEAD, {**CLAIM, "claim": -1}], "claim=-1 must be a whole number from 0 on"),
    ([HEAD, {**CLAIM, "error": 1}], "error=1 must be a text"),
    ([HEAD, {**CLAIM, "arguments": {"leese": 1}}], "claim has no argument 'leese'; did you mean"),
    ([HEAD, {**CLAIM, "arguments": {"lease": "1"}}], "arguments: lease='1' must be a number"),
    ([HEAD, {**CLAIM, "result": "t"}], "result='t' of claim must be an object"),
    ([HEAD, {**CLAIM, "number": 0}, {**CLAIM, "number": 0}], "has another call with number=0"),
    ([WHOLE, COMPLETE], "line 2: complete names task='t', and no claim by `a` delivered it"),
    ([WHOLE, {**COMPLETE, "token": 1}], "complete names token=1, and no claim has that token"),
    ([WHOLE, {**COMPLETE, "claim": 1}], "complete names claim=1, and `a` has no claim of that"),
    ([HEAD, {**COMPLETE, "task": None}], "complete names no task, no claim and no token"),
    ([{**HEAD, "clock": "iso"}, {**CLAIM, "start": "2026-01-31T12:00:00"}], "has no time zone"),
]


@pytest.mark.parametrize(("lines", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_wrong_line_is_named(tmp_path: Path, lines: list[Any], message: str) -> None:
    """With its number, the problem and what to write."""
    with pytest.raises(HistoryError) as raised:
        recorded(tmp_path, *lines)
    assert message in str(raised.value)


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    """A writer that was killed leaves an incomplete last line."""
    path = write(tmp_path / "history.jsonl", HEAD)
    path.write_text(path.read_text("utf-8") + '{"actor": ', encoding="utf-8")
    with pytest.raises(HistoryError, match=r"line 2: no JSON: .* the last line is incomplete"):
        reading.read_files([path], lambda _: None)
    with pytest.raises(HistoryError, match="No such file"):
        reading.read_files([tmp_path / "gone"], lambda _: None)


def test_files_must_agree_about_the_lease(tmp_path: Path) -> None:
    """A lease that depends on the file would be judged wrongly."""
    files = [write(tmp_path / str(lease), {**HEAD, "lease": lease}) for lease in (1, 2)]
    with pytest.raises(HistoryError, match="their heads say lease=1 and 2"):
        reading.read_files(files, lambda _: None)
