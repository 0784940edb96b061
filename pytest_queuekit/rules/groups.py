"""GROUP: workers hold no more tasks of one group at a time than declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from pytest_queuekit.execution.drivers.interleaved import Interleaved
from pytest_queuekit.execution.drivers.processes import Processes
from pytest_queuekit.execution.drivers.threads import Threads
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Program, Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.monitors.batches import batches
from pytest_queuekit.monitors.exclusive import exclusive
from pytest_queuekit.monitors.groups import groups
from pytest_queuekit.monitors.no_false_empty import no_false_empty
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.recording.delivery import Delivery
from pytest_queuekit.recording.recorder import Recorder
from pytest_queuekit.rules.pairs import GROUPED, meet_in
from pytest_queuekit.rules.programs import consume_at_ease
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import BRIEF, enqueue_all, expire, labels, take


def _overfill(env: Environment) -> None:
    limit = env.contract.group_limit
    enqueue_all(env.actor("producer"), labels(limit + 2), group="group-1")
    for worker in labels(limit + 2, "worker"):
        env.actor(worker).claim()
    if env.actor("batcher").can(Capability.CLAIM_MANY):
        for held in {0: "empty", limit - 1: "nearly-full"}.items():
            _overfill_by_batch(env, *held)


def _overfill_by_batch(env: Environment, held: int, group: str) -> None:
    """Claim more tasks of a group in one batch than its limit allows while some are held."""
    most = env.contract.group_limit + 1
    enqueue_all(env.actor("producer"), labels(held + most, group), group=group)
    for _ in range(held):
        env.actor("holder").claim()
    env.actor("batcher").claim_many(most)


def _slots(env: Environment) -> None:
    """End a delivery of a full group in each way that the queue has, and claim the next task."""
    producer, worker = env.actor("producer"), env.actor("worker")
    limit = env.contract.group_limit
    for name, end in _ends(env, worker):
        enqueue_all(producer, labels(limit + 1, name), group=name)
        held = [take(worker) for _ in range(limit)]
        env.actor("next").claim()
        end(held.pop())
        env.actor("next").claim()
        if env.contract.retry is not None:
            env.outlast(env.contract.retry.wait(1)[1])
        env.actor("third").claim()
        for delivery in held:
            worker.complete(delivery)
        env.settle()


def _ends(env: Environment, worker: Recorder) -> Iterator[tuple[str, Callable[[Delivery], object]]]:
    """Return each way in which a delivery ends, with a name."""
    yield "completed", worker.complete
    if worker.can(Capability.FAIL):
        yield "failed", worker.fail
    if worker.can(Capability.RELEASE):
        yield "released", worker.release
    if worker.can(Capability.LEASE):
        yield "expired", lambda _: expire(env)


def _cancelled(env: Environment) -> None:
    producer = env.actor("producer")
    limit = env.contract.group_limit
    enqueue_all(producer, labels(2 * limit), group="group-1")
    for label in labels(limit):
        producer.cancel(label)
    env.settle()


def _full(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    limit = env.contract.group_limit
    enqueue_all(producer, labels(limit + 1, "full"), group="group-1")
    for _ in range(limit):
        worker.claim()
    producer.enqueue("other", group="group-2")
    producer.enqueue("another", group="group-2")
    enqueue_all(producer, labels(2, "plain"))
    for _ in range(3):
        env.actor("next").claim()
    if env.actor("batcher").can(Capability.CLAIM_MANY):
        enqueue_all(producer, labels(limit + 1, "filled"), group="group-3")
        enqueue_all(producer, labels(2, "after"))
        env.actor("batcher").claim_many(limit + 2)


def _stock(env: Environment) -> None:
    limit = env.contract.group_limit
    for group in labels(3, "group"):
        enqueue_all(env.actor("producer"), labels(4 * limit, group), group=group)


def _rivals(effort: Effort) -> list[Program]:
    work = partial(Program, function=consume_at_ease, arguments={"work": 0.002, "idle": 0.3})
    return [work(actor=label) for label in labels(effort.claimers, "worker")]


_NEEDS = (Capability.GROUP,)

RULES = (
    Rule(
        id="GROUP-1",
        slug="group-limit-kept",
        sentence="Workers hold no more tasks of one group at a time than declared.",
        why="A group protects what its tasks share, such as an account or a device; one task too "
        "many changes it while another does.",
        scenario=Scenario(script=_overfill),
        monitors=(groups,),
        needs=_NEEDS,
    ),
    Rule(
        id="GROUP-2",
        slug="group-slot-freed",
        sentence="A task that is completed, failed, released or expired gives its slot to the next "
        "task of its group.",
        why="A slot that is never given back stops its group for ever, and no error reports it.",
        scenario=Scenario(script=_slots, passes_time=True),
        monitors=(no_false_empty, no_loss, groups),
        needs=(*_NEEDS, Capability.COMPLETE),
    ),
    Rule(
        id="GROUP-3",
        slug="cancelled-task-holds-no-slot",
        sentence="A cancelled task holds no slot of its group.",
        why="If a slot is reserved when a task is enqueued, a cancel that leaves the slot behind "
        "stops the group.",
        scenario=Scenario(script=_cancelled),
        monitors=(no_false_empty, no_loss, groups),
        needs=(*_NEEDS, Capability.CANCEL),
    ),
    Rule(
        id="GROUP-4",
        slug="full-group-blocks-no-other",
        sentence="Tasks of other groups, and tasks without a group, are delivered while a group is "
        "full.",
        why="A claim that looks only at the first task waits behind a full group although there is "
        "other work.",
        scenario=Scenario(script=_full),
        monitors=(no_false_empty, batches, groups),
        needs=_NEEDS,
    ),
    Rule(
        id="GROUP-5",
        slug="group-limit-across-processes",
        sentence="Processes that claim at the same time keep the limits of the groups, and every "
        "task is delivered.",
        why="Two processes that count first and take later both find the last slot free.",
        scenario=Scenario(script=_stock, programs=_rivals, ending=Environment.settle, lease=BRIEF),
        drivers=(Processes(repeat=True),),
        monitors=(groups, no_loss),
        needs=(*_NEEDS, Capability.PROCESSES),
    ),
    Rule(
        id="GROUP-6",
        slug="group-limit-across-threads",
        sentence="Threads that claim at the same time keep the limits of the groups, and every "
        "task is delivered.",
        why="Two threads that count first and take later both find the last slot free.",
        scenario=Scenario(script=_stock, programs=_rivals, ending=Environment.settle, lease=BRIEF),
        drivers=(Threads(repeat=True),),
        monitors=(groups, no_loss),
        needs=(*_NEEDS, Capability.THREADS),
    ),
    Rule(
        id="GROUP-7",
        slug="claims-meet-at-last-slot",
        sentence="Of two claims that meet at the last slot of a group, at any of their steps, one "
        "gets it.",
        why="A claim that counts the held tasks and takes one in a later step exceeds the limit "
        "whenever another claim comes between.",
        scenario=Scenario(script=meet_in(GROUPED), ending=Environment.settle, passes_time=True),
        drivers=(Interleaved(),),
        monitors=(groups, no_loss, exclusive),
        needs=(*_NEEDS, Capability.THREADS),
        level=Level.STANDARD,
    ),
)
