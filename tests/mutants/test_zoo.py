"""Each mutant is caught by its own rule, and by no rule that does not concern it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_queuekit.rules.catalogue import CATALOGUE
from tests.mutants.hunt import broken
from tests.mutants.mutant import Mutant
from tests.mutants.zoo import ZOO


@pytest.mark.parametrize("mutant", ZOO, ids=lambda mutant: f"{mutant.driver}-{mutant.name}")
def test_mutant_breaks_exactly_its_rules(mutant: Mutant, folder: Path) -> None:
    """A mutant breaks the rules that it names; by chance at most those that it says it may."""
    found = broken(mutant, folder)
    missed, unexpected = set(mutant.breaks) - found, found - set(mutant.breaks + mutant.may_break)
    assert (missed, unexpected) == (set(), set())


def test_every_rule_is_tripped() -> None:
    """A rule that no mutant trips for certain is not proven."""
    tripped = {rule for mutant in ZOO for rule in mutant.breaks}
    assert [rule.id for rule in CATALOGUE if rule.id not in tripped] == []


def test_mutants_name_rules_that_exist() -> None:
    """A mutant does not name a rule that is no more."""
    known = {rule.id for rule in CATALOGUE}
    named = {rule for mutant in ZOO for rule in mutant.breaks + mutant.may_break}
    assert named <= known


def test_mutants_tell_their_bugs() -> None:
    """Each mutant has a name of its own in both spellings, and a sentence about its bug."""
    names = [mutant.queue.name for mutant in ZOO]
    assert len(set(names)) == len({mutant.name for mutant in ZOO}) == len(ZOO)
    for mutant in ZOO:
        assert mutant.queue.name.replace("-", "") == mutant.name.lower()
        assert (mutant.queue.__doc__ or "").endswith(".")
