"""A recorded history is judged as far as it goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_queuekit.histories.judging import FROM_THE_START, JUDGES, judge
from pytest_queuekit.model.capabilities import Order
from pytest_queuekit.model.rules_of_kind import RULES_OF
from pytest_queuekit.rules.catalogue import CATALOGUE
from tests.histories.files import CLAIM, COMPLETE, ENQUEUE, HEAD, WHOLE, call, recorded
from tests.monitors.notation import contract
from tests.monitors.test_twins import _twins_of

KINDS = {twins.kind for monitor in JUDGES for twins in _twins_of(monitor)}
LEASED = {"lease": 30}


def _kinds(folder: Path, *lines: Any) -> list[str]:
    judged = judge(recorded(folder, *lines), contract(), lambda _: None)
    return [violation.kind for violation in judged.violations]


def test_two_deliveries_within_a_lease_are_reported(tmp_path: Path) -> None:
    """Also of a task that was enqueued before the first call."""
    again = call("b", "claim", "t", 20)
    assert _kinds(tmp_path, {**WHOLE, **LEASED}, ENQUEUE, CLAIM, again) == ["double-delivery"]
    assert _kinds(tmp_path, {**HEAD, **LEASED}, CLAIM, again) == ["double-delivery"]
    later = call("b", "claim", "t", 40)
    assert _kinds(tmp_path, {**HEAD, **LEASED}, CLAIM, later) == []


def test_a_task_from_before_the_first_call_is_not_invented(tmp_path: Path) -> None:
    """Only a complete history has every enqueue."""
    assert _kinds(tmp_path, {**HEAD, **LEASED}, CLAIM) == []
    assert _kinds(tmp_path, {**WHOLE, **LEASED}, CLAIM) == ["invented"]


def test_an_unknown_delivery_leaves_its_task_out(tmp_path: Path) -> None:
    """The release of a claim from before the first call may explain the second delivery."""
    lines = [call("a", "claim", "t", 1), call("x", "release", "t", 2), call("b", "claim", "t", 3)]
    assert _kinds(tmp_path, {**HEAD, **LEASED}, *lines) == []
    judged = judge(recorded(tmp_path, {**HEAD, **LEASED}, *lines), contract(), lambda _: None)
    assert judged.left_out == 1


def test_a_key_may_be_held_from_before_the_first_call(tmp_path: Path) -> None:
    """Its task is then never delivered, and that is no loss."""
    enqueue = call("p", "enqueue", "t", 0, arguments={"key": "k"})
    empty = call("a", "claim", None, 5)
    drained = {**LEASED, "drained": True}
    assert _kinds(tmp_path, {**HEAD, **drained}, enqueue, empty) == []
    assert "lost" in _kinds(tmp_path, {**WHOLE, **drained}, enqueue, empty)


def test_a_call_without_an_end_is_no_fault_of_the_queue(tmp_path: Path) -> None:
    """Its client may have died; both futures are accepted."""
    cut_off = {**COMPLETE, "end": None}
    lines = [{**WHOLE, **LEASED, "drained": True}, ENQUEUE, CLAIM, cut_off]
    assert _kinds(tmp_path, *lines, call("b", "claim", None, 90)) == []
    assert _kinds(tmp_path, *lines, call("b", "claim", "t", 90)) == []


def test_the_tolerance_excuses_what_clocks_may_explain(tmp_path: Path) -> None:
    """Two claims out of order by less than twice the tolerance may have come in order."""
    lines = [
        ENQUEUE,
        call("p", "enqueue", "u", 1),
        call("a", "claim", "u", 5),
        call("b", "claim", "t", 6),
    ]
    assert _kinds(tmp_path, {**WHOLE, **LEASED}, *lines) == ["fifo-order"]
    assert _kinds(tmp_path, {**WHOLE, **LEASED, "tolerance": 0.5}, *lines) == []


def test_gaps_are_named(tmp_path: Path) -> None:
    """Each with what the history or the contract lacks."""
    unordered = contract(order=Order(ties="none"))
    gaps = judge(recorded(tmp_path, HEAD, CLAIM), unordered, lambda _: None).gaps
    assert [gap.partition(":")[0] for gap in gaps] == [
        "lost tasks",
        "invented tasks, counts, keys, requeues and attempts before the first call",
        "order",
        "payloads",
        "the length of leases",
    ]
    payload = {"result": {"payload": "'t'"}, "arguments": {"lease": 30}}
    head = {**WHOLE, "drained": True}
    assert (
        judge(recorded(tmp_path, head, {**CLAIM, **payload}), contract(), lambda _: None).gaps == ()
    )


def test_each_kind_has_a_rule() -> None:
    """The rule runs the monitor that reports the kind."""
    assert set(RULES_OF) >= KINDS
    assert KINDS >= FROM_THE_START
    rules = {rule.id: rule for rule in CATALOGUE}
    for monitor in JUDGES:
        for twins in _twins_of(monitor):
            rule = rules[RULES_OF[twins.kind][0]]
            assert monitor in (*rule.monitors, *rule.also), (twins.kind, rule.id)
