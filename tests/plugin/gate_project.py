"""A project of team 05 for the tests of the gate, and its scoreboard as data."""

from __future__ import annotations

import os
import re

import pytest

from tests.plugin.project import Project, text

GATE = ("--queue-validate", "--queue-gate", "--queue-level=quick", "--queue-worker=05")
FAST = ("-k", "not LOAD")
"""Without the load, which takes seconds: the fifth criterion is then unknown."""

CODE = '''
def waiting(db):
    """Return how many tasks wait."""
    with db.connection() as conn:
        sql = "SELECT count(*) FROM task_queue WHERE status = 'queued'"
        return conn.execute(sql).fetchone()[0]
'''

TESTS = """
import pytest
from figures import waiting

@pytest.mark.queue_worker(n=5)
def test_what_waits_is_counted(queue_db, queue_fill):
    queue_fill(3)
    assert waiting(queue_db) == 3
"""


def make_team(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Add a feature and its test to a project, apart from the coverage of the outer run."""
    for name in [name for name in os.environ if name.startswith(("COVERAGE", "COV_CORE"))]:
        monkeypatch.delenv(name)
    project.pytester.makepyfile(figures=CODE, test_figures=TESTS)
    project.pytester.makeini("[pytest]\nqueue_review = figures.py\nqueue_approved_by = Ada\n")
    return project


def run_gate(team: Project, *arguments: str) -> pytest.RunResult:
    """Run the gate in a process of its own, so that modules of the same name do not meet."""
    plugins = ("-p", "pytest_queuekit.plugin", "-p", "pytest_cov")
    return team.pytester.runpytest_subprocess(*plugins, *GATE, *arguments)


def board(result: pytest.RunResult) -> dict[int, tuple[str, str]]:
    """Return the standing and the evidence of each criterion, as the terminal shows them."""
    section = text(result).rpartition("= queue gate =")[2].partition("\nqueue gate: ")[0]
    parts = re.split(r"^  (\d)  (met|NOT MET|unknown) +", section, flags=re.MULTILINE)[1:]
    rows = zip(parts[0::3], parts[1::3], parts[2::3], strict=True)
    return {int(number): (standing, " ".join(lines.split())) for number, standing, lines in rows}
