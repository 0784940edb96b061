"""docs/adapters.md documents the whole form and every built-in name."""

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
def test_each_part_of_the_form_is_documented(name: str) -> None:
    """The page has every attribute and method of QueueAdapter."""
    assert name in WORDS


@pytest.mark.parametrize("capability", Capability)
def test_each_capability_is_documented(capability: Capability) -> None:
    """The page has every capability."""
    assert capability.value in WORDS


@pytest.mark.parametrize("name", BUILT_IN)
def test_each_built_in_name_is_documented(name: str) -> None:
    """The page has every built-in name."""
    assert name in WORDS


def test_each_default_is_documented() -> None:
    """The table's second column equals the default of the class."""
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", PAGE, re.MULTILINE)
    assert len(rows) >= 13
    for name, documented in rows:
        value = getattr(QueueAdapter, name)
        shown = f'"{value}"' if value and isinstance(value, str) else str(value)
        shown = "Order()" if hasattr(value, "ties") else shown
        assert shown == documented, name


def test_a_claim_is_documented_with_all_its_fields() -> None:
    """The text has exactly the fields of Claim."""
    (documented,) = re.findall(r"`Claim\(([^)]*)\)`", PAGE)
    assert documented.split(", ") == list(inspect.signature(Claim).parameters)
