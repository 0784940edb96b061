"""Names the checks of a pytest run, and finds the checks that the command line means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pytest

from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.suggest import did_you_mean
from pytest_queuekit.suites.check import Check

_UNFIT = re.compile(r"[^\w.@+-]+")


def label_all(queues: Sequence[QueueUnderTest]) -> dict[str, QueueUnderTest]:
    """Return the queues under labels that differ and fit into a node id."""
    labelled: dict[str, QueueUnderTest] = {}
    for queue in queues:
        plain = _UNFIT.sub("-", queue.contract.name).strip("-") or "queue"
        label, number = plain, 1
        while label in labelled:
            number += 1
            label = f"{plain}-{number}"
        labelled[label] = queue
    return labelled


def chosen_checks(checks: Sequence[Check], node_ids: Iterable[str]) -> list[Check]:
    """Return the checks that the given node ids mean; without any, all.

    A node id ends in a check's name, its id or slug (for every queue), or a family; the head alone
    means everything. A lane comes with the other lanes of its race.
    Raises pytest.UsageError for an id that means nothing.
    """
    wanted = {node_id: node_id.partition("::")[2] for node_id in node_ids}
    if not wanted:
        return list(checks)
    known = {meaning for check in checks for meaning in check.meanings}
    for node_id, word in wanted.items():
        if word and word not in known:
            raise pytest.UsageError(f"not found: {node_id}{did_you_mean(word, known)}")
    words = set(wanted.values())
    return [check for check in checks if "" in words or words & {*check.meanings}]
