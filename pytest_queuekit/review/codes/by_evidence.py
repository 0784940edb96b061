"""QR503 and QR6: the items that tests and measurements decide, not the text."""

from __future__ import annotations

from pytest_queuekit.review.code import Code, Decided

NO_RACE = Code(
    id="QR503",
    item="No race conditions in task claiming",
    title="One task claimed by two workers",
    sentence="No task is ever claimed by two workers at the same time.",
    why="Otherwise a mail is sent twice, or a card is charged twice.",
    decided=Decided.EVIDENCE,
    how="the rules of family RACE: pytest queue-validate::RACE --queue-impl SPEC",
)
UNIT_TESTS = Code(
    id="QR601",
    item="Unit tests for your feature",
    title="Feature without unit tests",
    sentence="The feature has unit tests.",
    why="Only tests define how the feature should behave.",
    decided=Decided.EVIDENCE,
    how="the tests and the coverage of the code: pytest --cov=PACKAGE",
)
INTEGRATION_TESTS = Code(
    id="QR602",
    item="Integration tests with queue",
    title="Feature without integration tests",
    sentence="Some tests run against a real queue in a file.",
    why="A fake queue behaves as its author expects; a real queue may not.",
    decided=Decided.EVIDENCE,
    how="tests that use queue_db or queue_integration_check: pytest -m queue_integration",
)
EIGHT_CHECKS = Code(
    id="QR603",
    item="Running validation script (validation.py)",
    title="Database checks not passed",
    sentence="The eight database checks pass on the database in use.",
    why="The checks find a schema that someone changed by hand, before a worker fails because of "
    "the change.",
    decided=Decided.EVIDENCE,
    how="pytest --queue-db PATH, or python -m pytest_queuekit.queue.validation PATH",
)
MEASURED = Code(
    id="QR604",
    item="Performance impact measured",
    title="Performance impact not measured",
    sentence="Tests measure the load that the feature puts on the queue.",
    why="Otherwise a slow feature is noticed only in production.",
    decided=Decided.EVIDENCE,
    how="tests that use queue_benchmark: pytest -m queue_perf",
)
