"""The errors that the kit raises. The first line of a docstring is the default message."""

from __future__ import annotations


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


class ActorError(QueuekitError, RuntimeError):
    """The process of an actor ended with an error that the queue did not cause."""


class NotRunError(QueuekitError):
    """A check cannot run on this queue or machine; the message is the reason in the report.

    kind: the reason as a stable word: "level" (the check requires a higher level), "clock" (it
        needs a longer wait than is allowed), "inconclusive" (the run did not exercise the check),
        "unsupported" (the queue or this machine cannot do it), or "not-possible".
    """

    def __init__(self, message: str = "", *, kind: str = "not-possible") -> None:
        super().__init__(message)
        self.kind = kind


class JudgedElsewhereError(NotRunError):
    """Another lane judges this run: the lane that finished last."""
