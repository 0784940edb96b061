"""Each report that another program reads keeps to the schema of that program."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from pytest_queuekit.model.run_result import RunResult
from pytest_queuekit.report import badge
from pytest_queuekit.report.formats import FORMATS
from pytest_queuekit.report.matrix import columns
from tests.report import schemas
from tests.report.test_faults import RESULT
from tests.report.test_formats import EVERYTHING, NOTHING

CHECKS: Mapping[str, Callable[[str], None]] = {
    "gitlab": schemas.check_code_quality,
    "json": schemas.check_json,
    "junit": schemas.check_junit,
    "sarif": schemas.check_sarif,
}
FOR_PEOPLE = {"github", "html", "text"}
BROKEN = {
    "gitlab": ('"severity": "major"', '"severity": "grave"'),
    "json": ('"verdicts"', '"verdict"'),
    "junit": ("<testcase ", '<testcase verdict="good" '),
    "sarif": ('"ruleIndex"', '"ruleNumber"'),
}
"""Changes that leave a report well-formed, and that its reader would not understand."""


def test_no_format_is_forgotten() -> None:
    """A format is for people, or it has a check here."""
    assert {*CHECKS} | FOR_PEOPLE == {*FORMATS}


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize(
    "result", [EVERYTHING, RESULT, NOTHING], ids=["everything", "faults", "nothing"]
)
def test_a_report_keeps_to_its_schema(name: str, result: RunResult) -> None:
    """Whatever the run holds."""
    CHECKS[name](FORMATS[name](result))


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_notices_a_report_that_does_not(name: str) -> None:
    """A check that accepts everything would prove nothing."""
    sound = FORMATS[name](EVERYTHING)
    broken = sound.replace(*BROKEN[name])
    assert broken != sound
    with pytest.raises(Exception):  # noqa: B017, PT011 - each check has its own
        CHECKS[name](broken)


def test_a_badge_keeps_to_the_schema_of_shields() -> None:
    """It is about one queue."""
    schemas.check_shields(badge.as_json(columns({"run.json": EVERYTHING})))
