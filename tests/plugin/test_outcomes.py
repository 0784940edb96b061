"""The outcome of a rule in pytest: exit status, failure, skip, JUnit XML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from pytest_queuekit.model.verdict import Requirement
from pytest_queuekit.rules.catalogue import CATALOGUE
from tests.plugin.project import Project, flat, outcomes, text

CHOSEN = ("-k", "KEY-1[ or CLAIM-1[ or ENQUEUE-7")
CLAIM, KEY, BYTES = "queue-validate::CLAIM-1", "queue-validate::KEY-1", "queue-validate::ENQUEUE-7"


def test_the_verdicts_do_not_hang_on_how_items_are_spread(
    project: Project, spread: tuple[str, ...]
) -> None:
    """Broken is failed, kept is passed, not applicable is skipped: alone, with -n 0 and -n 2."""
    impls = ("--queue-impl=shop:Good", "--queue-impl=shop:Twice")
    result = project.validate(*impls, "-v", *CHOSEN, *spread)
    assert result.ret == 1
    assert outcomes(result) == {
        f"{CLAIM}[good]": "PASSED",
        f"{KEY}[good]": "PASSED",
        f"{BYTES}[good]": "SKIPPED",
        f"{CLAIM}[twice]": "FAILED",
        f"{KEY}[twice]": "PASSED",
        f"{BYTES}[twice]": "SKIPPED",
    }
    assert "good PASSED: 2 of 2 applicable rules (1 not applicable, 3 of" in flat(result)
    assert "twice FAILED: 1 of 2 applicable rules failed" in flat(result)


def test_the_run_passes_if_every_rule_holds(project: Project) -> None:
    """Nothing broken is exit status 0, skipped rules or not."""
    assert project.validate("--queue-impl=shop:Good", *CHOSEN).ret == 0


def test_a_failure_shows_its_witness_and_no_traceback(
    project: Project, spread: tuple[str, ...]
) -> None:
    """The proof, what was declared, the code and how to go on take at most 20 lines."""
    result = project.validate("--queue-impl=shop:Twice", "-k", "CLAIM-1[", *spread)
    output = text(result)
    failure = output.partition("CLAIM-1[twice] held-task-not-redelivered ___")[2]
    lines = failure.partition("=====")[0].splitlines()[1:]
    shown = [line for line in lines if line and not line.startswith("[gw")]
    assert shown[0] == "Task delivered twice"
    assert any(line.startswith("Explain    queuekit explain CLAIM-1") for line in shown)
    assert any(line.startswith("Your code  ") and "memory.py" in line for line in shown)
    assert sum("claim(lease=" in line and "→" in line for line in shown) == 2
    assert len(shown) <= 20
    assert max(len(line) for line in shown if not line.startswith("Replay")) <= 80
    replay = "Replay     pytest 'queue-validate::CLAIM-1[twice]' --queue-impl shop:Twice"
    assert f"{replay} --queue-level quick" in shown
    assert "Traceback" not in output


def test_a_failure_shows_the_end_of_what_the_queue_prints(project: Project) -> None:
    """A queue that logs each call does not bury its proof: the last lines are shown."""
    project.pytester.makepyfile(
        talker="""
        from shop import Twice

        class Talker(Twice):
            name = "talker"

            def claim(self, worker, **options):
                for number in range(100):
                    print("line", number)
                return super().claim(worker, **options)
        """
    )
    output = text(project.validate("--queue-impl=talker:Talker", "-k", "CLAIM-1["))
    printed = output.partition("Captured stdout call")[2].partition("=====")[0].splitlines()[1:]
    assert printed[0].endswith("lines before these; -s shows all of them")
    assert printed[-1] == "line 99"
    assert len(printed) == 21


def test_the_short_summary_says_what_happened(project: Project) -> None:
    """The line of a failure has the slug and the title of the violation."""
    result = project.validate("--queue-impl=shop:Twice", "-k", "CLAIM-1[")
    result.stdout.fnmatch_lines([f"FAILED {CLAIM}[[]twice] - held-task-not-redelivered: Task*"])


def test_a_skip_says_what_is_not_declared(project: Project) -> None:
    """The reason names the capability, and no line of the kit's code."""
    result = project.validate("--queue-impl=shop:Good", *CHOSEN, "-rs")
    result.stdout.fnmatch_lines(
        ["SKIPPED [[]1] queue-validate: not applicable: not declared: bytes-payload"]
    )


def test_junit_xml_has_the_verdicts(project: Project, spread: tuple[str, ...]) -> None:
    """Each rule is a test case with its verdict as properties, under -n as well."""
    path = project.path / "report.xml"
    impl = "--queue-impl=shop:Twice"
    project.validate(impl, *CHOSEN, f"--junitxml={path}", *spread)
    cases = {case.get("name"): case for case in _cases(path)}
    properties = {name: _properties(case) for name, case in cases.items()}
    assert properties["CLAIM-1[twice]"]["queue_verdict"] == "fail"
    assert properties["CLAIM-1[twice]"]["queue_name"] == "twice"
    assert properties["KEY-1[twice]"]["queue_verdict"] == "pass"
    assert properties["ENQUEUE-7[twice]"]["queue_reason"] == "not declared: bytes-payload"
    failure = cases["CLAIM-1[twice]"].find("failure")
    assert failure is not None
    assert "Must       A task that a worker holds" in str(failure.text)
    assert str(failure.get("message")).startswith("held-task-not-redelivered: ")
    assert properties["CLAIM-1[twice]"]["queue_slug"] == "held-task-not-redelivered"


def _cases(path: Path) -> Iterator[ET.Element]:
    return ET.parse(path).iter("testcase")  # noqa: S314 - written by this test


def _properties(case: ET.Element) -> dict[str, str]:
    return {
        str(element.get("name")): str(element.get("value")) for element in case.iter("property")
    }


def test_a_broken_recommendation_fails_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A SHOULD that does not hold is shown with its witness, and the run passes."""
    _as_recommendation(monkeypatch, "CLAIM-1")
    result = project.validate("--queue-impl=shop:Twice", "-v", "-k", "CLAIM-1[ or KEY-1[")
    assert result.ret == 0
    assert outcomes(result)[f"{CLAIM}[twice]"] == "NOT AS RECOMMENDED"
    assert "Not as recommended (no failure)" in text(result)
    assert "Should A task that a worker holds" in flat(result)
    assert "1 passed" in text(result)
    assert "1 not as recommended" in text(result)


def _as_recommendation(monkeypatch: pytest.MonkeyPatch, rule: str) -> None:
    changed = tuple(
        replace(each, requirement=Requirement.SHOULD) if each.id == rule else each
        for each in CATALOGUE
    )
    monkeypatch.setattr("pytest_queuekit.suites.rules.CATALOGUE", changed)


def test_an_error_of_the_kit_is_not_a_verdict(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It shows its traceback, fails the run, and is distinct from a finding."""

    def explode(*_: object, **__: object) -> None:
        raise ZeroDivisionError("inside the kit")

    monkeypatch.setattr("pytest_queuekit.suites.rules.judge", explode)
    result = project.validate("--queue-impl=shop:Good", "-k", "KEY-1[")
    assert result.ret == 1
    assert 'raise ZeroDivisionError("inside the kit")' in text(result)
    assert "pluggy" not in text(result).partition("FAILURES")[2]
    assert "KEY-1: ZeroDivisionError in suites/rules.py:" in text(result)
    assert "good NO VERDICT: 1 rule could not be judged" in text(result)


MISSHAPEN = """
from tests.queues.memory import MemoryQueue

class Misshapen(MemoryQueue):
    name = "misshapen"

    def claim(self, worker, *, lease=60.0, capabilities=None):
        return "a task"
"""


def test_an_answer_of_the_wrong_form_is_named_in_the_summary(
    project: Project, spread: tuple[str, ...]
) -> None:
    """The author of the adapter reads what claim() must return, and no traceback."""
    project.pytester.makepyfile(misshapen=MISSHAPEN)
    result = project.validate("--queue-impl=misshapen:Misshapen", "-k", "CLAIM-1[", *spread)
    assert result.ret == 1
    assert "could not be judged: Misshapen.claim() returned str" in flat(result)
    assert "Traceback" not in text(result)


def test_a_worker_that_dies_leaves_no_verdict(project: Project) -> None:
    """A queue that ends its process under -n is not called correct."""
    project.pytester.makepyfile(
        deadly="""
        import os
        from tests.queues.memory import MemoryQueue

        class Deadly(MemoryQueue):
            name = "deadly"

            def enqueue(self, payload):
                os._exit(3)
        """
    )
    result = project.validate(
        "--queue-impl=deadly:Deadly", "-k", "CLAIM-1[", "-p", "xdist", "-n", "2"
    )
    assert result.ret == 1
    assert "deadly NO VERDICT: could not be judged: the process ended with exit" in flat(result)


def test_an_item_that_is_run_again_tells_only_its_last_run(project: Project) -> None:
    """As pytest-rerunfailures has it: no property twice, and no verdict of an earlier run."""
    project.pytester.makepyfile(
        again="""
        import pytest
        from _pytest.runner import runtestprotocol

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_protocol(item, nextitem):
            runtestprotocol(item, log=False, nextitem=item)
        """
    )
    project.pytester.syspathinsert()
    result = project.validate(
        "--queue-impl=shop:Twice", "-k=CLAIM-1", "--junitxml=out.xml", plugins=("again",)
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    (case,) = _cases(project.path / "out.xml")
    names = [element.get("name") for element in case.iter("property")]
    assert len(names) == len(set(names)) > 3
