"""A check that raises is reported; it does not vanish, and it does not end the review."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_queuekit.cli import main
from pytest_queuekit.model.verdict import Status
from pytest_queuekit.review import examine
from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.catalogue import CODES
from pytest_queuekit.review.code import Match
from pytest_queuekit.review.run import review

BAD = "def f(conn, s):\n    conn.execute(f\"SELECT id FROM t WHERE a = '{s}'\")\n"


def _raises(module: Module) -> Iterator[Match]:
    yield Match(node=module.source.tree.body[0], detail="matched before the error")
    raise ZeroDivisionError("no such\nnumber")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one finding, and two checks (QR101, QR102) that raise."""
    broken = (replace(code, check=_raises) for code in CODES[:2])
    monkeypatch.setattr(examine, "CODES", (*broken, *CODES[2:]))
    (tmp_path / "bad.py").write_text(BAD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_exception_in_a_check_is_a_finding(project: Path) -> None:
    """One for each cause, with the codes, the exception and the line that raised it."""
    verdicts = {verdict.rule: verdict for verdict in review([project]).verdicts}
    assert verdicts["QR004"].status is Status.FAIL
    (finding,) = verdicts["QR004"].findings
    assert finding.title == "The review could not check this file"
    assert finding.detail.startswith(
        "QR101, QR102: ZeroDivisionError: no such number, raised in test_check_failures.py:"
    )
    assert finding.place is not None
    assert finding.place.path.endswith("bad.py")


def test_the_other_checks_still_run(project: Path) -> None:
    """The findings before the exception count too."""
    verdicts = {verdict.rule: verdict for verdict in review([project]).verdicts}
    counts = {code: len(verdicts[code].findings) for code in ("QR101", "QR102", "QR105")}
    assert counts == {"QR101": 1, "QR102": 1, "QR105": 1}


def test_an_exception_in_a_check_ends_in_status_one(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file is named, even if no code is broken in it."""
    (project / "bad.py").write_text("import sqlite3\n", encoding="utf-8")
    assert main(["review", "."]) == 1
    assert "bad.py:1:1: QR004 QR101, QR102: ZeroDivisionError" in capsys.readouterr().out


def test_an_exception_before_the_checks_is_a_finding(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing in the file is checked, so no code may pass in silence."""

    def fail(source: object) -> None:
        raise KeyError(type(source).__name__)

    monkeypatch.setattr(examine, "Module", fail)
    verdicts = {verdict.rule: verdict for verdict in review([project]).verdicts}
    (finding,) = verdicts["QR004"].findings
    assert finding.detail.startswith("all codes: KeyError: 'SourceFile', raised in ")
