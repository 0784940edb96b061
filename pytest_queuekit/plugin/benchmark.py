"""pytest-benchmark as the kit's stopwatch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.performance.stopwatch import Sample

_SAVING = ("benchmark_save", "benchmark_autosave", "benchmark_json", "benchmark_compare")


def check_measurable(config: pytest.Config) -> None:
    """Raise NotRunError if this run cannot measure."""
    if hasattr(config, "workerinput") or config.getoption("dist", "no") != "no":
        raise NotRunError(
            "pytest-xdist runs several tests at once; run without -n", kind="unmeasured"
        )
    if not config.pluginmanager.hasplugin("pytest-benchmark"):
        raise NotRunError("pytest-benchmark is not loaded", kind="unmeasured")
    for name in ("disable", "skip"):
        if config.getoption(f"benchmark_{name}") and not config.getoption("benchmark_enable"):
            raise NotRunError(f"--benchmark-{name} was given", kind="unmeasured")


class BenchmarkStopwatch:
    """A stopwatch that uses a benchmark fixture."""

    def __init__(self, fixture: Any) -> None:
        self.fixture = fixture

    def __call__(
        self,
        function: Callable[..., Any],
        *,
        setup: Callable[[], tuple[Sequence[Any], dict[str, Any]]] | None = None,
        rounds: int,
    ) -> Sample:
        """Measure `rounds` calls, each on its own."""
        self.fixture.pedantic(function, setup=setup, rounds=rounds, iterations=1)
        return Sample.of(self.fixture.stats.stats.data)


def stopwatch_for(item: pytest.Item) -> BenchmarkStopwatch:
    """Return a stopwatch for an item without fixtures. Raises NotRunError if a run cannot measure.

    pytest-benchmark gets the results only if it has to save or compare them. Otherwise it would
    print a table of the figures that the summary already has.
    """
    check_measurable(item.config)
    from pytest_benchmark import fixture

    # The session has no public name; the fixture of pytest-benchmark reads the same attribute.
    session: Any = item.config._benchmarksession  # type: ignore[attr-defined]
    saved = any(item.config.getoption(name) for name in _SAVING)
    dropped: list[Any] = []
    make: Any = fixture.BenchmarkFixture  # its parameters have no types
    return BenchmarkStopwatch(
        make(
            item,
            add_stats=(session.benchmarks if saved else dropped).append,
            logger=session.logger,
            warner=item.warn,
            disabled=False,
            **session.options,
        )
    )
