"""The picture in README.md shows the failure of the queue in README.md."""

from __future__ import annotations

from pathlib import Path

from tests.docs.pages import ROOT
from tests.docs.picture import LABEL, PICTURE, picture


def test_the_picture_is_of_today(tmp_path: Path) -> None:
    """Its command makes the same file: the times are those of the virtual clock."""
    assert picture(tmp_path) == PICTURE.read_text(encoding="utf-8")


def test_the_readme_shows_the_picture() -> None:
    """With words for those who do not see it."""
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert f"![{LABEL}](docs/{PICTURE.name})" in readme
