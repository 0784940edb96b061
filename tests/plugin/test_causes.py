"""One cause is shown once, and each rule fails under its own id."""

from __future__ import annotations

from tests.plugin.project import Project, text

SAME = ("--queue-impl=shop:Twice", "-k", "CLAIM-1[ or KEY-2[", "-p", "no:randomly")
TITLE = "Task delivered twice"


def test_the_second_rule_that_fails_for_a_cause_has_one_line(
    project: Project, spread: tuple[str, ...]
) -> None:
    """The first has the proof and names the second; pytest's summary has both."""
    output = text(project.validate(*SAME, *spread))
    assert output.count("Explain    queuekit explain") == 1
    assert f"Same cause as CLAIM-1: {TITLE}" in output
    assert "Also       KEY-2 fails for the same cause" in output
    for rule, slug in (
        ("CLAIM-1", "held-task-not-redelivered"),
        ("KEY-2", "key-held-while-claimed"),
    ):
        assert f"FAILED queue-validate::{rule}[twice] - {slug}: Task" in output
    assert "FAILED: 2 of 2 applicable rules failed" in output


def test_a_rule_that_is_selected_alone_shows_its_own_proof(project: Project) -> None:
    """The rule that would show it is not among the failures."""
    output = text(project.validate("--queue-impl=shop:Twice", "-k", "KEY-2["))
    assert "Explain    queuekit explain KEY-2" in output
    assert "Same cause" not in output


def test_two_queues_with_one_fault_each_show_it(project: Project) -> None:
    """A cause belongs to one queue."""
    project.path.joinpath("more.py").write_text(
        "from shop import Twice\n\n\nclass Again(Twice):\n    name = 'again'\n"
    )
    output = text(project.validate("--queue-impl=more:Again", *SAME))
    assert output.count("Explain    queuekit explain CLAIM-1") == 2
    assert output.count(f"Same cause as CLAIM-1: {TITLE}") == 2


def test_without_tracebacks_the_section_shows_the_cause_once(project: Project) -> None:
    """--tb=no leaves the proofs to the section of the validation."""
    output = text(project.validate(*SAME, "--tb=no"))
    assert output.count("Explain    queuekit explain") == 1
    assert f"    Same cause as CLAIM-1: {TITLE}" in output
