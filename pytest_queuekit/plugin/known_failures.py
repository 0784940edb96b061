"""The failures that a run accepts: those of the ini file, and those of an earlier run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_queuekit.errors import UsageError
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import Status, Verdict, Waiver
from pytest_queuekit.performance.targets import TARGETS
from pytest_queuekit.plugin.paths import ini_folder
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.suggest import did_you_mean

_SUITES = ("rules", "targets")
_SOURCES = ("--queue-baseline", "queue_baseline")


@dataclass(frozen=True, kw_only=True)
class KnownFailures:
    """What the user accepts. waivers: by rule id and label; the label "" means every queue.

    notes: failures of the earlier run that are no longer checked, a sentence for each.
    """

    waivers: Mapping[tuple[str, str], Waiver]
    notes: tuple[str, ...] = ()


def known_failures(config: pytest.Config, queues: Mapping[str, QueueUnderTest]) -> KnownFailures:
    """Return the failures of `queue_waivers` and of `--queue-baseline`; the former go first.

    Raises pytest.UsageError for an invalid line, or for a file that is no JSON report.
    """
    waivers, notes = _baseline(config, queues)
    return KnownFailures(waivers=waivers | _configured(config, queues), notes=tuple(notes))


def _baseline(
    config: pytest.Config, queues: Mapping[str, QueueUnderTest]
) -> tuple[dict[tuple[str, str], Waiver], list[str]]:
    given = config.getoption("queue_baseline")
    source = "queue_baseline" if given is None else "--queue-baseline"
    name = str(config.getini("queue_baseline") if given is None else given)
    if not name or not queues:
        return {}, []
    # Imported here: most runs read no report.
    from pytest_queuekit.report.formats.json import read_run

    folder = ini_folder(config) if given is None else config.invocation_params.dir
    path = folder / Path(name).expanduser()
    try:
        failed = [each for each in read_run(path).verdicts if _failed(each)]
    except UsageError as error:
        raise pytest.UsageError(f"{source}: {error}") from error
    known, waivers, notes = _ids(), {}, []
    for verdict in failed:
        if verdict.suite not in _SUITES or verdict.queue not in queues:
            continue
        if verdict.rule in known:
            waiver = Waiver(reason="it failed before", source=f"{source} {name}")
            waivers[verdict.rule, verdict.queue] = waiver
        else:
            notes.append(
                f"{source} {name}: {verdict.rule}, which failed for {verdict.queue}, is not in "
                "this catalogue any more."
            )
    return waivers, notes


def _failed(verdict: Verdict) -> bool:
    """Return True for a failure, also for one that a baseline of the earlier run accepted."""
    waiver = verdict.waiver if verdict.status is Status.WAIVED else None
    return verdict.failed or (waiver is not None and waiver.source.startswith(_SOURCES))


def _ids() -> set[str]:
    return {rule.id for rule in CATALOGUE} | {target.id for target in TARGETS}


_WAIVER = re.compile(r"(?P<rule>[\w-]+)(?:\[(?P<label>[^\]]+)\])?\s*:\s*(?P<reason>.*)", re.DOTALL)


def _configured(
    config: pytest.Config, queues: Mapping[str, QueueUnderTest]
) -> dict[tuple[str, str], Waiver]:
    """Return the failures that the user accepts, by rule and label."""
    known = _ids()
    waivers = {}
    for line in config.getini("queue_waivers"):
        match = _WAIVER.fullmatch(line.strip())
        if match is None or not match["reason"]:
            raise pytest.UsageError(
                f"queue_waivers: {line!r} gives no reason: write RULE: reason, or "
                "RULE[queue]: reason"
            )
        rule, label = match["rule"], match["label"] or ""
        if rule not in known:
            raise pytest.UsageError(
                f"queue_waivers: no rule or performance target has the id {rule!r}"
                f"{did_you_mean(rule, known)}"
            )
        if label and queues and label not in queues:
            continue  # a waiver for a queue that this run does not test
        source = f"queue_waivers in {config.inipath.name}" if config.inipath else "queue_waivers"
        waivers[rule, label] = Waiver(reason=match["reason"], source=source)
    return waivers
