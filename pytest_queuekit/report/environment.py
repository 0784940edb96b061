"""What the queue ran on."""

from __future__ import annotations

import platform
import sqlite3

from pytest_queuekit.model.effort import Level
from pytest_queuekit.report.lines import Line, Tone, wrapped


def environment(level: Level, *, warning: str = "") -> list[Line]:
    """Return the level, the versions, and a warning about them if there is one."""
    told = (
        f"level {level.name.lower()}; Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {platform.system()} {platform.machine()}"
    )
    lines = [Line(text) for text in wrapped(told)]
    lines += [Line(text, Tone.CAREFUL) for text in wrapped(warning, hanging="  ")]
    return lines
