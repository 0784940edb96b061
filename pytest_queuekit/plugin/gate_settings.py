"""The options of the gate: who approved the code, and where evidence is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_queuekit.errors import UsageError
from pytest_queuekit.gate.changes import check_revision
from pytest_queuekit.plugin.paths import ini_folder, looked_at, not_there


@dataclass(frozen=True, kw_only=True)
class GateSettings:
    """The settings of the gate.

    approved_by: the name of the person who approved the code; empty for none.
    coverage: a data file of coverage.py; None for the measurement of this run.
    base: the git revision to compare with; empty for none.
    """

    approved_by: str
    coverage: Path | None
    base: str


def read(config: pytest.Config) -> GateSettings:
    """Read the options and ini keys. Raises pytest.UsageError for an invalid value."""
    base, source = _nonempty(config, "queue_base")
    if base:
        try:
            check_revision(base, config.rootpath)
        except UsageError as error:
            raise pytest.UsageError(f"{source}={error}") from error
    return GateSettings(
        # In CI the name comes from a variable, which is empty until a reviewer approves.
        approved_by=_text(config, "queue_approved_by")[0],
        coverage=_coverage(config),
        base=base,
    )


def _coverage(config: pytest.Config) -> Path | None:
    given, source = _nonempty(config, "queue_coverage")
    if not given:
        return None
    folder = config.invocation_params.dir
    if source == "queue_coverage":
        folder = ini_folder(config)
    return looked_at(given, folder, source, _no_data)


def _nonempty(config: pytest.Config, key: str) -> tuple[str, str]:
    """Return the result of `_text`. Raises pytest.UsageError for an empty option."""
    text, source = _text(config, key)
    if not text and source != key:
        raise pytest.UsageError(f"{source}='' is empty: give a value, or leave it out")
    return text, source


def _text(config: pytest.Config, key: str) -> tuple[str, str]:
    """Return the value of an option or of its ini key, and the name of the one that has it."""
    given = config.getoption(key)
    if given is None:
        return str(config.getini(key)).strip(), key
    return str(given).strip(), f"--{key.replace('_', '-')}"


def _no_data(path: Path) -> str:
    return "is a folder: give the data file in it" if path.is_dir() else not_there(path)
