"""How items are handed to the workers of pytest-xdist where races have lanes."""

from __future__ import annotations

from collections import OrderedDict

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # it has no types

from pytest_queuekit.plugin.node_ids import lane_of, without_lane

_LANE = "lane "


class LaneScheduling(LoadScopeScheduling):  # type: ignore[misc]  # as above
    """Hands out items one by one, but for lanes: all of one number go to one worker, first."""

    workqueue: OrderedDict[str, dict[str, bool]]

    def _assign_work_unit(self, node: object) -> None:
        if not isinstance(self.workqueue, _LanesFirst):
            self.workqueue = _LanesFirst(self.workqueue)
        super()._assign_work_unit(node)

    def _split_scope(self, nodeid: str) -> str:
        lane = lane_of(nodeid)
        return f"{_LANE}{lane}" if lane else nodeid


class _LanesFirst(OrderedDict[str, dict[str, bool]]):
    """Units of work, of which lanes are taken first, each with its races in the same order."""

    def popitem(self, last: bool = True) -> tuple[str, dict[str, bool]]:
        """Take a unit."""
        lane = next((scope for scope in sorted(self) if scope.startswith(_LANE)), None)
        if lane is None:
            return super().popitem(last)
        return lane, dict(sorted(self.pop(lane).items(), key=lambda one: without_lane(one[0])))
