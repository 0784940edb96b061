"""How rules are named in a pytest run: `queue-validate::CLAIM-1[reference]`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pytest

from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.suggest import did_you_mean

_LANE = re.compile(r"-lane-(\d+)(?=\[)")
_UNFIT = re.compile(r"[^\w.@+-]+")


def label_all(queues: Sequence[QueueUnderTest]) -> dict[str, QueueUnderTest]:
    """Return the queues under labels that differ and are fit for a node id."""
    labelled: dict[str, QueueUnderTest] = {}
    for queue in queues:
        plain = _UNFIT.sub("-", queue.contract.name).strip("-") or "queue"
        label, number = plain, 1
        while label in labelled:
            number += 1
            label = f"{plain}-{number}"
        labelled[label] = queue
    return labelled


def item_name(rule: str, label: str) -> str:
    """Return the name of the item that puts a rule to a queue."""
    return f"{rule}[{label}]"


def lane_name(rule: str, label: str, lane: int) -> str:
    """Return the name of the item that is one lane of a race: `RACE-2-lane-1[reference]`."""
    return item_name(f"{rule}-lane-{lane}", label)


def lane_of(node_id: str) -> int:
    """Return the number of the lane that a node id means; 0 for what is no lane."""
    found = _LANE.search(node_id)
    return int(found[1]) if found else 0


def without_lane(node_id: str) -> str:
    """Return the node id, or name, of the rule whose lane this is."""
    return _LANE.sub("", node_id)


def chosen_names(names: Sequence[str], chosen: Iterable[str]) -> set[str]:
    """Return those of the item names that the given node ids mean.

    An id may end in an item's name, in a rule's id (for all queues) or in a family's name; the
    head alone means everything. A lane is never chosen without the others of its race.
    Raises pytest.UsageError for one that means nothing.
    """
    found: set[str] = set()
    for node_id in chosen:
        wanted = without_lane(node_id.partition("::")[2])
        matching = {name for name in names if not wanted or wanted in _meanings(name)}
        if not matching:
            raise pytest.UsageError(_not_found(node_id, wanted, names))
        found |= matching
    return found


def _meanings(name: str) -> tuple[str, str, str]:
    name = without_lane(name)
    rule = name.partition("[")[0]
    return name, rule, rule.rpartition("-")[0]


def _not_found(node_id: str, wanted: str, names: Sequence[str]) -> str:
    meanings = (meaning for name in names for meaning in _meanings(name) if meaning)
    return f"not found: {node_id}{did_you_mean(wanted, meanings)}"
