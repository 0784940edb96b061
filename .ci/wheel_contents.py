"""Checks that a wheel has what an installed kit needs, and nothing else."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path


def expected(package: Path) -> set[str]:
    """Return the files of the package in the source tree, as a wheel names them."""
    files = (path for path in package.rglob("*") if path.is_file())
    return {
        path.relative_to(package.parent).as_posix()
        for path in files
        if "__pycache__" not in path.parts
    }


def main(wheel: str) -> int:
    """Compare a wheel with the package beside this folder; return 0 where they agree."""
    wanted = expected(Path(__file__).parents[1] / "pytest_queuekit")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    for name in sorted(wanted - packed):
        print(f"the wheel lacks {name}")
    for name in sorted(packed - wanted):
        print(f"the wheel has {name}, which does not belong to the package")
    return int(wanted != packed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
