"""Explains every id that a run can print, except rules and targets: `cli.rules` explains those.

`SECTIONS` lists where explanations come from; tests compare them with the ids of whole runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from pytest_queuekit.cli.rules import entries, entry_of, explain, fields_as_text

# The modules of the checks are imported where they are used: `cli.explain` is always loaded.


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """One id in full.

    id: the id as reports print it: "LOAD-1", "schema-integrity", "QR102".
    others: other names of the id: its slug, its family.
    text: returns the lines for a terminal of some columns.
    """

    id: str
    others: tuple[str, ...]
    text: Callable[[int], str]


def explanations() -> Iterator[Explanation]:
    """Yield every explanation, in the order of the reports."""
    for section in SECTIONS:
        yield from section()


def _rules_and_targets() -> Iterator[Explanation]:
    for entry in entries():
        yield Explanation(
            id=entry.id, others=(entry.slug, entry.family), text=partial(explain, entry)
        )


_GATE_RUN = "pytest --queue-validate --queue-gate"


def _integration() -> Iterator[Explanation]:
    from pytest_queuekit.suites.integration import FAMILY
    from pytest_queuekit.teams import TEAMS

    commands = {"any": f"{_GATE_RUN} -k {FAMILY}"}
    commands |= {
        team.number: f"pytest queue-worker::{team.number} --queue-worker {team.number}"
        for team in TEAMS
    }
    titles = {"any": "of any team"} | {team.number: f"of {team.title}" for team in TEAMS}
    for name, run in commands.items():
        fields = {
            "must": "A worker can do its whole work on the queue: enqueue, claim, complete, fail.",
            "why": "A queue that passes every rule may still not support the calls of a worker.",
            "about": "Runs validate_worker_integration() of the queue's package on a new database.",
            "run": run,
        }
        text = partial(fields_as_text, f"{name} the integration test {titles[name]}", fields)
        yield Explanation(id=name, others=(FAMILY,), text=text)


def _load() -> Iterator[Explanation]:
    from pytest_queuekit.adapters.reference import ReferenceQueue
    from pytest_queuekit.model.contract import Contract
    from pytest_queuekit.rules.load import FAMILY, load_rules
    from pytest_queuekit.suites.load import CHECKS

    fields = {
        "must": "The eight checks pass on a scratch database: quick_validate() returns True.",
        "why": "These checks show whether the code of the queue works on this machine.",
        "about": "The checks: " + ", ".join(_DATABASE),
        "run": f"{_GATE_RUN} -k {CHECKS}",
    }
    text = partial(fields_as_text, f"{CHECKS} the eight checks of the queue's package", fields)
    yield Explanation(id=CHECKS, others=(), text=text)
    for rule in load_rules(Contract.of(ReferenceQueue)):
        entry = replace(
            entry_of(rule, family=FAMILY, about="The queue is never busy under daily load."),
            needs=("processes or threads",),
            driver="processes, or threads if the queue is declared for one process",
        )
        text = partial(explain, entry, run=f"{_GATE_RUN} -k {rule.id}")
        yield Explanation(id=rule.id, others=(rule.slug, FAMILY), text=text)


_DATABASE: Mapping[str, tuple[str, str]] = {
    "configuration": (
        "The settings in config.py are valid.",
        "An invalid setting shows up late, in a worker, far from the line that set it.",
    ),
    "database-connection": (
        "The database opens and answers.",
        "No other check can pass without a working database.",
    ),
    "schema-integrity": (
        "Tables, columns, constraints, triggers and the file itself are sound.",
        "A schema that was changed by hand, or a damaged file, loses tasks without an error.",
    ),
    "pragma-settings": (
        "The PRAGMAs of file and connection are those of the queue.",
        "Without WAL and a busy time-out, workers get 'database is locked' under load.",
    ),
    "data-models": (
        "Task, Worker and TaskLog keep the values of rows.",
        "A value that changes between row and object misleads the code that reads the object.",
    ),
    "transaction-isolation": (
        "A transaction is seen as a whole or not at all.",
        "Otherwise, two workers can claim one task.",
    ),
    "index-performance": (
        "Claims and statistics find their rows by index.",
        "Otherwise, each claim reads the whole table, and the queue slows down as it grows.",
    ),
    "error-handling": (
        "Failures raise the queue's own errors.",
        "Callers catch these errors; any other error ends the worker.",
    ),
}
"""The promise and its reason, by the id of each check of a database."""


def _database() -> Iterator[Explanation]:
    for name, (sentence, why) in _DATABASE.items():
        run = f"pytest queue-db::{name} --queue-db PATH"
        text = partial(fields_as_text, name, {"must": sentence, "why": why, "run": run})
        yield Explanation(id=name, others=(name.replace("-", " "), "queue-db"), text=text)


def _review() -> Iterator[Explanation]:
    from pytest_queuekit.cli.review import explain_code
    from pytest_queuekit.review.catalogue import ABOUT_FILES, GROUPS

    groups = {"Files": tuple(ABOUT_FILES.values())} | {group.name: group.codes for group in GROUPS}
    for name, codes in groups.items():
        for code in codes:
            yield Explanation(id=code.id, others=(name,), text=partial(explain_code, code))


def _criteria() -> Iterator[Explanation]:
    from pytest_queuekit.gate.criteria import QUESTIONS

    for number, question in enumerate(QUESTIONS, start=1):
        fields = {"met if": question.met_if}
        if question.unknown_without:
            fields["unknown"] = f"without {question.unknown_without}"
        fields["run"] = f"{_GATE_RUN} …, see docs/gate.md"
        text = partial(fields_as_text, f"criterion {number} of the gate: {question.asks}", fields)
        others = (f"queue_gate_{number}", "queue-gate", "queue_gate")
        yield Explanation(id=str(number), others=others, text=text)


def _watch() -> Iterator[Explanation]:
    from pytest_queuekit.watch.finding import MEANINGS, TITLES

    for kind, title in TITLES.items():
        fields = {
            "means": f"{MEANINGS[kind]}.",
            "run": "pytest --queue-watch report",
            "allow": f"@pytest.mark.queue_allow({kind!r}), if the test does this on purpose",
        }
        text = partial(fields_as_text, f"{kind} {title} (a finding of the watch)", fields)
        yield Explanation(id=kind, others=("queue-watch",), text=text)


SECTIONS: tuple[Callable[[], Iterator[Explanation]], ...] = (
    _rules_and_targets,
    _integration,
    _load,
    _database,
    _review,
    _criteria,
    _watch,
)
