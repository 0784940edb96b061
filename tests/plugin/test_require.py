"""--queue-require: a run that did not exercise what it must does not pass."""

from __future__ import annotations

import pytest

from tests.plugin.project import Project, flat, text

LITTLE = ("--queue-impl=shop:Little",)
GOOD = ("--queue-impl=shop:Good", "-k", "KEY-1[ or CLAIM-1[")


@pytest.mark.parametrize("what", ["KEY-1", "key", "key,CLAIM-1", "held-task-not-redelivered"])
def test_what_was_exercised_is_enough(project: Project, what: str) -> None:
    """Rules by id or slug, capabilities by name."""
    assert project.validate(*GOOD, f"--queue-require={what}").ret == 0


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("lease", "lease was not exercised: the adapter does not declare it"),
        ("KEY-1", "KEY-1 was not exercised: not applicable: not declared: key"),
    ],
)
def test_what_the_adapter_does_not_declare_fails_the_run(
    project: Project, what: str, reason: str
) -> None:
    """The rules that apply pass, and the exit status is 1 all the same."""
    result = project.validate(*LITTLE, f"--queue-require={what}")
    assert result.ret == 1
    assert "little INSUFFICIENT: " in flat(result)
    assert f"little: --queue-require {reason}" in flat(result)


def test_a_queue_that_declares_little_is_insufficient(project: Project) -> None:
    """The exit status is 0, for nothing failed; the closing line does not say passed."""
    result = project.validate(*LITTLE)
    assert result.ret == 0
    assert "PASSED" not in text(result)


def test_what_was_deselected_was_not_exercised(project: Project) -> None:
    """A selection does not satisfy what it leaves out."""
    result = project.validate(*GOOD, "--queue-require=ACK-1")
    assert result.ret == 1
    assert "ACK-1 was not exercised: it was not selected" in flat(result)


def test_the_ini_file_can_require(project: Project) -> None:
    """One rule or capability a line."""
    project.pytester.makeini("[pytest]\nqueue_require =\n  key\n  lease\n")
    result = project.validate(*LITTLE)
    assert result.ret == 1
    assert "--queue-require lease" in flat(result)
    assert "--queue-require key" in flat(result)


def test_the_ini_file_does_not_bind_a_run_of_some_rules(project: Project) -> None:
    """A user who repeats one rule has not forgotten the others."""
    project.pytester.makeini("[pytest]\nqueue_require = lease\n")
    result = project.run(*LITTLE, "--queue-level=quick", "queue-validate::ENQUEUE-1")
    assert result.ret == 0


def test_an_unknown_word_is_a_mistake(project: Project) -> None:
    """The error suggests what there is."""
    result = project.validate(*LITTLE, "--queue-require=leese")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--queue-require='leese' is neither a rule nor a capability; did you mean" in flat(
        result
    )
