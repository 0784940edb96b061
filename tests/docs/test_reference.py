"""docs/ documents every name that a user can write, and no name that does not exist."""

from __future__ import annotations

import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module

import pytest

import pytest_queuekit
from pytest_queuekit.adapters.catalogue import BUILT_IN
from pytest_queuekit.cli.review import as_markdown as review_as_markdown
from pytest_queuekit.cli.rules import as_markdown, entries
from pytest_queuekit.errors import QueuekitError
from pytest_queuekit.gate.criteria import QUESTIONS
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.performance.targets import TARGETS
from pytest_queuekit.queue.exceptions import QueueDatabaseError
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.teams import TEAMS
from pytest_queuekit.watch.finding import MEANINGS
from tests.docs.pages import ROOT


def _page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def _headings(page: str, pattern: str) -> set[str]:
    """Return the names in the third-level headings of a page that match a pattern."""
    return set(re.findall(rf"^### `({pattern})", _page(page), flags=re.MULTILINE))


@cache
def _printed(option: str) -> str:
    """Return what pytest prints for `--help`, `--markers` or `--fixtures`."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", option, "-p", "no:cacheprovider"],
        cwd=ROOT / "docs",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


COMMANDS = (
    "validate",
    "adapters",
    "rules",
    "explain",
    "review",
    "show",
    "report",
    "compare",
    "check",
    "record",
    "clean",
    "vendor",
)

KINDS = {
    "options": ("--help", r"^ +(--queue-[\w-]+)", "options.md", r"--[\w-]+"),
    "ini keys": ("--help", r"^ +(queue_\w+) ", "options.md", r"queue_\w+"),
    "markers": (
        "--markers",
        r"^@pytest\.mark\.(queue_\w+)",
        "fixtures.md",
        r"@pytest.mark.queue_\w+",
    ),
    "fixtures": ("--fixtures", r"^(queue_\w+)", "fixtures.md", r"queue_\w+"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_pytest_lists_is_documented(kind: str) -> None:
    """Each option, ini key, marker and fixture has a heading, and no other name has one."""
    option, listed, page, heading = KINDS[kind]
    listed_names = set(re.findall(listed, _printed(option), flags=re.MULTILINE))
    documented = {name.removeprefix("@pytest.mark.") for name in _headings(page, heading)}
    assert listed_names
    assert documented == listed_names


def _descendants(base: type[object]) -> Iterator[type[object]]:
    yield base
    for subclass in base.__subclasses__():
        yield from _descendants(subclass)


def _errors() -> set[str]:
    for module in pkgutil.walk_packages(pytest_queuekit.__path__, "pytest_queuekit."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    errors = [*_descendants(QueuekitError), *_descendants(QueueDatabaseError)]
    return {error.__name__ for error in errors if error.__module__.startswith("pytest_queuekit.")}


def test_every_error_is_documented() -> None:
    """Each error class of the package has a row, and no other name has one."""
    rows = set(re.findall(r"^\| `(\w+)` \|", _page("errors.md"), flags=re.MULTILINE))
    assert rows == _errors()


def test_every_rule_is_documented() -> None:
    """docs/rules.md ends in what `queuekit rules --markdown` prints."""
    _, mark, printed = _page("rules.md").partition("\n## ")
    assert mark + printed == "\n" + as_markdown(list(entries()))


def test_every_code_of_the_review_is_documented() -> None:
    """docs/review.md ends in what `queuekit review --markdown` prints."""
    _, mark, printed = _page("review.md").partition("\n## The checklist")
    assert mark + printed == "\n" + review_as_markdown()


def test_every_command_is_documented() -> None:
    """Each command of `queuekit` has a heading in docs/options.md, and no other name has one."""
    listed = {f"queuekit {name}" for name in COMMANDS}
    assert _headings("options.md", "queuekit [a-z]+") == listed


def test_the_targets_of_performance_are_documented() -> None:
    """docs/performance.md has the limit of each target beside its id."""
    rows = re.findall(r"^\| `(PERF-\d)` \| .* \| (.*) \|$", _page("performance.md"), re.MULTILINE)
    sign = {False: "<", True: "≥"}
    assert rows == [
        (target.id, f"{sign[target.higher_is_better]} {target.limit:g} {target.unit}")
        for target in TARGETS
    ]


def test_the_teams_are_documented() -> None:
    """docs/gate.md has a row for each team, with its rules, targets and review items."""
    rows = re.findall(
        r"^\| `(\d\d)` (.*) \| (.*) \| (.*) \| (.*) \|$", _page("gate.md"), re.MULTILINE
    )
    assert rows == [
        (
            team.number,
            team.builds,
            ", ".join(team.families),
            ", ".join(team.targets),
            f"all but {', '.join(team.spared)}" if team.spared else "all",
        )
        for team in TEAMS
    ]


def test_every_public_name_is_documented() -> None:
    """Each name of `pytest_queuekit.__all__` is in a table of docs/api.md."""
    rows = re.findall(r"^\| (`.*?) \|", _page("api.md"), re.MULTILINE)
    documented = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert documented == set(pytest_queuekit.__all__)


def test_every_capability_is_documented() -> None:
    """docs/adapters.md names each capability by the word that reports use."""
    page = _page("adapters.md")
    assert [str(capability) for capability in Capability if f"`{capability}`" not in page] == []


def test_the_criteria_of_the_gate_are_documented() -> None:
    """docs/gate.md says of each criterion what `queuekit explain` says."""
    rows = re.findall(r"^\| (\d) \| (.*?) \| *(.*?) *\|$", _page("gate.md"), re.MULTILINE)
    assert [
        (number, met.replace("`", ""), without.replace("`", "")) for number, met, without in rows
    ] == [
        (str(number), question.met_if, question.unknown_without)
        for number, question in enumerate(QUESTIONS, start=1)
    ]


def test_the_findings_of_the_watch_are_documented() -> None:
    """docs/watch.md says of each kind what `queuekit explain` says."""
    rows = re.findall(r"^\| `([\w-]+)` \| (.*?) \|$", _page("watch.md"), re.MULTILINE)
    assert {kind: text.replace("`", "") for kind, text in rows if kind in MEANINGS} == dict(
        MEANINGS
    )


def test_the_matrix_is_of_today() -> None:
    """docs/matrix.md has a row for each rule, and a column for each adapter without a server."""
    _, head, by_rule = _page("matrix.md").partition("\n## By rule\n")
    columns = [cell.strip().partition(" ")[0] for cell in by_rule.split("\n")[1].split("|")]
    assert head
    assert columns[2:-1] == [name for name, entry in BUILT_IN.items() if entry.server is None]
    rows = re.findall(r"^\| ([A-Z]+-\d+) \|", by_rule, re.MULTILINE)
    assert rows == [rule.id for rule in CATALOGUE]
