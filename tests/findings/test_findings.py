"""Every finding of docs/findings.md is still true of the installed library, or fixed in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "findings.md"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A script, and where its fault was seen.

    script: its name, without the suffix.
    package: the distribution that it tries.
    faulty: versions that were tried and have the fault.
    fixed: versions that were tried and do not have it.
    """

    script: str
    package: str
    faulty: tuple[str, ...]
    fixed: tuple[str, ...] = ()


FINDINGS = (
    Finding(script="litequeue_first_open", package="litequeue", faulty=("0.9", "0.14")),
    Finding(
        script="litequeue_two_producers", package="litequeue", faulty=("0.14",), fixed=("0.9",)
    ),
    Finding(
        script="litequeue_done_comes_back", package="litequeue", faulty=("0.9",), fixed=("0.14",)
    ),
    Finding(
        script="litequeue_done_by_another", package="litequeue", faulty=("0.9",), fixed=("0.14",)
    ),
    Finding(
        script="litequeue_given_back_twice", package="litequeue", faulty=("0.9",), fixed=("0.14",)
    ),
    Finding(script="litequeue_pop_sorts_all", package="litequeue", faulty=("0.9",)),
    Finding(script="huey_killed_scheduler", package="huey", faulty=("3.5.4",)),
    Finding(script="huey_overdue_in_spring", package="huey", faulty=("3.5.4",)),
    Finding(script="persist_queue_none", package="persist-queue", faulty=("1.1.0",)),
    Finding(script="persist_queue_reads_the_done", package="persist-queue", faulty=("1.1.0",)),
    Finding(script="persist_queue_second_process", package="persist-queue", faulty=("1.1.0",)),
    Finding(script="femtoqueue_own_task_again", package="femtoqueue", faulty=("0.4.2",)),
    Finding(script="femtoqueue_two_producers", package="femtoqueue", faulty=("0.4.2",)),
    Finding(script="femtoqueue_waited_too_long", package="femtoqueue", faulty=("0.4.2",)),
    Finding(script="gigq_late_failure", package="gigq", faulty=("0.5.1",)),
    Finding(script="larztask_delay_not_a_number", package="larztask", faulty=("0.1.0",)),
    Finding(script="larztask_forgets_attempts", package="larztask", faulty=("0.1.0",)),
    Finding(script="larztask_killed_worker", package="larztask", faulty=("0.1.0",)),
    Finding(script="larztask_reads_every_job", package="larztask", faulty=("0.1.0",)),
    Finding(script="larztask_text_priority", package="larztask", faulty=("0.1.0",)),
    Finding(script="localqueue_extension_shortens", package="localqueue", faulty=("1.4.1",)),
    Finding(script="monlite_backoff_counts_the_wait", package="monlite", faulty=("0.2.0",)),
    Finding(script="monlite_claim_sorts_all", package="monlite", faulty=("0.2.0",)),
    Finding(script="monlite_done_comes_back", package="monlite", faulty=("0.2.0",)),
    Finding(script="monlite_empty_key", package="monlite", faulty=("0.2.0",)),
    Finding(script="monlite_first_open", package="monlite", faulty=("0.2.0",)),
    Finding(script="monlite_one_key_twice", package="monlite", faulty=("0.2.0",)),
    Finding(script="monlite_recovers_for_ever", package="monlite", faulty=("0.2.0",)),
    Finding(script="sqqueue_done_by_another", package="sqqueue", faulty=("0.1.0",)),
    Finding(script="sqqueue_empty_among_waiting", package="sqqueue", faulty=("0.1.0",)),
    Finding(script="femtoqueue_due_together", package="femtoqueue", faulty=("0.4.2",)),
    Finding(script="gigq_claim_sorts_all", package="gigq", faulty=("0.5.1",)),
    Finding(script="gigq_clocks_go_forward", package="gigq", faulty=("0.5.1",)),
    Finding(script="gigq_done_by_another", package="gigq", faulty=("0.5.1",)),
    Finding(script="gigq_two_look_for_timeouts", package="gigq", faulty=("0.5.1",)),
    Finding(script="sqqueue_claim_sorts_all", package="sqqueue", faulty=("0.1.0",)),
    Finding(script="sqqueue_delay_counts_the_wait", package="sqqueue", faulty=("0.1.0",)),
    Finding(script="sqqueue_freed_by_another", package="sqqueue", faulty=("0.1.0",)),
    Finding(script="tinyjobs_delay_counts_the_wait", package="tinyjobs", faulty=("0.6.0",)),
    Finding(script="tinyjobs_old_delivery", package="tinyjobs", faulty=("0.6.0",)),
    Finding(script="tinyjobs_text_priority", package="tinyjobs", faulty=("0.6.0",)),
    Finding(script="tinyjobs_first_open", package="tinyjobs", faulty=("0.6.0",)),
)


def installed_version(package: str) -> str:
    """Return the version of a distribution; without it, skip the test."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        pytest.skip(f"{package} is not installed")


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding.script)
def test_script_tells_what_is_known_of_the_installed_version(
    finding: Finding, tmp_path: Path
) -> None:
    """A version that was tried answers as it did then; of another one, either answer is news."""
    version = installed_version(finding.package)
    run = subprocess.run(
        [sys.executable, str(HERE / f"{finding.script}.py")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    said = run.stdout + run.stderr
    assert "Traceback" not in said
    if version in finding.faulty:
        assert run.returncode == 1, said
    elif version in finding.fixed:
        assert run.returncode == 0, said
    else:
        assert run.returncode in (0, 1), said


def test_each_script_is_listed() -> None:
    """Each script belongs to a finding, and so is run."""
    scripts = {path.stem for path in HERE.glob("*.py") if not path.stem.startswith("test_")}
    assert scripts - {"__init__"} == {finding.script for finding in FINDINGS}


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding.script)
def test_the_page_tells_each_finding(finding: Finding) -> None:
    """docs/findings.md names the script, and the versions in which its fault was seen."""
    sections = PAGE.read_text(encoding="utf-8").split("\n### ")
    telling = [section for section in sections if f"tests/findings/{finding.script}.py" in section]
    assert len(telling) == 1
    for version in finding.faulty:
        assert f"{finding.package} {version}" in telling[0]


def test_each_failed_rule_has_a_finding() -> None:
    """The part of a library in docs/findings.md names each rule that its row calls failed."""
    text = PAGE.read_text(encoding="utf-8")
    parts = {part.partition("\n")[0]: part for part in text.split("\n## ")}
    rows = re.findall(r"^\| \[([\w-]+)\](.+)$", parts["Thirteen libraries"], re.MULTILINE)
    assert len(rows) == 13
    for library, row in rows:
        named = set(re.findall(r"\b[A-Z]+-\d+\b", parts.get(library, "")))
        assert set(re.findall(r"\b[A-Z]+-\d+\b", row)) <= named, library
