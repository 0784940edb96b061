"""The section at the end of a run, line by line."""

from __future__ import annotations

from typing import Any

from pytest_queuekit.model.run_result import RunSubject
from pytest_queuekit.model.verdict import Requirement, Status, Verdict, Waiver
from pytest_queuekit.report.formats import text
from pytest_queuekit.report.lines import Tone, figure
from tests.report.build import LATER, absent, broken, checked, error, run, speed, verdict


def _lines(
    *verdicts: Verdict, verbose: bool = False, proofs: bool = False, **fields: Any
) -> list[str]:
    """Return the lines about the subject, without environment and closing."""
    section = text.section(run(*verdicts, **fields), verbose=verbose, proofs=proofs)
    lines = [line.text for line in section]
    end = max(place for place, line in enumerate(lines) if not line)
    return lines[lines.index("") + 1 : end]


def test_families_are_counted() -> None:
    """Each family has a line, in the order of the rules, with a dash for none."""
    assert _lines(verdict("KEY-1"), broken("KEY-2"), absent("ACK-1")) == [
        "myqueue 1.0",
        "  family        passed  failed  not applicable  not run",
        "  KEY                1       1               -        -",
        "  ACK                -       -               1        -",
        "  1 rule not applicable (-v lists them)",
    ]


def test_a_long_run_says_where_its_time_went() -> None:
    """By family, the slowest first; a run of a few seconds does not."""
    names = ("ACK", "KEY", "RACE", "LEASE", "WALK", "CLAIM")
    verdicts = [verdict(f"{name}-1", seconds=place / 2) for place, name in enumerate(names, 1)]
    assert "  Time 10 s: CLAIM 3.0, WALK 2.5, LEASE 2.0, RACE 1.5, others 1.5" in _lines(*verdicts)
    assert not any("Time" in line for line in _lines(*verdicts[:-1]))


def test_rare_answers_have_columns_of_their_own() -> None:
    """A SHOULD that fails is advised, and a known failure is waived: neither counts as failed."""
    waiver = Waiver(reason="no NUL in text", source="README, Payloads")
    lines = _lines(
        broken("KEY-1", requirement=Requirement.SHOULD),
        verdict("KEY-2", Status.WAIVED, waiver=waiver),
    )
    assert lines[1:3] == [
        "  family        passed  failed  advised  waived  not applicable  not run",
        "  KEY                -       -        1       1               -        -",
    ]
    assert "  waived: KEY-2 one-worker-a-task: no NUL in text (README, Payloads)" in lines


def test_a_useless_waiver_is_named() -> None:
    """A waiver whose rule passes is to be removed."""
    waiver = Waiver(reason="no NUL in text", source="README")
    lines = _lines(verdict("KEY-2", waiver=waiver))
    assert "  KEY-2 passes: remove its waiver (README: no NUL in text)" in lines


def test_a_failure_is_shown_once() -> None:
    """The section has a proof only where pytest shows none."""
    assert not any("Task delivered twice" in line for line in _lines(broken("KEY-2")))
    assert sum("Task delivered twice" in line for line in _lines(broken("KEY-2"), proofs=True)) == 1


def test_what_does_not_apply_is_listed_by_capability_if_asked() -> None:
    """By the first capability that is missing, with runs of ids drawn together."""
    verdicts = [absent(f"A-{number}") for number in (1, 3)]
    verdicts += [absent("A-2", "lease", "extend"), absent("A-5", "key")]
    assert _lines(*verdicts, verbose=True)[-3:] == [
        "  Not applicable",
        "    not declared: key: A-5",
        "    not declared: lease: A-1 to 3",
    ]


def test_rules_of_a_higher_level_are_listed_if_asked() -> None:
    """The closing line counts them; -v names them."""
    waiting = verdict("A-1", Status.NOT_RUN, reason=LATER)
    assert "    requires --queue-level deep: A-1" in _lines(waiting, verbose=True)
    assert not any("A-1" in line for line in _lines(waiting))


def test_an_error_is_not_a_failure_of_the_queue() -> None:
    """It has a heading of its own."""
    assert _lines(error("A-1"))[-2:] == [
        "  Could not be judged (error in the adapter or the kit, not in the queue)",
        "    A-1: KeyError: 'x'",
    ]


def test_targets_have_figure_limit_and_depth() -> None:
    """Met, missed, and judged by the ratio to the disk."""
    lines = _lines(
        speed(rule="PERF-1"),
        speed(met=False),
        speed(rule="PERF-3", value=6.0, target=12.0, relative=True, floor=4.0, fsync=4.5),
    )
    assert lines[1:] == [
        "  Targets (median)",
        "  PERF-1  claim              1 ms         target < 5, 1,000 waiting: met",
        "  PERF-2  claim              9 ms         target < 5, 1,000 waiting: MISSED",
        "  PERF-3  claim              6 ms         target < 12, 1,000 waiting: met*",
        "  disk    one commit 4 ms, with fsync 4.5 ms; * judged by the ratio to it",
    ]


def test_a_few_checks_have_a_line_each() -> None:
    """Those of a database are listed one by one."""
    lines = _lines(checked("data-models", sentence="Data Models"), checked("schema", "a", "b"))
    assert lines[1:] == [
        "  Data Models: passed",
        "  Schema Integrity: failed: 2 findings",
    ]


def test_documented_limits_are_listed_if_asked() -> None:
    """Free text waives nothing, and is shown with -v."""
    noted = RunSubject(label="myqueue", title="myqueue 1.0", notes=("It keeps nothing (README).",))
    assert "  Documented: It keeps nothing (README)." in _lines(
        verdict(), verbose=True, subject=noted
    )


def test_no_line_is_longer_than_eighty_columns() -> None:
    """Long names, results and reasons are cut or wrapped."""
    long = "word " * 60
    verdicts = [
        broken(f"FAMILYWITHALONGNAME-{number}", sentence=long, queue=long) for number in range(3)
    ]
    verdicts += [error("A-1", long), verdict("A-2", Status.NOT_RUN, reason=LATER)]
    result = run(*verdicts, hints=(long,), unmet=(long,), warnings=(long,))
    lines = list(text.section(result, verbose=True, proofs=True))
    assert max(len(line.text) for line in lines) <= 80


def test_the_conclusion_is_green_red_or_yellow() -> None:
    """The tone of the closing line is that of the conclusion."""
    little = [absent(f"A-{number}") for number in range(9)]
    tones = {
        Tone.GOOD: run(verdict(), speed()),
        Tone.BAD: run(broken()),
        Tone.CAREFUL: run(verdict(), *little),
    }
    for tone, result in tones.items():
        assert {line.tone for line in text.close(result)} == {tone}


def test_ids_are_shortened() -> None:
    """Runs are drawn together, by number and not by letter."""
    assert text.in_short(["A-10", "A-9", "B-1", "A-2", "A-11", "x"]) == "A-2, A-9 to 11, B-1, x"


def test_figures_have_three_significant_digits() -> None:
    """Small figures keep their size, large figures get commas."""
    assert [figure(value) for value in (0.012345, 9.876, 98.76, 12345.6)] == [
        "0.0123",
        "9.88",
        "98.8",
        "12,346",
    ]
