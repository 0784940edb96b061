"""Every code block of the documentation runs as its page shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks, pages
from tests.docs.running import run_page

pytestmark = pytest.mark.slow

REASONS = (
    "it installs",
    "it takes minutes",
    "it needs a server",
    "it needs your own project",
    "it is reviewed",
    "tests/rules runs it",
)
"""The reasons for a block not to run. Only `.ci/run` runs blocks that install."""

LANGUAGES = ("python", "sh", "console", "text", "sql", "toml", "ini", "yaml", "json")

each_page = pytest.mark.parametrize(
    "page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix()
)


@each_page
def test_a_page_runs(page: Path, tmp_path: Path) -> None:
    """Each block of a page runs, in order, in one folder that was empty before."""
    run_page(blocks(page), tmp_path)


@each_page
def test_a_block_that_does_not_run_has_a_reason(page: Path) -> None:
    """The reason is one of the list above."""
    unknown = [block.place for block in blocks(page) if (block.reason or REASONS[0]) not in REASONS]
    assert unknown == []


@each_page
def test_every_block_has_a_known_language(page: Path) -> None:
    """A missing or misspelt language does not exempt a block from running."""
    assert [block.place for block in blocks(page) if block.language not in LANGUAGES] == []
