"""Queues that send tasks to the wrong workers, or to none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_queuekit.model.adapter import Claim
from tests.mutants.mutant import mutant
from tests.queues.memory import MemoryQueue, Task


class IgnoresCapabilities(MemoryQueue):
    """Gives any task to any worker."""

    name = "ignores-capabilities"

    def _matches(self, needs: Mapping[str, Any], capabilities: Mapping[str, Any]) -> bool:
        return True


class MatchesAPart(MemoryQueue):
    """Searches for the value in the text of what a worker can do."""

    name = "matches-a-part"

    def _matches(self, needs: Mapping[str, Any], capabilities: Mapping[str, Any]) -> bool:
        return all(
            value in capabilities.get(key, "")
            or (
                isinstance(capabilities.get(key), list)
                and super(MatchesAPart, self)._matches({key: value}, capabilities)
            )
            for key, value in needs.items()
        )


class LooksAtValuesOnly(MemoryQueue):
    """Compares the values, whatever their keys are."""

    name = "looks-at-values-only"

    def _matches(self, needs: Mapping[str, Any], capabilities: Mapping[str, Any]) -> bool:
        offered: list[Any] = []
        for value in capabilities.values():
            offered += value if isinstance(value, list) else [value]
        return all(value in offered for value in needs.values())


class SpecialistsOnly(MemoryQueue):
    """Gives plain tasks only to workers that say nothing of themselves."""

    name = "specialists-only"

    def _matches(self, needs: Mapping[str, Any], capabilities: Mapping[str, Any]) -> bool:
        return bool(needs or not capabilities) and super()._matches(needs, capabilities)


class TakesAnyListForAll(MemoryQueue):
    """Takes a worker with a list for one that can do everything."""

    name = "takes-any-list-for-all"

    def _matches(self, needs: Mapping[str, Any], capabilities: Mapping[str, Any]) -> bool:
        return all(
            isinstance(capabilities.get(key), list) or capabilities.get(key) == value
            for key, value in needs.items()
        )


class LooksAtTheFirstOfAList(MemoryQueue):
    """Looks at the first value of a list only."""

    name = "looks-at-the-first-of-a-list"

    def _matches(self, needs: Mapping[str, Any], capabilities: Mapping[str, Any]) -> bool:
        firsts = {k: v[0] if isinstance(v, list) and v else v for k, v in capabilities.items()}
        return super()._matches(needs, firsts)


class StopsAtTheFirstItCannotServe(MemoryQueue):
    """Says 'empty' where the first task is not for this worker."""

    name = "stops-at-the-first-it-cannot-serve"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        with self.store.lock:
            due = [task for task in self._waiting() if self._is_due(task)]
            head = min(due, key=self._order_key, default=None)
            if head is not None and not self._matches(head.needs, capabilities or {}):
                return None
            return super().claim(worker, lease=lease, capabilities=capabilities)


class LooksAtAHundred(MemoryQueue):
    """Looks for a task that a worker can do among the first hundred."""

    name = "looks-at-a-hundred"

    def _waiting(self) -> list[Task]:
        return sorted(super()._waiting(), key=self._order_key)[:100]


class OneKeyIsEnough(MemoryQueue):
    """Is content with a worker that has one of the capabilities."""

    name = "one-key-is-enough"

    def _matches(self, needs: Mapping[str, Any], capabilities: Mapping[str, Any]) -> bool:
        each = [
            super(OneKeyIsEnough, self)._matches({k: v}, capabilities) for k, v in needs.items()
        ]
        return not needs or any(each)


class ExactlyWhatIsNeeded(MemoryQueue):
    """Gives a task only to workers that can do nothing else."""

    name = "exactly-what-is-needed"

    def _matches(self, needs: Mapping[str, Any], capabilities: Mapping[str, Any]) -> bool:
        more = bool(needs) and len(capabilities) > len(needs) + 1
        return not more and super()._matches(needs, capabilities)


class SpecialFirst(MemoryQueue):
    """Serves tasks that ask for capabilities before plain ones."""

    name = "special-first"

    def _order_key(self, task: Task) -> Any:
        return not task.needs, task.priority, task.number


class MatchesWithoutCase(MemoryQueue):
    """Compares texts without regard to capitals."""

    name = "matches-without-case"

    def _matches(self, needs: Mapping[str, Any], capabilities: Mapping[str, Any]) -> bool:
        small = {
            key: value.lower() if isinstance(value, str) else [element.lower() for element in value]
            for key, value in capabilities.items()
        }
        return super()._matches({key: value.lower() for key, value in needs.items()}, small)


class AnybodyAfterAFailure(MemoryQueue):
    """Keeps what a task asks for only until it comes back."""

    name = "anybody-after-a-failure"

    def _count_attempt(self, task: Task) -> None:
        super()._count_attempt(task)
        task.needs = {}


MUTANTS = (
    mutant(IgnoresCapabilities, "ROUTE-1", also=("ROUTE-3", "ROUTE-6", "ROUTE-9")),
    mutant(MatchesAPart, "ROUTE-1"),
    mutant(LooksAtValuesOnly, "ROUTE-1"),
    mutant(SpecialistsOnly, "ROUTE-2", also=("ROUTE-4", "ROUTE-5", "ROUTE-8")),
    mutant(TakesAnyListForAll, "ROUTE-3"),
    mutant(LooksAtTheFirstOfAList, "ROUTE-3", also=("ROUTE-7",)),
    mutant(StopsAtTheFirstItCannotServe, "ROUTE-4", also=("ROUTE-5",)),
    mutant(LooksAtAHundred, "ROUTE-5"),
    mutant(OneKeyIsEnough, "ROUTE-6"),
    mutant(ExactlyWhatIsNeeded, "ROUTE-7"),
    mutant(SpecialFirst, "ROUTE-8"),
    mutant(MatchesWithoutCase, "ROUTE-1"),
    mutant(AnybodyAfterAFailure, "ROUTE-9"),
)
