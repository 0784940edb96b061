"""Checks declared limitations against the rules that exist."""

from __future__ import annotations

from collections.abc import Collection

from pytest_queuekit.errors import AdapterError
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.suggest import did_you_mean


def check_limitations(contract: Contract, known_ids: Collection[str]) -> None:
    """Raise AdapterError if a limitation waives a rule that is not among the known ids."""
    for rule in contract.waivers:
        if rule not in known_ids:
            raise AdapterError(
                f"{contract.name}: Limitation(rule={rule!r}): no rule has the id {rule!r}"
                f"{did_you_mean(rule, known_ids)}"
            )
