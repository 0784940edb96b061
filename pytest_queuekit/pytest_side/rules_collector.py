"""The rules and targets of a run, each for each queue under test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from pytest_queuekit.performance.targets import TARGETS, Target
from pytest_queuekit.pytest_side.lanes import LaneItem, Track, races
from pytest_queuekit.pytest_side.node_ids import item_name, lane_name
from pytest_queuekit.pytest_side.nodes import Questions, QueueItem, RuleItem
from pytest_queuekit.pytest_side.settings import Performance, Settings
from pytest_queuekit.pytest_side.target_item import TargetItem, Workbenches
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.subject import Subject


def rule_names(rules: Iterable[Rule], settings: Settings) -> list[str]:
    """Return the names of all items that there will be."""
    ids = [*(one.id for one in rules), *(one.id for one in targets_of(settings))]
    return [item_name(one, label) for label in settings.subjects for one in ids]


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
        for label, subject in self.settings.subjects.items():
            yield from self._rules(label, subject)
            if self.track:
                yield from self._lanes(label, subject, self.track)
            yield from self._targets(label, subject)

    def _rules(self, label: str, subject: Subject) -> Iterator[QueueItem]:
        for rule in self.rules:
            yield RuleItem.under(
                self,
                name=item_name(rule.id, label),
                label=label,
                rule=rule,
                subject=subject,
                effort=self.settings.effort,
            )

    def _lanes(self, label: str, subject: Subject, track: Track) -> Iterator[QueueItem]:
        racing = [one for one in self.rules if races(one, subject, self.settings.effort)]
        for rule, lane in product(racing, range(1, track.lanes + 1)):
            yield LaneItem.under(
                self,
                name=lane_name(rule.id, label, lane),
                label=label,
                rule=rule,
                subject=subject,
                effort=self.settings.effort,
                track=track,
                lane=lane,
            )

    def _targets(self, label: str, subject: Subject) -> Iterator[QueueItem]:
        for target in targets_of(self.settings):
            yield TargetItem.under(
                self,
                name=item_name(target.id, label),
                label=label,
                target=target,
                subject=subject,
                effort=self.settings.effort,
                strict=self.settings.performance is Performance.STRICT,
                benches=self.benches,
            )
