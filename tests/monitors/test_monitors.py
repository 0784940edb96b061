"""Properties that all monitors share."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from pytest_queuekit import monitors
from pytest_queuekit.model.history import History
from pytest_queuekit.monitors import FOR_SCENARIOS, MONITORS, Monitor, check
from tests.monitors.notation import contract, history


def test_the_lists_are_complete() -> None:
    """Each module of the folder has a monitor of the same name in one of the two lists."""
    folder = Path(str(monitors.__file__)).parent
    modules = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    listed = [monitor.__name__ for monitor in (*MONITORS, *FOR_SCENARIOS)]
    assert sorted(listed) == modules


def test_every_monitor_can_be_imported_by_name() -> None:
    """`__all__` contains the monitors, the two lists, the type and `check`."""
    listed = {monitor.__name__ for monitor in (*MONITORS, *FOR_SCENARIOS)}
    assert set(monitors.__all__) == listed | {"MONITORS", "FOR_SCENARIOS", "Monitor", "check"}
    assert all(getattr(monitors, name) is not None for name in monitors.__all__)


@pytest.mark.parametrize(
    "monitor", [*MONITORS, *FOR_SCENARIOS], ids=lambda monitor: monitor.__name__
)
def test_an_empty_history_is_legal(monitor: Monitor) -> None:
    """No monitor reports a violation without operations."""
    assert monitor(History(operations=(), drained=True), contract()) == []


NONSENSE = ["null", "NaN", "Infinity", "-Infinity", "-1", "0", "1e400", "[]", "{}", "true", '"x"']
NONSENSE += ["1" + "0" * 400]


@pytest.mark.parametrize("monitor", MONITORS, ids=lambda monitor: monitor.__name__)
def test_invalid_options_stop_no_monitor(monitor: Monitor) -> None:
    """Accepted options of any type and size are read without an error."""
    lines = [
        f"p: enqueue t{n} priority={value} delay={value} max_attempts={value} key={value} "
        f"capabilities={value}; a: claim t{n} lease={value} capabilities={value} batch={value};"
        f"a: extend t{n} seconds={value}; b: claim - lease={value} capabilities={value};"
        f"a: fail t{n}; b: claim t{n}; a: stats queued={value}"
        for n, value in enumerate(NONSENSE)
    ]
    violations = monitor(history(";".join(lines), lease=5, drained=True), contract())
    assert all(violation.witness for violation in violations)


def test_check_runs_all_monitors_and_sorts_by_witness() -> None:
    """Violations of several monitors come in one list, the smallest witness first."""
    text = "p: enqueue t; a: claim t; b: claim t; c: claim u; z: claim busy"
    violations = check(history(text, lease=60), contract())
    assert [violation.kind for violation in violations] == ["invented", "busy", "double-delivery"]
    assert [len(violation.witness) for violation in violations] == [1, 1, 2]


def test_check_leaves_out_monitors_of_scenarios() -> None:
    """An enqueue that is refused for a good reason is legal in a recorded history."""
    assert check(history("p: enqueue t refused"), contract()) == []


def test_the_example_in_the_docstring_runs() -> None:
    """The session in the docstring of the package shows what Python prints."""
    result = doctest.testmod(monitors)
    assert (result.failed, result.attempted > 0) == (0, True)
