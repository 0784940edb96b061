"""ENQUEUE: accepted tasks are delivered, unchanged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario, Script
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.history import Verb
from pytest_queuekit.model.payloads import wrap
from pytest_queuekit.model.verdict import Requirement
from pytest_queuekit.monitors.converted_payload import converted_payload
from pytest_queuekit.monitors.no_deduplication import no_deduplication
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.monitors.no_phantom import no_phantom
from pytest_queuekit.monitors.no_resurrection import no_resurrection
from pytest_queuekit.monitors.no_spurious_refusal import no_spurious_refusal
from pytest_queuekit.rules import bodies
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import enqueue_all, labels, work
from pytest_queuekit.rules.watched import watched


def _several(env: Environment) -> None:
    enqueue_all(env.actor("producer"), labels(10))
    env.settle()


def _between_claims(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    for label in labels(5):
        producer.enqueue(label)
        work(worker)
        producer.enqueue(f"{label}-second")
    env.settle()


def _each(tasks: Mapping[str, Any]) -> Script:
    """Return a script with a task for each body, and a plain task that any queue accepts."""

    def script(env: Environment) -> None:
        env.actor("producer").enqueue("plain")
        for label, body in tasks.items():
            _alone_and_in_a_batch(env, label, body)
        env.settle()

    return script


def _alone_and_in_a_batch(env: Environment, label: str, body: Any) -> None:
    producer, domain = env.actor("producer"), env.contract.payload
    producer.enqueue(label, body=body)
    if producer.can(Capability.ENQUEUE_MANY):
        # A queue that refuses the second task must not keep the first.
        trio = [f"{label}-before", f"{label}-in-batch", f"{label}-after"]
        payloads = [wrap(trio[0], domain), wrap(trio[1], domain, body), wrap(trio[2], domain)]
        producer.enqueue_many(trio, payloads=payloads)


def _megabyte(env: Environment) -> None:
    _alone_and_in_a_batch(env, "large", bodies.large(env.contract.payload))
    env.settle()


def _batch(env: Environment) -> None:
    producer = env.actor("producer")
    producer.enqueue_many(labels(20, "batch"))
    producer.enqueue("single")
    producer.enqueue_many(["last"])
    env.settle()


def _twins(env: Environment) -> None:
    """Enqueue equal payloads while the first waits, while it is held, and after it is done."""
    producer, worker = env.actor("producer"), env.actor("worker")
    for _ in range(2):
        producer.enqueue("twin")
    held = worker.claim()
    producer.enqueue("twin")
    if held is not None and worker.can(Capability.COMPLETE):
        worker.complete(held)
    work(worker)
    producer.enqueue("twin")
    env.settle()


_EQUAL = (no_phantom, no_loss)

_RULES = (
    Rule(
        id="ENQUEUE-1",
        slug="accepted-task-delivered",
        sentence="The queue delivers every task that it accepts.",
        why="An accepted task that is never delivered is missing work, and no error reports it.",
        scenario=Scenario(script=_several),
        monitors=(no_loss,),
    ),
    Rule(
        id="ENQUEUE-2",
        slug="interleaved-enqueue-delivered",
        sentence="Tasks enqueued between claims are delivered too.",
        why="A queue that loads or counts its tasks before the claims may miss newer ones.",
        scenario=Scenario(script=_between_claims),
        monitors=(no_loss,),
    ),
    Rule(
        id="ENQUEUE-3",
        slug="json-payload-unchanged",
        sentence="A JSON payload is delivered equal to the enqueued one, with the same types.",
        why="A worker that receives 1 for true, or misses a key, does the wrong work without an "
        "error.",
        scenario=Scenario(script=_each(bodies.PROMISED_JSON)),
        monitors=(no_spurious_refusal, *_EQUAL),
        needs=(Capability.JSON_PAYLOAD,),
    ),
    Rule(
        id="ENQUEUE-4",
        slug="lossy-json-equal-or-rejected",
        sentence="A value that JSON cannot carry unchanged is delivered equal or as JSON gives it "
        "back, or its enqueue is rejected.",
        why="A set that arrives as a text, or a date without its zone, fails in the worker, far "
        "from the code that enqueued it.",
        scenario=Scenario(script=_each({**bodies.CONVERTED_JSON, **bodies.DOUBTFUL_JSON})),
        monitors=_EQUAL,
        tolerates=(Verb.ENQUEUE,),
        needs=(Capability.JSON_PAYLOAD,),
    ),
    Rule(
        id="ENQUEUE-5",
        slug="text-payload-unchanged",
        sentence="A text payload is delivered character for character.",
        why="Trimmed spaces, changed line ends and lost characters break the formats that depend "
        "on them.",
        scenario=Scenario(script=_each(bodies.PROMISED_TEXT)),
        monitors=(no_spurious_refusal, *_EQUAL),
        needs=(Capability.TEXT_PAYLOAD,),
    ),
    Rule(
        id="ENQUEUE-6",
        slug="unsafe-text-equal-or-rejected",
        sentence="Text that UTF-8 or a database might be unable to store is delivered unchanged, "
        "or its enqueue is rejected.",
        why="Text cut at a NUL, or with '?' in place of a character, fails in the worker, far from "
        "its cause.",
        scenario=Scenario(script=_each(bodies.DOUBTFUL_TEXT)),
        monitors=_EQUAL,
        tolerates=(Verb.ENQUEUE,),
        needs=(Capability.TEXT_PAYLOAD,),
    ),
    Rule(
        id="ENQUEUE-7",
        slug="bytes-payload-unchanged",
        sentence="A bytes payload is delivered byte for byte.",
        why="Bytes stored in a text column are cut at a zero byte or fail to decode.",
        scenario=Scenario(script=_each(bodies.PROMISED_BYTES)),
        monitors=(no_spurious_refusal, *_EQUAL),
        needs=(Capability.BYTES_PAYLOAD,),
    ),
    Rule(
        id="ENQUEUE-8",
        slug="megabyte-payload-intact",
        sentence="A payload of 1 MB is accepted and delivered whole.",
        why="A size limit that truncates or rejects shows only when the first large task is "
        "enqueued.",
        scenario=Scenario(script=_megabyte),
        monitors=(no_spurious_refusal, *_EQUAL),
        needs=(Capability.SIZED_PAYLOAD,),
    ),
    Rule(
        id="ENQUEUE-9",
        slug="batch-adds-each-task-once",
        sentence="A batch enqueue adds each of its tasks exactly once.",
        why="A batch that drops its last task, or adds a task twice, causes wrong work in bulk.",
        scenario=Scenario(script=_batch),
        monitors=(no_loss, no_phantom, no_resurrection),
        needs=(Capability.ENQUEUE_MANY,),
    ),
    Rule(
        id="ENQUEUE-10",
        slug="equal-payloads-stay-distinct",
        sentence="Tasks with equal payloads are separate tasks, and each is delivered.",
        why="If two customers place the same order, a queue that stores a set of payloads serves "
        "only one of them.",
        scenario=Scenario(script=_twins),
        monitors=(no_deduplication,),
    ),
    Rule(
        id="ENQUEUE-11",
        slug="json-conversion-avoided",
        sentence="A value that JSON converts, such as a tuple, is delivered equal, or its enqueue "
        "is rejected.",
        why="A tuple that arrives as a list, or a key 1 as '1', surprises the worker, although "
        "JSON gives them back like that.",
        scenario=Scenario(script=_each(bodies.CONVERTED_JSON)),
        monitors=(converted_payload,),
        tolerates=(Verb.ENQUEUE,),
        needs=(Capability.JSON_PAYLOAD,),
        requirement=Requirement.MAY,
    ),
    Rule(
        id="ENQUEUE-12",
        slug="object-payload-unchanged",
        sentence="An object that pickle can carry is delivered equal, and of the same type.",
        why="A tuple that arrives as a list, or a time as text, fails in the worker, far from its "
        "cause.",
        scenario=Scenario(script=_each(bodies.PROMISED_OBJECTS)),
        monitors=(no_spurious_refusal, *_EQUAL),
        needs=(Capability.OBJECT_PAYLOAD,),
    ),
    Rule(
        id="ENQUEUE-13",
        slug="unpicklable-object-equal-or-rejected",
        sentence="An object that pickle cannot carry is delivered equal, or its enqueue is "
        "rejected.",
        why="The text of a function in place of the function is an error that only the worker can "
        "see, long after the producer.",
        scenario=Scenario(script=_each(bodies.DOUBTFUL_OBJECTS)),
        monitors=_EQUAL,
        tolerates=(Verb.ENQUEUE,),
        needs=(Capability.OBJECT_PAYLOAD,),
    ),
)

RULES = watched(_RULES, counts=False)
