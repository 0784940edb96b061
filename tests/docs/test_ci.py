"""The examples for CI, tried as far as a machine without the services allows.

Each file is held against the schema of its service, the commands of its jobs are run as they stand,
but for those that install, and pre-commit runs its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.pages import ROOT, blocks

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs" / "ci.md"
WORKFLOWS = (".github/workflows/queue.yml", ".github/workflows/queue-gate.yml")
SCHEMAS = {
    WORKFLOWS[0]: "vendor.github-workflows",
    WORKFLOWS[1]: "vendor.github-workflows",
    ".gitlab-ci.yml": "vendor.gitlab-ci",
}

PROJECT = {
    "pytest.ini": "[pytest]\nqueue_level = quick\npythonpath = src .\n",
    "mypackage/__init__.py": "",
    "mypackage/queues.py": "from tests.queues.memory import MemoryQueue as MyQueue\n",
    "src/engine.py": '''"""Works off one task."""


def work(queue, worker):
    """Claim and complete a task; return whether there was one."""
    task = queue.claim(worker)
    if task is not None:
        queue.complete(task)
    return task is not None
''',
    "tests/test_engine.py": """from engine import work


def test_a_task_is_done(queue_tasks):
    queue_tasks.enqueue("mail", None)
    assert work(queue_tasks, "worker-1")
    assert not work(queue_tasks, "worker-1")
""",
}


def _files() -> dict[str, str]:
    return {block.file: block.text for block in blocks(PAGE) if block.file}


def _example(name: str) -> Any:
    return yaml.safe_load(_files()[name])


class Checkout:
    """A team's project under git, with the examples in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, content in {**PROJECT, **_files()}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        self.run("git init -q -b main && git add -A && git commit -q -m first")

    def run(self, command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a shell of CI does: it ends at the first that fails."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTEST_", "COVERAGE", "COV_", "GIT_", "GITHUB_"))
        }
        who = {"NAME": "A", "EMAIL": "a@example.org"}
        environment = {
            **kept,
            **{f"GIT_{role}_{k}": v for role in ("AUTHOR", "COMMITTER") for k, v in who.items()},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}",
            "PYTHONPATH": str(ROOT),
            "PYTEST_ADDOPTS": "-p no:asyncio -p no:randomly",
            "PRE_COMMIT_HOME": str(self.folder / ".git" / "pre-commit"),
            **variables,
        }
        return subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", command],  # noqa: S607 - that of whoever tests
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A new one."""
    return Checkout(tmp_path)


def _commands(workflow: str) -> Iterator[str]:
    (job,) = _example(workflow)["jobs"].values()
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert [command.partition(" ")[0] for command in runs] == ["pip", "pytest"]
    yield from runs[1:]


@pytest.mark.parametrize("name", SCHEMAS)
def test_an_example_keeps_to_the_schema_of_its_service(checkout: Checkout, name: str) -> None:
    """The schema accepts it, so the service probably does."""
    done = checkout.run(f"check-jsonschema --builtin-schema {SCHEMAS[name]} {name}")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_the_commands_of_a_workflow_do_what_they_are_for(checkout: Checkout, workflow: str) -> None:
    """They pass, leave the file that is uploaded, and add to the summary of the step."""
    for command in _commands(workflow):
        done = checkout.run(
            command, BASE="HEAD", APPROVED_BY="ada", GITHUB_STEP_SUMMARY="summary.md"
        )
        assert done.returncode == 0, done.stdout
    assert (checkout.folder / "queue.xml").is_file()
    summary = (checkout.folder / "summary.md").read_text(encoding="utf-8")
    assert ("Queue gate" in summary) is ("queue-gate" in workflow)
    assert ("Queue validation" in summary) is ("queue-gate" not in workflow)


def test_gitlab_runs_the_same_commands() -> None:
    """They differ in the names of variables, and in the report that one host alone reads."""
    jobs = _example(".gitlab-ci.yml")
    names = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": "BASE", "QUEUE_APPROVED_BY": "APPROVED_BY"}
    for job, workflow in zip(("queue", "queue-gate"), WORKFLOWS, strict=True):
        install, command = jobs[job]["script"]
        assert install.startswith("pip install pytest-queuekit")
        for name, ours in names.items():
            command = command.replace(f"${name}", f"${ours}")
        (expected,) = _commands(workflow)
        command = command.replace(" --queue-report gitlab:code-quality.json", "")
        assert command == expected.replace(" --queue-report github", "", 1)


def test_pre_commit_runs_its_hooks(checkout: Checkout) -> None:
    """The review for a commit, the rules for a push; what is found stops the commit."""
    for env in ("pre-commit", "pre-push"):
        done = checkout.run(f"pre-commit run --all-files --hook-stage {env}")
        assert done.returncode == 0, done.stdout
        assert "Passed" in done.stdout
    assert "the queue keeps its promises" in done.stdout
    bad = "def f(conn, s):\n    conn.execute(f\"SELECT id FROM t WHERE a = '{s}'\")\n"
    (checkout.folder / "src" / "bad.py").write_text(bad, encoding="utf-8")
    done = checkout.run("git add -A && pre-commit run")
    assert done.returncode == 1
    assert "src/bad.py:2:5: QR105" in done.stdout
