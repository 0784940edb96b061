"""The options, ini keys and markers of the plugin.

Loaded in every run of every user, so it imports nothing and decides nothing:
`pytest_queuekit.plugin.settings` reads the values, and only if they are needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

VALIDATE = "queue-validate"
DATABASE = "queue-db"
REVIEW = "queue-review"
WORKER = "queue-worker"
GATE = "queue-gate"

SUITES = (
    ("rules", VALIDATE),
    ("targets", VALIDATE),
    ("integration", WORKER),
    ("load", GATE),
    ("database", DATABASE),
    ("review", REVIEW),
)
"""The suites in the order of reports: the module in `pytest_queuekit.suites`, and the head of its
node ids, which is also the option that asks for it. A further suite is a module and a line here."""

HEADS = tuple(dict.fromkeys(head for _, head in SUITES))

WATCH = "queue-watch"
"""The option that watches the databases of a run's own tests."""

STRICT = "queue_strict"
"""The marker of tests that fail for a finding of the watch, in any mode."""

ALLOW = "queue_allow"
"""The marker of tests that cause findings of the watch on purpose."""

WATCHING = ("off", "report", "strict")

MARKERS = (
    "queue_integration: a test that needs a queue in a file; select with -m queue_integration",
    "queue_stress: a test of several workers at the same time; leave out with "
    "-m 'not queue_stress'",
    "queue_perf: a test that measures time; leave out with -m 'not queue_perf'",
    "queue_worker(n): a test of the part that worker n builds on the queue, n from 2 to 6",
    f"{STRICT}: a test that fails for a finding of the watch, even without --{WATCH}",
    f"{ALLOW}(*kinds): a test that causes findings of the watch on purpose, such as 'busy'",
)


_HELP = {
    "queue_impl": (
        "SPEC",
        "The queue under test: a built-in or installed adapter by name (litequeue), an adapter "
        "class (mypackage.queues:MyQueue), or a module with the API of the reference queue. "
        "Repeatable: each rule then runs for each queue.",
    ),
    "queue_review": (
        "PATH",
        "Review code that builds on the reference queue, a file or a folder: each item of the "
        "checklist is a test. Repeatable; see queuekit review --list.",
    ),
    "queue_worker": (
        "N",
        "Limit the run to the checks that concern a team, 02 to 06 (client API, worker engine, "
        "scheduling, observability, maintenance), and run the team's integration test. Repeatable.",
    ),
    "queue_require": (
        "WHAT",
        "Fail unless the run exercises these rules and capabilities, separated by commas: "
        "ACK-6,lease. Repeatable.",
    ),
    "queue_report": (
        "FORMAT:PATH",
        "Write a report when the run ends: html (a page for people), json, junit, github "
        "(Markdown), gitlab (Code Quality), sarif or text. "
        "'github' without a path writes annotations and the step summary of GitHub Actions. "
        "Repeatable.",
    ),
}
"""The options that may be given several times; each has an ini key of lines."""

_WORDS = {
    "queue_level": (
        "LEVEL",
        "How hard to try: quick (seconds), standard (under two minutes, the default) or deep "
        "(minutes to an hour).",
    ),
    "queue_seed": (
        "N",
        "The seed of the kit's random choices, 0 by default: the same seed draws the same walks.",
    ),
    "queue_keep": (
        "N",
        "Keep the newest N failures in .queuekit, with their histories, for queuekit show: 500 by "
        "default, 0 for none.",
    ),
    "queue_perf": (
        "MODE",
        "Set the effect of a missed performance target: strict (fails; the default for the "
        "reference queue), report (is shown; the default for any other queue) or off (nothing is "
        "measured).",
    ),
    "queue_db": (
        "PATH",
        "Run the eight checks of the reference queue on an existing database file. Its rows and "
        "its schema stay as they are.",
    ),
    "queue_approved_by": (
        "NAME",
        "Name the person who approved the code in a review, for --queue-gate.",
    ),
    "queue_coverage": (
        "FILE",
        "A data file of coverage.py, for --queue-gate, if --cov does not measure this run.",
    ),
    "queue_baseline": (
        "FILE",
        "Accept the failures of an earlier run: a file of --queue-report json:FILE. Only what "
        "failed there may fail.",
    ),
    "queue_base": (
        "REVISION",
        "The git revision to compare with, for --queue-gate: documentation changes with the code.",
    ),
    "queue_watch": (
        "MODE",
        "Watch what your own tests do to queue databases: off (the default), report (findings are "
        "shown at the end) or strict (a finding fails its test).",
    ),
}
"""The options that take one value; each has an ini key of the same name."""


def add_options(parser: pytest.Parser) -> None:
    """Add the options of the group "queue validation", and their ini keys."""
    group = parser.getgroup("queue validation", "queue validation")
    group.addoption(
        f"--{VALIDATE}",
        action="store_true",
        dest="queue_validate",
        help="Find out whether a task queue keeps its promises and meets its performance targets. "
        "Without paths, runs only the rules and the performance targets; with paths, also your "
        "tests there. Without --queue-impl, tests the reference queue. Select with -k CLAIM, -m "
        "'not queue_stress', or by id: queue-validate::CLAIM-1.",
    )
    group.addoption(
        f"--{GATE}",
        action="store_true",
        dest="queue_gate",
        help="At the end of the run, report the seven success criteria (see docs/gate.md) with "
        "their evidence. Fail unless all are met. Runs your own tests too.",
    )
    for name, (metavar, text) in _HELP.items():
        flag = f"--{name.replace('_', '-')}"
        group.addoption(flag, action="append", dest=name, metavar=metavar, help=text)
        parser.addini(name, f"As in {flag}, one a line.", type="linelist")
    for name, (metavar, text) in _WORDS.items():
        flag = f"--{name.replace('_', '-')}"
        group.addoption(flag, dest=name, metavar=metavar, help=text)
        parser.addini(name, f"As in {flag}.", default="")
    declared = {VALIDATE, GATE, *(name.replace("_", "-") for name in (*_HELP, *_WORDS))}
    for head in HEADS:
        if head not in declared:
            group.addoption(f"--{head}", action="store_true", help=f"Run the suite {head}.")
    parser.addini(
        "queue_waivers",
        "Failures that you accept, one a line: RULE: reason, or RULE[queue]: reason.",
        type="linelist",
    )


def is_asked_for(config: pytest.Config) -> bool:
    """Return True if an option or an argument of this run asks for the kit."""
    option = config.option
    alone = (head for head in HEADS if head not in (WORKER, GATE))  # those two need the rules
    asked = any(getattr(option, head.replace("-", "_")) not in (None, False) for head in alone)
    return asked or any(map(is_node_id, config.args))


def watch_by_default(config: pytest.Config) -> str:
    """Return the default mode of the watch: the gate needs its findings."""
    return "report" if config.option.queue_gate else "off"


def is_watch_asked_for(config: pytest.Config) -> bool:
    """Return True if this run watches databases, or names an unknown mode."""
    given = config.option.queue_watch
    kept = str(config.getini("queue_watch") or watch_by_default(config))
    return bool((kept if given is None else given) != "off")


def is_any_strict(items: Iterable[pytest.Item]) -> bool:
    """Return True if a test asks to be watched, whatever the mode."""
    return any(item.get_closest_marker(STRICT) is not None for item in items)


_OF_VALIDATION = (
    "queue_impl",
    "queue_level",
    "queue_seed",
    "queue_keep",
    "queue_worker",
    "queue_require",
    "queue_report",
    "queue_baseline",
)


def without_effect(config: pytest.Config) -> tuple[str, str]:
    """Return an option that has no effect in this run, and the option that it needs."""
    option = config.option
    gated = ("queue_approved_by", "queue_coverage", "queue_base")
    needs: dict[str, str] = {}
    if not option.queue_gate:
        needs |= dict.fromkeys(gated, GATE)
    if not is_asked_for(config):
        needs |= dict.fromkeys(_OF_VALIDATION, VALIDATE)
    if not option.queue_validate:
        needs["queue_gate"] = VALIDATE
    for name, needed in needs.items():
        if getattr(option, name) not in (None, False):
            return f"--{name.replace('_', '-')}", f"--{needed}"
    return "", ""


def is_node_id(argument: str) -> bool:
    """Return True if an argument of the command line means checks of the kit, not a path."""
    return argument.partition("::")[0] in HEADS
