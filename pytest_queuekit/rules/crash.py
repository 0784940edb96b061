"""CRASH: the work of a dead worker is done by another."""

from __future__ import annotations

from functools import partial

from pytest_queuekit.execution.drivers.processes import Processes
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.faults.pause import Pause
from pytest_queuekit.execution.scenario import Program, Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.history import Verb
from pytest_queuekit.model.verdict import Requirement
from pytest_queuekit.monitors.abandoned import abandoned
from pytest_queuekit.monitors.exclusive import exclusive
from pytest_queuekit.monitors.expiry import expiry
from pytest_queuekit.monitors.fencing import fencing
from pytest_queuekit.monitors.lease_kept import lease_kept
from pytest_queuekit.monitors.no_resurrection import no_resurrection
from pytest_queuekit.monitors.poison import poison
from pytest_queuekit.monitors.worker_death import worker_death
from pytest_queuekit.rules import crash_programs
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import lasting, once, too_many

_STOPPED = 2.5
"""Seconds of a stop beyond the time to notice it, for the retry wait of the task that is taken."""

_MOST = 5
"""Attempts of a task with which its workers die; a queue with a higher limit is not run."""


_KILLED = Program(actor="killed", function=crash_programs.die_with_tasks)


def _killed(effort: Effort) -> list[Program]:
    return [_KILLED]


def _killed_and_heir(effort: Effort) -> list[Program]:
    return [_KILLED, Program(actor="heir", function=crash_programs.take_over)]


def _claim_back(env: Environment) -> None:
    """Claim the tasks of the dead worker, and read the dead letters if some do not come."""
    if not _all_came(env) and env.actor("heir").can(Capability.DEAD_LETTERS):
        env.actor("heir").dead_letters()


def _all_came(env: Environment) -> bool:
    """Claim the tasks of the dead worker by an instance that is opened after the death.

    The death may count as a failure, so that the tasks wait from the claim that notices it.
    """
    heir, promise = env.actor("heir"), env.contract.retry
    leased = Capability.LEASE in env.contract.capabilities
    noticed = env.lease if leased else env.contract.notice
    if crash_programs.complete_all(heir, noticed + env.contract.resolution):
        return True
    if promise is not None and promise.wait(1)[1] > 0:
        env.outlast(promise.wait(1)[1])
        return crash_programs.complete_all(heir, 0)
    return False


def _one_task(env: Environment) -> None:
    producer = env.actor("producer")
    producer.enqueue("task-1", **lasting(producer))


def _stopped_and_heir(effort: Effort) -> list[Program]:
    return [
        Program(
            actor="stopped",
            function=crash_programs.claim_and_complete,
            faults=(Pause(after=1, seconds=_STOPPED, notices=1.0),),
        ),
        Program(
            actor="heir",
            function=crash_programs.take_over_and_die,
            arguments={"stopped": _STOPPED},
        ),
    ]


def _settle_after_deaths(env: Environment) -> None:
    """Settle once the death of the heir is noticed, and again after the wait that may follow.

    `Environment.settle` alone does not wait for a task whose completion was answered with ok.
    """
    if any(operation.verb is Verb.KILL for operation in env.log.operations()):
        env.outlast(env.contract.notice)
    env.settle()
    promise = env.contract.retry
    seconds = promise.wait(2)[1] if promise is not None else 0.0
    if 0 < seconds <= env.effort.max_wait:
        env.outlast(seconds)
        env.claim_all("collector")


def _late_and_other(effort: Effort) -> list[Program]:
    return [
        Program(
            actor="late",
            function=crash_programs.work_and_beat,
            faults=(Pause(after=2, seconds=0.0, notices=0.25),),
        ),
        Program(actor="other", function=crash_programs.watch),
    ]


def _deadly_task(env: Environment) -> None:
    producer, promise = env.actor("producer"), env.contract.retry
    if producer.can(Capability.MAX_ATTEMPTS):
        producer.enqueue("task-1", max_attempts=2)
    elif promise is not None and promise.max_attempts > _MOST:
        raise too_many(promise.max_attempts, _MOST)
    else:
        producer.enqueue("task-1")


def _only_attempt(env: Environment) -> None:
    producer = env.actor("producer")
    producer.enqueue("task-1", **once(producer))


def _victim_and_keeper(effort: Effort) -> list[Program]:
    return [
        Program(
            actor="victim",
            function=crash_programs.claim_and_die,
            arguments={"failures": 0, "patience": effort.max_wait},
        ),
        Program(actor="keeper", function=crash_programs.look_for_the_dead),
    ]


def _victims(effort: Effort) -> list[Program]:
    return [
        Program(
            actor=f"victim-{attempt}",
            function=crash_programs.claim_and_die,
            arguments={"failures": attempt - 1, "patience": effort.max_wait},
        )
        for attempt in range(1, _MOST + 3)
    ]


_IN_PROCESSES = partial(Scenario, passes_time=True)
_IN_TURN = (Processes(in_turn=True),)
_NEEDS = (Capability.AT_LEAST_ONCE, Capability.COMPLETE, Capability.DURABLE)
_WATCHED = (*_NEEDS, Capability.NOTICES_DEATH, Capability.PROCESSES)

RULES = (
    Rule(
        id="CRASH-1",
        slug="dead-worker-task-redelivered",
        sentence="A queue that promises at-least-once delivers the task of a killed worker again.",
        why="A task that stays with its dead worker is lost, however safely it is stored.",
        scenario=_IN_PROCESSES(programs=_killed, ending=_claim_back),
        drivers=(Processes(),),
        monitors=(abandoned, expiry),
        needs=_NEEDS,
        level=Level.STANDARD,
    ),
    Rule(
        id="CRASH-2",
        slug="unreaped-worker-noticed",
        sentence="A killed worker is noticed in time even if its parent has not reaped it.",
        why="A supervisor that is busy leaves a zombie, which still has its process id.",
        scenario=_IN_PROCESSES(programs=_killed_and_heir),
        drivers=_IN_TURN,
        monitors=(expiry,),
        needs=_WATCHED,
        level=Level.STANDARD,
    ),
    Rule(
        id="CRASH-3",
        slug="stopped-worker-fenced",
        sentence="A worker that is stopped and continues can neither complete nor keep a task that "
        "the queue gave to another worker meanwhile.",
        why="A suspended machine wakes up in the middle of its task, and does not know the time. "
        "If its late heartbeat counts, the task stays with the other worker when that worker dies.",
        scenario=_IN_PROCESSES(
            script=_one_task, programs=_stopped_and_heir, ending=_settle_after_deaths
        ),
        drivers=_IN_TURN,
        monitors=(fencing, exclusive, no_resurrection, expiry),
        needs=_WATCHED,
        level=Level.STANDARD,
    ),
    Rule(
        id="CRASH-4",
        slug="late-heartbeat-keeps-task",
        sentence="A worker keeps its task while it beats in time, even if a beat is late.",
        why="A long garbage collection delays a beat; the worker is alive, and its task with it.",
        scenario=_IN_PROCESSES(script=_one_task, programs=_late_and_other),
        drivers=_IN_TURN,
        monitors=(exclusive, lease_kept),
        needs=(*_WATCHED, Capability.HEARTBEAT, Capability.EXTEND),
        exercises=(Verb.CLAIM, Verb.EXTEND),
        level=Level.STANDARD,
    ),
    Rule(
        id="CRASH-5",
        slug="deadly-task-given-up",
        sentence="A task is given up when it kills every worker that claims it.",
        why="Otherwise, one task kills all workers, one after the other, forever.",
        scenario=_IN_PROCESSES(script=_deadly_task, programs=_victims),
        drivers=_IN_TURN,
        monitors=(poison,),
        needs=(*_WATCHED, Capability.RETRY),
        requirement=Requirement.SHOULD,
        must_with=Capability.DEATHS_COUNT,
        level=Level.STANDARD,
    ),
    Rule(
        id="CRASH-6",
        slug="death-of-only-attempt-noticed",
        sentence="A task whose only attempt ends with the death of its worker is a dead letter, or "
        "is delivered again.",
        why="A task that stays with its dead worker is missing work, and no list shows it.",
        scenario=_IN_PROCESSES(script=_only_attempt, programs=_victim_and_keeper),
        drivers=_IN_TURN,
        monitors=(worker_death,),
        needs=(*_WATCHED, Capability.SINGLE_ATTEMPT, Capability.DEAD_LETTERS),
        exercises=(Verb.CLAIM, Verb.DEAD_LETTERS),
        level=Level.STANDARD,
    ),
)
