"""An item of the checklist, and what is said about it."""

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

    TEXT = "by the text"
    RUN = "at run time"
    EVIDENCE = "by evidence"
    PERSON = "by a person"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a check found.

    node: where.
    sentence: what is wrong there, and what to write instead.
    """

    node: ast.AST
    sentence: str


Check = Callable[["Module"], Iterator[Finding]]


@dataclass(frozen=True, kw_only=True)
class Code:
    """One item of the checklist.

    id: stable and citable: "QR101".
    item: the words of the checklist.
    sentence: what the code does that follows it.
    why: what goes wrong otherwise.
    wrong, right: a piece of code of either kind, for the documentation and for the tests.
    decided: how it is decided whether code follows it.
    how: what decides it, where the text does not.
    check: finds where it is not followed, where the text decides that.
    """

    id: str
    item: str
    sentence: str
    why: str
    wrong: str = ""
    right: str = ""
    decided: Decided = Decided.TEXT
    how: str = ""
    check: Check | None = None


@dataclass(frozen=True, kw_only=True)
class Group:
    """A heading of the checklist, and its items."""

    name: str
    codes: tuple[Code, ...]
