"""Projects of strangers, with unforeseen settings, places and plugins."""

from __future__ import annotations

import re
import sys
from itertools import pairwise

import pytest

from tests.plugin.project import QUICK, Project, flat, outcomes, text
from tests.unmeasured import measure_apart

CHOSEN = ("--queue-impl=shop:Good", "-k", "KEY-1[ or CLAIM-1[")

NAGGING = """
import warnings
from tests.queues.memory import MemoryQueue

class Nagging(MemoryQueue):
    name = "nagging"

    def _lease(self, task, worker, lease):
        warnings.warn("use take()", DeprecationWarning, stacklevel=2)
        return super()._lease(task, worker, lease)
"""


def test_a_deprecation_in_the_library_under_test_breaks_no_rule(project: Project) -> None:
    """The project turns warnings into errors; the queue is judged by its own policy."""
    project.pytester.makepyfile(nagging=NAGGING)
    project.pytester.makeini("[pytest]\nfilterwarnings = error\n")
    result = project.validate("--queue-impl=nagging:Nagging", "-k", "KEY-1[ or CLAIM-1[")
    assert result.ret == 0
    assert "nagging PASSED: 2 of 2 applicable rules" in flat(result)
    assert "ran with Python's default warning filters" in flat(result)


def test_a_terminal_of_ascii_shows_no_escapes(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An arrow becomes one of ASCII, in the proof and in the section."""
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    result = project.alone("--queue-impl=shop:Twice", "-k", "CLAIM-1[")
    assert "claim(lease=60.0) -> task-1" in text(result)
    assert "\\u" not in text(result)


def test_a_node_id_that_is_printed_in_a_subfolder_can_be_run_there(project: Project) -> None:
    """`../queue-validate::CLAIM-1[twice]` would not be an id."""
    project.pytester.makeini("[pytest]\n")
    folder = project.pytester.mkdir("sub")
    project.pytester.syspathinsert()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        chosen = ("--queue-impl=shop:Twice", f"--rootdir={project.path}")
        result = project.validate(*chosen, "-k", "CLAIM-1[")
        (failed,) = re.findall(r"^FAILED (\S+)", text(result), flags=re.MULTILINE)
        assert failed == "queue-validate::CLAIM-1[twice]"
        assert project.validate(*chosen, failed).parseoutcomes() == {"failed": 1}


WHERE = """
from pathlib import Path
from tests.queues.memory import MemoryQueue

class Where(MemoryQueue):
    name = "where"

    @classmethod
    def provision(cls, folder):
        Path("places.txt").open("a").write(f"{folder}\\n")
        return super().provision(folder)
"""


def test_queues_lie_in_the_basetemp(project: Project, spread: tuple[str, ...]) -> None:
    """--basetemp says where a user has room, and where the disk is fast."""
    project.pytester.makepyfile(where=WHERE)
    base = project.path / "base"
    result = project.validate(
        "--queue-impl=where:Where", "-k", "KEY-1[", f"--basetemp={base}", *spread
    )
    assert result.ret == 0
    places = (project.path / "places.txt").read_text().splitlines()
    assert places
    assert all(place.startswith(str(base)) for place in places)


def test_a_slow_disk_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most of a slow run can be the disk: the reader learns how to use another."""
    from pytest_queuekit.performance.floor import Floor

    monkeypatch.setattr(
        "pytest_queuekit.performance.judgement.commit_floor",
        lambda *_: Floor(commit=0.001, fsync=0.008),
    )
    result = project.run(
        *("--queue-level=quick", "--queue-impl=shop:Good", "queue-validate::PERF-1"),
        plugins=("benchmark",),
    )
    assert "This disk takes 8.0 ms for a commit with fsync" in flat(result)
    assert "--basetemp" in flat(result)


def test_suites_stay_together_when_another_plugin_shuffles(project: Project) -> None:
    """pytest-randomly mixes all items; each suite has its lines in one piece."""
    project.pytester.makepyfile(test_own="def test_a(): pass\ndef test_b(): pass\n")
    (project.path / "src").mkdir()
    (project.path / "src" / "a.py").write_text("")
    result = project.validate(
        *("--queue-impl=shop:Good", "--queue-review=src", "test_own.py", "-v"),
        *("-k", "KEY or QR or test_", "-p", "randomly", "-p", "no:cacheprovider"),
    )
    heads = [line.partition("::")[0] for line in result.outlines if re.match(r"[\w./-]+::", line)]
    changes = sum(before != after for before, after in pairwise(heads))
    assert set(heads) == {"queue-validate", "queue-review", "test_own.py"}
    ours = [head for head in heads if head != "test_own.py"]
    assert sum(a != b for a, b in pairwise(ours)) == 1
    assert changes <= 6


def test_a_run_in_a_project_of_ones_own_says_how_to_test_ones_own_queue(project: Project) -> None:
    """Without --queue-impl it is the reference queue that passed."""
    hint = "This run tested the reference queue that comes with pytest-queuekit"
    assert hint in flat(project.validate("-k", "KEY-1["))
    assert hint not in flat(project.validate(*CHOSEN))


def test_the_least_coverage_of_a_project_is_not_asked_of_rules(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--cov-fail-under in addopts is about the project's own tests; the run says so."""
    measure_apart(project.path, monkeypatch)
    project.pytester.makeini("[pytest]\naddopts = --cov=shop --cov-fail-under=99\n")
    project.pytester.makepyfile(test_own="def test_fine(): pass\n")
    result = project.validate(*CHOSEN, plugins=("pytest_cov",))
    assert result.ret == 0
    assert "--cov-fail-under=99 does not apply" in flat(result)
    own = project.validate(*CHOSEN, "test_own.py", plugins=("pytest_cov",))
    assert own.ret != 0


EXITING = """
import os
from tests.queues.small_sqlite import SmallSqliteQueue

class Exiting(SmallSqliteQueue):
    name = "exiting"

    def claim(self, worker, **options):
        os._exit(3)
"""


def test_an_exit_in_the_queue_does_not_end_the_run_without_a_word(project: Project) -> None:
    """`os._exit` in a claim is an error with a name, in the process of pytest too."""
    project.pytester.makepyfile(exiting=EXITING)
    result = project.alone("--queue-impl=exiting:Exiting", "-k", "CLAIM-1[ or KEY-1[")
    assert result.ret == 1
    named = "could not be judged: the process ended with exit status 3 during claim()"
    assert f"exiting NO VERDICT: {named}" in flat(result)
    assert "1 failed, 1 skipped" in text(result)


KILLING = """
import os, signal
from tests.queues.small_sqlite import SmallSqliteQueue

class Killing(SmallSqliteQueue):
    name = "killing"

    def claim(self, worker, **options):
        open("deaths.txt", "a").write("x")
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_an_item_that_ends_its_worker_is_not_tried_again(project: Project) -> None:
    """Under xdist, with races in lanes, it costs one worker and not nine."""
    project.pytester.makepyfile(killing=KILLING)
    result = project.run(
        *("--queue-validate", "--queue-perf=off", "--queue-impl=killing:Killing"),
        *("-k", "CLAIM-1[", "-p", "xdist", "-n", "2"),
    )
    assert result.ret == 1
    assert (project.path / "deaths.txt").read_text() == "x"
    assert "killing NO VERDICT: could not be judged: the process was killed" in flat(result)


FLAKY = """
from tests.queues.memory import MemoryQueue
from shop import Twice

class Flaky(MemoryQueue):
    name = "flaky"
    runs = []

    def __init__(self, location):
        Flaky.runs.append(location)
        super().__init__(location)

    def _lease(self, task, worker, lease):
        claim = super()._lease(task, worker, lease)
        if len(set(Flaky.runs)) == 1:
            task.state = "queued"
        return claim
"""

RERUN = """
import pytest
from _pytest.runner import runtestprotocol

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for attempt in range(2):
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        failed = any(report.failed for report in reports)
        for report in reports:
            if failed and attempt == 0 and report.when == "call":
                report.outcome = "rerun"
            item.ihook.pytest_runtest_logreport(report=report)
        if not failed:
            break
    return True
"""


def test_a_rerun_does_not_pass_a_queue_that_failed(project: Project) -> None:
    """A fault that shows now and then is a fault: closing line and exit status agree."""
    project.pytester.makepyfile(flaky=FLAKY, again=RERUN)
    project.pytester.syspathinsert()
    result = project.validate("--queue-impl=flaky:Flaky", "-k", "CLAIM-1[", plugins=("again",))
    assert result.ret == 1
    assert "flaky FAILED: 1 of 1 applicable rule failed" in flat(result)


XFAIL = """
import pytest

def pytest_collection_modifyitems(items):
    for item in items:
        if "CLAIM-1[" in item.name:
            item.add_marker(pytest.mark.xfail(reason="known since spring", strict=True))
"""


def test_an_expected_failure_is_waived(project: Project) -> None:
    """A conftest that expects it has accepted it: the run passes, and says so."""
    project.pytester.makeconftest(XFAIL)
    result = project.validate("--queue-impl=shop:Twice", "-k", "CLAIM-1[ or KEY-1[")
    assert result.ret == 0
    assert "twice PASSED: 1 of 2 applicable rules (1 waived: CLAIM-1" in flat(result)
    assert "waived: CLAIM-1 held-task-not-redelivered: known since spring (xfail)" in flat(result)


def test_an_expected_failure_that_passes_fails_a_strict_run(project: Project) -> None:
    """With strict, exit status and closing line both say that something is wrong."""
    project.pytester.makeconftest(XFAIL)
    result = project.validate(*CHOSEN)
    assert result.ret == 1
    assert "good NO VERDICT: 1 rule could not be judged" in flat(result)


BROKEN = """
import pytest

def pytest_configure():
    def broken(*arguments, **options):
        raise KeyError("the kit is broken")

    pytest.MonkeyPatch().setattr({target!r}, broken)
"""
HOOK = """
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.excinfo is not None:
        report.outcome, report.wasxfail = "skipped", "known since spring"
    return report
"""


@pytest.mark.parametrize("expecting", [XFAIL, HOOK], ids=["marker", "hook"])
@pytest.mark.parametrize(
    ("target", "conclusion"),
    [
        ("pytest_queuekit.suites.rules.judge", "NO VERDICT: 1 rule could not be judged"),
        ("pytest_queuekit.plugin.nodes.explain", "FAILED: 1 of 1 applicable rule failed"),
        ("pytest_queuekit.suites.rules.RulesSuite.close", "NO VERDICT: 1 rule could not be judged"),
    ],
    ids=["judging", "explaining", "closing"],
)
def test_an_expected_failure_waives_no_internal_error(
    project: Project, spread: tuple[str, ...], expecting: str, target: str, conclusion: str
) -> None:
    """The expectation is about the queue: an error of the kit is shown, and fails the run."""
    project.pytester.makeconftest(expecting + BROKEN.format(target=target))
    result = project.alone("--queue-impl=shop:Twice", "-k", "CLAIM-1[", *spread)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert f"twice {conclusion}" in flat(result)
    assert "waived" not in text(result)
    assert {"failed", "errors"} & set(result.parseoutcomes())
    assert "E KeyError: 'the kit is broken'" in flat(result)


def test_a_check_that_is_expected_to_fail_unseen_is_not_run(project: Project) -> None:
    """With run=False nothing is tried, so that nothing is waived or exercised."""
    project.pytester.makeconftest(XFAIL.replace("strict=True", "run=False"))
    result = project.validate("--queue-impl=shop:Twice", "-k", "CLAIM-1[ or KEY-1[", "-v")
    assert "twice PASSED: 1 of 1 applicable rule (1 not run" in flat(result)
    assert "known since spring: CLAIM-1" in flat(result)
    assert "waived" not in text(result)


def test_no_order_of_options_ends_in_a_traceback(project: Project) -> None:
    """A run with everything at once is still one summary."""
    result = project.run(*QUICK, *CHOSEN, "-q", "--tb=no", "-rA", "--durations=3")
    assert result.ret == 0
    assert set(outcomes(result)) == set()
