"""Files that do not parse, files in other encodings, and comments that suppress."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_queuekit.errors import UsageError
from pytest_queuekit.model.verdict import Finding, Status
from pytest_queuekit.review.examine import examine_file
from pytest_queuekit.review.run import review
from tests.review.findings import codes, findings, reported

BAD = "def f(conn, s):\n    conn.execute(f\"SELECT id FROM t WHERE a = '{s}'\")"


def _findings_in(paths: list[Path]) -> list[Finding]:
    return [each for verdict in review(paths).verdicts for each in verdict.findings]


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"def f(:\n", "does not parse: "),
        (b"# coding: nonsense\n", "cannot be read: "),
        (b"x = '\xff'\n", "cannot be read: "),
        (b"x = 1\0\n", "does not parse: "),
        (b"# coding: undefined\n", "cannot be read: "),
        (b"x = " + b"(" * 300 + b")" * 300 + b"\n", "does not parse: "),
    ],
    ids=["syntax", "unknown encoding", "no UTF-8", "NUL", "an encoding of nothing", "too deep"],
)
def test_a_file_that_cannot_be_read_is_a_finding(
    content: bytes, detail: str, tmp_path: Path
) -> None:
    """The review goes on with the other files."""
    (tmp_path / "a.py").write_bytes(content)
    (tmp_path / "b.py").write_text(BAD, encoding="utf-8")
    unreadable, other = _findings_in([tmp_path])
    assert (unreadable.kind, other.kind) == ("QR001", "QR105")
    assert unreadable.detail.startswith(detail)


@pytest.mark.parametrize(
    "content",
    [
        BAD.encode(),
        b"\xef\xbb\xbf" + BAD.encode(),
        ("# coding: latin-1\n# Grüße\n" + BAD).encode("latin-1"),
        BAD.replace("\n", "\r\n").encode(),
    ],
    ids=["plain", "with a BOM", "latin-1", "with CR"],
)
def test_a_file_is_read_as_python_reads_it(content: bytes, tmp_path: Path) -> None:
    """The declared encoding, a byte order mark and CR line ends are understood."""
    file = tmp_path / "a.py"
    file.write_bytes(content)
    (finding,) = examine_file(file, "a.py")
    assert finding.place is not None
    assert finding.place.text.strip().startswith("conn.execute(f")


def test_columns_count_characters() -> None:
    """Python's syntax tree counts bytes instead."""
    (finding,) = reported(
        "def f(conn, s):\n    x = 'äöü'; conn.execute(f\"DELETE FROM t WHERE a = '{s}'\")"
    )
    assert finding.place is not None
    rest = finding.place.text[finding.place.column - 1 :]
    assert rest.startswith("conn.execute")


def test_a_comment_suppresses_the_codes_that_it_names() -> None:
    """The comment may stand in any line of the finding."""
    assert codes(f"{BAD}  # queuekit: ignore[QR105] s is one of ours") == []
    several = BAD.replace("execute(", "execute(  # queuekit: ignore[QR105] ours\n        ")
    assert codes(several) == []
    assert codes(f"# queuekit: ignore[QR105] too far away\n{BAD}") == ["QR002", "QR105"]


def test_an_unused_suppression_is_a_finding() -> None:
    """It would hide the next fault in its line."""
    text = "def f(conn):\n    return 1  # queuekit: ignore[QR105, QR501] once it was"
    assert findings(text) == [("QR002", 2), ("QR002", 2)]


@pytest.mark.parametrize(
    ("comment", "fault"),
    [
        ("ignore", "no code;"),
        ("ignore QR105 because", "no code;"),
        ("ignore[] because", "no code;"),
        ("ignore[QR105]", "no reason;"),
        ("ignore[QR999] because", "unknown code 'QR999';"),
        ("ignore[E501] long", "unknown code 'E501';"),
    ],
)
def test_an_unclear_suppression_is_a_finding(comment: str, fault: str) -> None:
    """A suppression needs a known code and a reason."""
    reviewed = reported(f"{BAD}  # queuekit: {comment}")
    unclear = [each for each in reviewed if each.kind == "QR003"]
    assert [each.detail.partition(" write")[0] for each in unclear] == [fault]


def test_a_suppression_may_stand_behind_another_comment() -> None:
    """Other tools have comments in the same line."""
    assert codes(f"{BAD}  # noqa: S608  # queuekit: ignore[QR105] s is one of ours") == []


def test_a_string_is_not_a_comment() -> None:
    """A string that quotes a suppression suppresses nothing."""
    assert codes(f"{BAD}\nx = '# queuekit: ignore[QR105] no'") == ["QR105"]


def test_third_party_folders_are_left_out(tmp_path: Path) -> None:
    """A file in such a folder is reviewed only if it is named."""
    for folder in (".git", "venv", "node_modules", "build", "env-of-mine", "src"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.py").write_text(BAD, encoding="utf-8")
    (tmp_path / "env-of-mine" / "pyvenv.cfg").touch()
    (tmp_path / "notes.txt").write_text(BAD, encoding="utf-8")
    assert review([tmp_path]).files == 1
    named = [tmp_path / "venv" / "a.py", tmp_path / "notes.txt"]
    assert review(named).files == 2


def test_a_file_counts_once(tmp_path: Path) -> None:
    """The paths may overlap."""
    (tmp_path / "a.py").write_text(BAD, encoding="utf-8")
    assert len(_findings_in([tmp_path, tmp_path / "a.py"])) == 1


def test_a_file_counts_once_by_any_of_its_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relative, absolute and linked paths are the same file, shown by its first path."""
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text(BAD, encoding="utf-8")
    Path("link").symlink_to(".")
    (finding,) = _findings_in([Path("a.py"), tmp_path / "a.py", Path("link/a.py")])
    assert finding.place is not None
    assert finding.place.path == "a.py"


def test_only_files_of_a_folder_are_reviewed(tmp_path: Path) -> None:
    """Pipes, dangling links, folders named like files and circular links are left out."""
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / ".#lock.py").symlink_to("nowhere")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "again").symlink_to(".")
    assert review([tmp_path]).files == 0


def test_a_folder_that_cannot_be_listed_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unread code never counts as passed."""
    (tmp_path / "closed").mkdir()
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    (finding,) = _findings_in([tmp_path])
    assert (finding.kind, finding.detail) == ("QR001", "cannot be listed: Permission denied")


def test_a_name_with_invalid_utf_8_is_escaped(tmp_path: Path) -> None:
    """Every report can write the escaped name."""
    name = os.fsencode(tmp_path) + b"/\xff.py"
    Path(os.fsdecode(name)).write_text(BAD, encoding="utf-8")
    (finding,) = _findings_in([tmp_path])
    assert finding.place is not None
    assert finding.place.path.endswith("/\\xff.py")


def test_many_files_are_reviewed_in_several_processes(tmp_path: Path) -> None:
    """The result and the order are the same as in one process."""
    for number in range(70):
        (tmp_path / f"m{number:02}.py").write_text(BAD if number % 2 else "", encoding="utf-8")
    counts: list[tuple[int, int]] = []
    many = review(
        [tmp_path], processes=2, progress=lambda done, files: counts.append((done, files))
    )
    assert many.files == 70
    assert counts == [(number, 70) for number in range(1, 71)]
    places = [each.place for verdict in many.verdicts for each in verdict.findings]
    assert [Path(place.path).name for place in places if place] == [
        f"m{n:02}.py" for n in range(1, 70, 2)
    ]


def test_a_missing_path_is_a_usage_error(tmp_path: Path) -> None:
    """A typing error never passes as a review without findings."""
    with pytest.raises(UsageError, match="does not exist: give a file or a folder"):
        review([tmp_path / "none"])
    with pytest.raises(UsageError, match="does not exist: give a file or a folder"):
        review([tmp_path / ("x" * 300)])


def test_each_code_has_a_verdict(tmp_path: Path) -> None:
    """A code passes, fails, or is not run for a reason that says how it is decided."""
    (tmp_path / "a.py").write_text(BAD, encoding="utf-8")
    verdicts = {verdict.rule: verdict for verdict in review([tmp_path]).verdicts}
    assert verdicts["QR105"].status is Status.FAIL
    assert verdicts["QR102"].status is Status.PASS
    assert verdicts["QR503"].status is Status.NOT_RUN
    assert str(verdicts["QR503"].reason).startswith("decided from test evidence: ")


def test_a_pipe_is_a_usage_error(tmp_path: Path) -> None:
    """A read from a pipe would never end."""
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(UsageError, match="is neither a file nor a folder"):
        review([tmp_path / "pipe.py"])
