"""Keeps the suites that are bad on purpose out of a run of all tests."""

from __future__ import annotations

collect_ignore = ["bad"]
