"""The section at the end of a run, and what stands in it."""

from __future__ import annotations

import pytest

from pytest_queuekit.rules.catalogue import CATALOGUE, FAMILIES
from tests.plugin.project import Project, flat, text


def _section(result: pytest.RunResult) -> list[str]:
    lines = result.outlines
    begin = next(at for at, line in enumerate(lines) if "= queue validation =" in line)
    end = next((at for at in range(begin + 1, len(lines)) if lines[at].startswith("==")), None)
    return lines[begin + 1 : end]


def test_the_report_of_a_run_fits_in_eighty_columns(project: Project) -> None:
    """Two queues at the quick level: environment, families, findings, verdicts; no colour."""
    queues = ("--queue-impl=shop:Good", "--queue-impl=shop:Twice")
    result = project.validate(*queues, "-k", "ENQUEUE-1 or CLAIM-1 or ORDER-1 or KEY-1")
    section = _section(result)
    shown = "\n".join(section)
    assert max(map(len, section)) <= 80
    assert "\x1b" not in text(result)
    assert "level quick; Python 3." in shown
    assert "SQLite 3." in shown
    assert "  family        passed  failed  not applicable  not run" in section
    assert [line.split()[0] for line in section if line.startswith("  ENQUEUE  ")] == 2 * [
        "ENQUEUE"
    ]
    assert " rules not applicable (-v lists them)" in shown
    good, twice = (line for line in section if line.startswith(("good P", "twice F")))
    assert good.startswith("good PASSED: ")
    assert twice.startswith("twice FAILED: ")


def test_families_stand_in_one_order_however_they_were_run(project: Project) -> None:
    """That of the catalogue, when another plugin has shuffled the rules."""
    result = project.validate(
        "--queue-impl=shop:Good", "-k", "1", "-p", "no:cacheprovider", plugins=("randomly",)
    )
    words = [
        line.split()[0] for line in _section(result) if line.startswith("  ") and "  -" in line
    ]
    families = [family.name for family in FAMILIES if family.name in words]
    assert words[: len(families)] == families
    assert len(families) > 5


def test_the_verdict_names_the_version(project: Project) -> None:
    """The summary shows the version of an installed queue."""
    from pytest_queuekit import __version__

    result = project.validate("-k", "KEY-1[")
    assert f"reference {__version__} PASSED: 1 of 1 applicable rule (1 of " in flat(result)


def test_the_header_says_what_is_tested(project: Project) -> None:
    """Before the first rule runs, so that a slip is seen at once."""
    result = project.validate("--queue-impl=shop:Good", "--queue-impl=shop:Twice", "-k", "KEY-1[")
    assert "queue validation: good, twice" in result.outlines


def test_contradictory_declarations_are_named_before_and_after(project: Project) -> None:
    """A queue that notices no death cannot promise at-least-once, which is the default."""
    result = project.validate("--queue-impl=shop:Little", "-k", "CLAIM-1[")
    clause = "guarantee=AT_LEAST_ONCE contradicts liveness=NONE, with which a dead worker keeps"
    assert any(line.startswith(f"  little: {clause}") for line in result.outlines)
    assert f"1 of 1 applicable rule (1 of {len(CATALOGUE)} selected)" in flat(result)
    assert flat(result).count(clause) == 2


def test_a_queue_that_declares_little_is_insufficient(project: Project) -> None:
    """Hardly any rule applies to it, and the verdict says that."""
    result = project.validate("--queue-impl=shop:Little")
    assert "little INSUFFICIENT: " in flat(result)


def test_a_known_bad_sqlite_is_warned_about(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The warning stands beside the versions."""
    monkeypatch.setattr(
        "pytest_queuekit.plugin.run_result.sqlite_warning", lambda: "SQLite 3.0 is too old"
    )
    assert "SQLite 3.0 is too old" in _section(project.validate("-k", "KEY-1["))


def test_witnesses_are_in_the_section_if_nowhere_else(project: Project) -> None:
    """With --tb=no the proof is in the summary, and otherwise once, above it."""
    chosen = ("--queue-impl=shop:Twice", "-k", "CLAIM-1[")
    assert sum("first   claim(lease=" in line for line in project.validate(*chosen).outlines) == 1
    silent = project.validate(*chosen, "--tb=no")
    assert sum("first   claim(lease=" in line for line in _section(silent)) == 1


def test_colours_are_those_of_pytest(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Good is green and bad is red where colours are wanted, and NO_COLOR is respected."""
    chosen = ("--queue-impl=shop:Good", "-k", "KEY-1[")
    assert "\x1b[32mgood PASSED: " in text(project.validate(*chosen, "--color=yes"))
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in text(project.validate(*chosen))


def test_other_runs_have_no_section(project: Project) -> None:
    """A run that was not asked for rules says nothing of queues, nor does --collect-only."""
    project.pytester.makepyfile(test_own="def test_fine(): pass\n")
    assert "queue validation" not in text(project.run())
    for looks in ("--collect-only", "--setup-plan", "--fixtures-per-test", "--cache-show"):
        assert "= queue validation =" not in text(project.validate(looks))


def test_a_run_ended_by_hand_says_what_was_not_run(project: Project) -> None:
    """Ctrl-C leaves no verdict of correctness."""
    project.pytester.makepyfile(
        hand="""
        from tests.queues.memory import MemoryQueue

        class Hand(MemoryQueue):
            name = "hand"

            def claim(self, worker, **options):
                raise KeyboardInterrupt
        """
    )
    result = project.alone("--queue-impl=hand:Hand", "-k", "ENQUEUE-1[ or KEY-1[")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert "the run ended before this check" in flat(result)
    assert "hand NO VERDICT: 2 rules without an answer" in flat(result)


def test_ctrl_c_between_two_lines_ends_the_run(project: Project) -> None:
    """Python 3.11 may interrupt where a frame has no line, which pytest cannot show."""
    project.pytester.makepyfile(
        hand="""
        from tests.queues.memory import MemoryQueue

        def claim(self, worker, **options):
            if worker != "preflight":
                raise KeyboardInterrupt

        class Hand(MemoryQueue):
            name = "hand"
            claim = claim

        claim.__code__ = claim.__code__.replace(co_linetable=b"")
        """
    )
    result = project.alone("--queue-impl=hand:Hand", "-k", "ENQUEUE-1[ or KEY-1[")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert "Traceback" not in text(result)


def test_ctrl_c_during_a_call_ends_the_run(project: Project) -> None:
    """It reaches the run while a call on the queue lasts, and is not an error of the kit."""
    project.pytester.makepyfile(
        hand="""
        import os
        import signal
        import time
        from tests.queues.memory import MemoryQueue

        class Hand(MemoryQueue):
            name = "hand"

            def claim(self, worker, **options):
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.3)
                return super().claim(worker, **options)
        """
    )
    result = project.alone("--queue-impl=hand:Hand", "-k", "ENQUEUE-1[ or KEY-1[")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert "hand NO VERDICT: 2 rules without an answer" in flat(result)
