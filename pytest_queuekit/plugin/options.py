"""The options, ini keys and markers by which a pytest run is told about queues.

Loaded in every run of every user, so it imports nothing and decides nothing:
`pytest_queuekit.plugin.settings` reads the values, and only if they are needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

VALIDATE = "queue-validate"
"""The option that asks for the rules, and the head of their node ids."""

DATABASE = "queue-db"
"""The option that asks for the checks of a database, and the head of their node ids."""

REVIEW = "queue-review"
"""The option that asks for a review of source files, and the head of its node ids."""

WORKER = "queue-worker"
"""The option that limits a run to what concerns a team, and the head of its integration test."""

GATE = "queue-gate"
"""The option that asks for the success criteria, and the head of what only they need."""

WATCH = "queue-watch"
"""The option that has the databases of a run's own tests watched."""

STRICT = "queue_strict"
"""The marker of tests that fail for what the watch finds, in whatever mode."""

ALLOW = "queue_allow"
"""The marker of tests that do on purpose what the watch would find."""

LEVELS = ("quick", "standard", "deep")
PERFORMANCE = ("strict", "report", "off")
WATCHING = ("off", "report", "strict")

MARKERS = (
    "queue_integration: a test that needs a queue in a file; select with -m queue_integration",
    "queue_stress: a test of several workers at the same time; leave out with "
    "-m 'not queue_stress'",
    "queue_perf: a test that measures time; leave out with -m 'not queue_perf'",
    "queue_worker(n): a test of the part that worker n builds on the queue, n from 2 to 6",
    f"{STRICT}: a test that fails for what the watch finds, without --{WATCH} as well",
    f"{ALLOW}(*kinds): a test that does on purpose what the watch would find, such as 'busy'",
)


def add_options(parser: pytest.Parser) -> None:
    """Add the options of the group "queue validation", and their ini keys."""
    group = parser.getgroup("queue validation", "queue validation")
    group.addoption(
        f"--{VALIDATE}",
        action="store_true",
        dest="queue_validate",
        help="Find out whether a task queue is correct and fast enough. Runs the rules alone, and "
        "tests only where paths are given. Without --queue-impl the reference queue is tested. "
        "Select with -k CLAIM, -m 'not queue_stress', or by id: queue-validate::CLAIM-1",
    )
    group.addoption(
        "--queue-impl",
        action="append",
        dest="queue_impl",
        metavar="SPEC",
        help="The queue under test: a built-in name (litequeue), an adapter (mypackage.queues:"
        "MyQueue), or a module with the API of the reference queue. May be given several times: "
        "each rule then runs for each queue",
    )
    group.addoption(
        "--queue-level",
        dest="queue_level",
        metavar="LEVEL",
        help="How hard to try: quick (seconds), standard (up to a minute or two, the default) or "
        "deep (minutes)",
    )
    group.addoption(
        "--queue-perf",
        dest="queue_perf",
        metavar="MODE",
        help="What a missed performance target does: strict (fails, the default), report (is "
        "shown only) or off (nothing is measured)",
    )
    group.addoption(
        f"--{DATABASE}",
        dest="queue_db",
        metavar="PATH",
        help="Run the eight checks of the reference queue against a database that exists, such as "
        "--queue-db /var/lib/app/queue.db. Its rows and schema are left as they are",
    )
    group.addoption(
        f"--{REVIEW}",
        action="append",
        dest="queue_review",
        metavar="PATH",
        help="Review code that builds on the reference queue, a file or a folder: each item of the "
        "checklist is a test. May be given several times; see queuekit review --list",
    )
    _add_teams(group)
    group.addoption(
        f"--{WATCH}",
        dest="queue_watch",
        metavar="MODE",
        help="Watch what your own tests do to queue databases: off (the default), report (what is "
        "found is told at the end) or strict (it fails the test)",
    )
    _add_ini_keys(parser)


def _add_teams(group: pytest.OptionGroup) -> None:
    group.addoption(
        f"--{WORKER}",
        action="append",
        dest="queue_worker",
        metavar="N",
        help="The team whose part is looked at, 02 to 06: client API, worker engine, scheduling, "
        "observability, maintenance. Rules, targets and items of the review are those that concern "
        "it, and its integration test is run. May be given several times",
    )
    group.addoption(
        f"--{GATE}",
        action="store_true",
        dest="queue_gate",
        help="Tell at the end which of the seven success criteria are met, with the evidence, and "
        "fail the run unless all are. Runs your own tests too",
    )
    group.addoption(
        "--queue-approved-by",
        dest="queue_approved_by",
        metavar="NAME",
        help="Who has reviewed the code and approved it, for the gate",
    )
    group.addoption(
        "--queue-coverage",
        dest="queue_coverage",
        metavar="FILE",
        help="A data file of coverage.py, for the gate, where --cov does not measure in this run",
    )
    group.addoption(
        "--queue-base",
        dest="queue_base",
        metavar="REVISION",
        help="The git revision that the change is compared with, for the gate: documentation has "
        "to change with the code",
    )


def _add_ini_keys(parser: pytest.Parser) -> None:
    parser.addini(
        "queue_impl", "The queues under test, one a line, as in --queue-impl.", type="linelist"
    )
    parser.addini("queue_level", "quick, standard or deep, as in --queue-level.", default="")
    parser.addini("queue_perf", "strict, report or off, as in --queue-perf.", default="")
    parser.addini(
        "queue_db",
        "A database that --queue-validate checks as well, as in --queue-db; relative to the folder "
        "of the ini file.",
        default="",
    )
    parser.addini(
        "queue_review", "What --queue-validate reviews as well, one path a line.", type="linelist"
    )
    parser.addini("queue_worker", "The teams, one a line, as in --queue-worker.", type="linelist")
    parser.addini("queue_approved_by", "Who has approved the code, for --queue-gate.", default="")
    parser.addini("queue_coverage", "A coverage data file, for --queue-gate.", default="")
    parser.addini("queue_base", "The git revision to compare with, for --queue-gate.", default="")
    parser.addini("queue_watch", "off, report or strict, as in --queue-watch.", default="")


def is_asked_for(config: pytest.Config) -> bool:
    """Whether this run has anything to do with the kit."""
    option = config.option
    named = option.queue_db is not None or option.queue_review is not None
    asked = option.queue_validate or named
    return bool(asked or any(map(is_node_id, config.args)))


def watch_by_default(config: pytest.Config) -> str:
    """Return the mode of the watch where nobody has named one: the gate needs what it sees."""
    return "report" if config.option.queue_gate else "off"


def is_watch_asked_for(config: pytest.Config) -> bool:
    """Whether databases are watched in this run, or the mode is no word for it."""
    given = config.option.queue_watch
    kept = str(config.getini("queue_watch") or watch_by_default(config))
    return bool((kept if given is None else given) != "off")


def is_any_strict(items: Iterable[pytest.Item]) -> bool:
    """Whether a test asks to be watched, whatever the mode."""
    return any(item.get_closest_marker(STRICT) is not None for item in items)


def without_effect(config: pytest.Config) -> tuple[str, str]:
    """Return an option that was given and means nothing in this run, and the one that it needs."""
    option = config.option
    gated = ("queue_approved_by", "queue_coverage", "queue_base")
    needs: dict[str, str] = {}
    if not option.queue_gate:
        needs |= dict.fromkeys(gated, GATE)
    if not is_asked_for(config):
        needs |= dict.fromkeys(("queue_impl", "queue_level", "queue_worker"), VALIDATE)
    if not option.queue_validate:
        needs["queue_gate"] = VALIDATE
    for name, needed in needs.items():
        if getattr(option, name) not in (None, False):
            return f"--{name.replace('_', '-')}", f"--{needed}"
    return "", ""


def is_node_id(argument: str) -> bool:
    """Whether an argument of the command line means a question of the kit, and no path."""
    return argument.partition("::")[0] in (VALIDATE, DATABASE, REVIEW, WORKER, GATE)
