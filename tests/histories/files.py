"""Small history files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_queuekit.histories.reading import Recorded, read_files

HEAD: dict[str, Any] = {"queuekit": "history", "version": 1}
WHOLE = {**HEAD, "complete": True}


def call(actor: str, verb: str, task: str | None, start: float, **more: Any) -> dict[str, Any]:
    """Return a call that took a tenth of a second."""
    end = start + 0.1
    return {"actor": actor, "verb": verb, "task": task, "start": start, "end": end, **more}


ENQUEUE = call("p", "enqueue", "t", 0)
CLAIM = call("a", "claim", "t", 1)
COMPLETE = call("a", "complete", "t", 2)


def write(path: Path, *objects: Any) -> Path:
    """Write objects as lines of JSON."""
    path.write_text("".join(json.dumps(each) + "\n" for each in objects), encoding="utf-8")
    return path


def recorded(folder: Path, *objects: Any) -> Recorded:
    """Read the history of one file."""
    return read_files([write(folder / "history.jsonl", *objects)], lambda _: None)
