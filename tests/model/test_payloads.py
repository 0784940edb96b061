"""Labels inside payloads: found again in each domain, whatever a queue did to the payload."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_queuekit.model.capabilities import Payload
from pytest_queuekit.model.history import UNRECOGNISED, History, Operation, Outcome, Verb
from pytest_queuekit.model.payloads import canonical, content_of, label_of, label_of_number, wrap

LABELS = st.text(
    st.characters(codec="ascii", min_codepoint=32, max_codepoint=126, exclude_characters=':"\\'),
    max_size=20,
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
BODIES = {
    Payload.JSON: VALUES,
    Payload.OBJECT: VALUES | st.tuples(VALUES) | st.sets(st.integers()) | st.binary(),
    Payload.TEXT: st.text(),
    Payload.BYTES: st.binary(),
}


@pytest.mark.parametrize("domain", BODIES)
@given(data=st.data(), label=LABELS)
def test_a_label_is_found_again(domain: Payload, data: st.DataObject, label: str) -> None:
    """A wrapped payload is recognised, with any body, in each domain."""
    body = data.draw(st.none() | BODIES[domain])
    assert label_of(wrap(label, domain, body)) == label


@given(label=LABELS, body=VALUES)
def test_a_label_is_found_in_another_type(label: str, body: Any) -> None:
    """A payload that comes back as text, bytes or text in text is still recognised."""
    text = json.dumps(wrap(label, Payload.JSON, body))
    assert label_of(text) == label
    assert label_of(text.encode()) == label
    assert label_of(json.dumps(text)) == label
    assert label_of(memoryview(wrap(label, Payload.TEXT).encode())) == label
    assert label_of(wrap(label, Payload.BYTES).decode()) == label


@given(label=LABELS)
def test_a_label_is_found_in_a_payload_cut_short(label: str) -> None:
    """A payload that lost its end is not taken for one that no actor enqueued."""
    text = json.dumps(wrap(label, Payload.JSON, "a long body"))
    assert label_of(text[:-5]) == label
    assert label_of(wrap(label, Payload.TEXT, "a long body")[:-5]) == label


@pytest.mark.parametrize(
    "payload",
    [None, 7, "", "queuekit", b"\xff", {}, {"queuekit": 7}, [], '["queuekit"]', "[" * 5000, "7"],
)
def test_a_strange_payload_has_no_label(payload: object) -> None:
    """A payload of another producer is not recognised, and breaks nothing."""
    assert label_of(payload) is None


@pytest.mark.parametrize("label", ["a:b", 'a"b', "a\\b", "é", "a\n"])
def test_a_label_that_could_not_be_found_is_refused(label: str) -> None:
    """A label that a domain could not carry is the mistake of a rule, and reported at once."""
    with pytest.raises(ValueError, match="label="):
        wrap(label, Payload.JSON)


def same(first: Any, second: Any) -> bool:
    """Compare two JSON values, types and signs of zero included."""
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list):
        return len(first) == len(second) and all(map(same, first, second))
    return repr(first) == repr(second)


@given(first=VALUES, second=VALUES)
def test_only_equal_payloads_share_a_canonical_text(first: Any, second: Any) -> None:
    """Canonical texts agree where the payloads do, and nowhere else."""
    assert (canonical(first) == canonical(second)) == same(first, second)


@given(value=VALUES)
def test_a_payload_keeps_its_canonical_text_on_the_way_through_json(value: Any) -> None:
    """A queue that carries JSON correctly is never accused of having changed it."""
    assert canonical(json.loads(json.dumps(value))) == canonical(value)


@pytest.mark.parametrize(
    "different",
    [
        (1, 1.0, True, "1", b"1", bytearray(b"1")),
        ([1], (1,), {1}, frozenset({1}), {1: None}),
        ({"a": 1}, {"a": 1.0}, {b"a": 1}, {"a": "1"}),
        (0.0, -0.0, 0),
        (None, "None", False, 0, ""),
    ],
)
def test_types_count(different: tuple[object, ...]) -> None:
    """Values that Python calls equal, or that print alike, are different payloads."""
    assert len({canonical(value) for value in different}) == len(different)


def test_order_counts_only_where_there_is_one() -> None:
    """Dicts and sets are equal in any order, lists are not."""
    assert canonical({"a": 1, "b": 2}) == canonical({"b": 2, "a": 1})
    assert canonical({"a", "b", "c"}) == canonical({"c", "b", "a"})
    assert canonical([1, 2]) != canonical([2, 1])


@pytest.mark.parametrize("domain", BODIES)
@given(data=st.data())
def test_the_content_is_what_a_payload_holds_beside_its_label(
    domain: Payload, data: st.DataObject
) -> None:
    """The body, or nothing."""
    body = data.draw(BODIES[domain])
    content = content_of(canonical(wrap("task-1", domain, body)), "task-1")
    if domain in (Payload.JSON, Payload.OBJECT) and body is not None:
        assert content == canonical(body)
    else:
        assert bool(content) == bool(body)


@pytest.mark.parametrize(
    ("payload", "content"),
    [
        (0, "0"),
        ("", "''"),
        (None, "None"),
        (b"", "b''"),
        ("no label", "'no label'"),
        (wrap("t", Payload.JSON, []), "[]"),
        (wrap("t", Payload.TEXT, "it's"), "it's"),
        (wrap("t", Payload.BYTES, b"\0"), "\\x00"),
        (wrap("t", Payload.BYTES), ""),
    ],
)
def test_the_content_of_a_payload_without_a_label_is_all_of_it(payload: Any, content: str) -> None:
    """It has no room for a label."""
    assert content_of(canonical(payload), "t") == content


def test_an_integer_stands_for_its_label() -> None:
    """Each process makes the same number, and one that did not enqueue it learns the label late."""
    number = wrap("task-1", Payload.INTEGER)
    assert number == wrap("task-1", Payload.INTEGER, "body") != wrap("task-2", Payload.INTEGER)
    assert 0 < number <= 2**52
    assert label_of(number) is None
    stand_in = label_of_number(number)
    enqueue = _call(Verb.ENQUEUE, 0, "task-1", arguments={"payload": canonical(number)})
    claims = [_call(Verb.CLAIM, 1, stand_in), _call(Verb.CLAIM, 2, label_of_number(7))]
    dead = _call(Verb.DEAD_LETTERS, 3, None, result=[stand_in, "other", label_of_number(7)])
    history = History.of([enqueue, *claims, dead])
    assert [call.task for call in history] == ["task-1", "task-1", UNRECOGNISED, None]
    assert history.operations[-1].result == ["task-1", "other", UNRECOGNISED]
    assert label_of_number(True) is label_of_number("7") is None


def _call(verb: Verb, start: int, task: str | None, **fields: Any) -> Operation:
    return Operation(
        actor="a",
        number=start,
        verb=verb,
        start=start,
        end=start,
        outcome=Outcome.OK,
        task=task,
        **fields,
    )
