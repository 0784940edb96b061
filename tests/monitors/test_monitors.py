"""What holds for all monitors."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_queuekit import monitors
from pytest_queuekit.model.history import History
from pytest_queuekit.monitors import FOR_SCENARIOS, MONITORS, Monitor
from tests.monitors.notation import contract, history


def test_the_lists_are_complete() -> None:
    """Each module of the folder has its monitor, of the same name, in one of the two lists."""
    folder = Path(str(monitors.__file__)).parent
    modules = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    listed = [monitor.__name__ for monitor in (*MONITORS, *FOR_SCENARIOS)]
    assert sorted(listed) == modules


def test_every_monitor_can_be_imported_by_name() -> None:
    """`__all__` has the monitors, the lists and the type, and no more."""
    listed = {monitor.__name__ for monitor in (*MONITORS, *FOR_SCENARIOS)}
    assert set(monitors.__all__) == listed | {"MONITORS", "FOR_SCENARIOS", "Monitor"}
    assert all(getattr(monitors, name) is not None for name in monitors.__all__)


@pytest.mark.parametrize("monitor", [*MONITORS, *FOR_SCENARIOS], ids=lambda one: one.__name__)
def test_an_empty_history_is_right(monitor: Monitor) -> None:
    """Where nothing happened nothing is wrong."""
    assert monitor(History(operations=(), drained=True), contract()) == []


NONSENSE = ["null", "NaN", "Infinity", "-Infinity", "-1", "0", "1e400", "[]", "{}", "true", '"x"']
NONSENSE += ["1" + "0" * 400]


@pytest.mark.parametrize("monitor", MONITORS, ids=lambda one: one.__name__)
def test_nonsense_that_was_accepted_is_survived(monitor: Monitor) -> None:
    """Options of no sensible type or size stop no monitor."""
    lines = [
        f"p: enqueue t{n} priority={value} delay={value} max_attempts={value} key={value} "
        f"capabilities={value}; a: claim t{n} lease={value} capabilities={value} batch={value};"
        f"a: extend t{n} seconds={value}; b: claim - lease={value} capabilities={value};"
        f"a: fail t{n}; b: claim t{n}; a: stats queued={value}"
        for n, value in enumerate(NONSENSE)
    ]
    found = monitor(history(";".join(lines), lease=5, drained=True), contract())
    assert all(one.witness for one in found)
