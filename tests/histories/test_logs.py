"""Logs of other forms, read by a mapping."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.errors import HistoryError, UsageError
from pytest_queuekit.histories.logs import open_log
from pytest_queuekit.histories.mapping import read_mapping
from pytest_queuekit.histories.reading import Recorded, read_files
from pytest_queuekit.model.history import SECOND
from tests.histories.files import write

CSV_MAP = """
zone = "Z"
head = { clock = "iso", tolerance = 1 }
ignore = ["heartbeat"]
[fields]
actor = "worker"
verb = "event"
task = "job"
start = "at"
end = "at"
outcome = "status"
"arguments.priority" = "prio"
[verbs]
"job.pushed" = "enqueue"
"job.reserved" = "claim"
"job.acked" = "complete"
[outcomes]
200 = "ok"
409 = "refused"
"""
CSV = """at,worker,event,job,prio,status
2026-01-31 12:00:00,api,job.pushed,1,5,200
2026-01-31 12:00:10,w,job.reserved,1,,
2026-01-31 12:00:11,w,heartbeat,,,
2026-01-31 12:00:12,w,job.acked,1,,409
"""
PAIR_MAP = """
head = { clock = "ms" }
[fields]
actor = "by"
verb = "op"
task = "job.id"
start = "t"
[pair]
id = "request"
event = "phase"
begin = "begin"
end = "end"
"""


def _read(folder: Path, name: str, mapping: str, *lines: Any) -> Recorded:
    (folder / "map.toml").write_text(mapping, encoding="utf-8")
    log = folder / name
    if name.endswith(".csv"):
        log.write_text("".join(lines), encoding="utf-8")
    else:
        write(log, *lines)
    opened = partial(open_log, mapping=read_mapping(folder / "map.toml"))
    return read_files([log], lambda _: None, opened)


def _line(phase: str, request: int, at: int, op: str = "claim", job: int | None = 1) -> object:
    more = {} if job is None else {"job": {"id": job}}
    return {"t": at, "by": "w", "op": op, "phase": phase, "request": request, **more}


def test_a_csv_log_is_read_by_its_columns(tmp_path: Path) -> None:
    """Verbs and outcomes are translated, other lines ignored, empty cells absent."""
    read = _read(tmp_path, "log.csv", CSV_MAP, CSV)
    assert [(each.actor, each.verb, each.task, each.outcome) for each in read.history] == [
        ("api", "enqueue", "1", "ok"),
        ("w", "claim", "1", "ok"),
        ("w", "complete", "1", "refused"),
    ]
    first, second, _ = read.history
    assert (first.arguments, second.arguments) == ({"priority": 5}, {})
    assert (second.start, second.end) == (10 * SECOND, 12 * SECOND)
    assert read.place(second) == (str(tmp_path / "log.csv"), 3)


def test_two_lines_are_one_call(tmp_path: Path) -> None:
    """Joined by their id; a call without a second line never ended."""
    lines = [
        _line("begin", 1, 0, "enqueue"),
        _line("begin", 2, 5, job=None),
        _line("end", 1, 7, "enqueue"),
        _line("end", 2, 9),
        _line("begin", 3, 20, "complete"),
        {"message": "other things have no verb"},
    ]
    read = _read(tmp_path, "log.jsonl", PAIR_MAP, *lines)
    assert [(each.verb, each.task, each.start, each.end) for each in read.history] == [
        ("enqueue", "1", 0, 7_000_000),
        ("claim", "1", 5_000_000, 9_000_000),
        ("complete", "1", 20_000_000, None),
    ]


def test_a_call_that_began_before_the_log_leaves_its_task_out(tmp_path: Path) -> None:
    """It has no start, unless the log claims to be complete."""
    read = _read(tmp_path, "log.jsonl", PAIR_MAP, _line("end", 1, 5))
    assert read.linked.half_known == {"1"}
    whole = PAIR_MAP.replace('"ms"', '"ms", complete = true')
    with pytest.raises(HistoryError, match="line 1: this call has no begin"):
        _read(tmp_path, "log.jsonl", whole, _line("end", 1, 5))


def test_a_call_that_began_before_the_log_must_name_its_task(tmp_path: Path) -> None:
    """Otherwise it may be about any task, and excuse what any call shows."""
    with pytest.raises(HistoryError, match="line 1: this complete has no begin and no task"):
        _read(tmp_path, "log.jsonl", PAIR_MAP, _line("end", 1, 5, "complete", job=None))


WRONG = [
    (("ignore", "ignor"), CSV, "a mapping has no 'ignor'; did you mean 'ignore'?"),
    (("task =", "tsk ="), CSV, "fields has no 'tsk'; did you mean 'task'?"),
    (('start = "at"', ""), CSV, "fields lacks start: give its column"),
    (('"claim"', '"clam"'), CSV, "verbs: 'job.reserved' has no 'clam'; did you mean 'claim'"),
    (('"iso"', '"is"'), CSV, "clock='is' is none of"),
    (('"job"', '"jobs"'), CSV, "line 1: there is no column 'jobs' for task; did you mean 'job'?"),
    (("heartbeat", "beat"), CSV, "line 4: the mapping has no verb for 'heartbeat'"),
    (("", ""), CSV.replace(",5,", ",high,"), "line 2: arguments.priority='high' is no number"),
    (("409", "500"), CSV, "line 5: outcome='409' is unknown"),
]


@pytest.mark.parametrize(("change", "log", "message"), WRONG, ids=[each[-1] for each in WRONG])
def test_a_wrong_word_is_named(
    tmp_path: Path, change: tuple[str, str], log: str, message: str
) -> None:
    """With its place and a suggestion."""
    mapping = CSV_MAP.replace(*change) if change[0] else CSV_MAP
    with pytest.raises((HistoryError, UsageError)) as raised:
        _read(tmp_path, "log.csv", mapping, log)
    assert message in str(raised.value)
