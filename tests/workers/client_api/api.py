"""Tasks over HTTP: enqueue, look, cancel."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue

from pytest_queuekit.queue import (
    QueueBusyError,
    QueueDatabase,
    QueueInputError,
    Task,
    TaskNotFoundError,
    TaskQueue,
)

SHOWN = ("id", "type", "priority", "status", "attempts", "run_after_utc", "error_message")
"""The columns of a task that a client sees: neither its worker nor its fencing token."""

OPTIONS = {"priority", "delay", "idempotency_key", "compatibility", "max_attempts"}


def create_app(db: QueueDatabase) -> Flask:
    """Return the application; its threads share the database object."""
    app = Flask(__name__)
    queue = TaskQueue(db)

    @app.post("/tasks")
    def enqueue() -> ResponseReturnValue:
        """Add a task; answer 201, or 200 where its idempotency key is held."""
        body = _body()
        options = {name: body[name] for name in OPTIONS if name in body}
        known = _held(db, options.get("idempotency_key"))
        task_id = queue.enqueue(body["type"], body.get("payload"), **options)
        return jsonify(id=task_id), 200 if known == task_id else 201

    @app.get("/tasks/<int:task_id>")
    def look(task_id: int) -> ResponseReturnValue:
        return jsonify(_shown(queue.get(task_id)))

    @app.delete("/tasks/<int:task_id>")
    def cancel(task_id: int) -> ResponseReturnValue:
        """Cancel a task that waits; answer 409 for one that does not wait any more."""
        if queue.cancel(task_id):
            return "", 204
        return jsonify(error=f"task {task_id} does not wait any more"), 409

    app.register_error_handler(QueueInputError, lambda error: _error(error, 400))
    app.register_error_handler(TaskNotFoundError, lambda error: _error(error, 404))
    app.register_error_handler(QueueBusyError, _busy)
    return app


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or "type" not in body:
        raise QueueInputError("the body must be a JSON object with a 'type'")
    unknown = body.keys() - OPTIONS - {"type", "payload"}
    if unknown:
        raise QueueInputError(f"the body has what no task has: {', '.join(sorted(unknown))}")
    return body


def _held(db: QueueDatabase, key: Any) -> int | None:
    with db.connection() as conn:
        row = conn.execute("SELECT id FROM task_queue WHERE idempotency_key = ?", (key,)).fetchone()
    return None if row is None else int(row[0])


def _shown(task: Task) -> dict[str, Any]:
    known = asdict(task)
    return {name: known[name] for name in SHOWN}


def _error(error: Exception, status: int) -> tuple[Response, int]:
    return jsonify(error=str(error)), status


def _busy(error: Exception) -> tuple[Response, int, dict[str, str]]:
    """Say when to try again: nothing was changed."""
    return jsonify(error=str(error)), 503, {"Retry-After": "1"}
