"""Each mutant is caught by its own rule, and by no rule that does not concern it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.rules.catalogue import CATALOGUE, FAMILIES
from tests.mutants.hunt import broken
from tests.mutants.mutant import Mutant
from tests.mutants.zoo import ZOO

SLUGS = {rule.id: rule.slug for rule in CATALOGUE}


def _case(mutant: Mutant) -> Any:
    """Return a case named for its rule."""
    return pytest.param(mutant, id=f"{mutant.rule}-{SLUGS[mutant.rule]}-{mutant.name}")


@pytest.mark.slow
@pytest.mark.parametrize("mutant", [_case(mutant) for mutant in ZOO])
def test_a_mutant_breaks_its_rules_and_no_others(mutant: Mutant, folder: Path) -> None:
    """Its own rule fails, and each rule in `also`; besides, only rules of families in `also` do."""
    failed = broken(mutant, folder)
    unexpected = {
        rule for rule in failed - mutant.breaks if rule.rpartition("-")[0] not in mutant.families
    }
    assert sorted(mutant.breaks - failed) == []
    assert sorted(unexpected) == []


def test_every_rule_is_tripped() -> None:
    """A rule that no mutant trips for certain is not proven."""
    tripped = {rule for mutant in ZOO for rule in mutant.breaks}
    assert [rule.id for rule in CATALOGUE if rule.id not in tripped] == []


def test_mutants_name_rules_and_families_that_exist() -> None:
    """A mutant names no rule and no family that has been removed."""
    assert {rule for mutant in ZOO for rule in mutant.breaks} <= {rule.id for rule in CATALOGUE}
    assert {name for mutant in ZOO for name in mutant.families} <= {
        family.name for family in FAMILIES
    }


def test_mutants_tell_their_bugs() -> None:
    """Each mutant has a name of its own in both spellings, and a sentence about its bug."""
    names = [mutant.queue.name for mutant in ZOO]
    assert len(set(names)) == len({mutant.name for mutant in ZOO}) == len(ZOO)
    for mutant in ZOO:
        assert mutant.queue.name.replace("-", "") == mutant.name.lower()
        assert (mutant.queue.__doc__ or "").endswith(".")
