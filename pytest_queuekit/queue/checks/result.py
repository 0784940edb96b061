"""What a check says in the end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """What was found by one check.

    name: as the validation prints it.
    problems: sentences, each with the value, the place and the mend; none where all is well.
    """

    name: str
    problems: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return not self.problems
