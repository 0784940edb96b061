"""One lane as a process, which is given its job as JSON and prints what became of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pytest_queuekit.drivers.lanes import Lanes
from pytest_queuekit.errors import QueuekitError
from pytest_queuekit.history import write_history
from pytest_queuekit.level import Effort
from pytest_queuekit.scenario import Scenario
from pytest_queuekit.stage import Stage
from pytest_queuekit.subject import Subject
from tests.drivers import programs, queues
from tests.queues.small_sqlite import SmallSqliteQueue


def _fail(stage: Stage) -> None:
    raise LookupError("no such page")


SCENARIOS = {
    "work": Scenario(
        script=programs.stock,
        programs=programs.crew(programs.work, size=4, pause=0.005),
        ending=Stage.settle,
    ),
    "die": Scenario(
        script=programs.stock,
        programs=programs.crew(programs.claim_and_die, size=2),
        ending=Stage.settle,
        lease=0.5,
    ),
    "complain": Scenario(script=programs.stock, programs=programs.crew(programs.complain)),
    "fail": Scenario(script=_fail, programs=programs.crew(programs.drain)),
}
QUEUES = {"good": SmallSqliteQueue, "hangs": queues.Hangs, "shut": queues.Shut}


def main(*, scenario: str, folder: str, queue: str, limit: float, **lane: float) -> None:
    """Run one lane; print the error's class and text, or nothing where it has the history."""
    driver = Lanes(folder=Path(folder), **lane)  # type: ignore[arg-type]  # numbers, from JSON
    subject = Subject.of(QUEUES[queue])
    try:
        history = driver.run(SCENARIOS[scenario], subject, Path(folder), Effort(limit=limit))
    except (QueuekitError, LookupError) as error:
        print(f"{type(error).__name__}: {error}")  # noqa: T201 - for the test
    else:
        write_history(history, Path(folder) / "history.jsonl")


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
