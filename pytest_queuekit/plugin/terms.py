"""What a test says about the watch, by its markers and fixtures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from pytest_queuekit.plugin import options
from pytest_queuekit.suggest import did_you_mean
from pytest_queuekit.watch.finding import KINDS, Finding

_FOR_SEVERAL = ("setup_class", "setup_module", "setUpClass", "setUpModule")
"""What pytest makes fixtures of, in the names of which the word stands."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """On what terms a test is watched.

    allowed: the kinds of findings that it makes on purpose.
    is_strict: whether a finding fails it.
    is_told: whether findings are told at all.
    """

    allowed: frozenset[str]
    is_strict: bool
    is_told: bool

    def keep(self, found: list[Finding]) -> list[Finding]:
        """Return those that are told."""
        return [one for one in found if one.kind not in self.allowed] if self.is_told else []


def terms_of(item: pytest.Item, *, is_on: bool, is_strict: bool) -> Terms:
    """Return the terms of a test. Raises ValueError, see allowed_by."""
    strict = is_strict or item.get_closest_marker(options.STRICT) is not None
    return Terms(allowed=allowed_by(item), is_strict=strict, is_told=is_on or strict)


def allowed_by(item: pytest.Item) -> frozenset[str]:
    """Return the kinds that a test is allowed. Raises ValueError for words that are none."""
    found: set[str] = set()
    for mark in item.iter_markers(options.ALLOW):
        if mark.kwargs or not mark.args:
            raise ValueError(f"{options.ALLOW} takes kinds of findings: {', '.join(KINDS)}")
        for one in mark.args:
            _check(one)
        found.update(mark.args)
    return frozenset(found)


def _check(word: Any) -> None:
    if word not in KINDS:
        hint = did_you_mean(str(word), KINDS)
        raise ValueError(f"{options.ALLOW}({word!r}) is none of {', '.join(KINDS)}{hint}")


def shares(item: pytest.Item) -> bool:
    """Whether a test has a fixture of the user's that outlives it, and what it has opened."""
    known = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    used = [one for definitions in known.values() for one in definitions]
    # Those too that the test asked for while it ran, by getfixturevalue().
    used += getattr(getattr(item, "_request", None), "_fixture_defs", {}).values()
    return any(one.scope != "function" and _is_users(one, item.config) for one in used)


def _is_users(fixture: Any, config: pytest.Config) -> bool:
    if any(word in fixture.argname for word in _FOR_SEVERAL):
        return True
    module = str(getattr(fixture.func, "__module__", ""))
    code = getattr(fixture.func, "__code__", None)
    if module.startswith("pytest_queuekit.") or code is None:
        return code is None
    own = str(config.rootpath)
    return code.co_filename.startswith(own) and "site-packages" not in code.co_filename
