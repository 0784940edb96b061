"""What a run is told for its gate: who approved the code, and where evidence is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_queuekit.errors import UsageError
from pytest_queuekit.gate.changes import check_revision
from pytest_queuekit.plugin.settings import looked_at, not_there


@dataclass(frozen=True, kw_only=True)
class Given:
    """What was given.

    approved_by: a name, or empty. coverage: a data file of coverage.py. base: a git revision to
    compare with, or empty.
    """

    approved_by: str
    coverage: Path | None
    base: str


def read(config: pytest.Config) -> Given:
    """Read the options and ini keys. Raises pytest.UsageError with one line."""
    base, source = _word(config, "queue_base")
    if base:
        try:
            check_revision(base, config.rootpath)
        except UsageError as error:
            raise pytest.UsageError(f"{source}={error}") from error
    return Given(
        # In CI it comes from a variable, which is empty as long as nobody has approved.
        approved_by=_text(config, "queue_approved_by")[0],
        coverage=_coverage(config),
        base=base,
    )


def _coverage(config: pytest.Config) -> Path | None:
    given, source = _word(config, "queue_coverage")
    if not given:
        return None
    folder = config.invocation_params.dir
    if source == "queue_coverage":
        folder = config.inipath.parent if config.inipath else config.rootpath
    return looked_at(given, folder, source, _no_data)


def _word(config: pytest.Config, key: str) -> tuple[str, str]:
    """Return what `_text` does. Raises pytest.UsageError for an option that says nothing."""
    text, source = _text(config, key)
    if not text and source != key:
        raise pytest.UsageError(f"{source}='' is empty: give a value, or leave it out")
    return text, source


def _text(config: pytest.Config, key: str) -> tuple[str, str]:
    """Return what an option, or its ini key, says, and which of them said it."""
    given = config.getoption(key)
    if given is None:
        return str(config.getini(key)).strip(), key
    return str(given).strip(), f"--{key.replace('_', '-')}"


def _no_data(path: Path) -> str:
    if path.is_dir():
        return "is a folder: give the data file in it"
    return not_there(path)
