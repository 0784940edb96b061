"""The rules and targets of a run, each for each queue under test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.performance.targets import TARGETS, Target
from pytest_queuekit.plugin.lanes import LaneItem, Track, races
from pytest_queuekit.plugin.node_ids import item_name, lane_name
from pytest_queuekit.plugin.nodes import Questions, QueueItem, RuleItem
from pytest_queuekit.plugin.settings import Performance, Settings
from pytest_queuekit.plugin.target_item import TargetItem, Workbenches
from pytest_queuekit.rules.rule import Rule


def rule_names(rules: Iterable[Rule], settings: Settings) -> list[str]:
    """Return the names of all items that there will be."""
    ids = [*(one.id for one in rules), *(one.id for one in targets_of(settings))]
    return [item_name(one, label) for label in settings.queues for one in ids]


def targets_of(settings: Settings) -> tuple[Target, ...]:
    """Return the targets of performance of a run."""
    if settings.performance is Performance.OFF:
        return ()
    return tuple(one for one in TARGETS if settings.concerns(one.id))


class Rules(Questions):
    """The rules of the catalogue and the targets of performance, each for each queue."""

    def __init__(self, *, rules: tuple[Rule, ...], settings: Settings, **rest: Any) -> None:
        super().__init__(chosen=settings.chosen, **rest)
        self.rules = rules
        self.settings = settings
        self.benches = Workbenches()
        self.track = Track.of(self.config)

    def teardown(self) -> None:
        """Delete what was filled for the measurements."""
        self.benches.close()

    def questions(self) -> Iterable[QueueItem]:
        """Return an item for each queue and rule, and for each queue and target."""
        for label, queue in self.settings.queues.items():
            yield from self._rules(label, queue)
            if self.track:
                yield from self._lanes(label, queue, self.track)
            yield from self._targets(label, queue)

    def _rules(self, label: str, queue: QueueUnderTest) -> Iterator[QueueItem]:
        for rule in self.rules:
            yield RuleItem.under(
                self,
                name=item_name(rule.id, label),
                label=label,
                rule=rule,
                queue=queue,
                effort=self.settings.effort,
            )

    def _lanes(self, label: str, queue: QueueUnderTest, track: Track) -> Iterator[QueueItem]:
        racing = [one for one in self.rules if races(one, queue, self.settings.effort)]
        for rule, lane in product(racing, range(1, track.lanes + 1)):
            yield LaneItem.under(
                self,
                name=lane_name(rule.id, label, lane),
                label=label,
                rule=rule,
                queue=queue,
                effort=self.settings.effort,
                track=track,
                lane=lane,
            )

    def _targets(self, label: str, queue: QueueUnderTest) -> Iterator[QueueItem]:
        for target in targets_of(self.settings):
            yield TargetItem.under(
                self,
                name=item_name(target.id, label),
                label=label,
                target=target,
                queue=queue,
                effort=self.settings.effort,
                strict=self.settings.performance is Performance.STRICT,
                benches=self.benches,
            )
