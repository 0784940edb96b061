"""The terms of watching a test, read from its markers and fixtures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from pytest_queuekit.plugin import options
from pytest_queuekit.suggest import did_you_mean
from pytest_queuekit.watch.finding import KINDS, WatchFinding

_FOR_SEVERAL = ("setup_class", "setup_module", "setUpClass", "setUpModule")
"""Functions that pytest turns into fixtures whose names contain theirs."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The terms on which a test is watched.

    allowed: the kinds of findings that it makes on purpose.
    is_strict: True if a finding fails it.
    is_marked: True if the test's own marker asks for that.
    is_reported: True if its findings are reported.
    """

    allowed: frozenset[str]
    is_strict: bool
    is_marked: bool
    is_reported: bool

    def keep(self, findings: list[WatchFinding]) -> list[WatchFinding]:
        """Return the findings to report."""
        if not self.is_reported:
            return []
        return [finding for finding in findings if finding.kind not in self.allowed]


def terms_of(item: pytest.Item, *, is_on: bool, is_strict: bool) -> Terms:
    """Return the terms of a test. Raises ValueError if it allows an unknown kind of finding."""
    is_marked = item.get_closest_marker(options.STRICT) is not None
    return Terms(
        allowed=allowed_by(item),
        is_strict=is_strict or is_marked,
        is_marked=is_marked,
        is_reported=is_on or is_strict or is_marked,
    )


def allowed_by(item: pytest.Item) -> frozenset[str]:
    """Return the kinds of findings that a test allows. Raises ValueError for unknown kinds."""
    allowed: set[str] = set()
    for mark in item.iter_markers(options.ALLOW):
        if mark.kwargs or not mark.args:
            raise ValueError(f"{options.ALLOW} takes kinds of findings: {', '.join(KINDS)}")
        for kind in mark.args:
            if kind not in KINDS:
                hint = did_you_mean(str(kind), KINDS)
                raise ValueError(
                    f"{options.ALLOW}({kind!r}) is not one of {', '.join(KINDS)}{hint}"
                )
            allowed.add(kind)
    return frozenset(allowed)


def shares(item: pytest.Item) -> bool:
    """Return True if a user's fixture, and the connections opened through it, outlive the test."""
    by_name = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    fixtures = [fixture for definitions in by_name.values() for fixture in definitions]
    # Also the fixtures that the test requested while it ran, by getfixturevalue().
    fixtures += getattr(getattr(item, "_request", None), "_fixture_defs", {}).values()
    return any(
        fixture.scope != "function" and _is_users(fixture, item.config) for fixture in fixtures
    )


def _is_users(fixture: Any, config: pytest.Config) -> bool:
    if any(word in fixture.argname for word in _FOR_SEVERAL):
        return True
    module = str(getattr(fixture.func, "__module__", ""))
    code = getattr(fixture.func, "__code__", None)
    if module.startswith("pytest_queuekit.") or code is None:
        return code is None
    in_project = code.co_filename.startswith(str(config.rootpath))
    return in_project and "site-packages" not in code.co_filename
