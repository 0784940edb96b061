"""A task that an actor has claimed."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_queuekit.model.adapter import Claim


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A task that an actor has claimed.

    label: the kit's name for the task.
    claim: the adapter's answer.
    number: the number of the claim among its actor's operations.
    """

    label: str
    claim: Claim
    number: int
