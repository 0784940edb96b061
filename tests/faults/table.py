"""The table of a full attack, as Markdown."""

from __future__ import annotations

import platform
import sqlite3
from collections.abc import Sequence

from tests.faults.attack import Attack
from tests.faults.tally import Tally

_HEAD = """\
| fault | tried | checked | lost | doubled | damaged | otherwise wrong |
|---|---:|---|---:|---:|---:|---:|
"""


def table(totals: Sequence[tuple[Attack, Tally]], *, left_out: Sequence[Attack]) -> str:
    """Return a row for each attack, then the figures, versions and attacks left out."""
    rows = "".join(
        f"| {attack.model} | {total.tried:,} | {attack.checked} "
        f"| {total.lost} | {total.doubled} | {total.damaged} | {total.wrong} |\n"
        for attack, total in totals
    )
    figures = "".join(
        f"- {attack.model}: {name}, at most: {value:,}\n"
        for attack, total in totals
        for name, value in total.figures.items()
        if value
    )
    absent = "".join(f"- not run: {attack.model}\n" for attack in left_out)
    versions = (
        f"CPython {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{platform.system()} {platform.machine()}\n"
    )
    return f"{_HEAD}{rows}\n{figures}{absent}\n{versions}"
