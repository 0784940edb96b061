"""A limitation names the rule that it waives, and says why and where it is documented."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_queuekit import AdapterError, Contract, Limitation
from pytest_queuekit.model.limitations import check_limitations
from tests.queues.memory import MemoryQueue

WAIVER = Limitation(rule="ENQUEUE-4", reason="Rejects NaN.", source="README, Payloads")


def contract(*limitations: Any) -> Contract:
    """Return the contract of a queue with these limitations."""
    return Contract.of(type("Limited", (MemoryQueue,), {"limitations": limitations}))


def test_a_limitation_waives_exactly_its_rule() -> None:
    """Free text waives nothing and stays in the list."""
    declared = contract("Forgets everything (README).", WAIVER)
    assert declared.waivers == {"ENQUEUE-4": WAIVER}
    assert declared.limitations == ("Forgets everything (README).", WAIVER)


def test_a_limitation_reads_as_one_sentence() -> None:
    """Reports show the rule, the reason and the source."""
    assert str(WAIVER) == "ENQUEUE-4: Rejects NaN (README, Payloads)."


@pytest.mark.parametrize(
    ("limitation", "message"),
    [
        (Limitation(rule="", reason="r", source="s"), r"Limitation\(rule=''\) needs a text"),
        (Limitation(rule="claims", reason="r", source="s"), "not a rule id: give one such as"),
        (Limitation(rule="CLAIM-0", reason="r", source="s"), "not a rule id"),
        (Limitation(rule="CLAIM-1", reason=" ", source="s"), "reason=' '"),
        (Limitation(rule="CLAIM-1", reason="r", source=""), "source=''"),
        ("", "limitations has ''"),
        (4, "limitations has 4: give a Limitation or a sentence"),
    ],
)
def test_an_incomplete_limitation_is_rejected(limitation: Any, message: str) -> None:
    """The error names the class and the field."""
    with pytest.raises(AdapterError, match=f"Limited: .*{message}"):
        contract(limitation)


def test_a_rule_is_waived_once() -> None:
    """Two reasons for one rule would leave it open which of them counts."""
    with pytest.raises(AdapterError, match="waive ENQUEUE-4 twice"):
        contract(WAIVER, WAIVER)


def test_an_unknown_rule_is_rejected_with_a_suggestion() -> None:
    """A misspelt id would waive nothing without a word."""
    misspelt = Limitation(rule="ENQEUE-4", reason="r", source="s")
    check_limitations(contract(WAIVER, "text"), {"ENQUEUE-4"})
    with pytest.raises(
        AdapterError, match="no rule has the id 'ENQEUE-4'; did you mean 'ENQUEUE-4'"
    ):
        check_limitations(contract(misspelt), {"ENQUEUE-4", "CLAIM-1"})
