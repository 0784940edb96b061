"""Keeps the suites with deliberate faults out of a run of all tests."""

from __future__ import annotations

collect_ignore = ["bad"]
