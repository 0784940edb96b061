"""Draws the failure of README.md, from a run of its queue: `python -m tests.docs.picture`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from pytest_queuekit.report.drawing import image
from pytest_queuekit.report.formats.json import read_run
from pytest_queuekit.report.timeline import timeline
from tests.docs.pages import ROOT, blocks
from tests.docs.running import LIMIT, environment

PICTURE = ROOT / "docs" / "failure.svg"
LABEL = (
    "Timeline of four calls: late claims a task, heir claims it a minute later, late completes "
    "it and the queue accepts that, and the last claim, by collector, returns empty"
)


def picture(folder: Path) -> str:
    """Run the rule of the README on its queue, in an empty folder, and return the SVG."""
    for block in blocks(ROOT / "README.md"):
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")
    report = folder / "run.json"
    command = f"queue-validate::ACK-6 --queue-impl=adapter:Shop --queue-report=json:{report}"
    subprocess.run(
        [sys.executable, "-m", "pytest", *command.split()],
        cwd=folder,
        env=environment(),
        capture_output=True,
        timeout=LIMIT,
        check=False,  # the rule fails
    )
    (verdict,) = read_run(report).verdicts
    drawing = timeline(verdict.violations[0].witness)
    assert drawing is not None
    return image(drawing, label=LABEL)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        PICTURE.write_text(picture(Path(folder)), encoding="utf-8")
