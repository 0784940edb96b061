"""The monitor `converted_payload`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.monitors import converted_payload, no_phantom
from tests.monitors.notation import Twins, kinds

TWINS = (
    Twins(
        kind="converted",
        legal="p: enqueue t payload=(1,) converted=[1]; a: claim t payload=(1,)",
        illegal="p: enqueue t payload=(1,) converted=x; a: claim t payload=x",
    ),
)


def test_a_conversion_of_json_is_no_other_change() -> None:
    """What JSON gives back is not a changed payload; anything else is."""
    text = "p: enqueue t payload=(1,) converted=x; a: claim t payload=%s"
    assert kinds(no_phantom, text % "x") == []
    assert kinds(no_phantom, text % "y") == ["changed"]
    assert kinds(converted_payload, text % "y") == []
