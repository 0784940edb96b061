"""The section about a queue, line by line."""

from __future__ import annotations

from typing import Any

from pytest_queuekit.model.verdict import Requirement, Status, Verdict
from pytest_queuekit.report import terminal
from pytest_queuekit.report.examination import Examination
from pytest_queuekit.report.lines import Tone
from tests.report.build import broken, speed, verdict


def _told(*verdicts: Verdict, witnesses: bool = False, **fields: Any) -> list[str]:
    examination = Examination(title="myqueue 1.0", verdicts=verdicts, rules=9, **fields)
    return [line.text for line in terminal.report(examination, witnesses=witnesses)]


def test_families_are_counted() -> None:
    """A line a family, in the order of the rules, with a dash for none."""
    lines = _told(
        verdict("KEY-1"),
        broken("KEY-2"),
        verdict("ACK-1", Status.NOT_APPLICABLE, reason="not declared: fail"),
    )
    assert lines[:4] == [
        "myqueue 1.0",
        "  family        passed  broken  not applicable  not run",
        "  KEY                1       1               -        -",
        "  ACK                -       -               1        -",
    ]


def test_what_is_broken_is_told_in_short() -> None:
    """Its sentence and the first violation; the proof stands elsewhere."""
    lines = _told(broken("KEY-2"))
    at = lines.index("Broken")
    assert lines[at + 1 :] == ["  KEY-2 A task goes to one worker.", "    t1 went to w1 and to w2"]


def test_the_proof_is_told_where_nobody_else_does() -> None:
    """Then the witness is in the section."""
    assert any("queuekit rules KEY-2" in line for line in _told(broken("KEY-2"), witnesses=True))


def test_recommendations_are_told_apart() -> None:
    """A broken SHOULD has its own heading, and is not counted among the broken."""
    lines = _told(broken("KEY-2", requirement=Requirement.SHOULD))
    assert "Broken" not in lines
    at = lines.index("Not as recommended (no failure)")
    assert lines[at + 1] == "KEY-2 SHOULD: A task goes to one worker."


def test_what_does_not_apply_is_drawn_together() -> None:
    """By the first capability that is missing, with runs of ids in short."""
    reasons = {
        1: "not declared: lease",
        2: "not declared: lease, extend",
        3: "not declared: lease",
        5: "not declared: key",
    }
    absent = [verdict(f"A-{n}", Status.NOT_APPLICABLE, reason=why) for n, why in reasons.items()]
    assert _told(*absent)[-3:] == [
        "Not applicable",
        "  not declared: key: A-5",
        "  not declared: lease: A-1 to 3",
    ]


def test_what_was_not_run_has_its_reason() -> None:
    """Each reason with its rules; what was cut off is told apart."""
    waiting = verdict("A-1", Status.NOT_RUN, reason="runs from level deep")
    lines = _told(waiting, unfinished=("B-1", "B-2"))
    assert lines[-4:] == [
        "Not run",
        "  runs from level deep: A-1",
        "Not run, because the run was ended early",
        "  B-1 to 2",
    ]


def test_errors_are_no_findings() -> None:
    """What broke inside the kit is told as such."""
    lines = _told(errors={"A-1": "KeyError: 'x'"})
    assert lines[-2:] == [
        "Could not be judged (this is no finding about the queue)",
        "  A-1: KeyError: 'x'",
    ]


def test_targets_have_figure_limit_and_depth() -> None:
    """Met and missed, in a column."""
    lines = _told(speed(rule="PERF-1"), speed(met=False))
    assert lines[-2:] == [
        "  PERF-1  claim              1 ms         target < 5, 1,000 waiting: met",
        "  PERF-2  claim              9 ms         target < 5, 1,000 waiting: MISSED",
    ]


def test_no_line_is_longer_than_eighty_columns() -> None:
    """Whatever a queue is called and returns, and however long a reason is."""
    long = "word " * 60
    verdicts = [
        broken(f"FAMILYWITHALONGNAME-{number}", sentence=long, queue=long) for number in range(3)
    ]
    verdicts.append(verdict("A-1", Status.NOT_RUN, reason=long))
    lines = _told(*verdicts, witnesses=True, limitations=(long,), errors={"B-1": long})
    assert max(map(len, lines)) <= 80


def test_the_verdict_is_green_or_red() -> None:
    """The tone of the closing line is that of the queue."""
    good = Examination(title="q", verdicts=(verdict(), speed()), rules=1)
    bad = Examination(title="q", verdicts=(broken(),), rules=1)
    assert {line.tone for line in terminal.close(good)} == {Tone.GOOD}
    assert {line.tone for line in terminal.close(bad)} == {Tone.BAD}


def test_ids_are_told_in_short() -> None:
    """Runs are drawn together, by number and not by letter."""
    assert terminal.in_short(["A-10", "A-9", "B-1", "A-2", "A-11"]) == "A-2, A-9 to 11, B-1"


def test_figures_have_three_digits_that_count() -> None:
    """Small ones keep their size, large ones get commas."""
    assert [terminal.figure(one) for one in (0.012345, 9.876, 98.76, 12345.6)] == [
        "0.0123",
        "9.88",
        "98.8",
        "12,346",
    ]
