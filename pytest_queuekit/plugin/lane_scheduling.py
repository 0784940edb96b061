"""Hands items to the xdist workers if races have lanes."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # it has no types

_LANE = "lane "


class LaneScheduling(LoadScopeScheduling):  # type: ignore[misc]  # as above
    """Hands out items one by one; lanes of the same number go to one worker, before other items.

    lanes: the number of each lane, by the node id of its check.
    """

    workqueue: OrderedDict[str, dict[str, bool]]

    def __init__(self, config: Any, log: Any, *, lanes: dict[str, int]) -> None:
        super().__init__(config, log)
        self._lanes = lanes

    def remove_node(self, node: object) -> str | None:
        """Return the item that ended its worker, and never hand it out again.

        The base class puts that item back into the queue, so that it ends one worker after the
        other; the plain scheduler of xdist reports it once.
        """
        workload = self.assigned_work.pop(node)
        crashed: str | None = next(
            (item for unit in workload.values() for item, done in unit.items() if not done), None
        )
        if crashed is None:
            return None
        for scope, unit in workload.items():
            unit.pop(crashed, None)
            if not all(unit.values()):
                self.workqueue[scope] = unit
        for other in self.assigned_work:
            self._reschedule(other)
        return crashed

    def _assign_work_unit(self, node: object) -> None:
        if not isinstance(self.workqueue, _LanesFirst):
            self.workqueue = _LanesFirst(self.workqueue)
        super()._assign_work_unit(node)

    def _split_scope(self, nodeid: str) -> str:
        lane = self._lanes.get(nodeid)
        return f"{_LANE}{lane}" if lane else nodeid


class _LanesFirst(OrderedDict[str, dict[str, bool]]):
    """Units of work, of which lanes are taken first, each with its races in the same order."""

    def popitem(self, last: bool = True) -> tuple[str, dict[str, bool]]:
        """Take a unit."""
        lane = next((scope for scope in sorted(self) if scope.startswith(_LANE)), None)
        if lane is None:
            return super().popitem(last)
        unit = self.pop(lane)
        # "RACE-2-lane-1[x]": without the number of the lane, the order is the same in every lane.
        number = lane.removeprefix(_LANE)
        ordered = sorted(unit.items(), key=lambda entry: entry[0].replace(f"-lane-{number}[", "["))
        return lane, dict(ordered)
