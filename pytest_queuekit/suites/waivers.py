"""Waives known failures that the adapter's limitations or the user's settings accept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.verdict import Status, Verdict, Waiver


def waive(
    verdict: Verdict, contract: Contract, configured: Mapping[tuple[str, str], Waiver]
) -> Verdict:
    """Return the verdict after its waiver is applied.

    A failure with a waiver is waived. A pass keeps the waiver, so that the report can say that it
    is no longer needed, and so does a check that was not exercised. The user's waiver comes before
    the adapter's.
    """
    waiver = configured.get((verdict.rule, verdict.queue)) or configured.get((verdict.rule, ""))
    limitation = contract.waivers.get(verdict.rule)
    if waiver is None and limitation is not None:
        waiver = Waiver(reason=limitation.reason, source=limitation.source)
    if waiver is None or not (verdict.exercised or verdict.unexercised):
        return verdict
    failed = verdict.status is Status.FAIL
    return replace(verdict, waiver=waiver, status=Status.WAIVED if failed else verdict.status)
