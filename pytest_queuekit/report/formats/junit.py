"""A run as JUnit XML, and the properties that the kit adds to pytest's own file."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from pytest_queuekit.model.run_result import RunResult, SuiteResult
from pytest_queuekit.model.verdict import Status, Verdict
from pytest_queuekit.report import gate
from pytest_queuekit.report.closing import closings
from pytest_queuekit.report.failure import explain, headline
from pytest_queuekit.report.lines import printable

_SKIPPED = (Status.NOT_APPLICABLE, Status.NOT_RUN, Status.WAIVED)


def as_junit(result: RunResult) -> str:
    """Return a test suite for each suite and subject, and a test case for each check."""
    root = ET.Element("testsuites", name="pytest-queuekit", time=f"{result.seconds:.3f}")
    for suite in result.suites:
        root.append(_suite(suite, result))
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def properties(result: RunResult) -> Iterator[tuple[str, str]]:
    """Yield names and values for the properties of a JUnit file: environment and conclusions."""
    for name, value in result.environment.items():
        yield f"queue_{name}", value
    for closing in closings(result):
        yield f"queue_conclusion[{closing.subject.label}]", f"{closing.conclusion}: {closing.text}"
    if result.scoreboard is not None:
        yield from gate.properties(result.scoreboard)


def _suite(suite: SuiteResult, result: RunResult) -> ET.Element:
    seconds = sum(verdict.seconds for verdict in suite.verdicts)
    element = ET.Element(
        "testsuite",
        name=f"{suite.suite} of {suite.subject.title}",
        tests=str(len(suite.verdicts)),
        failures=str(len(suite.failed)),
        errors=str(len(suite.having(Status.ERROR))),
        skipped=str(len(suite.having(*_SKIPPED))),
        time=f"{seconds:.3f}",
    )
    names = ET.SubElement(element, "properties")
    for name, value in properties(result):
        ET.SubElement(names, "property", name=name, value=printable(value))
    element.extend(map(_case, suite.verdicts))
    return element


def _case(verdict: Verdict) -> ET.Element:
    case = ET.Element(
        "testcase",
        classname=f"{verdict.suite}.{verdict.family}",
        name=" ".join(filter(None, (verdict.rule, verdict.slug, f"[{verdict.queue}]"))),
        time=f"{verdict.seconds:.3f}",
    )
    if verdict.failed:
        failure = ET.SubElement(case, "failure", message=printable(headline(verdict)))
        failure.text = "\n".join(map(printable, explain(verdict)))
    elif verdict.status is Status.ERROR:
        ET.SubElement(case, "error", message=printable(str(verdict.reason)))
    elif verdict.status in _SKIPPED:
        why = verdict.waiver.reason if verdict.waiver else str(verdict.reason)
        ET.SubElement(case, "skipped", message=printable(f"{verdict.status}: {why}"))
    return case
