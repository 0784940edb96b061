"""Every monitor accepts a legal history, rejects its illegal twin, and explains the difference."""

from __future__ import annotations

import re
from importlib import import_module

import pytest

from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors import FOR_SCENARIOS, MONITORS, Monitor
from tests.monitors.notation import Twins

ALL = (*MONITORS, *FOR_SCENARIOS)


def _twins_of(monitor: Monitor) -> tuple[Twins, ...]:
    twins: tuple[Twins, ...] = import_module(f"tests.monitors.test_{monitor.__name__}").TWINS
    return twins


CASES = [
    pytest.param(monitor, twins, id=f"{monitor.__name__}-{twins.kind}")
    for monitor in ALL
    for twins in _twins_of(monitor)
]


@pytest.mark.parametrize("monitor", ALL, ids=lambda monitor: monitor.__name__)
def test_every_kind_has_twins(monitor: Monitor) -> None:
    """The test module of a monitor has twins for each kind that the monitor's docstring names."""
    kinds = set(re.findall(r"`([a-z-]+)`:", str(monitor.__doc__)))
    assert {twins.kind for twins in _twins_of(monitor)} == kinds != set()


@pytest.mark.parametrize(("monitor", "twins"), CASES)
def test_a_monitor_reports_the_illegal_twin_only(monitor: Monitor, twins: Twins) -> None:
    """The legal history has no violation of any kind, the illegal one those of its kind alone."""
    assert twins.violations(monitor, twins.legal) == []
    assert {violation.kind for violation in twins.violations(monitor, twins.illegal)} == {
        twins.kind
    }


@pytest.mark.parametrize(("monitor", "twins"), CASES)
def test_a_violation_reads_well(monitor: Monitor, twins: Twins) -> None:
    """Title and detail stand alone, and the witness comes from the history."""
    for violation in twins.violations(monitor, twins.illegal):
        assert 0 < len(violation.title) <= 60
        assert violation.title[0].isupper()
        assert not violation.title.endswith(".")
        _check_detail(violation)


def _check_detail(violation: Violation) -> None:
    assert violation.detail.endswith(".")
    assert "None" not in violation.detail
    assert violation.witness
    actors = {operation.actor for operation in violation.witness}
    quoted = set(re.findall(r"`([a-z])`", violation.detail))
    assert quoted <= actors
    if violation.kind != "never-given-up":  # every worker vanished, so none is named
        assert quoted
        assert re.search(r"\d\.\d{3} s", violation.detail)
