"""Every code block of the documentation does what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks, pages
from tests.docs.running import run_page

REASONS = (
    "it installs",
    "it takes minutes",
    "it needs your own project",
    "it is reviewed",
    "tests/rules runs it",
)
"""Why a block may be left out. What installs is run by `.ci/run`, and by nothing else."""

LANGUAGES = ("python", "sh", "console", "text", "sql", "toml", "ini", "yaml", "json")

each_page = pytest.mark.parametrize(
    "page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix()
)


@each_page
def test_a_page_runs(page: Path, tmp_path: Path) -> None:
    """Each block of a page runs, in order, in one folder that was empty before."""
    run_page(blocks(page), tmp_path)


@each_page
def test_only_blocks_with_a_reason_are_left_out(page: Path) -> None:
    """A block that is not run says why, in words that are listed here."""
    odd = [block.place for block in blocks(page) if (block.reason or REASONS[0]) not in REASONS]
    assert odd == []


@each_page
def test_every_block_has_a_known_language(page: Path) -> None:
    """A block cannot get out of being run by a missing or a misspelt language."""
    assert [one.place for one in blocks(page) if one.language not in LANGUAGES] == []
