"""One failure in words."""

from __future__ import annotations

from pytest_queuekit.model.history import Outcome, Verb
from pytest_queuekit.model.verdict import RuleRun, Violation
from pytest_queuekit.report.failure import describe, explain, headline
from tests.report.build import DOUBLE, broken, checked, operation, speed

CLAIM = operation(
    Verb.CLAIM, 0.5, task="t1", arguments={"lease": 60.0}, result={"attempt": 2, "token": "abc"}
)
LATE = operation(Verb.COMPLETE, 61, actor="w2", task="t1", outcome=Outcome.REFUSED, error="E: no")


def test_a_failure_is_title_detail_proof_and_how_to_go_on() -> None:
    """Operations stand in order of start, with time, actor, call and outcome."""
    violation = Violation(
        kind="double", title="Twice", detail="t1 went out twice.", witness=(LATE, CLAIM)
    )
    run = RuleRun(
        driver="sequence",
        violations=(violation, violation),
        declared="liveness=LEASE",
        code="shop/adapter.py:31 in complete",
        replay="pytest 'queue-validate::ACK-6[shop]'",
    )
    assert explain(broken("ACK-6", detail=run)) == [
        "Twice",
        "t1 went out twice.",
        "",
        "    0.500–0.501 s  w1  claim(lease=60.0) → t1 (attempt 2, token abc)",
        "  61.000–61.001 s  w2  complete t1 → refused (E: no)",
        "",
        "Must       A task goes to one worker.",
        "Declared   liveness=LEASE",
        "Your code  shop/adapter.py:31 in complete",
        "Driver     sequence",
        "More       1 more violation of this rule",
        "Explain    queuekit explain ACK-6",
        "Replay     pytest 'queue-validate::ACK-6[shop]'",
    ]


def test_the_headline_stands_alone() -> None:
    """Slug, title and detail: what pytest's summary shows."""
    assert headline(broken()) == (
        "one-worker-a-task: Task delivered twice: task-1 went to w1 and to w2"
    )
    assert headline(speed(met=False)) == "fast-claim: claim takes 9 ms, target less than 5"


def test_a_missed_target_names_the_disk() -> None:
    """A reader can distinguish a slow queue from a slow disk."""
    lines = explain(speed(met=False, floor=0.0312, fsync=1.2))
    assert lines[0] == "claim takes 9 ms, target less than 5"
    assert "one commit of plain sqlite3 on this disk takes 0.0312 ms" in lines


def test_findings_are_listed_up_to_a_limit() -> None:
    """All of a few, and the number of the rest."""
    assert explain(checked("schema", "table t0 is missing")) == [
        "schema: Schema Integrity",
        "  table t0 is missing",
    ]
    assert explain(checked("schema", *map(str, range(30))))[-1] == "… and 10 more of schema"


def test_operations_show_their_outcome() -> None:
    """Empty, ok, busy, unknown and cut off are not the same."""
    operations = {
        "claim → empty": operation(Verb.CLAIM, 0),
        "enqueue t1 → ok": operation(Verb.ENQUEUE, 0, task="t1", arguments={"payload": "{}"}),
        "claim → busy (Locked: x)": operation(
            Verb.CLAIM, 0, outcome=Outcome.BUSY, error="Locked: x"
        ),
        "fail t1 → unknown": operation(Verb.FAIL, 0, task="t1", outcome=Outcome.UNKNOWN, end=None),
        "stats → {'queued': 1}": operation(Verb.STATS, 0, result={"queued": 1}),
    }
    assert [describe(operation) for operation in operations.values()] == list(operations)


def test_an_operation_without_an_end_has_a_question_mark() -> None:
    """The moment of its end is unknown."""
    hung = operation(Verb.CLAIM, 1, outcome=Outcome.UNKNOWN, end=None)
    lines = explain(broken("A-1", Violation(kind="k", detail="s", witness=(hung,))))
    assert any("1.000–? s" in line for line in lines)


def test_a_long_proof_is_cut_to_twelve_operations() -> None:
    """The report counts the operations that it leaves out."""
    many = tuple(operation(Verb.CLAIM, at, actor="w" * 40, result=None) for at in range(30))
    violation = Violation(kind="k", title="Long", detail="so " * 200, witness=many)
    lines = explain(broken("CLAIM-1", violation, sentence="that " * 100))
    assert sum("claim → empty" in line for line in lines) == 11
    assert "  … and 19 more operations" in lines
    assert max(map(len, lines)) <= 80


def test_what_a_queue_returns_cannot_act_upon_the_terminal() -> None:
    """Escape sequences and line ends become spaces."""
    evil = operation(Verb.FAIL, 0, task="t1", outcome=Outcome.REFUSED, error="\x1b[31mred\nline")
    assert describe(evil) == "fail t1 → refused ( [31mred line)"


def test_a_violation_without_a_title_has_its_kind() -> None:
    """There is always a headline to read."""
    assert explain(broken("A-1", Violation(kind="double-delivery", detail="s")))[0] == (
        "Double delivery"
    )
    assert explain(broken("A-1", DOUBLE))[0] == "Task delivered twice"
