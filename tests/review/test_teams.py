"""The code of five teams: the findings are exactly those that its comments name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_queuekit.review.catalogue import CODES
from pytest_queuekit.review.examine import examine_file
from pytest_queuekit.review.run import review
from tests import workers

HOME = Path(workers.__file__).parent
FAULTY = sorted((Path(__file__).parent / "faulty").glob("[!_]*.py"))
BAD = sorted((HOME / "bad").glob("*/[!_]*.py"))


def _named(file: Path) -> list[tuple[int, str]]:
    """Return the line and the code of each comment in a file."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [
        (number, code)
        for number, line in enumerate(lines, start=1)
        for code in re.findall(r"QR\d+", line.partition("  # ")[2])
    ]


@pytest.mark.parametrize(
    "file", [*FAULTY, *BAD], ids=lambda file: f"{file.parent.name}/{file.stem}"
)
def test_the_faults_of_a_team_are_named(file: Path) -> None:
    """Every fault has a finding in its line, and there are no others."""
    findings = examine_file(file, file.name)
    places = [(each.place.line, each.kind) for each in findings if each.place]
    assert sorted(places) == sorted(_named(file))


def test_the_faults_include_every_code_with_a_check() -> None:
    """No check is proven by its own example alone."""
    named = {code for file in FAULTY for _, code in _named(file)}
    assert named == {code.id for code in CODES if code.check}


def test_the_features_of_the_teams_have_no_findings() -> None:
    """The five features and their suites follow the checklist."""
    good = [
        path for path in HOME.iterdir() if path.is_dir() and path.name not in ("bad", "__pycache__")
    ]
    assert len(good) == 5
    assert [each for verdict in review(good).verdicts for each in verdict.findings] == []
