"""Names for the queues of a run on a server, each with the time at which it was made."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

PREFIX = "queuekit_"
"""How each name begins."""

_FORM = re.compile(r"queuekit_(\d{10,})_[0-9a-f]{16}")


def fresh_name(folder: Path) -> str:
    """Return a new name. folder: a folder that was made just now.

    Its time stamp is the system's: the clock of this process may be the kit's.
    """
    return f"{PREFIX}{int(folder.stat().st_mtime)}_{uuid.uuid4().hex[:16]}"


def made_at(name: str) -> int | None:
    """Return the Unix time at which a name was made; None for a name of another form."""
    match = _FORM.fullmatch(name)
    return int(match[1]) if match else None
