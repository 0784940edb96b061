"""Judges a queue by the catalogue, and returns the rules that it breaks."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import Status, Verdict
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.rules.rule import Rule, by_id, judge
from tests.mutants.mutant import Mutant

WALK = "WALK"
QUICK = Effort.at(Level.QUICK)
ONCE = Effort(level=Level.STANDARD, tasks=160, rounds=1)
"""The effort with which a rule that depends on chance usually finds its mutant."""

_BY_ID = by_id(CATALOGUE)
_PART, _PART_IN_PROCESSES = 0.25, 0.2
"""The share of the rules of other families that a mutant is run with. Processes start slowly."""
_UNTIL_SEEN = replace(ONCE, rounds=6)
"""For the rules that a mutant must break: on a busy machine a single race may go well."""


class Actors(enum.StrEnum):
    """How a rule's actors act: one after the other, or at the same time."""

    SEQUENCE = "sequence"
    THREADS = "threads"
    PROCESSES = "processes"


def actors_of(rule: Rule) -> Actors:
    """Return how a rule's actors act, from its drivers."""
    if not rule.concurrent:
        return Actors.SEQUENCE
    return Actors.PROCESSES if "processes" in rule.driver_names else Actors.THREADS


def actors_for(mutant: Mutant) -> Actors:
    """Return how the actors of a mutant's own rule act."""
    return actors_of(_BY_ID[mutant.rule])


def verdicts(
    adapter: type[QueueAdapter], rules: Iterable[Rule], folder: Path, effort: Effort = QUICK
) -> Iterator[Verdict]:
    """Judge a queue by rules, each in a folder of its own."""
    queue = QueueUnderTest.of(adapter)
    return (_verdict(queue, rule, folder, effort) for rule in rules)


def _verdict(queue: QueueUnderTest, rule: Rule, folder: Path, effort: Effort) -> Verdict:
    home = folder / rule.id
    home.mkdir()
    return judge(rule, queue, home, effort)


def broken(mutant: Mutant, folder: Path) -> set[str]:
    """Return the ids of the rules that a mutant breaks."""
    queue = QueueUnderTest.of(mutant.queue)
    judged = (_verdict(queue, rule, folder, _effort(mutant, rule)) for rule in rules_for(mutant))
    return {verdict.rule for verdict in judged if verdict.status is Status.FAIL}


def _effort(mutant: Mutant, rule: Rule) -> Effort:
    if rule.family == WALK:
        return Effort.at(Level.DEEP)  # it ends when it finds the mutant
    if actors_for(mutant) is not Actors.PROCESSES and rule.level is Level.QUICK:
        return QUICK
    return _UNTIL_SEEN if rule.id in mutant.breaks else ONCE


def rules_for(mutant: Mutant) -> list[Rule]:
    """Return the rules that a mutant is run with; of the slow ones, only those it must break.

    A mutant for threads is run in sequence too: there it may break nothing. A walk may meet the bug
    of any mutant. Of the rules of other families, each mutant is run with another part, to save
    time.
    """
    held = {actors_for(mutant)}
    held |= {Actors.SEQUENCE} if Actors.THREADS in held else set()
    own = [rule for rule in CATALOGUE if rule.id in mutant.breaks and actors_of(rule) in held]
    others = [
        rule
        for rule in CATALOGUE
        if actors_of(rule) in held
        and rule.level is Level.QUICK
        and rule.id not in mutant.breaks
        and rule.family not in (WALK, *mutant.families)
    ]
    near = [rule for rule in others if rule.family == _BY_ID[mutant.rule].family]
    far = [rule for rule in others if rule not in near]
    share = _PART_IN_PROCESSES if Actors.PROCESSES in held else _PART
    return own + near + Random(mutant.name).sample(far, round(share * len(far)))  # noqa: S311
