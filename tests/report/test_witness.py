"""A violation in words."""

from __future__ import annotations

from pytest_queuekit.model.history import Outcome, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.report.witness import describe, explain
from tests.report.build import broken, operation

CLAIM = operation(
    Verb.CLAIM, 0.5, task="t1", arguments={"lease": 60.0}, result={"attempt": 2, "token": "abc"}
)
LATE = operation(Verb.COMPLETE, 61, actor="w2", task="t1", outcome=Outcome.REFUSED, error="E: no")


def test_the_proof_is_rule_sentence_and_operations() -> None:
    """In order of start, with time, actor, call and outcome, and where to read on."""
    found = Violation(kind="double", detail="t1 went to w1 and to w2", witness=(LATE, CLAIM))
    assert explain(broken("CLAIM-1", found)) == [
        "MUST: A task goes to one worker.",
        "t1 went to w1 and to w2",
        "  0.500–0.501 s   w1  claim(lease=60.0) → t1 (attempt 2, token abc)",
        "  61.000–61.001 s w2  complete t1 → refused (E: no)",
        "(myqueue, sequence; why: queuekit rules CLAIM-1)",
    ]


def test_operations_are_told_by_their_outcome() -> None:
    """Empty, ok, busy, unknown and cut off are not the same."""
    told = {
        "claim → empty": operation(Verb.CLAIM, 0),
        "enqueue t1 → ok": operation(Verb.ENQUEUE, 0, task="t1", arguments={"payload": "{}"}),
        "claim → busy (Locked: x)": operation(
            Verb.CLAIM, 0, outcome=Outcome.BUSY, error="Locked: x"
        ),
        "fail t1 → unknown": operation(Verb.FAIL, 0, task="t1", outcome=Outcome.UNKNOWN, end=None),
        "stats → {'queued': 1}": operation(Verb.STATS, 0, result={"queued": 1}),
    }
    assert [describe(one) for one in told.values()] == list(told)


def test_an_operation_without_an_end_has_a_question_mark() -> None:
    """Nobody knows when it ended."""
    cut_off = operation(Verb.CLAIM, 1, outcome=Outcome.UNKNOWN, end=None)
    lines = explain(broken("A-1", Violation(kind="k", detail="s", witness=(cut_off,))))
    assert "1.000–? s" in lines[2]


def test_a_long_proof_is_cut_to_twelve_lines() -> None:
    """With what was left out counted, for operations and for violations."""
    many = tuple(operation(Verb.CLAIM, at, actor="w" * 40, result=None) for at in range(30))
    found = Violation(kind="k", detail="so " * 200, witness=many)
    lines = explain(broken("CLAIM-1", found, found, sentence="that " * 100))
    assert len(lines) == 12
    assert max(map(len, lines)) <= 80
    assert lines[-2] == "  … and 27 more operations"
    assert "1 more of this kind" in lines[-1]


def test_what_a_queue_returns_cannot_act_upon_the_terminal() -> None:
    """Escape sequences and line ends become spaces."""
    evil = operation(Verb.FAIL, 0, task="t1", outcome=Outcome.REFUSED, error="\x1b[31mred\nline")
    assert describe(evil) == "fail t1 → refused ( [31mred line)"


def test_a_failure_without_violations_still_says_what_must_hold() -> None:
    """There is always something to read."""
    assert explain(broken("A-1"))[0] == "MUST: A task goes to one worker."
