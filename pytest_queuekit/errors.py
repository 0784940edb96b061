"""What the kit raises. Each class is one occasion; its docstring is its default message."""

from __future__ import annotations


class QueuekitError(Exception):
    """The kit could not go on."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class UsageError(QueuekitError, ValueError):
    """An option or an argument cannot be used as it was given."""


class AdapterError(QueuekitError, TypeError):
    """An adapter does not keep to the form that `QueueAdapter` asks for."""


class UndeclaredError(QueuekitError, AttributeError):
    """A capability was used that the adapter does not declare."""


class HistoryError(QueuekitError, ValueError):
    """A history file cannot be read."""


class ActorError(QueuekitError, RuntimeError):
    """The process of an actor ended by an error that is not the queue's."""


class NotRunError(QueuekitError):
    """A check cannot be tried on this queue here and now; the message is the reason in the report.

    kind: the reason as a stable word: "level" (a higher level answers), "clock" (the check needs
        more waiting than is allowed), "inconclusive" (the run did not exercise the check),
        "unsupported" (the queue or this machine cannot do it), or "not-possible".
    """

    def __init__(self, message: str = "", *, kind: str = "not-possible") -> None:
        super().__init__(message)
        self.kind = kind


class JudgedElsewhereError(NotRunError):
    """Another lane judges this run: the lane that finished last."""
