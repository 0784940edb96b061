"""A rule needs exactly the capabilities that its scenario uses."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_queuekit.errors import UndeclaredError
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import Status
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.rules.rule import Rule, judge
from tests.rules import limited

_USED_BY_CALLS = frozenset(
    {
        Capability.PRIORITY,
        Capability.DELAY,
        Capability.EXPIRES,
        Capability.KEY,
        Capability.GROUP,
        Capability.ROUTING,
        Capability.MAX_ATTEMPTS,
        Capability.LEASE_OPTION,
        Capability.TASK_LEASE,
        Capability.BATCH_KEYS,
        Capability.FINAL_FAILURE,
        *limited.METHODS,
    }
)
_SEQUENTIAL = [rule for rule in CATALOGUE if not rule.concurrent]


def _effort(rule: Rule) -> Effort:
    return Effort(level=rule.level, tasks=16, rounds=1, limit=8.0)


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.id)
def test_rule_declares_every_need(rule: Rule, tmp_path: Path) -> None:
    """A correct queue with only the declared needs passes the rule."""
    queue = getattr(limited, rule.id.replace("-", "_"))
    assert judge(rule, QueueUnderTest.of(queue), tmp_path, _effort(rule)).status is Status.PASS


@pytest.mark.parametrize(
    ("rule", "need"),
    [
        pytest.param(rule, need, id=f"{rule.id}-{need}")
        for rule in _SEQUENTIAL
        for need in rule.needs
        if need in _USED_BY_CALLS
    ],
)
def test_rule_declares_no_unused_need(rule: Rule, need: Capability, tmp_path: Path) -> None:
    """Without one need, the scenario makes an undeclared call or does not exercise the rule."""
    rest = [other for other in rule.needs if other is not need]
    unguarded = replace(rule, needs=())
    with suppress(UndeclaredError):
        queue = QueueUnderTest.of(limited.limited(rest))
        verdict = judge(unguarded, queue, tmp_path, _effort(rule))
        assert verdict.status is not Status.PASS
