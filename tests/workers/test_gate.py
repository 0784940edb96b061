"""The gate on ten suites: five good ones, and the same five with deliberate faults."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

pytestmark = pytest.mark.slow

HOME = Path(__file__).parent
ROOT = HOME.parents[1]

TEAMS = {
    "client_api": "02",
    "worker_engine": "03",
    "scheduling": "04",
    "observability": "05",
    "maintenance": "06",
}

FAULTS: dict[str, dict[int, set[str]]] = {
    "client_api": {
        3: {"more than 80 %"},
        4: {"QR102", "QR104", "QR202", "write-outside"},
        7: {"Api.enqueue"},
    },
    "worker_engine": {
        3: {"test_engine.py::test_two_workers_never_take_one_task"},
        4: {"QR404", "QR501"},
        5: {"test_engine.py::test_a_second_worker_waits_for_the_first"},
    },
    "scheduling": {4: {"QR102", "QR104", "QR105", "QR502", "QR504"}},
    "observability": {
        4: {"QR401", "QR402", "QR403", "slow-plan"},
        6: {"test_exporter.py::test_a_scrape_is_fast"},
        7: {"held_by"},
    },
    "maintenance": {3: {"more than 80 %"}, 4: {"QR107", "QR203", "QR301", "QR405"}},
}
"""The faults of each bad suite, by the number of the criterion."""

_REASONS = {
    3: r"failed: (\S+?)(?:;|$)|% of 1 file is covered, but (more than 80 %) is required",
    4: r"(QR\d+) |: (write-outside|slow-plan) ",
    5: r"QueueBusyError in (\S+);",
    6: r"failed: (\S+?)(?:;|$)",
    7: r"no docstring: \S+ (\S+?)(?:;|$)",
}
"""The pattern of a fault in the evidence of a criterion."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The end of a run: its exit status, its output, and the properties of its JUnit file."""

    status: int
    output: str
    properties: dict[str, str]

    def standings(self) -> dict[int, str]:
        """Return the standing of each criterion."""
        return {number: self._of(number).partition(":")[0] for number in range(1, 8)}

    def reasons(self, number: int) -> set[str]:
        """Return the faults in the evidence of a criterion that is not met."""
        faults = re.findall(_REASONS[number], self._of(number))
        return {"".join(fault) if isinstance(fault, tuple) else fault for fault in faults}

    def _of(self, number: int) -> str:
        return self.properties[f"queue_gate_{number}"]


def _environment(scratch: Path) -> dict[str, str]:
    """Return an environment without the variables of the outer run."""
    outer = ("PYTEST_", "COV", "GITHUB_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(outer)}
    return {**kept, "PYTHONPATH": str(ROOT), "COVERAGE_FILE": str(scratch / "coverage")}


def _gate(team: str, folder: Path, scratch: Path) -> Outcome:
    """Run the gate on a suite, from the root of its project."""
    junit = scratch / "junit.xml"
    plugins = [
        part for name in ("asyncio", "randomly", "cacheprovider") for part in ("-p", f"no:{name}")
    ]
    command = [
        *(sys.executable, "-m", "pytest", "-q", *plugins, f"--junitxml={junit}"),
        *("--queue-validate", "--queue-level=quick", f"--queue-worker={TEAMS[team]}"),
        *("--queue-gate", "--queue-approved-by=a person", f"--queue-review={folder}"),
        *(f"--cov={folder}", "--cov-report=", str(folder)),
    ]
    project = ROOT if folder.is_relative_to(ROOT) else folder
    done = subprocess.run(
        command,
        cwd=project,
        env=_environment(scratch),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert junit.is_file(), done.stdout
    elements = ET.parse(junit).getroot().iter("property")  # noqa: S314 - written by this run
    return Outcome(
        status=done.returncode,
        output=done.stdout,
        properties={str(e.get("name")): str(e.get("value")) for e in elements},
    )


@pytest.mark.parametrize("team", TEAMS)
def test_a_good_suite_passes(team: str, tmp_path: Path) -> None:
    """All seven criteria are met, and the exit status is 0."""
    outcome = _gate(team, HOME / team, tmp_path)
    assert outcome.standings() == dict.fromkeys(range(1, 8), "met"), outcome.output
    assert (outcome.status, outcome.properties["queue_gate"]) == (0, "complete")


@pytest.mark.parametrize("team", TEAMS)
def test_a_bad_suite_fails_for_its_own_reasons(team: str, tmp_path: Path) -> None:
    """The criteria name exactly the faults of the suite, and all other criteria are met."""
    copy = tmp_path / team
    shutil.copytree(HOME / "bad" / team, copy)
    outcome = _gate(team, copy, tmp_path)
    expected = {number: "not met" if number in FAULTS[team] else "met" for number in range(1, 8)}
    assert outcome.standings() == expected, outcome.output
    assert {number: outcome.reasons(number) for number in FAULTS[team]} == FAULTS[team]
    assert outcome.status == 1
