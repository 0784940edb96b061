"""The monitor `no_spurious_refusal`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.monitors import no_spurious_refusal
from tests.monitors.notation import Twins, contract, history, kinds

TWINS = (
    Twins(
        kind="turned-away",
        legal="p: enqueue t payload=1",
        illegal="p: enqueue t payload=1 refused",
    ),
)


def test_only_a_refusal_is_reported() -> None:
    """Busy and unknown answers are judged by other monitors."""
    for outcome in ("ok", "busy", "unknown"):
        assert kinds(no_spurious_refusal, f"p: enqueue t {outcome}") == []
    assert kinds(no_spurious_refusal, "a: claim refused") == []


def test_the_detail_quotes_the_payload_the_domain_and_the_error() -> None:
    """The reader sees what was refused, and why it should have been accepted."""
    text = "p: enqueue t payload=[1] refused error=TooBig @3-3"
    (violation,) = no_spurious_refusal(history(text), contract())
    assert violation.detail == (
        "The queue refused the enqueue of t by `p` at 0.000 s (TooBig). Its payload '[1]' is "
        "valid: declared `payload=JSON`."
    )
