"""Every shell block of the document runs as it stands, and prints what is shown beside it."""

from __future__ import annotations

import re

from tests.seed.snippets import World, blocks

FEATURE = """
from src.queue import QueueDatabase, SchedulingStrategy, TaskClaimerFactory, TaskQueue


def test_feature(tmp_path):
    with QueueDatabase(tmp_path / "queue.db") as db:
        task_id = TaskQueue(db).enqueue("work", {"n": 1})
        claimer = TaskClaimerFactory.create(SchedulingStrategy.FIFO, db)
        assert claimer.claim_task("worker-1", {}, 60).id == task_id
"""


def expected_output() -> str:
    """Return the output that the document shows under its step 1."""
    return next(block for block in blocks("") if "VALIDATION" in block)


def test_validation_with_figures(world: World) -> None:
    """The comprehensive validation prints the eight checks, then figures of performance."""
    done = world.shell(blocks("bash")[0])
    assert done.returncode == 0
    assert done.stdout.startswith(expected_output())
    assert re.search(r"Task Claim +[\d.]+ ms", done.stdout)
    assert [entry.name for entry in world.folder.iterdir()] == ["queue.db"]


def test_validation_of_step_1(world: World) -> None:
    """Step 1 prints what is shown under it; the second time there is no note of a new file."""
    first, second = (world.shell(blocks("bash")[1]) for _ in range(2))
    assert expected_output() in first.stdout
    assert expected_output() in second.stdout
    assert ("did not exist" in first.stderr, second.stderr) == (True, "")


def test_tests_of_a_feature(world: World) -> None:
    """Step 3 runs a team's own test in the tree."""
    folder = world.tree / "Client" / "Backend" / "_meta" / "tests" / "Backend"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "test_your_feature.py").write_text(FEATURE, encoding="utf-8")
    done = world.shell(blocks("bash")[2])
    assert "test_feature PASSED" in done.stdout
    assert "1 passed" in done.stdout


def test_every_block_is_known() -> None:
    """No shell block of the document is left out of this module."""
    assert len(blocks("bash")) == 3
    assert len(blocks("")) == 1


def test_copy_needs_nothing_but_the_standard_library(world: World) -> None:
    """The copy validates itself where no package is installed, by both of its names."""
    top, backend = world.tree, world.tree / "Client" / "Backend"
    for cwd, name in ((top, "Client.Backend.src.queue"), (backend, "src.queue")):
        command = f"python -I -S -W error -c '{IN_ISOLATION}' {cwd} {name}"
        done = world.shell(command, cwd=world.folder)
        assert (done.stderr, done.stdout) == ("", "True [] []\n"), name


IN_ISOLATION = """
import importlib, sys
sys.path.insert(0, sys.argv[1])
validation = importlib.import_module(sys.argv[2] + ".validation")
own = sys.argv[2].partition(".")[0]
known = {*sys.stdlib_module_names, own, "__main__"}
strange = [name for name in sys.modules if name.partition(".")[0] not in known]
results = validation.quick_validate()
kit = [name for name in sys.modules if "queuekit" in name]
print(results, strange, kit)
"""
