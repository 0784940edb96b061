"""The head of a history file: its version, its clock, and what the recording vouches for."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_queuekit.errors import HistoryError
from pytest_queuekit.histories.moments import UNITS
from pytest_queuekit.model.adapter_form import is_seconds
from pytest_queuekit.model.history import SECOND
from pytest_queuekit.suggest import did_you_mean

VERSION = 1
"""The version of the format. It changes with every incompatible change."""

EXAMPLE = '{"queuekit": "history", "version": 1}'


@dataclass(frozen=True, kw_only=True)
class Head:
    """The first line of a history file.

    clock: the unit of the times, see `UNITS`.
    lease: seconds of the lease of claims without a lease among their arguments.
    drained: True if actors claimed until the queue was empty, after every lease had ended.
    complete: True if the queue was empty at first, and every call on it is in the files.
    tolerance: seconds by which any time may be wrong: clocks of several machines, whole seconds.
    """

    clock: str = "s"
    lease: float | None = None
    drained: bool = False
    complete: bool = False
    tolerance: float = 0.0

    @classmethod
    def of(cls, data: Any) -> Head:
        """Read the object of a first line. Raises HistoryError."""
        if not isinstance(data, dict) or data.get("queuekit") != "history":
            raise HistoryError(f"this is no head. Begin the file with the line {EXAMPLE}")
        if data.get("version") != VERSION:
            raise HistoryError(
                f"version={data.get('version')!r} is unknown: this queuekit reads version {VERSION}"
            )
        return cls.declared({key: data[key] for key in data.keys() - {"queuekit", "version"}})

    @classmethod
    def declared(cls, data: Mapping[str, Any]) -> Head:
        """Return a head of some fields. Raises HistoryError for an unknown or invalid one."""
        for name, value in data.items():
            _check(name, value)
        return cls(**data)

    def line(self) -> str:
        """Return the head as the first line of a file."""
        return json.dumps({"queuekit": "history", "version": VERSION, **vars(self)})


def together(heads: Sequence[Head]) -> Head:
    """Return the head of several files of one history, of which the weakest says what holds.

    The clock is each file's own. Raises HistoryError if the files disagree about the lease.
    """
    leases = {head.lease for head in heads}
    if len(leases) > 1:
        named = " and ".join(sorted(map(repr, leases)))
        raise HistoryError(f"the files disagree: their heads say lease={named}")
    return Head(
        lease=leases.pop(),
        drained=all(head.drained for head in heads),
        complete=all(head.complete for head in heads),
        tolerance=max(head.tolerance for head in heads),
    )


def _check(name: str, value: Any) -> None:
    fields = tuple(Head.__dataclass_fields__)
    if name not in fields:
        hint = did_you_mean(name, fields) or f": it is none of {', '.join(fields)}"
        raise HistoryError(f"the head has no {name!r}{hint}")
    if name == "clock":
        if value not in UNITS:
            hint = did_you_mean(str(value), UNITS)
            raise HistoryError(f"clock={value!r} is none of {', '.join(UNITS)}{hint}")
    elif name in ("drained", "complete"):
        if not isinstance(value, bool):
            raise HistoryError(f"{name}={value!r} must be true or false")
    elif not (name == "lease" and value is None) and not _is_time(value):
        raise HistoryError(f"{name}={value!r} must be a number of seconds from 0 on")


def _is_time(value: Any) -> bool:
    """Return True for seconds that are a time in nanoseconds too."""
    return is_seconds(value) and float(value) * SECOND < math.inf
