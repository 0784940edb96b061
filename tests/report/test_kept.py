"""Failures are kept in a project, within limits, whoever else writes there."""

from __future__ import annotations

import os
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest

from pytest_queuekit.errors import ReportError
from pytest_queuekit.model.history import History, Verb
from pytest_queuekit.model.verdict import RuleRun, Verdict, Violation
from pytest_queuekit.report import kept
from tests.report.build import broken, operation, run

CLAIMS = [operation(Verb.CLAIM, at, task="t1") for at in (1, 2, 3)]


def _failure(rule: str = "ACK-6", *, seconds: float = 1.0) -> Verdict:
    """Return a failure whose proof is two of the three calls of its run."""
    history = History.of(CLAIMS, lease=60.0, driver="sequence")
    proof = Violation(kind="twice", title="Twice", detail="t1", witness=history.operations[:2])
    verdict = broken(rule, seconds=seconds)
    unnamed = RuleRun(driver="sequence", violations=(proof,), history=history)
    return replace(verdict, detail=kept.named(replace(verdict, detail=unnamed), unnamed))


def _keep(folder: Path, verdict: Verdict, *, most: int = 500) -> str:
    """Keep a failure in a folder, and return its id."""
    detail = verdict.detail
    assert isinstance(detail, RuleRun)
    kept.keep(run(verdict), detail, folder, most=most)
    return detail.kept


def test_a_failure_is_read_as_it_was_kept(tmp_path: Path) -> None:
    """With the whole history, of which its proof is a part."""
    failure = _failure()
    _keep(tmp_path / "k", failure)
    (found,) = kept.kept_in(tmp_path / "k")
    result, verdict = found.read()
    assert (found.rule, verdict) == ("ACK-6", failure)
    assert result.environment["level"] == "quick"


def test_the_same_failure_has_one_id_and_another_failure_another(tmp_path: Path) -> None:
    """The id starts with the rule."""
    ids = [_keep(tmp_path, _failure(seconds=seconds)) for seconds in (1.0, 1.0, 2.0)]
    assert ids[0] == ids[1] != ids[2]
    assert {name.rpartition("-")[0] for name in ids} == {"ACK-6"}
    assert len(kept.kept_in(tmp_path)) == 2


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_the_files_are_private_and_git_ignores_them(tmp_path: Path) -> None:
    """Payloads may be confidential, whatever the umask."""
    folder = tmp_path / ".queuekit"
    _keep(folder, _failure())
    assert (folder / ".gitignore").read_text(encoding="utf-8") == "*\n"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def _age(folder: Path, name: str, seconds: int) -> None:
    """Let the files of a failure be as old as they would be after some seconds."""
    for path in folder.glob(f"{name}.*"):
        os.utime(path, (seconds, seconds))


def test_the_oldest_failures_go_first(tmp_path: Path) -> None:
    """Of four failures, a limit of two leaves the newest two, each with its history."""
    for number in range(4):
        _age(tmp_path, _keep(tmp_path, _failure(f"A-{number}"), most=2), number)
    assert [failure.rule for failure in kept.kept_in(tmp_path)] == ["A-3", "A-2"]
    assert len(list(tmp_path.glob("A-*"))) == 4


def test_all_files_together_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a killed run has left counts, and goes in its turn."""
    (tmp_path / "A-1-abcdef.jsonl.x7").write_bytes(b"?" * 5_000)
    _age(tmp_path, "A-1-abcdef", 1)
    _age(tmp_path, _keep(tmp_path, _failure("A-2")), 2)
    monkeypatch.setattr(kept, "MOST_BYTES", 6_000)
    _keep(tmp_path, _failure("A-3"))
    assert {path.name.partition(".")[0][:3] for path in tmp_path.glob("A*")} == {"A-2", "A-3"}
    monkeypatch.setattr(kept, "MOST_BYTES", 2_500)
    _keep(tmp_path, _failure("A-4"))
    assert [failure.rule for failure in kept.kept_in(tmp_path)] == ["A-4"]


def test_a_history_over_the_limit_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would displace all others; nothing of it remains."""
    before = _keep(tmp_path, _failure("A-1"))
    monkeypatch.setattr(kept, "MOST_BYTES", 100)
    with pytest.raises(ValueError, match=r"its history has .* bytes, of at most 100"):
        _keep(tmp_path, _failure("A-2"))
    assert {path.stem for path in tmp_path.glob("A-*")} == {before}


def _keep_many(folder: Path, family: str) -> None:
    for number in range(20):
        _keep(folder, _failure(f"{family}-{number}"), most=10)


def test_processes_keep_failures_at_the_same_time(tmp_path: Path) -> None:
    """Each deletes what another writes and deletes, and every listed failure can be read."""
    context = get_context("spawn")
    folder = tmp_path / "k"
    writers = [context.Process(target=_keep_many, args=(folder, name)) for name in "ABC"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    found = kept.kept_in(folder)
    assert 1 <= len(found) <= 12
    assert all(failure.read()[1].rule == failure.rule for failure in found)


def test_a_damaged_failure_is_an_error_that_names_it(tmp_path: Path) -> None:
    """Without its history, or of another version."""
    _keep(tmp_path, _failure())
    (found,) = kept.kept_in(tmp_path)
    found.history.write_text("{}\n?\n", encoding="utf-8")
    with pytest.raises(ReportError, match=r"ACK-6-\w+\.jsonl, line 2: not an operation"):
        found.read()
    found.path.write_text('{"schema": 0}', encoding="utf-8")
    with pytest.raises(ReportError, match="has schema 0; this queuekit reads 1"):
        found.read()


def test_the_folder_of_a_project_is_found_from_inside(tmp_path: Path) -> None:
    """As git finds its own; where there is none, the current folder would have it."""
    inside = tmp_path / "src" / "shop"
    inside.mkdir(parents=True)
    assert kept.folder_from(inside) == inside / ".queuekit"
    (tmp_path / ".queuekit").mkdir()
    assert kept.folder_from(inside) == tmp_path / ".queuekit"
