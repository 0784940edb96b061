"""Five suites with faults: what is named in their comments is found there, and nothing else."""

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
    """Return the codes that the comments of a file name, with their lines."""
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
    """Each in its line."""
    found = [(one.place.line, one.kind) for one in examine_file(file, file.name) if one.place]
    assert sorted(found) == sorted(_named(file))


def test_every_item_that_the_text_decides_is_among_them() -> None:
    """No check is proven by its own example alone."""
    named = {code for file in FAULTY for _, code in _named(file)}
    assert named == {code.id for code in CODES if code.check}


def test_nothing_is_found_in_what_the_teams_really_built() -> None:
    """The five features and their suites keep to the checklist."""
    good = [
        one for one in HOME.iterdir() if one.is_dir() and one.name not in ("bad", "__pycache__")
    ]
    assert len(good) == 5
    assert [one for verdict in review(good).verdicts for one in verdict.violations] == []
