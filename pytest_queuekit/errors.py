"""The errors that the kit raises. The first line of a docstring is the default message."""

from __future__ import annotations

from typing import Literal


class QueuekitError(Exception):
    """The kit cannot continue."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip().partition("\n")[0])


class UsageError(QueuekitError, ValueError):
    """An option or an argument has an invalid value."""


class AdapterError(QueuekitError, TypeError):
    """An adapter does not have the form that `QueueAdapter` requires."""


class UndeclaredError(QueuekitError, AttributeError):
    """The adapter does not declare the capability."""


class HistoryError(QueuekitError, ValueError):
    """A history file cannot be read."""


class ReportError(UsageError):
    """A report of an earlier run cannot be read."""


class ActorError(QueuekitError, RuntimeError):
    """The process of an actor ended with an error that the queue did not cause."""


Obstacle = Literal[
    "level", "clock", "unsupported", "unmeasured", "inconclusive", "unexercised", "elsewhere"
]
"""Why a check is not run: it requires a higher level; it needs a longer wait than is allowed; the
queue or this machine cannot do it; this run does not measure time; the run proves nothing; the
queue let none of the calls succeed that the check is about; another process has the verdict."""


class NotRunError(QueuekitError):
    """A check cannot run on this queue or machine; the message is the reason in the report.

    kind: the reason as a stable word, see `Obstacle`.
    level: for "level", the lowest `--queue-level` that runs the check.
    """

    def __init__(self, message: str = "", *, kind: Obstacle, level: str = "") -> None:
        super().__init__(message)
        self.kind: Obstacle = kind
        self.level = level


class JudgedElsewhereError(NotRunError):
    """Another lane judges this run: the lane that finished last."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message, kind="elsewhere")
