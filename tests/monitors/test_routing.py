"""The monitor `routing`: legal histories beside their illegal twins."""

from __future__ import annotations

import pytest

from pytest_queuekit.monitors import routing
from tests.monitors.notation import Twins, kinds

TWINS = (
    Twins(
        kind="misrouted",
        legal=(
            'p: enqueue t capabilities={"region":"EU"}; a: claim t capabilities={"region":"EU"}'
        ),
        illegal=(
            'p: enqueue t capabilities={"region":"EU"}; a: claim t capabilities={"region":"US"}'
        ),
    ),
)

TEXT = "p: enqueue t %s; a: claim t %s"
WRONG = ["misrouted"]


@pytest.mark.parametrize(
    ("needs", "offers", "expected"),
    [
        ('{"region":"EU"}', '{"region":"EU"}', []),
        ('{"region":"EU"}', '{"region":"US"}', WRONG),
        ('{"region":"EU"}', '{"region":["US","EU"]}', []),
        ('{"region":"EU"}', '{"region":["US"]}', WRONG),
        ('{"region":"EU"}', '{"region":"EUROPE"}', WRONG),
        ('{"region":"EU"}', '{"zone":"EU"}', WRONG),
        ('{"region":"EU","size":1}', '{"region":"EU"}', WRONG),
        ('{"region":"EU"}', '{"region":"EU","size":1}', []),
        ("{}", '{"region":"US"}', []),
        ("null", '{"region":"US"}', []),
        ('{"region":"EU"}', "{}", []),
        ('{"region":null}', '{"zone":1}', WRONG),
    ],
)
def test_a_worker_has_the_needed_capabilities(needs: str, offers: str, expected: list[str]) -> None:
    """It has each key, with the value or a list that contains it; a silent worker is left out."""
    text = TEXT % (f"capabilities={needs}", f"capabilities={offers}")
    assert kinds(routing, text) == expected


def test_a_claim_without_capabilities_is_left_out() -> None:
    """Such a worker may take every task."""
    assert kinds(routing, TEXT % ('capabilities={"region":"EU"}', "")) == []


def test_any_of_several_enqueues_may_count() -> None:
    """A client that retried may have asked for other capabilities."""
    text = 'p: enqueue t capabilities={"r":1} unknown; p: enqueue t %s; a: claim t '
    assert kinds(routing, text % "" + 'capabilities={"r":2}') == []
    assert kinds(routing, text % 'capabilities={"r":3}' + 'capabilities={"r":2}') == WRONG
