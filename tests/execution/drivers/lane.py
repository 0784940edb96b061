"""One lane as a process, which is given its job as JSON and prints what became of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pytest_queuekit.errors import QueuekitError
from pytest_queuekit.execution.drivers.xdist import XdistWorkers
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import write_history
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from tests.execution.drivers import programs, queues
from tests.queues.small_sqlite import SmallSqliteQueue


def _fail(env: Environment) -> None:
    raise LookupError("no such page")


SCENARIOS = {
    "work": Scenario(
        script=programs.stock,
        programs=programs.crew(programs.work, size=4, pause=0.005),
        ending=Environment.settle,
    ),
    "die": Scenario(
        script=programs.stock,
        programs=programs.crew(programs.claim_and_enqueue, size=2, faults=programs.KILLED),
        ending=Environment.settle,
        lease=0.5,
    ),
    "complain": Scenario(script=programs.stock, programs=programs.crew(programs.complain)),
    "fail": Scenario(script=_fail, programs=programs.crew(programs.drain)),
}
QUEUES = {"good": SmallSqliteQueue, "hangs": queues.Hangs, "shut": queues.Shut}


def main(*, scenario: str, folder: str, queue: str, limit: float, **lane: float) -> None:
    """Run one lane; print the error's class and text, or nothing where it has the history."""
    driver = XdistWorkers(folder=Path(folder), **lane)  # type: ignore[arg-type]  # numbers, from JSON
    under_test = QueueUnderTest.of(QUEUES[queue])
    try:
        runs = driver.runs(SCENARIOS[scenario], under_test, Path(folder), Effort(limit=limit))
        run = next(runs)
    except (QueuekitError, LookupError) as error:
        print(f"{type(error).__name__}: {error}")  # noqa: T201 - for the test
    else:
        write_history(run.history, Path(folder) / "history.jsonl")
        unstruck = [fault.kind for fault in run.unstruck]
        (Path(folder) / "unstruck.json").write_text(json.dumps(unstruck), encoding="utf-8")


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
