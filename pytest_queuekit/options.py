"""The options, ini keys and markers by which a pytest run is told about queues.

Loaded in every run of every user, so it imports nothing and decides nothing:
`pytest_queuekit.pytest_side.settings` reads the values, and only if they are needed.
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
    group.addoption(
        f"--{WATCH}",
        dest="queue_watch",
        metavar="MODE",
        help="Watch what your own tests do to queue databases: off (the default), report (what is "
        "found is told at the end) or strict (it fails the test)",
    )
    _add_ini_keys(parser)


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
    parser.addini("queue_watch", "off, report or strict, as in --queue-watch.", default="")


def is_asked_for(config: pytest.Config) -> bool:
    """Whether this run has anything to do with the kit."""
    option = config.option
    named = option.queue_db is not None or option.queue_review is not None
    asked = option.queue_validate or named
    return bool(asked or any(map(is_node_id, config.args)))


def is_watch_asked_for(config: pytest.Config) -> bool:
    """Whether databases are watched in this run, or the mode is no word for it."""
    given = config.option.queue_watch
    mode = str(config.getini("queue_watch") or "off") if given is None else given
    return bool(mode != "off")


def is_any_strict(items: Iterable[pytest.Item]) -> bool:
    """Whether a test asks to be watched, whatever the mode."""
    return any(item.get_closest_marker(STRICT) is not None for item in items)


def without_effect(config: pytest.Config) -> str:
    """Return the option that was given and means nothing in a run without rules."""
    given = {"--queue-impl": config.option.queue_impl, "--queue-level": config.option.queue_level}
    return next((name for name, value in given.items() if value is not None), "")


def is_node_id(argument: str) -> bool:
    """Whether an argument of the command line means rules, checks or a review, and no path."""
    return argument.partition("::")[0] in (VALIDATE, DATABASE, REVIEW)
