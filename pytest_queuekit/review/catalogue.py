"""The checklist: its groups and codes in order."""

from __future__ import annotations

from pytest_queuekit.review.code import Code, Group
from pytest_queuekit.review.codes import (
    about_files,
    all_columns,
    bound_clock,
    by_evidence,
    copied_model,
    deferred_write,
    fixed_place,
    formatted_value,
    hidden_busy,
    literal_moment,
    one_by_one,
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
        codes=(
            slow_plan.CODE,
            all_columns.CODE,
            unbounded.CODE,
            slow_transaction.CODE,
            one_by_one.CODE,
        ),
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
"""The checklist's common pitfalls, each with the code that finds it."""

ABOUT_FILES: dict[str, Code] = {
    code.id: code
    for code in (
        about_files.UNREADABLE,
        about_files.UNUSED,
        about_files.UNCLEAR,
        about_files.UNCHECKED,
    )
}
"""The codes about files and suppressions, which are not on the checklist."""
