"""A rule is tried by each of its drivers, and a run that shows a violation ends the search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from pytest_queuekit.adapters.reference import ReferenceQueue
from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.drivers.sequence import Sequence
from pytest_queuekit.execution.progress import Progress, silent
from pytest_queuekit.execution.run import Run
from pytest_queuekit.execution.scenario import Driver, Scenario
from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.history import History, Operation, Outcome, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import Requirement, RuleRun, Status, Verdict
from pytest_queuekit.monitors.exclusive import exclusive
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.rules.rule import Rule, by_id, judge, violations_in
from tests.execution.drivers.queues import Monotonic
from tests.queues.memory import MemoryQueue
from tests.queues.small_sqlite import BusyError, SmallSqliteQueue

QUICK = Effort.at(Level.QUICK)
# With one monitor, so that an empty answer breaks another rule and not this one.
RULE = replace(by_id(CATALOGUE)["CLAIM-1"], monitors=(exclusive,), also=())


@dataclass(frozen=True, kw_only=True)
class Thrice:
    """Makes three runs in sequence, and keeps their tokens for the test."""

    name: ClassVar[str] = "thrice"
    concurrent: ClassVar[bool] = False
    made: list[str] = field(default_factory=list, hash=False)

    def runs(
        self,
        scenario: Scenario,
        queue: QueueUnderTest,
        folder: Path,
        effort: Effort,
        progress: Progress = silent,
    ) -> Iterator[Run]:
        for token in ("a", "b", "c"):
            home = folder / token
            home.mkdir()
            self.made.append(token)
            for run in Sequence().runs(scenario, queue, home, effort, progress):
                history = replace(run.history, driver=self.name)
                yield replace(run, history=history, token=token)


@dataclass(frozen=True, kw_only=True)
class Never:
    """Makes no run, with a reason or without."""

    name: ClassVar[str] = "never"
    concurrent: ClassVar[bool] = True
    reason: str = ""

    def runs(
        self,
        scenario: Scenario,
        queue: QueueUnderTest,
        folder: Path,
        effort: Effort,
        progress: Progress = silent,
    ) -> Iterator[Run]:
        if self.reason:
            raise NotRunError(self.reason, kind="unsupported")
        yield from ()


class SpoiltLater(MemoryQueue):
    """Hands a task out again, from its second instance on."""

    name = "spoilt-later"
    instances = 0

    def __init__(self, location: str) -> None:
        super().__init__(location)
        type(self).instances += 1

    def _lease(self, task: Any, worker: str, lease: float) -> Claim:
        claim = super()._lease(task, worker, lease)
        if self.instances > 1:
            task.state = "queued"
        return claim


class Empty(MemoryQueue):
    """Answers each claim with empty."""

    name = "empty"

    def claim(self, worker: str, **options: Any) -> Claim | None:
        return None


class Occupied(MemoryQueue):
    """Answers each claim with busy."""

    name = "occupied"
    busy = (BlockingIOError,)

    def claim(self, worker: str, **options: Any) -> Claim | None:
        raise BlockingIOError("try again later")


class EmptyLater(MemoryQueue):
    """Answers each claim with empty, from its second instance on."""

    name = "empty-later"
    instances = 0

    def __init__(self, location: str) -> None:
        super().__init__(location)
        type(self).instances += 1

    def claim(self, worker: str, **options: Any) -> Claim | None:
        return None if self.instances > 1 else super().claim(worker, **options)


def _judge(
    *drivers: Driver,
    folder: Path,
    adapter: type[QueueAdapter] = MemoryQueue,
    rule: Rule = RULE,
) -> Verdict:
    return judge(replace(rule, drivers=drivers), QueueUnderTest.of(adapter), folder, QUICK)


def _driver(verdict: Verdict) -> str:
    assert isinstance(verdict.detail, RuleRun)
    return verdict.detail.driver


@pytest.mark.parametrize(
    "rule",
    # A walk has no script: its driver makes the calls.
    [rule for rule in CATALOGUE if not rule.concurrent and rule.family != "WALK"],
    ids=lambda rule: rule.id,
)
def test_any_rule_can_be_given_another_driver(rule: Rule, tmp_path: Path) -> None:
    """A rule with another driver is the same rule: its answer is that of its own driver."""
    queue, thrice = QueueUnderTest.of(MemoryQueue), Thrice()
    own, other = tmp_path / "own", tmp_path / "other"
    own.mkdir()
    other.mkdir()
    expected = judge(rule, queue, own, QUICK)
    verdict = judge(replace(rule, drivers=(thrice,)), queue, other, QUICK)
    assert verdict.status is expected.status
    assert thrice.made == (["a", "b", "c"] if verdict.status is Status.PASS else [])


@pytest.mark.parametrize(
    "rule",
    [
        rule
        for rule in CATALOGUE
        if rule.concurrent
        and rule.family not in ("FORK", "WALK")  # a walk has no script, a fork no sequence
        and rule.id != "GROWTH-8"  # the process of a sequence grows by what the kit records
    ],
    ids=lambda rule: rule.id,
)
def test_a_race_can_be_run_in_sequence(rule: Rule, tmp_path: Path) -> None:
    """A rule of actors that act at once is also true of actors that act one after the other."""
    in_sequence = replace(rule, drivers=(Sequence(),))
    effort = Effort(level=Level.STANDARD, tasks=40, limit=8.0)
    verdict = judge(in_sequence, QueueUnderTest.of(SmallSqliteQueue), tmp_path, effort)
    assert verdict.status in (Status.PASS, Status.NOT_APPLICABLE)


def test_a_busy_answer_in_a_sequential_run_is_a_failure(tmp_path: Path) -> None:
    """Nobody else calls, so the queue is in its own way."""
    verdict = _judge(Sequence(), folder=tmp_path, adapter=Occupied)
    assert verdict.status is Status.FAIL
    assert "Busy answer to claim" in {violation.title for violation in verdict.violations}


def test_an_actor_in_the_process_of_the_kit_does_not_fork(tmp_path: Path) -> None:
    """The process has threads, and a child would inherit whatever they have locked."""
    rule = replace(by_id(CATALOGUE)["FORK-1"], drivers=(Sequence(),))
    effort = Effort(level=Level.STANDARD)
    verdict = judge(rule, QueueUnderTest.of(SmallSqliteQueue), tmp_path, effort)
    assert verdict.status is Status.NOT_RUN
    assert "a process of its own" in str(verdict.reason)


def test_a_promise_is_binding_for_a_queue_that_declares_it() -> None:
    """A queue that says nothing about forks is only told, and one that survives them fails."""
    rule = by_id(CATALOGUE)["FORK-1"]
    silent, sure = (Contract.of(queue) for queue in (SmallSqliteQueue, ReferenceQueue))
    assert rule.requirement_for(silent) is Requirement.SHOULD
    assert rule.requirement_for(sure) is Requirement.MUST


def test_any_error_to_an_actor_may_count_as_a_refusal() -> None:
    """The error to another actor, or a call that never returned, is still a violation."""
    rule = by_id(CATALOGUE)["FORK-1"]
    told = Operation(
        actor="child",
        verb=Verb.ENQUEUE,
        start=0,
        end=1,
        outcome=Outcome.UNKNOWN,
        task="task-1",
        error="RuntimeError: forked",
    )
    assert violations_in(History.of([told]), rule, Contract.of(ReferenceQueue)) == []
    for wrong in (replace(told, actor="parent"), replace(told, error=None, end=None)):
        assert len(violations_in(History.of([wrong]), rule, Contract.of(ReferenceQueue))) == 1


def test_a_rule_passes_when_all_runs_of_all_drivers_pass(tmp_path: Path) -> None:
    """Each driver makes all its runs, and the verdict names them all."""
    first, second = Thrice(), Thrice()
    verdict = _judge(first, Sequence(), second, folder=tmp_path)
    assert (verdict.status, _driver(verdict)) == (Status.PASS, "thrice, sequence")
    assert first.made == second.made == ["a", "b", "c"]


def test_the_first_violation_ends_the_search(tmp_path: Path) -> None:
    """No run is made after one that shows a violation, and the verdict names its driver."""
    first, second = Thrice(), Thrice()
    verdict = _judge(first, second, folder=tmp_path, adapter=type("_", (SpoiltLater,), {}))
    assert (verdict.status, _driver(verdict)) == (Status.FAIL, "thrice")
    assert (first.made, second.made) == (["a", "b"], [])


def test_a_driver_that_cannot_run_hides_no_violation(tmp_path: Path) -> None:
    """The other drivers are tried, and a violation that one finds is a failure."""
    spoilt = type("_", (SpoiltLater,), {"instances": 1})
    verdict = _judge(Never(reason="no time"), Sequence(), folder=tmp_path, adapter=spoilt)
    assert (verdict.status, _driver(verdict)) == (Status.FAIL, "sequence")


@pytest.mark.parametrize(
    ("never", "reason"),
    [(Never(reason="no time"), "no time"), (Never(), "driver='never' made no run")],
    ids=["cannot", "does not"],
)
def test_a_driver_that_makes_no_run_does_not_pass(
    never: Never, reason: str, tmp_path: Path
) -> None:
    """A rule passes only if each of its drivers made a run."""
    verdict = _judge(Sequence(), never, folder=tmp_path)
    assert verdict.status is Status.NOT_RUN
    assert reason in str(verdict.reason)


def test_claims_that_keep_failing_fail_every_rule(tmp_path: Path) -> None:
    """A queue that never hands out a task that is ready is not merely untested."""
    refusing = type("_", (Occupied,), {"busy": (), "refuses": (BlockingIOError,)})
    verdict = _judge(Sequence(), folder=tmp_path, adapter=refusing)
    assert verdict.status is Status.FAIL
    assert [violation.kind for violation in verdict.violations] == ["claims-fail"]


def test_a_rule_that_is_not_exercised_accuses_no_queue(tmp_path: Path) -> None:
    """Nothing was delivered, so nothing was delivered twice; other rules judge the empty answer."""
    verdict = _judge(Sequence(), folder=tmp_path, adapter=Empty)
    assert (verdict.status, verdict.unexercised) == (Status.NOT_RUN, True)
    assert verdict.reason is not None
    assert verdict.reason.kind == "unexercised"
    assert str(verdict.reason) == "no claim succeeded (6 empty), so the rule was not exercised"


def test_a_script_that_cannot_go_on_does_not_exercise_its_rule(tmp_path: Path) -> None:
    """The reason names the rules that judge the cause."""
    verdict = _judge(Sequence(), folder=tmp_path, adapter=Empty, rule=by_id(CATALOGUE)["ACK-3"])
    assert verdict.unexercised
    assert "received no task, so the rule was not exercised; see the CLAIM rules" in str(
        verdict.reason
    )


def test_a_queue_that_lets_no_task_out_breaks_some_rule(tmp_path: Path) -> None:
    """The promise that the empty answers break is judged by its own rule."""
    rule = by_id(CATALOGUE)["CLAIM-4"]
    assert _judge(Sequence(), folder=tmp_path, adapter=Empty, rule=rule).status is Status.FAIL


def test_one_run_that_exercises_the_rule_is_enough(tmp_path: Path) -> None:
    """Chance decides what a repeated run shows; a rule is exercised if one of its runs was."""
    verdict = _judge(Thrice(), folder=tmp_path, adapter=type("_", (EmptyLater,), {}))
    assert verdict.status is Status.PASS
    again = _judge(
        Thrice(),
        Sequence(),
        folder=_empty(tmp_path / "again"),
        adapter=type("_", (EmptyLater,), {}),
    )
    assert again.unexercised  # the second driver has shown nothing


class BusyForOne(SmallSqliteQueue):
    """Answers each claim of the worker named `killed` with busy."""

    name = "busy-for-one"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        if worker == "killed":
            raise BusyError("try again later")
        return super().claim(worker, lease=lease, capabilities=capabilities)


def test_a_rule_about_a_kill_needs_a_kill(tmp_path: Path) -> None:
    """The worker ended before its kill was due, so its task was never that of a killed worker."""
    rule = replace(by_id(CATALOGUE)["DURABLE-9"], drivers=(Sequence(),))
    effort = Effort(level=Level.STANDARD)
    verdict = judge(rule, QueueUnderTest.of(BusyForOne), _empty(tmp_path / "busy"), effort)
    assert (verdict.status, verdict.unexercised) == (Status.NOT_RUN, True)
    assert str(verdict.reason) == "no planned kill struck, so the rule was not exercised"
    verdict = judge(rule, QueueUnderTest.of(SmallSqliteQueue), _empty(tmp_path / "good"), effort)
    assert verdict.status is Status.PASS


@pytest.mark.slow
@pytest.mark.parametrize(
    "rule", [rule for rule in CATALOGUE if rule.family == "DURABLE"], ids=lambda rule: rule.id
)
def test_the_kills_of_the_catalogue_strike(rule: Rule, tmp_path: Path) -> None:
    """Each run of a rule about kills has all its kills."""
    for driver in rule.drivers:
        home = _empty(tmp_path / driver.name)
        for run in driver.runs(rule.scenario, QueueUnderTest.of(SmallSqliteQueue), home, Effort()):
            assert run.unstruck == ()


def _empty(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_rule_is_concurrent_if_one_of_its_drivers_is() -> None:
    """A rule is concurrent if one of its drivers is."""
    assert not replace(RULE, drivers=(Sequence(), Thrice())).concurrent
    assert replace(RULE, drivers=(Sequence(), Never())).concurrent


def test_a_rule_that_needs_a_higher_level_names_it(tmp_path: Path) -> None:
    """A queue with a clock of its own is told the level that waits for it."""
    rule = next(rule for rule in CATALOGUE if rule.id == "LEASE-1")
    verdict = judge(rule, QueueUnderTest.of(Monotonic), tmp_path, QUICK)
    assert verdict.reason is not None
    assert (verdict.reason.kind, verdict.reason.level) == ("level", "standard")
