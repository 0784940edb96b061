"""What a run was asked to do: options and ini keys, read once and checked."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_queuekit.adapters.catalogue import DEFAULT
from pytest_queuekit.adapters.resolve import resolve
from pytest_queuekit.errors import UsageError
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.plugin import options
from pytest_queuekit.plugin.node_ids import label_all
from pytest_queuekit.suggest import did_you_mean
from pytest_queuekit.teams import Team, concerns, team_named


class Performance(enum.StrEnum):
    """What a missed target of performance does."""

    STRICT = "strict"
    REPORT = "report"
    OFF = "off"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run was asked to do.

    subjects: the queues under test, each under the label that its node ids bear; empty where
        nothing is asked of a queue.
    rules: whether rules are put to them, and not only a team's test.
    effort: how hard to try.
    performance: what a missed target does.
    database: the file to check; None where none was given.
    reviewed: the files and folders to review; empty where none were given.
    teams: whose part is looked at; empty for all that there is.
    gate: whether the success criteria are judged.
    chosen: the node ids among the arguments, to which the run is limited; empty for all.
    home: the working directory, to which relative paths refer, whatever a test does to it.
    """

    queues: dict[str, QueueUnderTest]
    rules: bool
    effort: Effort
    performance: Performance
    database: Path | None
    reviewed: tuple[Path, ...]
    teams: tuple[Team, ...]
    gate: bool
    chosen: tuple[str, ...]
    home: Path

    def concerns(self, question: str) -> bool:
        """Whether a rule, a target or an item of the review, by its id, is put in this run."""
        return concerns(self.teams, question)


def read(config: pytest.Config) -> Settings:
    """Read and check the options. Raises pytest.UsageError with one line."""
    chosen = tuple(filter(options.is_node_id, config.args))
    heads = {one.partition("::")[0] for one in chosen}
    rules = config.option.queue_validate or options.VALIDATE in heads
    level = one_of(config, "queue_level", [level.name.lower() for level in Level], "standard")
    return Settings(
        queues=_queues(config) if rules or options.WORKER in heads else {},
        rules=rules,
        effort=Effort.at(Level.named(level)),
        performance=performance_mode(config),
        database=_database(config, named=options.DATABASE in heads),
        reviewed=_reviewed(config, named=options.REVIEW in heads),
        teams=_teams(config, named=options.WORKER in heads),
        gate=_gate(config, named=options.GATE in heads),
        chosen=chosen,
        home=Path.cwd(),
    )


def performance_mode(config: pytest.Config) -> Performance:
    """Return what a missed target does in this run. Raises pytest.UsageError."""
    return Performance(one_of(config, "queue_perf", [one.value for one in Performance], "strict"))


def one_of(config: pytest.Config, key: str, words: Sequence[str], default: str) -> str:
    """Return the word that an option, or its ini key, was given. Raises pytest.UsageError."""
    given = config.getoption(key)
    told = given is not None
    source = f"--{key.replace('_', '-')}" if told else key
    word = str(given if told else config.getini(key) or default)
    if word not in words:
        hint = did_you_mean(word, words)
        raise pytest.UsageError(f"{source}={word!r} is none of {', '.join(words)}{hint}")
    return word


def _queues(config: pytest.Config) -> dict[str, QueueUnderTest]:
    given = config.getoption("queue_impl")
    source = "--queue-impl" if given else "queue_impl"
    specs = given or config.getini("queue_impl") or [DEFAULT]
    try:
        found = [
            resolve(spec, folders=[config.rootpath], source=source) for spec in dict.fromkeys(specs)
        ]
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    return label_all(found)


def _database(config: pytest.Config, *, named: bool) -> Path | None:
    given = config.getoption("queue_db")
    if given is not None:
        return looked_at(given, config.invocation_params.dir, "--queue-db", _no_database)
    kept = str(config.getini("queue_db"))
    if kept and (named or config.getoption("queue_validate")):
        folder = config.inipath.parent if config.inipath else config.rootpath
        return looked_at(kept, folder, "queue_db", _no_database)
    if named:
        raise pytest.UsageError("queue-db::… names a check of a database: add --queue-db PATH")
    return None


def _reviewed(config: pytest.Config, *, named: bool) -> tuple[Path, ...]:
    given = config.getoption("queue_review")
    if given is None and (named or config.getoption("queue_validate")):
        folder = config.inipath.parent if config.inipath else config.rootpath
        kept = [str(folder / one) for one in config.getini("queue_review")]
        found = [looked_at(one, folder, "queue_review", not_there) for one in kept]
        if found:
            return tuple(_from_here(one) for one in found)
    if named and not given:
        raise pytest.UsageError("queue-review::… names a review: add --queue-review PATH")
    folder = config.invocation_params.dir
    paths = [looked_at(one, folder, "--queue-review", not_there) for one in given or ()]
    if folder != Path.cwd():
        return tuple(paths)
    return tuple(Path(one).expanduser() for one in given or ())  # as it was given: it reads better


def _from_here(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _teams(config: pytest.Config, *, named: bool) -> tuple[Team, ...]:
    given = config.getoption("queue_worker")
    source = "queue_worker" if given is None else "--queue-worker"
    words = config.getini("queue_worker") if given is None else given
    try:
        found = {one.worker: one for one in map(team_named, words)}
    except UsageError as error:
        raise pytest.UsageError(f"{source}={error}") from error
    if named and not found:
        raise pytest.UsageError("queue-worker::… names a team's test: add --queue-worker N")
    return tuple(found[worker] for worker in sorted(found))


def _gate(config: pytest.Config, *, named: bool) -> bool:
    asked = bool(config.getoption("queue_gate"))
    if named and not asked:
        raise pytest.UsageError("queue-gate::… belongs to the gate: add --queue-gate")
    return asked


def not_there(path: Path) -> str:
    """Return that a path does not exist, and what may have been meant; empty if it does."""
    if path.exists():
        return ""
    siblings = [one.name for one in path.parent.glob("*")] if path.parent.is_dir() else []
    return f"does not exist{did_you_mean(path.name, siblings)}"


def looked_at(given: str, folder: Path, source: str, problem_of: Callable[[Path], str]) -> Path:
    """Return the path that was given. Raises pytest.UsageError with what is wrong with it."""
    if not given:
        raise pytest.UsageError(f"{source}='' is empty: give a path")
    try:
        path = folder / Path(given).expanduser()
        problem = problem_of(path)
    except (OSError, RuntimeError) as error:  # RuntimeError: ~NAME of nobody
        told = error.strerror if isinstance(error, OSError) else error
        raise pytest.UsageError(f"{source}={given!r} cannot be looked at: {told}") from error
    if problem:
        raise pytest.UsageError(f"{source}={str(path)!r} {problem}")
    return path


def _no_database(path: Path) -> str:
    """Return why a path is no file that can be checked; empty if it is one."""
    if path.is_dir():
        return "is a folder: give the database file in it"
    if not path.exists():
        return not_there(path)
    return "" if path.is_file() else "is no regular file: give a database file"
