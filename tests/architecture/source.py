"""The source as data: modules, their trees, their functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pytest_queuekit"

_TEXTS = (".py", ".md", ".toml", ".yml")
_SKIPPED = ("__pycache__", ".git", "site", "dist", "build")


@dataclass(frozen=True)
class Module:
    """One Python file."""

    path: Path

    @property
    def name(self) -> str:
        """Its path inside the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        """Its source."""
        return self.path.read_text(encoding="utf-8")

    @property
    def length(self) -> int:
        """Its lines."""
        return self.text.count("\n")

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.text)

    def functions(self) -> Iterator[tuple[str, int]]:
        """Yield the place and the length in lines of each function and method."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                yield f"{self.name}:{node.lineno} {node.name}", length


def modules(folder: Path = PACKAGE) -> list[Module]:
    """Return the Python files under a folder."""
    return [Module(path) for path in sorted(folder.rglob("*.py"))]


def written_files() -> Iterator[Path]:
    """Yield every text file of the repository that a person wrote."""
    tops = ("pytest_queuekit", "tests", "docs", "benchmarks", ".ci")
    yield ROOT / ".ci" / "run"
    paths = [path for top in tops for path in (ROOT / top).rglob("*")]
    for path in [*paths, *ROOT.glob("*.*")]:
        skipped = set(path.relative_to(ROOT).parts) & set(_SKIPPED)
        if path.is_file() and path.suffix in _TEXTS and not skipped:
            yield path
