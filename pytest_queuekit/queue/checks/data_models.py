"""Check 5: Task, Worker and TaskLog keep all values of their rows."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Iterator, Mapping

from .. import models
from ..database import QueueDatabase
from ..exceptions import QueueDatabaseError
from ..messages import shown
from .scratch import scratch_database
from .subject import Subject

_PAYLOAD = {"video_id": 123, "name": "Žofie", "parts": [1, 2.5, None, True]}
_ROWS = """
    INSERT INTO task_queue (type, priority, payload, compatibility, idempotency_key)
    VALUES ('probe', 7, '{"video_id": 123, "name": "Žofie", "parts": [1, 2.5, null, true]}',
            '{"region": "EU"}', 'probe-key');
    INSERT INTO workers (worker_id, capabilities) VALUES ('probe', '{"region": "EU"}');
    INSERT INTO task_logs (task_id, level, message, details) VALUES (1, 'INFO', 'm', '{"n": 1}');
"""
_MODELS: Mapping[str, type] = {
    "task_queue": models.Task,
    "workers": models.Worker,
    "task_logs": models.TaskLog,
}
_CHECK = "check from_dict in models.py"


def problems(subject: Subject) -> Iterator[str]:
    """Yield the errors of the models on rows of a scratch database."""
    with scratch_database(subject.kind) as db:
        with db.transaction() as conn:
            for statement in _ROWS.split(";")[:-1]:
                conn.execute(statement)
        for table, model in _MODELS.items():
            yield from _row_problems(db, table, model)
        yield from _json_problems(db)
    yield from _refusal_problems()


def _row(db: QueueDatabase, table: str) -> sqlite3.Row:
    with db.connection() as conn:
        row: sqlite3.Row = conn.execute(f"SELECT * FROM {table}").fetchone()
    return row


def _row_problems(db: QueueDatabase, table: str, model: type) -> Iterator[str]:
    row = _row(db, table)
    for record in (row, dict(row)):
        try:
            made = model.from_dict(record)  # type: ignore[attr-defined] # each of the three has it
        except Exception as error:  # noqa: BLE001 - any error of a broken model is a problem
            yield (
                f"{model.__name__}.from_dict({type(record).__name__}) raises "
                f"{type(error).__name__}: {error}: {_CHECK}"
            )
            continue
        for field in dataclasses.fields(model):
            value = getattr(made, field.name)
            if value != row[field.name]:
                yield (
                    f"{model.__name__}.from_dict({type(record).__name__}).{field.name} is "
                    f"{shown(value)}, but the row has {shown(row[field.name])}: {_CHECK}"
                )


def _json_problems(db: QueueDatabase) -> Iterator[str]:
    task = models.Task.from_columns(_task_values(db))
    expected = {
        "get_payload": _PAYLOAD,
        "get_payload_dict": _PAYLOAD,
        "get_compatibility": {"region": "EU"},
    }
    for method, wanted in expected.items():
        value = getattr(task, method)()
        if value != wanted:
            yield (
                f"Task.{method}() returns {shown(value)}, not {shown(wanted)}: "
                "check it in models.py"
            )


def _task_values(db: QueueDatabase) -> tuple[object, ...]:
    with db.connection() as conn:
        return tuple(conn.execute(f"SELECT {models.TASK_COLUMNS} FROM task_queue").fetchone())


def _refusal_problems() -> Iterator[str]:
    task = models.Task(id=1, type="probe", payload="{not json")
    try:
        value = task.get_payload()
    except QueueDatabaseError:
        return
    yield (
        f"Task.get_payload() of '{{not json' returns {shown(value)}: "
        "make it raise QueuePayloadError"
    )
