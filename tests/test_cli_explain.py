"""`queuekit explain` knows every id that a run can print."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_queuekit.adapters.resolve import resolve
from pytest_queuekit.cli import main
from pytest_queuekit.cli.explanations import explanations
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.plugin.validation import suites_of
from pytest_queuekit.queue import QueueDatabase
from pytest_queuekit.suites.check import Check
from pytest_queuekit.suites.plan import Performance, Plan, Track
from pytest_queuekit.teams import TEAMS
from pytest_queuekit.watch.finding import KINDS

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def checks(tmp_path: Path) -> list[Check]:
    """All checks of a run that contains every suite, with lanes, for all teams and for none."""
    database = tmp_path / "queue.db"
    with QueueDatabase(database) as db:
        db.initialize_schema()
    plan = Plan(
        queues={"shop": resolve("reference")},
        rules=True,
        effort=Effort(),
        performance={"shop": Performance.STRICT},
        database=database,
        reviewed=(tmp_path,),
        teams=(),
        gate=True,
        home=tmp_path,
        track=Track(folder=tmp_path, lanes=2),
    )
    plans = [plan, replace(plan, teams=TEAMS)]
    return [
        check
        for plan in plans
        for suites in suites_of(plan).values()
        for suite in suites
        for check in suite.checks()
    ]


def _explained(capsys: Captured, name: str) -> str:
    assert main(["explain", name]) == 0
    return capsys.readouterr().out


def test_every_check_is_explained(checks: list[Check], capsys: Captured) -> None:
    """The explanation says how the check is run or decided, and fits a terminal."""
    names = {check.rule for check in checks}
    assert len(names) > 180
    texts = {each.id: each.text(80) for each in explanations() if each.id in names}
    assert texts.keys() == names
    assert main(["explain", *names]) == 0
    assert capsys.readouterr().out == "\n".join(texts.values())
    for name, text in texts.items():
        assert "\n  run     " in text or "\n  decided " in text, name
        prose = re.split(r"\n\n|\nwrong:", text)[0]  # what follows is code
        assert max(map(len, prose.splitlines())) <= 80, name


def test_explanations_fit_a_narrow_terminal(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 40 columns, with every word and letter of the code; a wide terminal changes nothing."""
    printed = {}
    for columns in (20, 40, 80, 200):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert main(["explain", *(known.id for known in explanations())]) == 0
        printed[columns] = capsys.readouterr().out
    assert max(map(len, printed[40].splitlines())) <= 40
    assert printed[20] == printed[40]
    assert printed[80] == printed[200]
    assert "".join(printed[40].split()) == "".join(printed[80].split())


def test_every_slug_and_family_is_explained(checks: list[Check], capsys: Captured) -> None:
    """No name by which pytest selects a check is unknown."""
    names = {name for check in checks for name in (check.slug, check.family) if name}
    assert main(["explain", *names]) == 0
    assert capsys.readouterr().out


def test_a_node_id_is_explained(checks: list[Check], capsys: Captured) -> None:
    """A reader pastes what pytest prints: the label of the queue and the lane do not matter."""
    lanes = [check for check in checks if check.lane]
    others = {check.suite: check for check in checks if not check.lane}
    assert lanes
    for check in [lanes[0], *others.values()]:
        assert _explained(capsys, f"queue-x::{check.name}") == _explained(capsys, check.rule)


@pytest.mark.parametrize("number", range(1, 8))
def test_every_criterion_is_explained(number: int, capsys: Captured) -> None:
    """A criterion is named by the number on the scoreboard, or by its JUnit property."""
    printed = _explained(capsys, str(number))
    assert printed.startswith(f"criterion {number} of the gate: ")
    assert "  met if  " in printed
    assert _explained(capsys, f"queue_gate_{number}") == printed


@pytest.mark.parametrize("kind", KINDS)
def test_every_finding_of_the_watch_is_explained(kind: str, capsys: Captured) -> None:
    """The explanation has the marker that allows the finding."""
    assert f"queue_allow('{kind}')" in _explained(capsys, kind)


def test_a_load_is_explained(capsys: Captured) -> None:
    """The explanation names the load, and the command that runs it alone."""
    assert _explained(capsys, "LOAD-1").splitlines()[:3] == [
        "LOAD-1 never-busy-at-daily-load",
        "  must    With 6 workers and 400 tasks a minute in all, no call ends in 'busy'.",
        "  why     A fault under normal load recurs every day.",
    ]
    assert "run     pytest --queue-validate --queue-gate -k LOAD-1" in _explained(capsys, "LOAD-1")
