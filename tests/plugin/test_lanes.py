"""Under pytest-xdist, races are also run by all workers together, on one database."""

from __future__ import annotations

from collections import defaultdict

import pytest

from pytest_queuekit.report import kept
from tests.plugin.project import Project, flat, outcomes, text

pytestmark = pytest.mark.slow

QUEUE = """
import os
import time
from pathlib import Path

from tests.queues.small_sqlite import SmallSqliteQueue


class Witnessed(SmallSqliteQueue):
    '''Writes down which process claimed when, and where.'''

    name = "witnessed"

    def claim(self, worker, **options):
        claim = super().claim(worker, **options)
        line = f"{self.place}\\t{os.getpid()}\\t{time.monotonic()}\\n"
        with Path(__file__).with_name("claims.txt").open("a") as file:
            file.write(line)
        return claim

    def __init__(self, location):
        super().__init__(location)
        self.place = location


class Torn(Witnessed):
    '''Chooses a task and takes it in two steps, with other processes in between.'''

    name = "torn"

    def _atomically(self):
        from contextlib import nullcontext

        return nullcontext()

    def claim(self, worker, *, lease=60.0, capabilities=None):
        rows = self._run("SELECT id FROM task WHERE state = 'queued' ORDER BY priority, id LIMIT 1")
        time.sleep(0.001)
        for (number,) in rows:
            self._run("UPDATE task SET state = 'leased', token = token + 1 WHERE id = ?", number)
            ((payload, token),) = self._run("SELECT payload, token FROM task WHERE id = ?", number)
            from pytest_queuekit import Claim

            return Claim(task_id=number, payload=payload, worker=worker, token=token)
        return None
"""

SPREAD = ("-p", "xdist", "-n", "2")
RACE = "queue-validate::RACE-2"
LANES = {f"{RACE}-lane-1", f"{RACE}-lane-2"}


@pytest.fixture
def race(project: Project) -> Project:
    """A project with queues that several processes can use."""
    project.pytester.makepyfile(shared=QUEUE)
    return project


def _run(project: Project, *arguments: str, impl: str = "Witnessed") -> pytest.RunResult:
    return project.run(f"--queue-impl=shared:{impl}", "--queue-perf=off", "-v", *arguments)


def test_lanes_share_one_database_and_overlap(race: Project) -> None:
    """Two workers claim from the same file in the same moments."""
    result = _run(race, *SPREAD, "-k", "RACE-2-lane", "queue-validate")
    assert {
        name.partition("[")[0]: word for name, word in outcomes(result).items()
    } == dict.fromkeys(LANES, "PASSED")
    spans: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for line in (race.path / "claims.txt").read_text().splitlines():
        place, process, moment = line.split("\t")
        spans[place][process].append(float(moment))
    # The try before the rules has a place of its own.
    (processes,) = (place for place in spans.values() if len(place) > 1)
    first, second = processes.values()
    assert max(first[0], second[0]) < min(first[-1], second[-1])


def test_a_rule_is_chosen_with_its_lanes(race: Project) -> None:
    """Its id means both, and the summary counts it once."""
    result = _run(race, *SPREAD, RACE)
    assert set(outcomes(result)) == {f"{name}[witnessed]" for name in (*LANES, RACE)}
    assert "witnessed PASSED: 1 of 1 applicable rule (1 of " in flat(result)


def test_a_race_that_is_lost_is_lost_in_all_lanes(race: Project) -> None:
    """Each lane has the verdict of the race, so that --lf runs them all again."""
    result = _run(race, *SPREAD, "-k", "RACE-2-lane", "queue-validate", impl="Torn")
    assert result.ret == 1
    assert set(outcomes(result).values()) == {"FAILED"}
    assert "Driver     lanes" in text(result)
    assert "torn FAILED: 1 of 1 applicable rule failed" in flat(result)
    (failure,) = kept.kept_in(race.path / ".queuekit")
    assert f"Show       queuekit show {failure.id}" in text(result)
    again = _run(race, *SPREAD, "queue-validate", "--lf", impl="Torn")
    assert {name.partition("[")[0] for name in outcomes(again)} == LANES


def test_two_queues_of_one_name_race_apart(race: Project) -> None:
    """The lanes of one do not meet those of the other."""
    race.pytester.makepyfile(
        copy_of_shared="from shared import *\nclass Witnessed(Witnessed): pass\n"
    )
    result = _run(
        race,
        *SPREAD,
        "--queue-impl=copy_of_shared:Witnessed",
        "-k",
        "RACE-2-lane",
        "queue-validate",
    )
    assert list(outcomes(result).values()) == 4 * ["PASSED"]


def test_an_order_that_another_plugin_shuffles_does_not_matter(race: Project) -> None:
    """All workers run the races in one order, or they would never meet."""
    races = " or ".join(f"RACE-{number}-lane" for number in (2, 5, 7, 8, 14))
    result = _run(race, *SPREAD, "-p", "randomly", "-k", races, "queue-validate")
    assert list(outcomes(result).values()) == 10 * ["PASSED"]


@pytest.mark.parametrize(
    "arguments",
    [("--dist=loadfile",), ("--queue-level=quick",), ("-n", "0"), ("-n", "0", "--collect-only")],
    ids=" ".join,
)
def test_other_runs_have_no_lanes(race: Project, arguments: tuple[str, ...]) -> None:
    """One process has no other to race; another way of spreading would keep lanes apart."""
    result = _run(race, *SPREAD, *arguments, RACE)
    assert result.ret == 0
    assert "-lane-" not in text(result)


def test_a_queue_of_one_process_has_no_lanes(project: Project) -> None:
    """Lanes are other processes, and what is not declared is not tried."""
    result = project.run(
        "--queue-impl=shop:Good",
        "--queue-perf=off",
        "-v",
        *SPREAD,
        "queue-validate::RACE-2[good]",
    )
    assert list(outcomes(result)) == ["queue-validate::RACE-2[good]"]


def test_a_run_that_stops_early_says_what_was_not_run(project: Project) -> None:
    """With -n 2 and -x, the report names the checks that were selected but not run."""
    result = project.validate("--queue-impl=shop:Twice", *SPREAD, "-x")
    assert result.ret != 0
    assert "the run ended before this check" in flat(result)


def test_tests_of_the_project_run_beside_the_lanes(race: Project) -> None:
    """Each is handed out once."""
    race.pytester.makepyfile(
        test_own="import pytest\n@pytest.mark.parametrize('n', range(9))\ndef test_own(n): pass\n"
    )
    result = _run(race, *SPREAD, "test_own.py", RACE)
    assert result.parseoutcomes()["passed"] == 12
