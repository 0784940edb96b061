"""QR503 and QR6: what tests and figures show, and no text does."""

from __future__ import annotations

from pytest_queuekit.review.code import Code, Decided

NO_RACE = Code(
    id="QR503",
    item="No race conditions in task claiming",
    sentence="No two workers are ever given one task.",
    why="A mail is sent, or a card is charged, twice.",
    decided=Decided.EVIDENCE,
    how="the rules of the family RACE: pytest queue-validate::RACE --queue-impl SPEC",
)
UNIT_TESTS = Code(
    id="QR601",
    item="Unit tests for your feature",
    sentence="The feature has tests of its own.",
    why="Nobody else knows what it should do.",
    decided=Decided.EVIDENCE,
    how="the tests and the coverage of their code: pytest --cov=PACKAGE",
)
INTEGRATION_TESTS = Code(
    id="QR602",
    item="Integration tests with queue",
    sentence="Some tests run against a queue in a file.",
    why="A queue that is made up answers what its author expected.",
    decided=Decided.EVIDENCE,
    how="tests that use queue_db or queue_integration_check: pytest -m queue_integration",
)
EIGHT_CHECKS = Code(
    id="QR603",
    item="Running validation script (validation.py)",
    sentence="The eight checks pass on the database that is used.",
    why="A schema that was changed by hand is found before the worker finds it.",
    decided=Decided.EVIDENCE,
    how="pytest --queue-db PATH, or python -m pytest_queuekit.queue.validation PATH",
)
MEASURED = Code(
    id="QR604",
    item="Performance impact measured",
    sentence="What the feature costs the queue has been measured.",
    why="Slow is found in production otherwise.",
    decided=Decided.EVIDENCE,
    how="tests that use queue_benchmark: pytest -m queue_perf",
)
