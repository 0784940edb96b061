"""Known failures: waived by a limitation of the adapter, or by the user's settings."""

from __future__ import annotations

import pytest

from tests.plugin.project import Project, flat, outcomes, text

CLAIM = "queue-validate::CLAIM-1[twice]"
LIMITED = """
from pytest_queuekit import Limitation
from shop import Good, Twice

class Limited(Twice):
    name = "limited"
    limitations = (
        Limitation(rule="CLAIM-1", reason="it hands tasks out again", source="README, Claims"),
        "It keeps nothing.",
    )

class Healed(Good):
    name = "healed"
    limitations = (
        Limitation(rule="CLAIM-1", reason="it hands tasks out again", source="README, Claims"),
    )

class Slip(Good):
    name = "slip"
    limitations = (Limitation(rule="CLAM-1", reason="x", source="y"),)
"""


def test_a_limitation_waives_its_rule_alone(project: Project) -> None:
    """The failure is shown as waived with reason and source, and fails nothing."""
    project.pytester.makepyfile(limited=LIMITED)
    result = project.validate("--queue-impl=limited:Limited", "-v", "-k", "CLAIM-1[ or KEY-1[")
    assert result.ret == 0
    assert outcomes(result)["queue-validate::CLAIM-1[limited]"] == "WAIVED"
    assert "it hands tasks out again (README, Claims)" in flat(result)
    assert "limited PASSED: 1 of 2 applicable rules (1 waived: CLAIM-1" in flat(result)
    other = project.validate("--queue-impl=limited:Limited", "-k", "CLAIM-7[")
    assert other.ret == 1


def test_a_limitation_that_no_longer_fails_is_named(project: Project) -> None:
    """A waiver does not outlive its failure unseen."""
    project.pytester.makepyfile(limited=LIMITED)
    result = project.validate("--queue-impl=limited:Healed", "-k", "CLAIM-1[")
    assert result.ret == 0
    assert "CLAIM-1 passes: remove its waiver" in flat(result)


def test_a_limitation_of_no_rule_is_a_mistake(project: Project) -> None:
    """It would waive nothing, and its author believes that it does."""
    project.pytester.makepyfile(limited=LIMITED)
    result = project.validate("--queue-impl=limited:Slip")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "limitations: no rule has the id 'CLAM-1'; did you mean" in flat(result)


def test_a_user_waives_without_touching_the_adapter(project: Project) -> None:
    """By the rule, for all queues or for one."""
    for line in ("CLAIM-1: our tasks may run twice", "CLAIM-1[twice]: our tasks may run twice"):
        project.pytester.makeini(f"[pytest]\nqueue_waivers =\n  {line}\n")
        result = project.validate("--queue-impl=shop:Twice", "-v", "-k", "CLAIM-1[")
        assert result.ret == 0
        assert outcomes(result) == {CLAIM: "WAIVED"}
        assert "our tasks may run twice (queue_waivers in tox.ini)" in flat(result)


def test_a_waiver_for_another_queue_waives_nothing(project: Project) -> None:
    """The label counts."""
    project.pytester.makeini("[pytest]\nqueue_waivers =\n  CLAIM-1[good]: reason\n")
    assert project.validate("--queue-impl=shop:Twice", "-k", "CLAIM-1[").ret == 1


EMPTY = """
from shop import Good

class Empty(Good):
    name = "empty"

    def claim(self, worker, **options):
        return None
"""


def test_a_rule_that_is_not_exercised_leaves_no_verdict_unless_waived(
    project: Project, spread: tuple[str, ...]
) -> None:
    """Such a rule proves nothing: a run of it alone does not pass, and accuses no queue."""
    project.pytester.makepyfile(empty=EMPTY)
    chosen = ("--queue-impl=empty:Empty", "-k", "SCHEDULE-8[", *spread)
    result = project.validate(*chosen)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "empty NO VERDICT: 1 rule could not be exercised, 0 passed so far" in flat(result)
    assert "no claim succeeded (2 empty), so the rule was not exercised: SCHEDULE-8" in flat(result)
    project.pytester.makeini("[pytest]\nqueue_waivers =\n  SCHEDULE-8: a queue without consumers\n")
    result = project.validate(*chosen)
    assert result.ret == pytest.ExitCode.OK
    assert "empty NOT TESTED: no rule was exercised (1 not run" in flat(result)
    assert "a queue without consumers" in flat(result)


SLOW = """
import time
from shop import Good

class Slow(Good):
    name = "slow"

    def stats(self):
        time.sleep(0.06)
        return super().stats()
"""


def test_a_missed_target_can_be_waived(project: Project) -> None:
    """A target has an id as a rule has, and a waiver counts for it."""
    project.pytester.makepyfile(lazy=SLOW)
    chosen = ("--queue-impl=lazy:Slow", "--queue-level=quick", "--queue-perf=strict")
    target = "queue-validate::PERF-4"
    assert project.run(*chosen, target, plugins=("benchmark",)).ret == 1
    project.pytester.makeini("[pytest]\nqueue_waivers =\n  PERF-4: stats are read rarely\n")
    result = project.run(*chosen, target, plugins=("benchmark",))
    assert result.ret == 0
    assert "(1 waived: PERF-4" in flat(result)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("CLAIM-1", "gives no reason: write RULE: reason"),
        ("CLAIM-1:", "gives no reason: write RULE: reason"),
        (
            "CLAM-1: reason",
            "no rule or performance target has the id 'CLAM-1'; did you mean 'CLAIM-1'",
        ),
    ],
)
def test_a_waiver_without_a_reason_or_rule_is_a_mistake(
    project: Project, line: str, message: str
) -> None:
    """The error is one line, before anything runs."""
    project.pytester.makeini(f"[pytest]\nqueue_waivers =\n  {line}\n")
    result = project.validate("--queue-impl=shop:Twice")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in flat(result)
    assert "Traceback" not in text(result)


def test_a_baseline_accepts_what_failed_before(project: Project) -> None:
    """Its own report will do for the next run, too; anything else fails."""
    twice = ("--queue-impl=shop:Twice", "-k", "CLAIM-1[ or KEY-1[")
    assert project.validate(*twice, "--queue-report=json:main.json").ret == 1
    for name in ("first", "second"):
        result = project.validate(
            *twice, "--queue-baseline=main.json", f"--queue-report=json:{name}.json"
        )
        assert result.ret == 0
        assert "it failed before (--queue-baseline main.json)" in flat(result)
        (project.path / "main.json").write_bytes((project.path / f"{name}.json").read_bytes())
    good = ("--queue-impl=shop:Good", "-k", "CLAIM-1[")
    project.validate(*good, "--queue-report=json:good.json")
    assert project.validate(*twice, "--queue-baseline=good.json").ret == 1


def test_a_known_failure_that_passes_is_told(project: Project) -> None:
    """As any waiver without need."""
    chosen = ("-k", "CLAIM-1[")
    project.validate("--queue-impl=shop:Twice", *chosen, "--queue-report=json:main.json")
    text = (project.path / "main.json").read_text(encoding="utf-8")
    healed = text.replace('"twice"', '"good"')
    (project.path / "main.json").write_text(healed, encoding="utf-8")
    result = project.validate("--queue-impl=shop:Good", *chosen, "--queue-baseline=main.json")
    assert result.ret == 0
    assert "CLAIM-1 passes: remove its waiver (--queue-baseline main.json: it failed" in flat(
        result
    )


def test_a_known_failure_of_a_rule_that_is_gone_is_told(project: Project) -> None:
    """The ini file may name the baseline."""
    chosen = ("--queue-impl=shop:Twice", "-k", "CLAIM-1[")
    project.validate(*chosen, "--queue-report=json:main.json")
    text = (project.path / "main.json").read_text(encoding="utf-8")
    (project.path / "main.json").write_text(text.replace('"CLAIM-1"', '"CLAIM-99"'), "utf-8")
    project.pytester.makeini("[pytest]\nqueue_baseline = main.json\n")
    result = project.validate(*chosen)
    assert result.ret == 1
    assert "CLAIM-99, which failed for twice, is not in this catalogue any more" in flat(result)


def test_a_baseline_that_is_no_report_is_a_mistake(project: Project) -> None:
    """It would accept nothing."""
    result = project.validate("--queue-impl=shop:Good", "--queue-baseline=none.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--queue-baseline: " in flat(result)
    assert "none.json: cannot be read: No such file or directory" in flat(result)
