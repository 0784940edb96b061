"""Scripts of backups: of a queue at rest, of tasks with keys, and of a queue whose tasks move.

A backup that reads the tasks in several steps misses a task that moves between two of them. So the
backup stops before each of its steps in turn, and a worker releases one task and claims another.
"""

from __future__ import annotations

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.meeting import Call, Meeting, Side
from pytest_queuekit.execution.steps import Steps
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Level
from pytest_queuekit.recording.delivery import Delivery
from pytest_queuekit.rules.steps import enqueue_all, labels, take

_MOST_STEPS = {Level.QUICK: 6, Level.STANDARD: 12, Level.DEEP: 100}
"""The most steps of a backup before which it stops; spread evenly if it has more."""


def at_rest(env: Environment) -> None:
    """Back up while tasks are in progress, and continue in the copy."""
    producer, worker = env.actor("producer"), env.actor("worker")
    enqueue_all(producer, labels(6))
    if worker.can(Capability.COMPLETE):
        worker.complete(take(worker))
    location = _copy(env, 0)
    producer.backup(location)
    env.move(location)
    enqueue_all(env.actor("restored"), labels(3, "new"))
    env.claim_all("heir")
    env.settle()


def with_keys(env: Environment) -> None:
    """Back up tasks with keys, and use the keys again in the copy.

    A copy need not hold completed tasks. So the key of such a task is used only if the completion
    has freed it.
    """
    producer, worker, known = env.actor("producer"), env.actor("worker"), ["waiting"]
    if worker.can(Capability.COMPLETE) and not env.contract.key_hold.outlives_task:
        known.append("completed")
        producer.enqueue("completed", key="completed")
        worker.complete(take(worker))
    if worker.can(Capability.LEASE):
        known.append("held")
        producer.enqueue("held", key="held")
        take(worker)
    producer.enqueue("waiting", key="waiting")
    location = _copy(env, 0)
    if not producer.backup(location):
        return
    env.move(location)
    for key in known:
        env.actor("restored").enqueue(f"{key}-again", key=key)
    env.settle()


def at_work(env: Environment) -> None:
    """Let tasks move before each step of a backup, and continue in each copy."""
    steps = _meet(env, 0)
    stride = max(1, steps.count // _MOST_STEPS[env.effort.level])
    for step in range(1, steps.count if env.clock.virtual else 1, stride):
        _meet(env, step, steps)


def _copy(env: Environment, number: int) -> str:
    """Return the location of a new queue."""
    home = env.folder / f"copy-{number}"
    home.mkdir()
    return env.provision(home)


def _meet(env: Environment, step: int, steps: Steps | None = None) -> Steps:
    """Let tasks move before one step of a backup, and continue in the copy.

    steps: those of the backup; None to count them, and let the tasks move afterwards.
    """
    env.close()
    location = _copy(env, step + 1)
    with Meeting(env, f"keeper-{step}", f"worker-{step}") as meeting:
        keeper, worker = meeting.sides
        backup = keeper, lambda: keeper.recorder.backup(location)
        move = worker, _move(worker, _prepared(worker, f"moving-{step}"))
        if steps is None:
            steps = meeting.in_turn(backup, move)
        else:
            meeting.in_between(backup, move, step=step, by_line=steps.by_line)
    env.close()
    env.move(location)
    env.settle()
    return steps


def _prepared(worker: Side, stem: str) -> Delivery | None:
    """Enqueue two tasks and claim one of them."""

    def prepare() -> Delivery | None:
        enqueue_all(worker.recorder, labels(2, stem))
        return worker.recorder.claim()

    delivery: Delivery | None = worker.call(prepare)
    return delivery


def _move(worker: Side, held: Delivery | None) -> Call:
    """Return a call that claims the waiting task, and gives back the other one."""

    def move() -> None:
        worker.recorder.claim()
        if held is not None and worker.recorder.can(Capability.RELEASE):
            worker.recorder.release(held)

    return move
