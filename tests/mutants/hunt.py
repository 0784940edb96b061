"""Puts the catalogue to a queue and tells which rules it breaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import Status, Verdict
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.rules.rule import Rule, judge
from tests.mutants.mutant import Mutant

QUICK = Effort.at(Level.QUICK)
ONCE = Effort(level=Level.STANDARD, tasks=160, rounds=1)
"""Numbers with which each rule that hangs on chance most often shows what it is for."""

_UNTIL_SEEN = replace(ONCE, rounds=6)
"""For the rules that a mutant breaks: on a busy machine a race may come out well once."""

_DRIVERS = {
    "sequence": ("sequence",),
    "threads": ("sequence", "threads"),
    "processes": ("processes",),
}


def verdicts(
    adapter: type[QueueAdapter], rules: Iterable[Rule], folder: Path, effort: Effort = QUICK
) -> Iterator[Verdict]:
    """Put rules to a queue, each in a folder of its own."""
    queue = QueueUnderTest.of(adapter)
    return (_verdict(queue, rule, folder, effort) for rule in rules)


def _verdict(queue: QueueUnderTest, rule: Rule, folder: Path, effort: Effort) -> Verdict:
    home = folder / rule.id
    home.mkdir()
    return judge(rule, queue, home, effort)


def broken(mutant: Mutant, folder: Path) -> set[str]:
    """Return the ids of the rules that a mutant breaks, of those that are put to it."""
    queue = QueueUnderTest.of(mutant.queue)
    found = (_verdict(queue, rule, folder, _effort(mutant, rule)) for rule in rules_for(mutant))
    return {verdict.rule for verdict in found if verdict.status is Status.FAIL}


def _effort(mutant: Mutant, rule: Rule) -> Effort:
    if mutant.driver != "processes" and rule.level is Level.QUICK:
        return QUICK
    return _UNTIL_SEEN if rule.id in mutant.breaks else ONCE


def rules_for(mutant: Mutant) -> list[Rule]:
    """Return the rules of a mutant's driver; of those that take long only what it should break."""
    return [
        rule
        for rule in CATALOGUE
        if set(rule.driver_names) & set(_DRIVERS[mutant.driver])
        and (rule.level is Level.QUICK or rule.id in mutant.breaks)
    ]
