"""`queuekit show` lists and prints the failures that a project keeps."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest

from pytest_queuekit.cli import main
from pytest_queuekit.model.history import History, Verb
from pytest_queuekit.model.verdict import RuleRun, Violation
from pytest_queuekit.report import kept
from pytest_queuekit.report.kept import folder_from
from tests.report.build import broken, operation, run

Captured = pytest.CaptureFixture[str]
AT = 1_800_000_000
"""When the newest failure was kept, in seconds since the epoch."""
CALLS = [operation(Verb.CLAIM, at, actor=actor, task="t1") for at, actor in enumerate("abcd")]


def _keep(folder: Path, rule: str, title: str, *, at: int, replay: str = "pytest X-1") -> str:
    """Keep a failure of a rule, proven by the first and the third of four calls."""
    history = History.of(CALLS)
    witness = (history.operations[0], history.operations[2])
    proof = Violation(kind="twice", title=title, detail="Two calls.", witness=witness)
    detail = RuleRun(driver="sequence", violations=(proof,), history=history, replay=replay)
    detail = kept.named(broken(rule, detail=detail), detail)
    kept.keep(run(broken(rule, detail=detail)), detail, folder, most=9)
    os.utime(folder / f"{detail.kept}.json", (at, at))
    return detail.kept


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A project with three failures, the oldest first; the current folder is inside of it."""
    folder, inside = tmp_path / ".queuekit", tmp_path / "src"
    inside.mkdir()
    monkeypatch.chdir(inside)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TZ", "UTC")
    return [
        _keep(folder, "ACK-6", "Stale completion accepted", at=AT - 120),
        _keep(folder, "CLAIM-1", "Task delivered twice", at=AT - 60),
        _keep(folder, "ACK-6", "Stale completion accepted again", at=AT),
    ]


def test_the_newest_failure_is_listed_first(project: list[str], capsys: Captured) -> None:
    """With its id, which names the rule, the queue, the time and the title."""
    assert main(["show"]) == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.split("  ")[0] == project[2]
    assert first.endswith("Stale completion accepted again")
    assert second.startswith(f"{project[1]}  myqueue  2027-01-15 ")
    assert second.endswith("  Task delivered twice")
    assert third.startswith(project[0])


def test_a_failure_is_printed_as_the_run_printed_it(project: list[str], capsys: Captured) -> None:
    """From the title to the command that shows it again."""
    assert main(["show", project[1].upper()]) == 0
    head, when, *lines = capsys.readouterr().out.splitlines()
    assert head == "CLAIM-1[myqueue] one-worker-a-task"
    assert when.endswith("level quick; Python 3.11.7, SQLite 3.40.1, Linux x86_64")
    assert lines == [
        "",
        "Task delivered twice",
        "Two calls.",
        "",
        "  0.000–0.001 s  a  claim → t1",
        "  2.000–2.001 s  c  claim → t1",
        "",
        "Must       A task goes to one worker.",
        "Driver     sequence",
        "Explain    queuekit explain CLAIM-1",
        "Replay     pytest X-1",
        f"Show       queuekit show {project[1]}",
    ]


def test_a_rule_stands_for_its_newest_failure(project: list[str], capsys: Captured) -> None:
    """Whatever its capitals."""
    assert main(["show", "ack-6"]) == 0
    assert f"Show       queuekit show {project[2]}\n" in capsys.readouterr().out


@pytest.mark.usefixtures("project")
def test_all_calls_are_listed_with_those_of_the_proof_marked(capsys: Captured) -> None:
    """Also those that the proof does not need."""
    assert main(["show", "CLAIM-1", "--all"]) == 0
    assert capsys.readouterr().out.splitlines()[-4:] == [
        "* 1  0.000–0.001 s  a  claim → t1",
        "  2  1.000–1.001 s  b  claim → t1",
        "▶ 3  2.000–2.001 s  c  claim → t1",
        "  4  3.000–3.001 s  d  claim → t1",
    ]


@pytest.mark.usefixtures("project")
def test_the_proof_is_drawn(capsys: Captured) -> None:
    """With a lane for each actor, and the same numbers as its calls below."""
    assert main(["show", "CLAIM-1", "--timeline"]) == 0
    printed = capsys.readouterr().out
    assert "\na  [1 claim     ]\nc " in printed
    assert "[▶2 claim    ]\n" in printed
    assert "\n▶ 2  2.000–2.001 s  c  claim → t1\n" in printed


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(("columns", "width"), [("20", 40), ("40", 40), ("500", 200)])
def test_a_drawing_fits_the_terminal(
    monkeypatch: pytest.MonkeyPatch, columns: str, width: int
) -> None:
    """Between 40 and 200 columns, in ASCII where the encoding demands it, and without colours."""
    monkeypatch.setenv("COLUMNS", columns)
    screen = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(screen, encoding="ascii"))
    assert main(["show", "CLAIM-1", "--all", "--timeline"]) == 0
    sys.stdout.flush()
    printed = screen.getvalue().decode("ascii")
    _, drawing = printed.split("queuekit show CLAIM-1")
    assert max(map(len, drawing.splitlines())) <= width
    assert "[>3 claim" in drawing
    assert "\\" not in printed
    assert "\x1b" not in printed


@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.usefixtures("project")
def test_a_failure_fits_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured, columns: int
) -> None:
    """All but the command that a reader pastes, and nothing is left out."""
    monkeypatch.setenv("COLUMNS", str(columns))
    replay = f"pytest 'queue-validate::LEASE-4[my]' --queue-seed 7 {'-v ' * 30}"
    name = _keep(
        folder_from(Path.cwd()), "LEASE-4", "Lease longer than declared " * 2, at=AT, replay=replay
    )
    for options in ([], ["--all"], ["--timeline"]):
        assert main(["show", name, *options]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert max(len(line) for line in lines if not line.startswith("Replay ")) <= columns
        text = " ".join(" ".join(lines).split())
        assert replay.strip() in text
        assert "Lease longer than declared Lease longer than declared Two calls." in text
        assert text.count("queuekit explain LEASE-4") == 1


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_the_list_fits_the_terminal(
    project: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Captured, columns: int
) -> None:
    """With the time and the title of each failure."""
    monkeypatch.setenv("COLUMNS", str(columns))
    assert main(["show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= columns
    entries = " ".join(" ".join(lines).split()).split(" myqueue ")
    assert [entry.rpartition(" ")[2] for entry in entries[:-1]] == project[::-1]
    assert all("2027-01-15" in entry for entry in entries[1:])
    assert entries[1].startswith("2027-01-15 08:00 Stale completion accepted again")


def test_a_page_is_written(project: list[str], tmp_path: Path, capsys: Captured) -> None:
    """The page of the html report about one failure, with the example of its rule."""
    page = tmp_path / "page.html"
    assert main(["show", project[0], "--html", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert "Stale completion accepted" in text
    assert "token = :token" in text  # the right implementation of ACK-6
    assert capsys.readouterr().out == ""
    assert main(["show", project[0], "--html", str(tmp_path)]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_programs_get_json(project: list[str], tmp_path: Path, capsys: Captured) -> None:
    """The list names both files of a failure; a failure is a report that other commands read."""
    assert main(["show", "--json"]) == 0
    newest = json.loads(capsys.readouterr().out)[0]
    assert (newest["id"], newest["rule"], newest["queue"]) == (project[2], "ACK-6", "myqueue")
    assert Path(newest["history"]).read_text(encoding="utf-8").count("\n") == 1 + len(CALLS)
    assert main(["show", "ACK-6", "--json"]) == 0
    report = tmp_path / "report.json"
    report.write_text(capsys.readouterr().out, encoding="utf-8")
    assert json.loads(report.read_text(encoding="utf-8")) == json.loads(
        Path(newest["verdict"]).read_text(encoding="utf-8")
    )
    assert main(["report", str(report)]) == 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["show", "ACK-5"], "has this id or rule; did you mean 'ACK-6'"),
        (["show", "--all"], "--all, --timeline and --html need an ID"),
        (["show", "--tmieline"], "show does not take --tmieline; did you mean '--timeline'"),
    ],
    ids=lambda case: " ".join(case) if isinstance(case, list) else "",
)
@pytest.mark.usefixtures("project")
def test_a_usage_error_says_what_to_do(given: list[str], message: str, capsys: Captured) -> None:
    """With exit status 2."""
    try:
        status: object = main(given)
    except SystemExit as ended:
        status = ended.code
    assert status == 2
    assert message in capsys.readouterr().err


def test_a_damaged_failure_leaves_the_list(
    project: list[str], tmp_path: Path, capsys: Captured
) -> None:
    """The list says why it cannot be read, and has the others."""
    (tmp_path / ".queuekit" / f"{project[1]}.json").write_text("{", encoding="utf-8")
    assert main(["show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert [line for line in lines if line.startswith(project[1]) and "  ?  " in line]


def test_nothing_is_kept_at_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """The list says where it looked."""
    monkeypatch.chdir(tmp_path)
    assert main(["show"]) == 0
    assert capsys.readouterr().out == f"No failure is kept in {tmp_path / '.queuekit'}.\n"
