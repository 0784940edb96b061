"""One failure in words."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_queuekit.model.capabilities import Payload
from pytest_queuekit.model.history import (
    AFTER,
    CLOCK_SET,
    DURING,
    TOGETHER,
    Operation,
    Outcome,
    Verb,
)
from pytest_queuekit.model.payloads import canonical, wrap
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


def test_a_call_names_the_step_of_the_clock_that_followed() -> None:
    """The step is no call: it is shown after the last one before it."""
    call = operation(Verb.RELEASE, 1, task="t1", arguments={CLOCK_SET: -3600.0})
    assert describe(call) == "release t1 → ok; then the clock was set by -3,600 s"


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
        "enqueue t1 → ok": operation(Verb.ENQUEUE, 0, task="t1", arguments={"payload": "'t1'"}),
        "claim → busy (Locked: x)": operation(
            Verb.CLAIM, 0, outcome=Outcome.BUSY, error="Locked: x"
        ),
        "fail t1 → unknown": operation(Verb.FAIL, 0, task="t1", outcome=Outcome.UNKNOWN, end=None),
        "stats → {'queued': 1}": operation(Verb.STATS, 0, result={"queued": 1}),
    }
    assert [describe(operation) for operation in operations.values()] == list(operations)


@pytest.mark.parametrize("value", [0, "", False, None, [], {}, b""])
def test_a_payload_without_a_label_is_shown(value: object) -> None:
    """A falsy one is often the culprit, and the task's label does not name it."""
    payload = canonical(value)
    enqueue = operation(Verb.ENQUEUE, 0, task="t1", arguments={"payload": payload, "priority": 5})
    assert describe(enqueue) == f"enqueue(priority=5, payload={payload}) t1 → ok"
    claim = operation(Verb.CLAIM, 0, task="t1", result={"payload": payload, "attempt": 1})
    assert describe(claim) == f"claim → t1 (payload {payload}, attempt 1)"


def test_a_body_beside_the_label_is_shown_up_to_a_limit() -> None:
    """It may be what the queue cannot carry."""
    short = canonical(wrap("t1", Payload.JSON, False))
    long = canonical(wrap("t1", Payload.TEXT, "x" * 500))
    lines = [
        describe(operation(Verb.ENQUEUE, 0, task="t1", arguments={"payload": payload}))
        for payload in (short, long)
    ]
    assert lines == [
        "enqueue(payload=False) t1 → ok",
        f"enqueue(payload={'x' * 12}… (500 long)) t1 → ok",
    ]


def test_values_that_look_alike_are_shown_apart() -> None:
    """Two keys may differ in a blank, in the spelling of an accent, or in their lengths."""
    calls = [
        operation(Verb.ENQUEUE, 0, task="t1", arguments={"key": key})
        for key in ("k", "k ", "", "é", "e\u0301", "k" * 401)
    ]
    assert [describe(call) for call in calls] == [
        "enqueue(key=k) t1 → ok",
        "enqueue(key='k ') t1 → ok",
        "enqueue(key='') t1 → ok",
        "enqueue(key=é) t1 → ok",
        "enqueue(key='e\\u0301') t1 → ok",
        "enqueue(key=kkkkkkkkkkkk… (401 long)) t1 → ok",
    ]


def test_a_measured_cost_stands_before_the_options() -> None:
    """It is the proof, and a line has eighty columns."""
    arguments = {"lease": 60.0, "backlog": "waiting", "depth": 500, "steps": 9645}
    claim = operation(Verb.CLAIM, 0, task="refill", arguments=arguments)
    assert describe(claim) == ("claim(depth=500, steps=9645, lease=60.0, backlog=waiting) → refill")


def _batch(verb: Verb, *labels: str, own: str, at: float = 0, **fields: Any) -> list[Operation]:
    """Return the operations of a batch for some of its tasks."""
    arguments = {"batch": len(labels), TOGETHER: list(labels)}
    return [operation(verb, at, task=task, arguments=arguments, **fields) for task in own.split()]


def test_a_batch_is_one_line_with_its_tasks() -> None:
    """A line names three of them; of more, it names two, those of the proof first."""
    many = [f"task-{number}" for number in range(1, 21)]
    witness = (
        *_batch(Verb.ENQUEUE, "task-1 (key=k)", "task-2", own="task-2"),
        *_batch(Verb.ENQUEUE, *many, own="task-15 task-1", at=1, actor="producer"),
        *_batch(Verb.CLAIM, "task-1", "task-2", own="task-2 task-1", at=2, result={}),
        operation(Verb.CLAIM, 3, arguments={"batch": 2}),
        operation(Verb.CLAIM, 4, arguments={"batch": 2}, outcome=Outcome.BUSY, error="Locked: x"),
    )
    lines = explain(broken("A-1", Violation(kind="k", detail="s", witness=witness)))
    calls = [line.split("  ")[-1].strip() for line in lines if "_many" in line]
    assert calls == [
        "enqueue_many task-1 (key=k), task-2 → ok",
        "enqueue_many task-1, task-15 and 18 more → ok",
        "claim_many(2) → task-1, task-2",
        "claim_many(2) → empty",
        "claim_many(2) → busy (Locked: x)",
    ]
    assert max(map(len, lines)) <= 80


def test_a_batch_shows_the_payloads_that_have_no_label() -> None:
    """Those of the tasks that the proof is about."""
    enqueue = operation(
        Verb.ENQUEUE,
        0,
        task="t2",
        arguments={"batch": 2, TOGETHER: ["t1", "t2 (key=k)"], "payload": "0"},
    )
    assert describe(enqueue) == "enqueue_many t1, t2 (key=k) (payload=0) → ok"
    claim = operation(
        Verb.CLAIM,
        0,
        task="t2",
        arguments={"batch": 2, TOGETHER: ["t1", "t2"]},
        result={"payload": "None"},
    )
    assert describe(claim) == "claim_many(2) → t1, t2 (payload=None)"


def test_a_kill_names_the_call_in_which_it_struck() -> None:
    """It also says after which of the call's steps, where that is known."""
    arguments: dict[str, object] = {DURING: "claim"}
    assert describe(operation(Verb.KILL, 0, arguments=arguments)) == "kill → during claim"
    known = operation(Verb.KILL, 0, arguments={**arguments, AFTER: "2 steps"})
    assert describe(known) == "kill → during claim, after 2 steps"
    crashed = operation(
        Verb.KILL, 0, arguments=arguments, error="exit code -11", outcome=Outcome.UNKNOWN
    )
    assert describe(crashed) == "kill → during claim (exit code -11)"
    assert describe(operation(Verb.KILL, 0)) == "kill → ok"


def test_an_operation_without_an_end_has_a_question_mark() -> None:
    """The moment of its end is unknown."""
    hung = operation(Verb.CLAIM, 1, outcome=Outcome.UNKNOWN, end=None)
    lines = explain(broken("A-1", Violation(kind="k", detail="s", witness=(hung,))))
    assert any("1.000–? s" in line for line in lines)


def test_a_long_proof_is_cut_to_twelve_operations() -> None:
    """The report counts the operations that it leaves out, and ends with the culprit."""
    many = tuple(operation(Verb.CLAIM, at, actor="w" * 40, result=None) for at in range(30))
    violation = Violation(kind="k", title="Long", detail="so " * 200, witness=many)
    lines = explain(broken("CLAIM-1", violation, sentence="that " * 100))
    assert sum("claim → empty" in line for line in lines) == 11
    place = lines.index("  … and 19 more operations")
    assert lines[place + 1].startswith("  29.000")
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
