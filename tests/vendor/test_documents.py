"""The documents that are copied with the queue name all that is public."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator

import pytest

from pytest_queuekit import queue
from pytest_queuekit.queue import QueueDatabase, QueueDatabaseError, TaskQueue, validation
from pytest_queuekit.queue.checks.validator import QueueValidator
from tests.vendor.copies import PACKAGE

API = (PACKAGE / "QUEUE_API.md").read_text(encoding="utf-8")
CODE = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`\n]+)`", API))))
"""The words that stand in code marks."""
INTERNAL = {
    *("now", "now_text", "write", "autocommit", "change", "insert", "snapshot"),
    "end_own_connection",
}
"""The methods of QueueDatabase for the modules of the queue."""


def public(owner: type) -> Iterator[str]:
    """Yield the public methods and fields of a class."""
    for name, member in vars(owner).items():
        if not name.startswith("_") and (callable(member) or isinstance(member, classmethod)):
            yield name
    if dataclasses.is_dataclass(owner):
        yield from (field.name for field in dataclasses.fields(owner))


def test_every_name_is_documented() -> None:
    """Each name that the package or the validation exports stands in the description of the API."""
    assert sorted({*queue.__all__, *validation.__all__} - CODE) == []


@pytest.mark.parametrize(
    "owner",
    [
        kind
        for kind in (getattr(queue, name) for name in queue.__all__)
        if inspect.isclass(kind) and not issubclass(kind, Exception)
    ],
)
def test_every_method_is_documented(owner: type) -> None:
    """Each public method and field of an exported class stands in the description of the API."""
    inner = INTERNAL if owner is QueueDatabase else set()
    assert sorted({*public(owner)} - CODE - inner) == []


def test_every_parameter_is_documented() -> None:
    """Each parameter that opens a database or enqueues a task stands in the description."""
    for method in (QueueDatabase.__init__, TaskQueue.__init__, TaskQueue.enqueue):
        assert {*inspect.signature(method).parameters} - CODE - {"self"} == set()


def errors() -> list[type[QueueDatabaseError]]:
    kinds = (vars(queue)[name] for name in queue.__all__ if name.endswith("Error"))
    return sorted(kinds, key=lambda error: error.__name__)


@pytest.mark.parametrize("error", errors())
def test_every_error_has_its_row(error: type[QueueDatabaseError]) -> None:
    """Each error stands in the table with the built-in it derives from, and with what to do."""
    row = re.search(rf"^\| `{error.__name__}` \|(.*)\|$", API, re.MULTILINE)
    assert row, "it has no row"
    built_in, when, action = (cell.strip().strip("`") for cell in row[1].split("|"))
    others = [base for base in error.__bases__ if not issubclass(base, QueueDatabaseError)]
    names = [f"{base.__module__}.{base.__name__}".removeprefix("builtins.") for base in others]
    assert [built_in] == (names if error is not QueueDatabaseError and names else [""])
    assert when
    assert action


def test_no_error_is_left_out() -> None:
    """Each error class of the queue is exported."""
    from pytest_queuekit.queue import exceptions

    defined = {name for name, kind in vars(exceptions).items() if inspect.isclass(kind)}
    assert {error.__name__ for error in errors()} == {name for name in defined if "Error" in name}


@pytest.mark.parametrize("name", ["README.md", "QUEUE_API.md", "SCHEDULING_STRATEGIES.md"])
def test_links_lead_somewhere(name: str) -> None:
    """Each link inside the documents leads to a file that is copied with them."""
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", (PACKAGE / name).read_text(encoding="utf-8"))
    assert [target for target in targets if not (PACKAGE / target).is_file()] == []


def test_checks_are_methods() -> None:
    """The validator has a method for each check, as the description says."""
    methods = [name for name in vars(QueueValidator) if name.startswith("validate_")]
    assert len(methods) == 8 + 1
