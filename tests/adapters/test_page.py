"""docs/adapters.md tells the whole form, and all queues that can be named."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from pytest_queuekit.adapters.catalogue import BUILT_IN
from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.capabilities import Capability

PAGE = (Path(__file__).parents[2] / "docs" / "adapters.md").read_text(encoding="utf-8")
WORDS = set(re.findall(r"`([\w-]+)[(`]", PAGE))
FORM = [name for name in vars(QueueAdapter) if not name.startswith("_")]


@pytest.mark.parametrize("name", FORM)
def test_each_part_of_the_form_is_told(name: str) -> None:
    """Every attribute and method of QueueAdapter has its place."""
    assert name in WORDS


@pytest.mark.parametrize("capability", Capability)
def test_each_capability_is_told(capability: Capability) -> None:
    """And so has every capability."""
    assert capability.value in WORDS


@pytest.mark.parametrize("name", BUILT_IN)
def test_each_built_in_name_is_told(name: str) -> None:
    """And every name that can be given."""
    assert name in WORDS


def test_each_default_is_told_as_it_is() -> None:
    """The table's second column says what the class says."""
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", PAGE, re.MULTILINE)
    assert len(rows) >= 13
    for name, told in rows:
        value = getattr(QueueAdapter, name)
        shown = str(value) if not hasattr(value, "ties") else "Order()"
        assert shown == told, name


def test_a_claim_is_told_with_all_its_fields() -> None:
    """The fields of Claim are those in the text."""
    (told,) = re.findall(r"`Claim\(([^)]*)\)`", PAGE)
    assert told.split(", ") == list(inspect.signature(Claim).parameters)
