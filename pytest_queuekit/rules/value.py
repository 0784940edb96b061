"""VALUE: a hostile argument is honoured exactly or rejected, and harms no other call."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario, Script
from pytest_queuekit.model.capabilities import Capability, Payload
from pytest_queuekit.model.history import Verb
from pytest_queuekit.model.payloads import wrap
from pytest_queuekit.model.verbs import METHODS, Method
from pytest_queuekit.monitors.aftermath import aftermath
from pytest_queuekit.monitors.batches import batches
from pytest_queuekit.monitors.idempotency import idempotency
from pytest_queuekit.monitors.no_false_empty import no_false_empty
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.monitors.no_phantom import no_phantom
from pytest_queuekit.monitors.order import order
from pytest_queuekit.rules import bodies
from pytest_queuekit.rules.hostile import HOSTILE, NUMBERS, TEXTS, shown, some
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import enqueue_all, labels, take, work

_SPARED = frozenset({"claim", "location"})
"""The arguments that get no hostile value: a `Claim` is the adapter's own, and a queue that takes
any text for a path would write to it."""

_MOST = 50
"""Claims after which a round ends whose own task has not come."""

_PRIORITIES: tuple[Any, ...] = (
    *(5, 0, -1, -7, 1, 99, 1000),
    *(0.5, 0.25, 0.75),
    *(2**31, -(2**31), 2**53 + 1, 2**53, 2**63 - 1, 2**63, 2**64 + 1, 2**64, -(2**63) - 1),
    *(1e300, -1e300, 1e-9, math.inf, -math.inf),
)
"""Priorities in an order that is neither theirs nor its reverse."""

_COULD_BE_AN_ID = frozenset({"zero", "true", "number"})
"""The names of hostile values that may name a task of some queue: True equals 1."""


def _hostile_calls(chosen: Collection[Verb]) -> Script:
    """Return a script that gives every hostile value to every argument of the verbs' methods.

    After each such call another actor, and then the same one, do an ordinary round. The script ends
    at the first round that fails: each further one might wait for the same lock.
    """

    def script(env: Environment) -> None:
        _round(env, "caller", "first")
        for method, argument in _arguments(env, chosen):
            stem = argument if method.name == method.verb else f"{method.name}-{argument}"
            for name, value in some(env.effort.level).items():
                label = f"{stem}-{name}"
                _attempt(env, method, argument, value, label)
                if not all(_round(env, actor, label) for actor in ("other", "caller")):
                    return

    return script


def _arguments(env: Environment, chosen: Collection[Verb]) -> Iterator[tuple[Method, str]]:
    """Yield each declared method of the chosen verbs with each of its arguments."""
    for method in METHODS.values():
        declared = method.capability is None or not env.contract.lacks([method.capability])
        if method.verb in chosen and declared:
            options = (
                name for name, need in method.options.items() if not env.contract.lacks([need])
            )
            for argument in (*method.takes, *options):
                if argument not in _SPARED:
                    yield method, argument


def _attempt(env: Environment, method: Method, argument: str, value: Any, label: str) -> None:
    """Make one call with a hostile value; first enqueue or claim the task that it needs."""
    caller, domain = env.actor("caller"), env.contract.payload
    is_body = argument in ("payload", "payloads")
    if is_body and not isinstance(value, _BODIES.get(domain, ())):
        return  # the kit would not recognise the task
    payload = wrap(label, domain, value if is_body else None)
    given: dict[str, Any] = {
        "payload": payload,
        "payloads": [payload],
        "worker": "caller",
        "limit": 1,
        "error": "it failed",
        "seconds": env.lease,
        "task_id": None,
    }
    if method.verb is not Verb.ENQUEUE:
        caller.enqueue(label)
    if method.acknowledges:
        given["claim"] = take(caller).claim
    arguments = {name: given[name] for name in method.takes}
    if not is_body:
        arguments[argument] = value
    task = label if method.verb is Verb.ENQUEUE else None
    delivery = caller.attempt(method.name, arguments, shown(argument, value), task=task)
    if method.verb is Verb.CLAIM and delivery is None:
        work(env.actor("other"))


_BODIES: Mapping[Payload, type] = {
    Payload.TEXT: str,
    Payload.BYTES: bytes,
    Payload.JSON: object,
    Payload.OBJECT: object,
}
"""The type of the bodies beside which a payload can carry the kit's label."""


def _round(env: Environment, name: str, stem: str) -> bool:
    """Enqueue a task, claim until it comes, and complete each. Return True if all that worked."""
    actor, label = env.actor(name), f"{stem}-then-{name}"
    if not actor.enqueue(label):
        return False
    for _ in range(_MOST):
        delivery = work(actor)
        if delivery is None or actor.last is None or not actor.last.ok:
            return False
        if delivery.label == label:
            return True
    return False


def _priorities(env: Environment) -> None:
    producer = env.actor("producer")
    for number, priority in enumerate(_PRIORITIES, start=1):
        producer.enqueue(f"task-{number}", priority=priority)
    env.settle()


def _cancels(env: Environment) -> None:
    producer = env.actor("producer")
    enqueue_all(producer, labels(3))
    for name, value in HOSTILE.items():
        if name not in _COULD_BE_AN_ID:
            producer.attempt("cancel", {"task_id": value}, shown("task_id", value))
    env.settle()


def _limits(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    for name, limit in NUMBERS.items():
        enqueue_all(producer, labels(2, name))
        for delivery in worker.claim_many(limit):
            if worker.can(Capability.COMPLETE):
                worker.complete(delivery)
        env.claim_all("worker")


def _keys(env: Environment) -> None:
    """Enqueue twice with each key: some keys are equal up to a NUL, or as patterns."""
    producer = env.actor("producer")
    for name, key in {**TEXTS, "other-nul": "a\0c", "before-nul": "a", "letter": "s"}.items():
        producer.enqueue(f"{name}-first", key=key)
        producer.enqueue(f"{name}-second", key=key)
    env.settle()


def _bare(env: Environment) -> None:
    """Enqueue payloads without a mapping around them, each into an empty queue."""
    actor = env.actor("worker")
    for label, payload in bodies.BARE[env.contract.payload].items():
        if actor.enqueue_bare(label, payload):
            work(actor)
            actor.bare.forget(label)  # true that comes as the 1 before it has changed
        if actor.can(Capability.ENQUEUE_MANY):
            _bare_in_a_batch(env, f"{label}-in-batch", payload)
    actor.enqueue("plain")
    work(actor)


def _bare_in_a_batch(env: Environment, label: str, payload: Any) -> None:
    """Enqueue such a payload beside a plain one."""
    actor, plain = env.actor("worker"), f"{label}-beside"
    if actor.enqueue_many([label, plain], payloads=[payload, wrap(plain, env.contract.payload)]):
        for _ in range(2):
            work(actor)
        actor.bare.forget(label)


_CLAIMS = (Verb.CLAIM,)
_ENQUEUES = (Verb.ENQUEUE,)
_REST = frozenset(Verb) - {Verb.OPEN, Verb.CLOSE, Verb.KILL, *_CLAIMS, *_ENQUEUES}
_ANY = tuple(Verb)
"""Any call may raise any error: its argument is hostile, and `aftermath` judges ordinary calls."""

RULES = (
    Rule(
        id="VALUE-1",
        slug="hostile-enqueue-harms-no-later-call",
        sentence="After an enqueue with a hostile argument, the next calls of all actors work.",
        why="A value that fails between BEGIN and COMMIT leaves a transaction open, and the write "
        "lock with it: one bad request stops every worker.",
        scenario=Scenario(script=_hostile_calls(_ENQUEUES)),
        monitors=(aftermath, no_false_empty, no_phantom),
        tolerates=_ANY,
    ),
    Rule(
        id="VALUE-2",
        slug="hostile-claim-harms-no-later-call",
        sentence="After a claim with a hostile argument, the next calls of all actors work, and "
        "the task is still there.",
        why="A claim that is rejected after it took the task keeps the task from every worker.",
        scenario=Scenario(script=_hostile_calls(_CLAIMS)),
        monitors=(aftermath, no_false_empty, no_phantom),
        tolerates=_ANY,
    ),
    Rule(
        id="VALUE-3",
        slug="hostile-argument-harms-no-later-call",
        sentence="After any other call with a hostile argument, the next calls of all actors work.",
        why="Error texts and ids come from outside. One with a NUL or half a character must not "
        "stop the queue.",
        scenario=Scenario(script=_hostile_calls(_REST)),
        monitors=(aftermath, no_false_empty, no_phantom),
        tolerates=_ANY,
    ),
    Rule(
        id="VALUE-4",
        slug="any-priority-ordered-or-rejected",
        sentence="A priority of any sign, size and fraction is honoured exactly, or its enqueue is "
        "rejected.",
        why="A priority that is rounded, cut to 32 bits or taken for 'none' because it is 0 puts "
        "urgent work behind.",
        scenario=Scenario(script=_priorities),
        monitors=(order, no_loss, no_phantom),
        needs=(Capability.PRIORITY,),
        tolerates=(Verb.ENQUEUE,),
    ),
    Rule(
        id="VALUE-5",
        slug="hostile-id-cancels-nothing",
        sentence="A cancel with an id that no task has cancels nothing.",
        why="An id from a web request that becomes part of a statement, or a pattern, cancels "
        "every task.",
        scenario=Scenario(script=_cancels),
        monitors=(no_loss,),
        needs=(Capability.CANCEL,),
        tolerates=(Verb.CANCEL,),
    ),
    Rule(
        id="VALUE-6",
        slug="any-limit-honoured-or-rejected",
        sentence="A batch claim with any number for its limit returns no more tasks, or is "
        "rejected.",
        why="SQLite takes LIMIT -1 for no limit: a limit that was computed wrongly gives one "
        "worker all tasks.",
        scenario=Scenario(script=_limits),
        monitors=(batches, no_phantom),
        needs=(Capability.CLAIM_MANY,),
        tolerates=(Verb.CLAIM,),
    ),
    Rule(
        id="VALUE-7",
        slug="bare-payload-equal-or-rejected",
        sentence="A payload that is a bare value is delivered equal, or its enqueue is rejected.",
        why="Code that tests a payload for truth takes 0, false, null and the empty text for no "
        "task.",
        scenario=Scenario(script=_bare),
        monitors=(no_false_empty, no_phantom),
        tolerates=(Verb.ENQUEUE,),
    ),
    Rule(
        id="VALUE-8",
        slug="any-key-honoured-or-rejected",
        sentence="An idempotency key of any text, the empty one included, is honoured exactly, or "
        "its enqueue is rejected.",
        why="A key that is cut at a NUL drops another's task, and a key that is empty but counts "
        "as none lets the same task through twice.",
        scenario=Scenario(script=_keys),
        monitors=(idempotency, no_loss),
        needs=(Capability.KEY,),
        tolerates=(Verb.ENQUEUE,),
    ),
)
