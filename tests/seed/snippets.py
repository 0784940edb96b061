"""Reads the blocks of worker-support.md and runs them in a tree with a copy of the queue."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).with_name("worker-support.md")

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """Return the blocks of a language, in order."""
    blocks = _FENCED.findall(DOCUMENT.read_text(encoding="utf-8"))
    return [text for word, text in blocks if word == language]


@dataclass(frozen=True, kw_only=True)
class World:
    """Where blocks run.

    tree: holds Client/Backend/src/queue. folder: the current folder of python blocks, and what
    `/path/to/` and `/tmp/` mean. home: where a user's data would be.
    """

    tree: Path
    folder: Path
    home: Path

    def python(
        self, block: str, *, before: str = "", after: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a block in a new process, between what makes its world and what looks at it."""
        script = "\n".join([before, self._placed(block), after])
        return self._run([sys.executable, "-W", "error", "-c", script], self.folder, self.tree)

    def shell(self, block: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a shell block from the top of the tree."""
        return self._run(["/bin/sh", "-e", "-c", self._placed(block)], cwd or self.tree)

    def _placed(self, block: str) -> str:
        return re.sub(r'/path/to/|(?<=")/tmp/', f"{self.folder}/", block)

    def _run(self, command: list[str], cwd: Path, *paths: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=cwd,
            env=self._environment(paths),
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    def _environment(self, paths: tuple[Path, ...]) -> dict[str, str]:
        kept = ("LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR", "COVERAGE_PROCESS_CONFIG")
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUTF8": "1",
            "HOME": str(self.home),
        }
