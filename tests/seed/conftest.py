"""The tree and the folders that the blocks run in."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_queuekit.cli.vendoring import copy_out
from tests.seed.snippets import World


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree with a copy of the queue where the document expects it."""
    top = tmp_path_factory.mktemp("tree")
    copy_out(top / "Client" / "Backend" / "src" / "queue")
    return top


@pytest.fixture
def world(tree: Path, tmp_path: Path) -> World:
    """An empty folder to run in, and an empty home."""
    for name in ("work", "home"):
        (tmp_path / name).mkdir()
    return World(tree=tree, folder=tmp_path / "work", home=tmp_path / "home")
