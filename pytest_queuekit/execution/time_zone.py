"""The local time zone of this process, which a run may change and which is restored after it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pytest_queuekit.errors import NotRunError

_NAME = "TZ"


@contextmanager
def time_zone_restored() -> Iterator[None]:
    """Give this process, at the end of the block, the local time zone that it has now."""
    before = os.environ.get(_NAME)
    try:
        yield
    finally:
        if os.environ.get(_NAME) != before:
            _set(before)


def set_time_zone(zone: str) -> None:
    """Set the local time zone of all threads of this process.

    zone: a POSIX string such as "CET-1CEST,M3.5.0,M10.5.0/3", which needs no zone data.

    Raises NotRunError where Python cannot change the zone of a running process.
    """
    if not hasattr(time, "tzset"):
        raise NotRunError("needs time.tzset(), which this system lacks", kind="unsupported")
    _set(zone)


def _set(zone: str | None) -> None:
    if zone is None:
        del os.environ[_NAME]
    else:
        os.environ[_NAME] = zone
    time.tzset()
