"""What a run was asked to do: options and ini keys, read once and checked."""

from __future__ import annotations

import difflib
import enum
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_queuekit import options
from pytest_queuekit.adapters.catalogue import DEFAULT
from pytest_queuekit.adapters.resolve import resolve
from pytest_queuekit.errors import UsageError
from pytest_queuekit.level import Effort, Level
from pytest_queuekit.pytest_side.node_ids import label_all
from pytest_queuekit.subject import Subject


class Performance(enum.StrEnum):
    """What a missed target of performance does."""

    STRICT = "strict"
    REPORT = "report"
    OFF = "off"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run was asked to do.

    subjects: the queues under test, each under the label that its node ids bear; empty where no
        rules were asked for.
    effort: how hard to try.
    performance: what a missed target does.
    database: the file to check; None where none was given.
    reviewed: the files and folders to review; empty where none were given.
    chosen: the node ids among the arguments, to which the run is limited; empty for all.
    """

    subjects: dict[str, Subject]
    effort: Effort
    performance: Performance
    database: Path | None
    reviewed: tuple[Path, ...]
    chosen: tuple[str, ...]


def read(config: pytest.Config) -> Settings:
    """Read and check the options. Raises pytest.UsageError with one line."""
    chosen = tuple(filter(options.is_node_id, config.args))
    heads = {one.partition("::")[0] for one in chosen}
    rules = config.option.queue_validate or options.VALIDATE in heads
    level = _one_of(config, "queue_level", [level.name.lower() for level in Level], "standard")
    return Settings(
        subjects=_subjects(config) if rules else {},
        effort=Effort.at(Level.named(level)),
        performance=performance_mode(config),
        database=_database(config, named=options.DATABASE in heads),
        reviewed=_reviewed(config, named=options.REVIEW in heads),
        chosen=chosen,
    )


def performance_mode(config: pytest.Config) -> Performance:
    """Return what a missed target does in this run. Raises pytest.UsageError."""
    return Performance(_one_of(config, "queue_perf", [one.value for one in Performance], "strict"))


def _one_of(config: pytest.Config, key: str, words: Sequence[str], default: str) -> str:
    given = config.getoption(key)
    source = f"--{key.replace('_', '-')}" if given else key
    word = str(given or config.getini(key) or default)
    if word not in words:
        near = difflib.get_close_matches(word, words, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise pytest.UsageError(f"{source}={word!r} is none of {', '.join(words)}{hint}")
    return word


def _subjects(config: pytest.Config) -> dict[str, Subject]:
    specs = config.getoption("queue_impl") or config.getini("queue_impl") or [DEFAULT]
    try:
        found = [resolve(spec, folders=[config.rootpath]) for spec in dict.fromkeys(specs)]
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    return label_all(found)


def _database(config: pytest.Config, *, named: bool) -> Path | None:
    given = config.getoption("queue_db")
    if given:
        return _existing(config.invocation_params.dir / Path(given).expanduser(), "--queue-db")
    kept = str(config.getini("queue_db"))
    if kept and (named or config.getoption("queue_validate")):
        folder = config.inipath.parent if config.inipath else config.rootpath
        return _existing(folder / Path(kept).expanduser(), "queue_db")
    if named:
        raise pytest.UsageError("queue-db::… names a check of a database: add --queue-db PATH")
    return None


def _reviewed(config: pytest.Config, *, named: bool) -> tuple[Path, ...]:
    given = config.getoption("queue_review") or []
    if named and not given:
        raise pytest.UsageError("queue-review::… names a review: add --queue-review PATH")
    folder = config.invocation_params.dir
    for one in given:
        if not (folder / Path(one).expanduser()).exists():
            raise pytest.UsageError(f"--queue-review={one!r} does not exist: give a file or folder")
    # As they were given, if the run is still where it began: short paths read better.
    here = folder == Path.cwd()
    return tuple(Path(one) if here else folder / Path(one).expanduser() for one in given)


def _existing(path: Path, source: str) -> Path:
    if path.is_dir():
        raise pytest.UsageError(f"{source}={str(path)!r} is a folder: give the database file in it")
    if not path.exists():
        siblings = [one.name for one in path.parent.glob("*")] if path.parent.is_dir() else []
        near = difflib.get_close_matches(path.name, siblings, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise pytest.UsageError(f"{source}={str(path)!r} does not exist{hint}")
    return path
