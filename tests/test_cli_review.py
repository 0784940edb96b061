"""The command `queuekit review`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.cli import main
from pytest_queuekit.review.catalogue import CODES
from tests.unmeasured import python

Captured = pytest.CaptureFixture[str]
BAD = "def f(conn, s):\n    conn.execute(f\"SELECT id FROM t WHERE a = '{s}'\")\n"


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder with one finding, in the current folder."""
    monkeypatch.chdir(tmp_path)
    Path("src").mkdir()
    Path("src/bad.py").write_text(BAD, encoding="utf-8")
    return "src"


def test_findings_end_in_status_one(source: str, capsys: Captured) -> None:
    """Each finding is printed with its place."""
    assert main(["review", source]) == 1
    assert capsys.readouterr().out.startswith("src/bad.py:2:5: QR105 the value of 's' is")


def test_no_findings_end_in_status_zero(source: str, capsys: Captured) -> None:
    """The last line counts the files."""
    Path("src/bad.py").write_text("", encoding="utf-8")
    assert main(["review", source]) == 0
    assert capsys.readouterr().out.endswith("no findings in 1 file\n")


def test_the_result_can_be_written_to_a_file(source: str, capsys: Captured) -> None:
    """Then nothing is printed."""
    assert main(["review", source, "--format", "json", "--output", "found.json"]) == 1
    assert capsys.readouterr().out == ""
    assert json.loads(Path("found.json").read_text(encoding="utf-8"))["files"] == 1


@pytest.mark.parametrize(
    ("form", "begin"), [("json", "{"), ("sarif", "{"), ("github", "::error file=src/bad.py,")]
)
def test_the_formats_for_programs_are_printed_alone(
    source: str, form: str, begin: str, capsys: Captured
) -> None:
    """Standard output holds nothing else."""
    assert main(["review", source, "--format", form]) == 1
    assert capsys.readouterr().out.startswith(begin)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to review: give files or folders, or --list"),
        ([""], "path='' is empty: give a file or a folder"),
        (["nope"], "path='nope' does not exist"),
        (["src", "--format", "jsn"], "did you mean 'json'?"),
        (
            ["src", "--output", "no/folder/x"],
            "--output no/folder/x: cannot be written: No such file",
        ),
        (["--explain", "QR1O5"], "did you mean 'QR105'"),
    ],
)
def test_a_mistake_ends_in_status_two(
    source: str, arguments: list[str], message: str, capsys: Captured
) -> None:
    """The error is one line with the next step."""
    del source
    assert main(["review", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


def test_an_error_of_the_review_is_not_a_finding(
    source: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends in a status of its own, with its place for a report."""

    def torn(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError("in a code")

    monkeypatch.setattr("pytest_queuekit.review.run.review", torn)
    assert main(["review", source]) == 3
    errors = capsys.readouterr().err
    assert "ZeroDivisionError: in a code" in errors
    assert errors.endswith("internal error; please report it with the lines above\n")


def _review(*arguments: str, **given: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "pytest_queuekit", "review", *arguments]
    return subprocess.run(command, stderr=subprocess.PIPE, check=False, **given)


def test_characters_that_the_terminal_lacks_are_escaped(source: str) -> None:
    """No finding is lost to the encoding."""
    Path("src/bad.py").write_text(BAD.replace("    conn", "    x = 'ü'; conn"), encoding="utf-8")
    ended = _review(source, stdout=subprocess.PIPE, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert ended.returncode == 1
    assert b"x = '\\xfc'; conn" in ended.stdout


C_LOCALE = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize("form", ["json", "sarif", "github"])
@pytest.mark.parametrize("absolute", [False, True], ids=["relative", "absolute"])
def test_forms_for_programs_are_utf_8_in_every_locale(
    source: str, form: str, absolute: bool
) -> None:
    """A path with an umlaut in the C locale gives the same bytes as in a UTF-8 locale."""
    folder = Path(source).rename("übung")
    (folder / "bad.py").write_text(BAD.replace("    conn", "    x = '→ ü'; conn"), encoding="utf-8")
    path = str(folder.resolve() if absolute else folder)
    ended = _review(path, "--format", form, stdout=subprocess.PIPE, env=C_LOCALE)
    assert (ended.returncode, ended.stderr) == (1, b"")
    expected = _review(
        path, "--format", form, stdout=subprocess.PIPE, env={**os.environ, "PYTHONUTF8": "1"}
    )
    assert ended.stdout.decode("utf-8") == expected.stdout.decode("utf-8")


def test_text_has_ascii_punctuation_on_an_ascii_terminal(source: str) -> None:
    """An arrow of the reviewed code becomes "->", not an escape."""
    Path("src/bad.py").write_text(
        BAD.replace("    conn", "    x = 'a → b'; conn"), encoding="utf-8"
    )
    ended = _review(source, stdout=subprocess.PIPE, env=C_LOCALE)
    assert ended.returncode == 1
    assert b"x = 'a -> b'; conn" in ended.stdout


def test_a_full_disk_is_a_usage_error(source: str) -> None:
    """The error is one line without a traceback."""
    with Path("/dev/full").open("wb") as full:
        ended = _review(source, stdout=full)
    assert ended.returncode == 2
    assert ended.stderr.startswith(b"queuekit: error: the findings cannot be printed: ")


def test_a_closed_output_keeps_the_status(source: str) -> None:
    """A script may want the exit status alone."""
    ended = _review(source, preexec_fn=lambda: os.close(1))
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_the_checklist_is_listed(capsys: Captured) -> None:
    """Every code is listed, in at most 80 columns."""
    assert main(["review", "--list"]) == 0
    printed = capsys.readouterr().out
    assert all(code.id in printed for code in CODES)
    assert all(len(line) <= 80 for line in printed.splitlines())


def test_a_code_is_explained(capsys: Captured) -> None:
    """The explanation has the title, the rule and both examples."""
    assert main(["review", "--explain", "qr105"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(
        "QR105: Value formatted into SQL\n  Values are passed to SQL as parameters.\n"
    )
    assert "wrong:" in printed
    assert "right:" in printed


def test_other_commands_do_not_load_the_sql_parser() -> None:
    """The parser takes longer to load than the rest of the command."""
    loaded = python("import sys, pytest_queuekit.cli; print(*sys.modules)").split()
    assert "pytest_queuekit.cli.review" in loaded
    assert not {"sqlglot", "pytest_queuekit.review"} & set(loaded)
