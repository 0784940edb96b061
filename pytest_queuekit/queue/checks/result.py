"""The result of a check."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """The problems that one check found.

    name: as the validation prints it.
    problems: sentences, each with the value, the place and the fix; empty if the check passed.
    """

    name: str
    problems: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """True if the check found no problem."""
        return not self.problems
