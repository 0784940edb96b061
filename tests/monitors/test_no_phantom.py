"""The monitor `no_invention`: legal histories beside their illegal twins."""

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


def test_a_delivery_needs_an_enqueue_that_began_before_it_ended() -> None:
    """While an enqueue runs its task may already come; before it began it may not."""
    assert kinds(no_phantom, "p: enqueue t @3-6; a: claim t @2-3") == []
    assert kinds(no_phantom, "p: enqueue t @3-6; a: claim t @1-2.9") == ["invented"]
    assert kinds(no_phantom, "a: claim t @1-2") == ["invented"]


def test_a_payload_that_carries_no_label_is_an_invention() -> None:
    """What the kit does not recognise nobody enqueued."""
    assert kinds(no_phantom, "p: enqueue t; a: claim ?") == ["invented"]
    assert kinds(no_phantom, "p: enqueue t; a: claim -") == []


def test_what_was_refused_is_not_kept() -> None:
    """Refused and busy mean that nothing happened; unknown means that it may have."""
    text = "p: enqueue t %s; a: claim t"
    assert kinds(no_phantom, text % "refused") == ["refused-but-kept"]
    assert kinds(no_phantom, text % "busy") == ["refused-but-kept"]
    assert kinds(no_phantom, text % "unknown") == []
    assert kinds(no_phantom, "p: enqueue t busy; p: enqueue t; a: claim t") == []


def test_a_payload_comes_back_as_it_was() -> None:
    """The canonical texts are compared; of several enqueues any will do."""
    assert kinds(no_phantom, "p: enqueue t payload=1; a: claim t payload=1.0") == ["changed"]
    assert kinds(no_phantom, "p: enqueue t payload=1; a: claim t payload=1") == []
    twice = "p: enqueue t payload=1 unknown; p: enqueue t payload=2; a: claim t payload=%s"
    assert kinds(no_phantom, twice % 1) == []
    assert kinds(no_phantom, twice % 3) == ["changed"]


def test_a_batch_that_was_cut_off_may_have_put_in_anything() -> None:
    """It had no time to name its tasks."""
    assert kinds(no_phantom, "p: enqueue @0- batch=3; a: claim t @5-6") == []
    assert kinds(no_phantom, "p: enqueue @0-1 batch=3 busy; a: claim t @5-6") == ["invented"]
    assert kinds(no_phantom, "p: enqueue @7- batch=3; a: claim t @5-6") == ["invented"]
