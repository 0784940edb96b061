"""Files as they come: that do not parse, in any encoding, with comments that suppress."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_queuekit.errors import UsageError
from pytest_queuekit.model.verdict import Status, Violation
from pytest_queuekit.review.examine import examine_file
from pytest_queuekit.review.run import review
from tests.review.found import codes, found, violations

BAD = "def f(conn, s):\n    conn.execute(f\"SELECT id FROM t WHERE a = '{s}'\")"


def _found(paths: list[Path]) -> list[Violation]:
    return [one for verdict in review(paths).verdicts for one in verdict.violations]


@pytest.mark.parametrize(
    ("content", "said"),
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
def test_a_file_that_cannot_be_read_is_told_and_the_rest_goes_on(
    content: bytes, said: str, tmp_path: Path
) -> None:
    """It is a finding of its own; the other files are reviewed."""
    (tmp_path / "a.py").write_bytes(content)
    (tmp_path / "b.py").write_text(BAD, encoding="utf-8")
    one, other = _found([tmp_path])
    assert (one.kind, other.kind) == ("QR001", "QR105")
    assert one.detail.startswith(said)


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
    """With its encoding and its ends of line."""
    file = tmp_path / "a.py"
    file.write_bytes(content)
    (one,) = examine_file(file, "a.py")
    assert one.place is not None
    assert one.place.text.strip().startswith("conn.execute(f")


def test_columns_count_letters() -> None:
    """Not bytes, in which Python's own syntax tree counts."""
    (one,) = violations(
        "def f(conn, s):\n    x = 'äöü'; conn.execute(f\"DELETE FROM t WHERE a = '{s}'\")"
    )
    assert one.place is not None
    assert one.place.text[one.place.column - 1 :].startswith("conn.execute")


def test_a_comment_suppresses_the_codes_that_it_names() -> None:
    """In any of the lines of what was found."""
    assert codes(f"{BAD}  # queuekit: ignore[QR105] s is one of ours") == []
    several = BAD.replace("execute(", "execute(  # queuekit: ignore[QR105] ours\n        ")
    assert codes(several) == []
    assert codes(f"# queuekit: ignore[QR105] too far away\n{BAD}") == ["QR002", "QR105"]


def test_a_suppression_that_is_not_needed_is_found() -> None:
    """It would hide the next one that is."""
    text = "def f(conn):\n    return 1  # queuekit: ignore[QR105, QR501] once it was"
    assert found(text) == [("QR002", 2), ("QR002", 2)]


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("ignore", "no code;"),
        ("ignore QR105 because", "no code;"),
        ("ignore[] because", "no code;"),
        ("ignore[QR105]", "no reason;"),
        ("ignore[QR999] because", "unknown code 'QR999';"),
        ("ignore[E501] long", "unknown code 'E501';"),
    ],
)
def test_an_unclear_suppression_is_found(comment: str, said: str) -> None:
    """One without a code that there is, or without a reason."""
    told = [one for one in violations(f"{BAD}  # queuekit: {comment}") if one.kind == "QR003"]
    assert [one.detail.partition(" write")[0] for one in told] == [said]


def test_a_suppression_may_stand_behind_another_comment() -> None:
    """Other tools have theirs in the same line."""
    assert codes(f"{BAD}  # noqa: S608  # queuekit: ignore[QR105] s is one of ours") == []


def test_a_string_is_no_comment() -> None:
    """What only quotes a suppression suppresses nothing."""
    assert codes(f"{BAD}\nx = '# queuekit: ignore[QR105] no'") == ["QR105"]


def test_folders_of_others_are_left_out(tmp_path: Path) -> None:
    """Environments, caches and what was built; a file that is named is reviewed all the same."""
    for folder in (".git", "venv", "node_modules", "build", "env-of-mine", "src"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.py").write_text(BAD, encoding="utf-8")
    (tmp_path / "env-of-mine" / "pyvenv.cfg").touch()
    (tmp_path / "notes.txt").write_text(BAD, encoding="utf-8")
    assert review([tmp_path]).files == 1
    named = [tmp_path / "venv" / "a.py", tmp_path / "notes.txt"]
    assert review(named).files == 2


def test_a_file_counts_once(tmp_path: Path) -> None:
    """However often it is named."""
    (tmp_path / "a.py").write_text(BAD, encoding="utf-8")
    assert len(_found([tmp_path, tmp_path / "a.py"])) == 1


def test_a_file_counts_once_by_any_of_its_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relative, absolute, or through a link; it is shown as it was named first."""
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text(BAD, encoding="utf-8")
    Path("link").symlink_to(".")
    (one,) = _found([Path("a.py"), tmp_path / "a.py", Path("link/a.py")])
    assert one.place is not None
    assert one.place.path == "a.py"


def test_what_is_no_file_is_left_out_of_a_folder(tmp_path: Path) -> None:
    """A pipe, a link to nothing as editors leave it, a folder, a link back."""
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / ".#lock.py").symlink_to("nowhere")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "again").symlink_to(".")
    assert review([tmp_path]).files == 0


def test_a_folder_that_cannot_be_listed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not seen is not passed."""
    (tmp_path / "closed").mkdir()
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    (one,) = _found([tmp_path])
    assert (one.kind, one.detail) == ("QR001", "cannot be listed: Permission denied")


def test_a_name_that_is_no_text_is_shown_escaped(tmp_path: Path) -> None:
    """Each report can write it."""
    name = os.fsencode(tmp_path) + b"/\xff.py"
    Path(os.fsdecode(name)).write_text(BAD, encoding="utf-8")
    (one,) = _found([tmp_path])
    assert one.place is not None
    assert one.place.path.endswith("/\\xff.py")


def test_many_files_are_reviewed_alike(tmp_path: Path) -> None:
    """In several processes, with the same result and in the same order."""
    for number in range(70):
        (tmp_path / f"m{number:02}.py").write_text(BAD if number % 2 else "", encoding="utf-8")
    told: list[tuple[int, int]] = []
    many = review([tmp_path], processes=2, progress=lambda done, files: told.append((done, files)))
    assert many.files == 70
    assert told == [(number, 70) for number in range(1, 71)]
    places = [one.place for verdict in many.verdicts for one in verdict.violations]
    assert [Path(one.path).name for one in places if one] == [
        f"m{n:02}.py" for n in range(1, 70, 2)
    ]


def test_a_path_that_is_none_is_a_mistake(tmp_path: Path) -> None:
    """Nothing is reviewed by accident."""
    with pytest.raises(UsageError, match="does not exist: give a file or a folder"):
        review([tmp_path / "none"])
    with pytest.raises(UsageError, match="does not exist: give a file or a folder"):
        review([tmp_path / ("x" * 300)])


def test_each_item_has_a_verdict(tmp_path: Path) -> None:
    """Passed, failed, or not run with a word on what decides it."""
    (tmp_path / "a.py").write_text(BAD, encoding="utf-8")
    verdicts = {one.rule: one for one in review([tmp_path]).verdicts}
    assert verdicts["QR105"].status is Status.FAIL
    assert verdicts["QR102"].status is Status.PASS
    assert verdicts["QR503"].status is Status.NOT_RUN
    assert verdicts["QR503"].reason.startswith("decided by evidence: ")


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    """Whoever reads it waits for an end that never comes."""
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(UsageError, match="is neither a file nor a folder"):
        review([tmp_path / "pipe.py"])
