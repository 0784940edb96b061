"""The context of a proof: the broken declaration, the call, the command to repeat."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

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
    Capability.RECOVERY: "liveness",
    Capability.NOTICES_DEATH: "liveness",
    Capability.HEARTBEAT: "liveness",
    Capability.FORKS: "survives_fork",
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


def _code(queue: QueueUnderTest, run: RuleRun) -> str:
    """Return where the adapter makes the call that a proof is about: "shop.py:31 in complete"."""
    witness = [operation for violation in run.violations[:1] for operation in violation.witness]
    for operation in _by_suspicion(witness):
        try:
            method = inspect.unwrap(getattr(queue.adapter, operation.verb.value))
            path, line = inspect.getsourcefile(method), inspect.getsourcelines(method)[1]
        except (AttributeError, OSError, TypeError):
            continue  # a call that is not a method of the adapter, or has no source
        if path is None:
            continue
        file = Path(path)
        here = file.is_relative_to(Path.cwd())
        return f"{file.relative_to(Path.cwd()) if here else file}:{line} in {operation.verb}"
    return ""


def _by_suspicion(witness: Sequence[Operation]) -> list[Operation]:
    """Return the operations, the likely culprit first.

    The last call of a proof is usually the culprit. An empty claim at the end only shows the
    damage, unless nothing but enqueues comes before it: then the empty answer is the fault.
    """
    late = [operation for operation in reversed(witness) if not operation.is_empty]
    acts = [operation for operation in late if operation.verb is not Verb.ENQUEUE]
    return [*acts, *reversed(witness)]
