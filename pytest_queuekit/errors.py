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
    """A rule cannot be put to this queue here and now; the message is the reason for the report."""


class JudgedElsewhereError(NotRunError):
    """Another lane judges this run: the lane that finished last."""
