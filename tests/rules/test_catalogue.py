"""The catalogue is complete, and its ids and slugs are unique."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

from pytest_queuekit import rules
from pytest_queuekit.adapters.catalogue import BUILT_IN
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.effort import Level
from pytest_queuekit.monitors.exclusive import exclusive
from pytest_queuekit.monitors.no_resurrection import no_resurrection
from pytest_queuekit.monitors.stats import stats
from pytest_queuekit.performance.targets import TARGETS
from pytest_queuekit.rules.catalogue import CATALOGUE, FAMILIES
from pytest_queuekit.rules.load import load_rules
from pytest_queuekit.rules.rule import Rule
from tests.queues.memory import MemoryQueue

_FOLDER = Path(rules.__path__[0])


def test_every_family_is_listed() -> None:
    """Each module with rules has a family, and the catalogue has their rules in order."""
    names = [module.name for module in pkgutil.iter_modules([str(_FOLDER)])]
    modules = [importlib.import_module(f"{rules.__name__}.{name}") for name in names]
    listed = [module.RULES for module in modules if hasattr(module, "RULES")]
    assert len(listed) == len(FAMILIES)
    assert all(any(family.rules is listing for family in FAMILIES) for listing in listed)
    assert tuple(rule for family in FAMILIES for rule in family.rules) == CATALOGUE


def test_ids_count_from_one() -> None:
    """Each family has its own name and numbers its rules without gaps."""
    for family in FAMILIES:
        numbers = range(1, len(family.rules) + 1)
        assert [rule.id for rule in family.rules] == [
            f"{family.name}-{number}" for number in numbers
        ]
        assert {rule.family for rule in family.rules} == {family.name}
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.id)
def test_rule_has_one_sentence_and_a_reason(rule: Rule) -> None:
    """The promise is a single sentence, and promise and reason end with a full stop."""
    for text in (rule.sentence, rule.why):
        assert re.fullmatch(r"(?:['\"A-Z0-9]).*\.", text)
        assert "  " not in text
    assert ". " not in rule.sentence


def test_sentences_differ() -> None:
    """No two rules have the same sentence."""
    assert len({rule.sentence for rule in CATALOGUE}) == len(CATALOGUE)


def test_slugs_are_unique_and_short() -> None:
    """Rules, load rules and performance targets share one namespace of slugs."""
    every_rule = (*CATALOGUE, *load_rules(Contract.of(MemoryQueue)))
    slugs = [rule.slug for rule in every_rule] + [target.slug for target in TARGETS]
    assert len(set(slugs)) == len(slugs)
    for slug in slugs:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+){1,5}", slug)
        assert len(slug) <= 40


def test_no_queue_is_named() -> None:
    """Rules name capabilities, never a queue."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in _FOLDER.glob("*.py"))
    assert [name for name in BUILT_IN if re.search(rf"\b{name}\b", source, re.IGNORECASE)] == []


def test_processes_race_from_the_lowest_level() -> None:
    """A quick run includes races between processes."""
    quick = [rule for rule in CATALOGUE if rule.level is Level.QUICK and rule.concurrent]
    assert len([rule for rule in quick if Capability.PROCESSES in rule.needs]) >= 2


@pytest.mark.parametrize("family", ["KEY", "RETRY", "ROUTE", "SCHEDULE"])
def test_a_rule_of_one_feature_looks_for_losses_and_doubles_too(family: str) -> None:
    """A feature that loses a task while it keeps its own promise is found by its own rules."""
    for rule in CATALOGUE:
        if rule.family == family:
            assert {exclusive, no_resurrection, stats} <= {*rule.monitors, *rule.also}
