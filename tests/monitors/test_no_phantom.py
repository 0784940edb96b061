"""The monitor `no_phantom`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.monitors import no_phantom
from tests.monitors.notation import Twins, kinds

TWINS = (
    Twins(
        kind="invented",
        legal="p: enqueue t @3-6; a: claim t @2-3",
        illegal="p: enqueue t @3-6; a: claim t @1-2.9",
    ),
    Twins(
        kind="refused-but-kept",
        legal="p: enqueue t unknown; a: claim t",
        illegal="p: enqueue t refused; a: claim t",
    ),
    Twins(
        kind="changed",
        legal="p: enqueue t payload=1; a: claim t payload=1",
        illegal="p: enqueue t payload=1; a: claim t payload=1.0",
    ),
)


def test_a_delivery_needs_an_enqueue_that_started_before_it_ended() -> None:
    """A task may come while its enqueue runs, but not before."""
    assert kinds(no_phantom, "p: enqueue t @3-6; a: claim t @2-3") == []
    assert kinds(no_phantom, "p: enqueue t @3-6; a: claim t @1-2.9") == ["invented"]
    assert kinds(no_phantom, "a: claim t @1-2") == ["invented"]


def test_a_payload_without_a_label_is_invented() -> None:
    """A payload that the kit does not recognise was never enqueued."""
    assert kinds(no_phantom, "p: enqueue t; a: claim ?") == ["invented"]
    assert kinds(no_phantom, "p: enqueue t; a: claim -") == []


def test_a_refused_task_is_not_kept() -> None:
    """Refused and busy enqueues did not happen; unknown ones may have."""
    text = "p: enqueue t %s; a: claim t"
    assert kinds(no_phantom, text % "refused") == ["refused-but-kept"]
    assert kinds(no_phantom, text % "busy") == ["refused-but-kept"]
    assert kinds(no_phantom, text % "unknown") == []
    assert kinds(no_phantom, "p: enqueue t busy; p: enqueue t; a: claim t") == []


def test_a_payload_comes_back_unchanged() -> None:
    """The canonical texts are compared with any of several enqueues."""
    assert kinds(no_phantom, "p: enqueue t payload=1; a: claim t payload=1.0") == ["changed"]
    assert kinds(no_phantom, "p: enqueue t payload=1; a: claim t payload=1") == []
    twice = "p: enqueue t payload=1 unknown; p: enqueue t payload=2; a: claim t payload=%s"
    assert kinds(no_phantom, twice % 1) == []
    assert kinds(no_phantom, twice % 3) == ["changed"]


def test_a_batch_that_was_cut_off_may_contain_any_task() -> None:
    """It has no labels."""
    assert kinds(no_phantom, "p: enqueue @0- batch=3; a: claim t @5-6") == []
    assert kinds(no_phantom, "p: enqueue @0-1 batch=3 busy; a: claim t @5-6") == ["invented"]
    assert kinds(no_phantom, "p: enqueue @7- batch=3; a: claim t @5-6") == ["invented"]
