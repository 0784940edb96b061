"""The checklist: its groups in order, and where each of its lines is decided."""

from __future__ import annotations

from pytest_queuekit.review.code import Code, Group
from pytest_queuekit.review.codes import (
    all_columns,
    bound_clock,
    by_evidence,
    copied_model,
    deferred_write,
    fixed_place,
    formatted_value,
    hidden_busy,
    literal_moment,
    own_configuration,
    own_pragma,
    parsed_payload,
    payload_without_json,
    raw_connection,
    read_inside,
    slow_plan,
    slow_transaction,
    tight_retry,
    too_many_workers,
    two_step_claim,
    unbounded,
    unpacked_row,
    write_outside,
)

GROUPS: tuple[Group, ...] = (
    Group(
        name="Database Operations",
        codes=(
            raw_connection.CODE,
            write_outside.CODE,
            read_inside.CODE,
            hidden_busy.CODE,
            formatted_value.CODE,
            bound_clock.CODE,
            literal_moment.CODE,
        ),
    ),
    Group(
        name="Data Models",
        codes=(
            copied_model.CODE,
            payload_without_json.CODE,
            unpacked_row.CODE,
            parsed_payload.CODE,
        ),
    ),
    Group(
        name="Configuration",
        codes=(own_pragma.CODE, too_many_workers.CODE, fixed_place.CODE, own_configuration.CODE),
    ),
    Group(
        name="Performance",
        codes=(slow_plan.CODE, all_columns.CODE, unbounded.CODE, slow_transaction.CODE),
    ),
    Group(
        name="Concurrency",
        codes=(two_step_claim.CODE, deferred_write.CODE, by_evidence.NO_RACE, tight_retry.CODE),
    ),
    Group(
        name="Testing",
        codes=(
            by_evidence.UNIT_TESTS,
            by_evidence.INTEGRATION_TESTS,
            by_evidence.EIGHT_CHECKS,
            by_evidence.MEASURED,
        ),
    ),
)

CODES: tuple[Code, ...] = tuple(code for group in GROUPS for code in group.codes)

PITFALLS: dict[str, str] = {
    "DON'T: Use raw datetime strings": "QR107",
    "DON'T: Forget transactions for writes": "QR102",
    "DON'T: Use SELECT * in production": "QR402",
    "DON'T: Claim tasks without atomic operations": "QR501",
}
"""The common pitfalls, and the codes that find them."""

UNREADABLE = "QR001"
"""A file cannot be read."""
UNUSED = "QR002"
"""A comment suppresses what is not found in its line."""
UNCLEAR = "QR003"
"""A comment suppresses without a code that there is, or without a reason."""

ABOUT_FILES: dict[str, str] = {
    UNREADABLE: "The file can be read.",
    UNUSED: "A suppression suppresses something.",
    UNCLEAR: "A suppression names its codes and its reason.",
}
"""What a review says of a file besides the checklist."""
