"""A run as SARIF 2.1.0, for the services that show findings beside the code."""

from __future__ import annotations

from pytest_queuekit.model.run_result import RunResult
from pytest_queuekit.model.verdict import Status
from pytest_queuekit.report.sarif import as_sarif as sarif_of


def as_sarif(result: RunResult) -> str:
    """Return one run with a result for each failure."""
    failed = [verdict for verdict in result.verdicts if verdict.status is Status.FAIL]
    return sarif_of(
        failed,
        tool="pytest-queuekit",
        version=result.environment.get("queuekit", "0"),
        explanations=result.explanations,
    )
