"""What the queues share that treat a task with a delay wrongly once it is due."""

from __future__ import annotations

from tests.queues.memory import MemoryQueue, Task


class RemembersDelays(MemoryQueue):
    """Remembers the numbers of the tasks that had a delay."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.delayed: set[int] = set()

    def _keep(self, task: Task) -> None:
        super()._keep(task)
        if task.due > self._now() + 1:
            self.delayed.add(task.number)
