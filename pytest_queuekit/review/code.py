"""A code: one item of the checklist, and the check that decides it."""

from __future__ import annotations

import ast
import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_queuekit.review.analysis.module import Module


class Decided(enum.StrEnum):
    """How an item of the checklist is decided."""

    TEXT = "from the code"
    RUN = "at run time"
    EVIDENCE = "from test evidence"
    PERSON = "by a person"


@dataclass(frozen=True, kw_only=True)
class Match:
    """One place that breaks a code.

    node: the place in the syntax tree.
    detail: the fault at this place, and the fix.
    """

    node: ast.AST
    detail: str


CodeCheck = Callable[["Module"], Iterator[Match]]


@dataclass(frozen=True, kw_only=True)
class Code:
    """One item of the checklist.

    id: stable, citable and never reused: "QR101".
    item: the item in the checklist's own words; empty for a code that the review adds.
    title: the fault, in at most 60 characters that stand alone: "Write outside a transaction".
    sentence: the rule that correct code follows.
    why: the damage if code breaks the rule.
    wrong, right: an example that breaks the rule and one that follows it, for docs and tests.
    decided: how the item is decided.
    how: the command or the evidence that decides it, if the text does not.
    check: yields the places that break the rule, if the text decides it.
    """

    id: str
    item: str = ""
    title: str
    sentence: str
    why: str
    wrong: str = ""
    right: str = ""
    decided: Decided = Decided.TEXT
    how: str = ""
    check: CodeCheck | None = None


@dataclass(frozen=True, kw_only=True)
class Group:
    """A heading of the checklist, and its items in order."""

    name: str
    codes: tuple[Code, ...]
