"""The settings of a run: options and ini keys, read once and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from pytest_queuekit.adapters.catalogue import DEFAULT
from pytest_queuekit.adapters.resolve import resolve
from pytest_queuekit.errors import UsageError
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.performance.targets import TARGETS
from pytest_queuekit.plugin import options
from pytest_queuekit.plugin.controller import track_of
from pytest_queuekit.plugin.known_failures import known_failures
from pytest_queuekit.plugin.node_ids import label_all
from pytest_queuekit.plugin.paths import ini_folder, looked_at, not_there
from pytest_queuekit.report.formats import FORMATS, HTML_NEEDS
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.suggest import did_you_mean
from pytest_queuekit.suites.plan import Performance, Plan
from pytest_queuekit.teams import Team, team_named

MOST_KEPT = 500
"""The failures that a project keeps by default: more than two queues have rules."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of a run.

    plan: the data from which the suites are made.
    chosen: the node ids among the arguments, to which the run is limited; empty for all.
    required: the rule ids and capabilities that the run must exercise.
    reports: the format and path of each report to write; without a path, None.
    keep: the most failures that the project keeps.
    default: True if the user named no queue, so that the reference queue is tested.
    notes: what there is to know about the settings at the end of the run.
    """

    plan: Plan
    chosen: tuple[str, ...]
    required: tuple[str, ...]
    reports: tuple[tuple[str, Path | None], ...]
    keep: int
    default: bool
    notes: tuple[str, ...]


def read(config: pytest.Config) -> Settings:
    """Read and check the options. Raises pytest.UsageError with one line for an invalid value."""
    chosen = tuple(filter(options.is_node_id, config.args))
    heads = {node_id.partition("::")[0] for node_id in chosen}
    heads |= {head for head in options.HEADS if config.getoption(head.replace("-", "_"))}
    rules = options.VALIDATE in heads
    queues = _queues(config) if rules or options.WORKER in heads else {}
    levels = [level.name.lower() for level in Level]
    level = Level.named(one_of(config, "queue_level", levels, "standard"))
    named = {node_id.partition("::")[0] for node_id in chosen}
    known = known_failures(config, queues)
    plan = Plan(
        queues=queues,
        rules=rules,
        effort=replace(Effort.at(level), seed=_whole(config, "queue_seed", 0)),
        performance={label: performance_mode(config, queue) for label, queue in queues.items()},
        database=_database(config, named=options.DATABASE in named),
        reviewed=_reviewed(config, named=options.REVIEW in named),
        teams=_teams(config, named=options.WORKER in named),
        gate=_gate(config, named=options.GATE in named),
        home=Path.cwd(),
        heads=frozenset(heads),
        waivers=known.waivers,
        track=track_of(config, level),
        alone=not hasattr(config, "workerinput"),
    )
    return Settings(
        plan=plan,
        chosen=chosen,
        required=_required(config, limited=bool(chosen or config.option.keyword)),
        reports=_reports(config),
        keep=_whole(config, "queue_keep", MOST_KEPT),
        default=not _impls(config),
        notes=known.notes,
    )


def performance_mode(config: pytest.Config, queue: QueueUnderTest | None = None) -> Performance:
    """Return the effect of a missed target. Raises pytest.UsageError for an unknown mode.

    The targets are those of the reference queue. Any other queue is measured and only shown,
    unless the user asks for more.
    """
    foreign = queue is not None and queue.spec != DEFAULT
    default = Performance.REPORT if foreign else Performance.STRICT
    words = [mode.value for mode in Performance]
    return Performance(one_of(config, "queue_perf", words, default.value))


def _whole(config: pytest.Config, key: str, default: int) -> int:
    """Return the number of an option or its ini key. Raises pytest.UsageError for anything else."""
    option = config.getoption(key)
    given = str(config.getini(key) or default if option is None else option)
    if not given.isdecimal():
        source = key if option is None else f"--{key.replace('_', '-')}"
        raise pytest.UsageError(f"{source}={given!r} must be a whole number, 0 or greater")
    return int(given)


def one_of(config: pytest.Config, key: str, words: Sequence[str], default: str) -> str:
    """Return the word of an option or its ini key. Raises pytest.UsageError for an unknown word."""
    option = config.getoption(key)
    source = key if option is None else f"--{key.replace('_', '-')}"
    word = str(config.getini(key) or default if option is None else option)
    if word not in words:
        hint = did_you_mean(word, words)
        raise pytest.UsageError(f"{source}={word!r} is not one of {', '.join(words)}{hint}")
    return word


def _lines(config: pytest.Config, key: str) -> tuple[list[str], str]:
    """Return the values of a repeatable option, or of its ini key, and which of them it is."""
    given = config.getoption(key)
    if given is None:
        return list(config.getini(key)), key
    return list(given), f"--{key.replace('_', '-')}"


def _impls(config: pytest.Config) -> list[str]:
    return _lines(config, "queue_impl")[0]


def _queues(config: pytest.Config) -> dict[str, QueueUnderTest]:
    specs = dict.fromkeys(_impls(config) or [DEFAULT])
    source = "--queue-impl" if config.getoption("queue_impl") else "queue_impl"
    folders = [config.rootpath]
    try:
        queues = label_all([resolve(spec, folders=folders, source=source) for spec in specs])
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    known = {rule.id for rule in CATALOGUE}
    for queue in queues.values():
        for rule in queue.contract.waivers:
            if rule not in known:
                raise pytest.UsageError(
                    f"{queue.spec}: limitations: no rule has the id {rule!r}"
                    f"{did_you_mean(rule, known)}"
                )
    return queues


def _required(config: pytest.Config, *, limited: bool) -> tuple[str, ...]:
    """Return the rule ids and capabilities that the run must exercise.

    limited: True if the user selected some checks. The ini key speaks of whole runs, and does not
    apply then; the option does.
    """
    lines, source = _lines(config, "queue_require")
    if limited and not source.startswith("-"):
        return ()
    slugs = {rule.slug: rule.id for rule in CATALOGUE} | {
        target.slug: target.id for target in TARGETS
    }
    known = {*slugs.values(), *(capability.value for capability in Capability)}
    required = []
    for word in (word.strip() for line in lines for word in line.split(",")):
        meant = slugs.get(word, word)
        if meant not in known:
            hint = did_you_mean(word, {*known, *slugs})
            raise pytest.UsageError(f"{source}={word!r} is neither a rule nor a capability{hint}")
        required.append(meant)
    return tuple(dict.fromkeys(required))


def _reports(config: pytest.Config) -> tuple[tuple[str, Path | None], ...]:
    """Return the reports to write. Raises pytest.UsageError for a path that cannot be written."""
    lines, source = _lines(config, "queue_report")
    reports: list[tuple[str, Path | None]] = []
    for line in lines:
        name, colon, place = line.partition(":")
        if name not in FORMATS:
            hint = did_you_mean(name, FORMATS)
            raise pytest.UsageError(
                f"{source}={line!r}: no format {name!r}; there are "
                f"{', '.join(sorted(FORMATS))}{hint}"
            )
        if name == "html" and find_spec("jinja2") is None:
            raise pytest.UsageError(f"{source}={line!r} {HTML_NEEDS}")
        if not place and (colon or name != "github"):
            raise pytest.UsageError(f"{source}={line!r} names no file: write {name}:PATH")
        folder = config.invocation_params.dir if source.startswith("-") else config.rootpath
        path = folder / Path(place).expanduser() if place else None
        if path is not None and (path.is_dir() or not path.parent.is_dir()):
            problem = "is a folder" if path.is_dir() else "is in a folder that does not exist"
            raise pytest.UsageError(f"{source}={line!r}: {str(path)!r} {problem}")
        reports.append((name, path))
    return tuple(reports)


def _database(config: pytest.Config, *, named: bool) -> Path | None:
    given = config.getoption("queue_db")
    if given is not None:
        return looked_at(given, config.invocation_params.dir, "--queue-db", _no_database)
    kept = str(config.getini("queue_db"))
    if kept and (named or config.getoption("queue_validate")):
        return looked_at(kept, ini_folder(config), "queue_db", _no_database)
    if named:
        raise pytest.UsageError("queue-db::… names a check of a database: add --queue-db PATH")
    return None


def _reviewed(config: pytest.Config, *, named: bool) -> tuple[Path, ...]:
    given = config.getoption("queue_review")
    if given is None and (named or config.getoption("queue_validate")):
        folder = ini_folder(config)
        lines = [str(folder / line) for line in config.getini("queue_review")]
        paths = [looked_at(line, folder, "queue_review", not_there) for line in lines]
        if paths:
            here = Path.cwd()
            return tuple(
                path.relative_to(here) if path.is_relative_to(here) else path for path in paths
            )
    if named and not given:
        raise pytest.UsageError("queue-review::… names a review: add --queue-review PATH")
    folder = config.invocation_params.dir
    paths = [looked_at(path, folder, "--queue-review", not_there) for path in given or ()]
    if folder != Path.cwd():
        return tuple(paths)
    return tuple(Path(path).expanduser() for path in given or ())  # the given form reads better


def _teams(config: pytest.Config, *, named: bool) -> tuple[Team, ...]:
    given = config.getoption("queue_worker")
    source = "queue_worker" if given is None else "--queue-worker"
    words = config.getini("queue_worker") if given is None else given
    try:
        teams = {team.number: team for team in map(team_named, words)}
    except UsageError as error:
        raise pytest.UsageError(f"{source}={error}") from error
    if named and not teams:
        raise pytest.UsageError("queue-worker::… names a team's test: add --queue-worker N")
    return tuple(teams[number] for number in sorted(teams))


def _gate(config: pytest.Config, *, named: bool) -> bool:
    asked = bool(config.getoption("queue_gate"))
    if named and not asked:
        raise pytest.UsageError("queue-gate::… belongs to the gate: add --queue-gate")
    return asked


def _no_database(path: Path) -> str:
    """Return why a path is not a file that can be checked; empty if it is."""
    if path.is_dir():
        return "is a folder: give the database file in it"
    if not path.exists():
        return not_there(path)
    return "" if path.is_file() else "is not a regular file: give a database file"
