"""The checklist for code that builds on the queue, as pytest items."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import chdir
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_queuekit.model.verdict import Verdict
from pytest_queuekit.plugin.nodes import Questions, QueueItem
from pytest_queuekit.plugin.settings import Settings
from pytest_queuekit.report import review as words

if TYPE_CHECKING:
    from pytest_queuekit.review.run import Review


def codes(settings: Settings) -> list[str]:
    """Return the names of the items of a review."""
    from pytest_queuekit.review.catalogue import ABOUT_FILES, CODES

    return [*ABOUT_FILES, *(code.id for code in CODES if settings.concerns(code.id))]


class Reviews(Questions):
    """The items of the checklist, put to some files."""

    def __init__(self, *, settings: Settings, **rest: Any) -> None:
        super().__init__(chosen=settings.chosen, **rest)
        self.settings = settings
        self.paths = settings.reviewed

    def questions(self) -> Iterator[QueueItem]:
        """Return an item for each code."""
        label = ", ".join(str(path) for path in self.paths)
        for code in codes(self.settings):
            yield ReviewItem.under(self, name=code, label=label, reviews=self)

    @cached_property
    def review(self) -> Review:
        """What was found; all files are read when this is first asked for."""
        # Here and not above: a run without a review does not wait for a parser of SQL.
        from pytest_queuekit.review.run import cores, review

        alone = not hasattr(self.config, "workerinput")
        with chdir(self.settings.home):
            return review(self.paths, processes=cores() if alone else 1)


class ReviewItem(QueueItem):
    """One item of the checklist."""

    def __init__(self, *, reviews: Reviews, **rest: Any) -> None:
        super().__init__(**rest)
        self.reviews = reviews

    def find(self, folder: Path) -> Verdict:
        """Return what the review says of this item."""
        del folder
        return next(one for one in self.reviews.review.verdicts if one.rule == self.name)

    def explain(self, verdict: Verdict) -> list[str]:
        """Return what was found."""
        return words.explain(verdict)
