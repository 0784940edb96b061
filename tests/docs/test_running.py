"""The tests of the documentation fail for a block that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import blocks
from tests.docs.running import run_page, same_shape


def _run(folder: Path, text: str) -> None:
    page = folder / "page.md"
    page.write_text(text, encoding="utf-8")
    home = folder / "home"
    home.mkdir()
    run_page(blocks(page), home)


@pytest.mark.parametrize(
    "text",
    [
        "```python\nassert 1 == 2\n```\n",
        "```sh\nfalse\ntrue\n```\n",
        "```console\n$ echo one\ntwo\n```\n",
        "```console\nno prompt\n```\n",
        "```python\nimport warnings; warnings.warn('old')\n```\n",
        "```python\na = 1\n```\n\n```python\nprint(a)\n```\n",
    ],
    ids=["assertion", "exit status", "output", "no command", "warning", "names not shared"],
)
def test_a_wrong_block_is_found(text: str, tmp_path: Path) -> None:
    """A block fails the test if it fails, warns, or prints other text than the page shows."""
    with pytest.raises(AssertionError, match=r"page\.md:\d"):
        _run(tmp_path, text)


def test_blocks_share_files_and_continued_names(tmp_path: Path) -> None:
    """A later block finds the file of a captioned block, and a continued block the names."""
    _run(
        tmp_path,
        "**`greeting.txt`**\n\n```text\nhello\nall\n```\n"
        "**`greeting.txt`** (from this line to the end)\n```text\nall\nof you\n```\n"
        "```console\n$ cat greeting.txt\nhello\nall\nof you\n```\n"
        "```python\na = 1\n```\nand\n<!-- run: continued -->\n```python\nassert a == 1\n```\n",
    )


def test_a_file_whose_name_no_reader_sees_is_found(tmp_path: Path) -> None:
    """A comment that names a file fails, because the rendered page does not show it."""
    with pytest.raises(AssertionError, match=r"page\.md:1 hides 'a\.txt' in a comment"):
        _run(tmp_path, "<!-- file: a.txt -->\n```text\nhello\n```\n")


def test_a_block_with_a_reason_is_left_out(tmp_path: Path) -> None:
    """A comment `run: no` exempts the next block only, and only directly before it."""
    _run(tmp_path, "<!-- run: no, it installs -->\n```sh\nfalse\n```\n")
    with pytest.raises(AssertionError):
        _run(tmp_path / "home", "<!-- run: no, why -->\ntext\n```sh\nfalse\n```\n")


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("== 3 passed in 0.10s ==\n", "==== 3 passed in 12.34s ====\n", True),
        ("== 3 passed in 0.10s ==\n", "== 4 passed in 0.10s ==\n", False),
        ("== 3 passed in 0.10s ==\n", "== 3 passed in 63.4s (0:01:03) ==\n", True),
        ("SQLite 3.40.1\n", "SQLite 3.45.2\n", True),
        ("first\n...\nlast\n", "first\n1\n2\nlast\n", True),
        ("first\n...\nlast\n", "first\n1\n2\n", False),
        ("first\n", "first\nsecond\n", False),
        ("all ... rules passed\n", "all 130 rules passed\n", True),
        ("all ... rules passed\n", "all 130 rules failed\n", False),
        ("all ... rules\npassed\n", "all 130 rules\n1 failed\npassed\n", False),
    ],
)
def test_outputs_are_compared_by_shape(shown: str, printed: str, *, same: bool) -> None:
    """Times, versions and widths may differ, words and counts only where three dots stand."""
    assert same_shape(shown, printed) is same
