"""Performance in a run: measured, missed, not measured, and never passed in silence."""

from __future__ import annotations

import json
import re

import pytest

from tests.plugin.project import Project, flat, outcomes, text

PERF = "queue-validate::PERF"
BENCHMARK = ("benchmark",)

SLOW = """
import time
from tests.queues.memory import MemoryQueue


class Slow(MemoryQueue):
    name = "slow"

    def claim(self, worker, **options):
        time.sleep(0.006)
        return super().claim(worker, **options)
"""


def _measure(
    project: Project, *arguments: str, impl: str = "shop:Good", plugins: tuple[str, ...] = BENCHMARK
) -> pytest.RunResult:
    return project.run(
        f"--queue-impl={impl}", "--queue-level=quick", "-v", *arguments, plugins=plugins
    )


def test_the_five_targets_are_measured(project: Project) -> None:
    """Each is an item, and the summary has figure, target and depth of queue."""
    result = _measure(project, PERF)
    assert result.ret == 0
    assert outcomes(result) == {f"{PERF}-{number}[good]": "PASSED" for number in range(1, 6)}
    result.stdout.re_match_lines_random(
        [
            r"  PERF-1  enqueue +[\d.]+ ms +target < 10, 1,000 waiting: met",
            r"  PERF-2  claim +[\d.]+ ms +target < 5, 1,000 waiting: met",
            r"  PERF-3  update +[\d.]+ ms +target < 5, 1,000 waiting: met",
            r"  PERF-4  stats +[\d.]+ ms +target < 50, 1,000 waiting: met",
            r"  PERF-5  throughput +[\d,]+ tasks/min  target ≥ 200, 60 waiting: met",
        ]
    )
    assert "good PASSED: 5 of 5 targets met" in text(result)


def test_no_table_and_no_file_come_by_surprise(project: Project) -> None:
    """pytest-benchmark neither prints its table nor writes anything."""
    before = set(project.path.rglob("*.json"))
    result = _measure(project, f"{PERF}-1", "-p", "no:cacheprovider")
    assert "Legend" not in text(result)
    assert set(project.path.rglob("*.json")) == before


def test_results_are_saved_where_that_is_asked_for(project: Project) -> None:
    """--benchmark-json has ours like any benchmark."""
    path = project.path / "out.json"
    _measure(project, f"{PERF}-1", f"{PERF}-4", f"--benchmark-json={path}")
    names = [benchmark["name"] for benchmark in json.loads(path.read_text())["benchmarks"]]
    assert names == ["PERF-1[good]", "PERF-4[good]"]


@pytest.fixture
def slow(project: Project) -> str:
    """The spec of a queue whose claims take more than 5 ms."""
    project.pytester.makepyfile(lazy=SLOW)
    return "lazy:Slow"


def test_a_missed_target_fails(project: Project, slow: str) -> None:
    """With strict: the failure has figure, target, depth and the time of the disk."""
    result = _measure(project, f"{PERF}-1", f"{PERF}-2", "--queue-perf=strict", impl=slow)
    assert result.ret == 1
    assert outcomes(result) == {f"{PERF}-1[slow]": "PASSED", f"{PERF}-2[slow]": "FAILED"}
    assert re.search(r"claim takes [\d.]+ ms, target less than 5", text(result))
    assert "one commit of plain sqlite3 on this disk takes" in flat(result)
    result.stdout.re_match_lines_random([r"  PERF-2  claim .* 1,000 waiting: MISSED"])
    assert "slow FAILED: 1 of 2 targets missed" in text(result)


def test_a_missed_target_may_be_shown_only(project: Project, slow: str) -> None:
    """Another queue than the reference queue may miss a target: that does not fail the run."""
    result = _measure(project, f"{PERF}-2", impl=slow)
    assert result.ret == 0
    assert "MISSED" in text(result)
    assert "1 not as recommended" in text(result)


def test_off_measures_nothing_and_says_so(project: Project) -> None:
    """The run has no item for it, and the verdict does not mention speed."""
    chosen = ("queue-validate", "--queue-perf=off", "-k")
    result = _measure(project, *chosen, "KEY-1[ or PERF-1")
    assert list(outcomes(result)) == ["queue-validate::KEY-1[good]"]


REASONS = {
    "pytest-xdist runs several tests at once": (("-p", "xdist", "-n", "2"), BENCHMARK),
    "--benchmark-disable was given": (("--benchmark-disable",), BENCHMARK),
    "--benchmark-skip was given": (("--benchmark-skip",), BENCHMARK),
    "pytest-benchmark is not loaded": ((), ()),
}


@pytest.mark.parametrize("reason", REASONS)
def test_what_is_not_measured_is_skipped_with_the_reason(project: Project, reason: str) -> None:
    """A target that could not be measured neither passes nor fails."""
    arguments, plugins = REASONS[reason]
    result = _measure(project, f"{PERF}-1", f"{PERF}-5", *arguments, plugins=plugins)
    assert set(outcomes(result).values()) == {"SKIPPED"}
    assert f"not measured: {reason}" in flat(result)
    assert "good NOT TESTED: no target was exercised (2 not run" in text(result)


def test_xdist_with_one_process_measures(project: Project) -> None:
    """-n 0 is a run like any other."""
    result = _measure(project, f"{PERF}-1", "-p", "xdist", "-n", "0")
    assert outcomes(result) == {f"{PERF}-1[good]": "PASSED"}


def test_a_slow_disk_is_not_a_slow_queue(
    project: Project, slow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a commit of plain sqlite3 takes as long as the target, the ratio to it decides."""
    from pytest_queuekit.performance.floor import Floor

    monkeypatch.setattr(
        "pytest_queuekit.performance.judgement.commit_floor",
        lambda *_: Floor(commit=0.123, fsync=0.123),
    )
    result = _measure(project, f"{PERF}-2", "--queue-perf=strict", impl=slow)
    assert outcomes(result) == {f"{PERF}-2[slow]": "PASSED"}
    assert "disk    one commit 123 ms, with fsync 123 ms; * judged by the ratio to it" in text(
        result
    )


def test_only_benchmarks_may_be_run(project: Project) -> None:
    """--benchmark-only knows the targets as benchmarks, and rules as none."""
    result = _measure(project, f"{PERF}-1", "queue-validate::KEY-1", "--benchmark-only")
    assert outcomes(result) == {
        f"{PERF}-1[good]": "PASSED",
        "queue-validate::KEY-1[good]": "SKIPPED",
    }


TEAM = """
import pytest


def test_claim(queue_benchmark, queue_tasks, queue_fill, queue_worker_id):
    queue_fill(200)
    measured = queue_benchmark("claim", lambda: queue_tasks.claim(queue_worker_id), depth=200)
    assert measured.rounds == 50
    assert measured.depth == 200


def test_slow(queue_benchmark):
    queue_benchmark("nothing", lambda: sum(range(100_000)), depth=0, target_ms=0.001, rounds=5)


def test_update(queue_benchmark, queue_tasks, queue_fill, queue_worker_id):
    queue_fill(60)
    claim = lambda: ((queue_tasks.claim(queue_worker_id),), {})
    queue_benchmark("update", queue_tasks.complete, setup=claim, depth=60, rounds=20)


def test_slip(queue_benchmark):
    with pytest.raises(ValueError, match="did you mean 'claim'"):
        queue_benchmark("clam", print, depth=0)
"""


def test_a_team_holds_its_own_code_against_the_targets(project: Project) -> None:
    """queue_benchmark passes, fails over the target, and knows its words."""
    project.pytester.makepyfile(test_team=TEAM)
    result = project.run("test_team.py", "-W", "error", plugins=BENCHMARK)
    result.assert_outcomes(passed=3, failed=1)
    assert "0 tasks waiting); the target is less than 0.001 ms" in flat(result)


def test_a_team_measures_nothing_under_xdist(project: Project) -> None:
    """queue_benchmark skips with the reason; it does not pass."""
    project.pytester.makepyfile(test_team=TEAM)
    result = project.run("test_team.py", "-rs", "-p", "xdist", "-n", "2", plugins=BENCHMARK)
    result.assert_outcomes(passed=1, skipped=3)
    assert "not measured: pytest-xdist runs several tests at once" in flat(result)


@pytest.mark.parametrize(("mode", "expected"), [("report", "passed"), ("off", "skipped")])
def test_the_mode_counts_for_teams_too(project: Project, mode: str, expected: str) -> None:
    """report fails nothing, off measures nothing; the ini key is enough."""
    project.pytester.makepyfile(test_team=TEAM)
    project.pytester.makeini(f"[pytest]\nqueue_perf = {mode}\n")
    result = project.run("test_team.py", "-k", "test_slow", plugins=BENCHMARK)
    assert result.parseoutcomes()[expected] == 1
