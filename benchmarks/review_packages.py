"""Reviews ten packages from PyPI that keep jobs or data in SQL, and prints the findings.

    python benchmarks/review_packages.py

Downloads the packages with pip into a temporary folder, and runs nothing of them. docs/review.md
lists which findings are true.
"""

from __future__ import annotations

import subprocess
import sys
import time
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from pytest_queuekit.review.run import cores, review

PACKAGES = (
    "diskcache==5.6.3",
    "huey==3.5.4",
    "liteq==0.2.1",
    "litequeue==0.9",
    "luigi==3.8.1",
    "persist-queue==1.1.0",
    "procrastinate==3.10.0",
    "requests-cache==1.3.3",
    "scrapyd==1.6.0",
    "sqlite-utils==4.2.1",
)


def main() -> int:
    """Download and review each package; print a line for the package, then its findings."""
    with TemporaryDirectory(prefix="queuekit-") as folder:
        files, seconds = 0, 0.0
        for package in PACKAGES:
            source = _unpacked(package, Path(folder))
            began = time.perf_counter()
            result = review([source], processes=cores())
            seconds += time.perf_counter() - began
            files += result.files
            findings = [each for verdict in result.verdicts for each in verdict.findings]
            print(f"{package:<24}{result.files:>5} files {len(findings):>3} findings")
            for finding in findings:
                place = finding.place
                where = place and f"{Path(place.path).name}:{place.line}"
                print(f"  {where} {finding.kind} {finding.detail}")
        print(f"{files} files in {seconds:.1f} s")
    return 0


def _unpacked(package: str, folder: Path) -> Path:
    """Download a wheel and return the folder with its content."""
    home = folder / package.partition("==")[0]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", package]
    subprocess.run([*command, "--only-binary=:all:", "--dest", str(home)], check=True)
    (wheel,) = home.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(home / "source")
    return home / "source"


if __name__ == "__main__":
    sys.exit(main())
