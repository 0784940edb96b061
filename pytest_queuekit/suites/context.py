"""The context of a proof: the broken declaration, the call, the command to repeat."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.history import Operation, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import RuleRun, Status, Verdict
from pytest_queuekit.rules.declared import in_words, notice
from pytest_queuekit.rules.rule import Rule


def with_context(
    verdict: Verdict, rule: Rule, queue: QueueUnderTest, effort: Effort, chosen: str
) -> Verdict:
    """Return a failed verdict with the declarations, the adapter's code and the command to repeat.

    chosen: the arguments of pytest that select the check.
    """
    run, level = verdict.detail, effort.level
    if verdict.status is not Status.FAIL or not isinstance(run, RuleRun):
        return verdict
    detail = replace(
        run,
        declared=declared(rule, run, queue.contract),
        code=_code(queue, run),
        replay=f"pytest {chosen} --queue-impl {queue.spec}"
        + ("" if level is Level.STANDARD else f" --queue-level {level.name.lower()}")
        + (f" --queue-seed {effort.seed}" if effort.seed else ""),
    )
    return replace(verdict, detail=detail)


_FIELDS = {
    Capability.PRIORITY: "order",
    Capability.FIFO: "order",
    Capability.LIFO: "order",
    Capability.LEASE: "liveness",
    Capability.LEASE_OPTION: "liveness",
    Capability.BATCH_LEASE: "liveness",
    Capability.RECOVERY: "liveness",
    Capability.NOTICES_DEATH: "liveness",
    Capability.HEARTBEAT: "liveness",
    Capability.FORKS: "survives_fork",
    Capability.FULL_BATCHES: "full_batches",
    Capability.RETRY: "retry",
    Capability.MAX_ATTEMPTS: "retry",
    Capability.SINGLE_ATTEMPT: "retry",
    Capability.DEATHS_COUNT: "retry",
    Capability.KEY: "key_hold",
    Capability.KEY_UNTIL_CLAIM: "key_hold",
    Capability.KEY_WHILE_CLAIMED: "key_hold",
    Capability.KEY_FOR_A_TIME: "key_hold",
    Capability.KEY_CONFLICT: "key_conflict",
    Capability.GROUP: "group_limit",
    Capability.REDELIVERY: "order",
    Capability.DURABLE: "durability",
    Capability.AT_LEAST_ONCE: "guarantee",
    Capability.AT_MOST_ONCE: "guarantee",
    Capability.JSON_PAYLOAD: "payload",
    Capability.TEXT_PAYLOAD: "payload",
    Capability.BYTES_PAYLOAD: "payload",
    Capability.OBJECT_PAYLOAD: "payload",
    Capability.INTEGER_PAYLOAD: "payload",
    Capability.SIZED_PAYLOAD: "payload",
    Capability.THREADS: "sharing",
    Capability.PROCESSES: "sharing",
}
"""The field of the contract in which a capability is declared; the others are methods."""


def declared(rule: Rule, run: RuleRun, contract: Contract) -> str:
    """Return the declarations that the run breaks, then others that the rule needs.

    They read "retry=Retry(max_attempts=3, first=10): 10 s after failure 1, fail".
    """
    texts = [text for violation in run.violations[:1] for text in violation.declared]
    known = {text.partition("=")[0].rpartition("(")[2] for text in texts}  # "enqueue(delay=10)"
    # Any queue has a second attempt, unless it declares that it has none.
    for need in (need for need in rule.needs if need is not Capability.SECOND_ATTEMPT):
        name = _FIELDS.get(need)
        if (name or need.value) not in known:
            texts.append(in_words(contract, name) if name else need.value)
    if Capability.LEASE in rule.needs and contract.lease_seconds is not None:
        texts.append(in_words(contract, "lease_seconds"))
    if contract.notices_death and "liveness" in map(_FIELDS.get, rule.needs):
        texts.append(notice(contract))
    return ", ".join(dict.fromkeys(texts))


_STORED = (Verb.ENQUEUE, Verb.CLAIM)
_AT_FAULT: Mapping[str, Sequence[Verb]] = {
    "changed": _STORED,
    "converted": _STORED,
    "invented": _STORED,
    "keyed-lost": _STORED,
    "lost": _STORED,
    "merged": _STORED,
    "key-let-through": (Verb.ENQUEUE,),
    "key-not-refused": (Verb.ENQUEUE,),
    "not-replaced": (Verb.ENQUEUE,),
    "refused-but-kept": (Verb.ENQUEUE,),
    "turned-away": (Verb.ENQUEUE,),
}
"""The calls that may be at fault, by the kind of a violation whose last call only shows it."""
_SHOWS = (Verb.CLAIM, Verb.STATS, Verb.DEAD_LETTERS)
"""The calls whose wrong answer may be the fault of an earlier call."""
_CHANGES = (
    Verb.COMPLETE,
    Verb.FAIL,
    Verb.RELEASE,
    Verb.EXTEND,
    Verb.CANCEL,
    Verb.REQUEUE,
    Verb.RECLAIM,
    Verb.PURGE,
)


def _code(queue: QueueUnderTest, run: RuleRun) -> str:
    """Return where the adapter makes the calls that may be at fault: "shop.py:31 in complete"."""
    for violation in run.violations[:1]:
        verbs = _AT_FAULT.get(violation.kind, ())
        names = [name for verb in verbs for name in _methods(verb, violation.witness)]
        for suspects in [names] if names else _by_suspicion(violation.witness):
            places = [place for name in dict.fromkeys(suspects) if (place := _place(queue, name))]
            if places:
                return ", ".join(places)
    return ""


def _methods(verb: Verb, witness: Sequence[Operation]) -> list[str]:
    """Return the methods behind the calls of a verb; a payload that nobody knows has no enqueue."""
    return [_method(call) for call in witness if call.verb is verb] or [str(verb)]


def _method(call: Operation) -> str:
    """Return the name of the adapter's method behind an operation."""
    return "__init__" if call.verb is Verb.OPEN else call.method


def _place(queue: QueueUnderTest, name: str) -> str:
    """Return where a method is defined; empty if it has no source, or is not the adapter's own."""
    method = getattr(queue.adapter, name, None)
    if method is None or method is getattr(QueueAdapter, name, None):
        return ""  # a kill has no method
    try:
        method = inspect.unwrap(method)
        path, line = inspect.getsourcefile(method), inspect.getsourcelines(method)[1]
    except (OSError, TypeError):
        return ""
    if path is None:
        return ""
    file = Path(path)
    here = file.is_relative_to(Path.cwd())
    return f"{file.relative_to(Path.cwd()) if here else file}:{line} in {name}"


def _by_suspicion(witness: Sequence[Operation]) -> Iterator[list[str]]:
    """Yield the methods that may be at fault together, the likely culprits first.

    The last call of a proof is usually the culprit. An empty claim at the end only shows the
    damage, unless nothing but enqueues and openings comes before it: then the empty answer is the
    fault. A delivery or a count may be wrong for the latest change before it, such as a failure
    that left the task alive, so both are named.
    """
    late = [operation for operation in reversed(witness) if not operation.is_empty]
    acts = [operation for operation in late if operation.verb not in (Verb.ENQUEUE, Verb.OPEN)]
    if acts and acts[0].verb in _SHOWS and acts[0].ok:
        changes = [each for each in acts[1:] if each.verb in _CHANGES and each.ok]
        yield [_method(each) for each in (*changes[:1], acts[0])]
    yield from ([_method(each)] for each in [*acts, *reversed(witness)])
