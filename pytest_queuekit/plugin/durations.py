"""The seconds that each check took in the last run, in pytest's cache."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping

import pytest

from pytest_queuekit.model.effort import Level
from pytest_queuekit.model.verdict import Verdict


def read(config: pytest.Config, level: Level) -> Mapping[str, float]:
    """Return the seconds at a level by the name of the check, "ACK-6[shop]"."""
    cache = getattr(config, "cache", None)  # with -p no:cacheprovider there is none
    stored = cache.get(_key(level), {}) if cache else {}
    known = stored.items() if isinstance(stored, dict) else ()
    return {name: seconds for name, seconds in known if isinstance(seconds, int | float)}


def write(config: pytest.Config, level: Level, verdicts: Iterable[Verdict]) -> None:
    """Store the seconds of these checks; those of other checks stay."""
    cache = getattr(config, "cache", None)
    own = {
        f"{verdict.rule}[{verdict.queue}]": round(verdict.seconds, 3)
        for verdict in verdicts
        if verdict.exercised
    }
    if cache is None or not own:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pytest itself tells of a cache that it cannot write
        cache.set(_key(level), {**read(config, level), **own})


def _key(level: Level) -> str:
    return f"queuekit/seconds-{level.name.lower()}"
