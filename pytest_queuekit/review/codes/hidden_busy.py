"""QR104: an error handler does not hide a busy database."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from pytest_queuekit.review.analysis.blocks import inside, tries_later
from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.code import Code, Match

_ABOUT_BUSY = frozenset(
    {
        "QueueBusyError",
        "QueueDatabaseError",
        "Error",
        "DatabaseError",
        "OperationalError",
        "Exception",
        "BaseException",
        "",
    }
)
"""Errors that a handler for a busy database names; "" stands for a bare `except`."""

_REACHES = frozenset({"transaction", "connection", "claim_task", "claim", "enqueue"})
_SUPPRESSES = frozenset({"suppress", "contextlib.suppress"})
_HIDES = (
    "this hides a busy database; catch QueueBusyError and try again later, or let the error "
    "propagate"
)
_WIDER = _ABOUT_BUSY - {"QueueBusyError"}


def _hidden_busy(module: Module) -> Iterator[Match]:
    """Yield each handler that ignores a busy database, or hides it from a later handler."""
    if not module.knows_queue:
        return
    yield from _suppressed(module)
    for node in module.nodes(ast.Try):
        assert isinstance(node, ast.Try)  # noqa: S101 - for the type checker
        if not _touches(module, node.body):
            continue
        wider: str | None = None
        for handler in node.handlers:
            names = _caught(module, handler)
            if "QueueBusyError" in names and wider is not None:
                yield Match(
                    node=handler,
                    detail="QueueBusyError never reaches this handler: "
                    f"{wider or 'the bare except'} above catches it; catch QueueBusyError first",
                )
            elif (
                wider is None
                and names & _ABOUT_BUSY
                and all(_is_idle(statement) for statement in handler.body)
                and not (names == {"QueueBusyError"} and tries_later(module, node))
            ):
                yield Match(node=handler, detail=_HIDES)
            if wider is None and names & _WIDER:
                wider = sorted(names & _WIDER)[-1]
            if "QueueBusyError" in names:
                break  # later handlers never see a busy database


def _suppressed(module: Module) -> Iterator[Match]:
    """Yield each `with suppress(…)` that ignores a busy database."""
    for node in module.nodes(ast.With):
        assert isinstance(node, ast.With)  # noqa: S101 - for the type checker
        for place, item in enumerate(node.items):
            opened = item.context_expr
            if not isinstance(opened, ast.Call) or module.dotted(opened.func) not in _SUPPRESSES:
                continue
            names = {module.dotted(error).rpartition(".")[2] for error in opened.args}
            held = [*node.items[place + 1 :], *node.body]
            if names & _ABOUT_BUSY and _touches(module, held) and not tries_later(module, node):
                yield Match(node=opened, detail=_HIDES)


def _touches(module: Module, nodes: Sequence[ast.AST]) -> bool:
    """Return True if statements reach the queue, or call a function of this file that does."""
    calls = [node for node in inside(nodes) if isinstance(node, ast.Call)]
    functions = [function for call in calls if (function := module.called(call)) is not None]
    scopes = {module.scope_of(call) for call in calls}
    sql = {call.node for scope in scopes for call in module.sql_of(scope)}
    return any(
        call in sql or (isinstance(call.func, ast.Attribute) and call.func.attr in _REACHES)
        for call in calls
    ) or any(
        isinstance(call.func, ast.Attribute) and call.func.attr in ("transaction", "connection")
        for function in functions
        for call in module.calls(function)
    )


def _caught(module: Module, handler: ast.ExceptHandler) -> set[str]:
    if handler.type is None:
        return {""}
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {module.dotted(kind).rpartition(".")[2] for kind in kinds}


def _is_idle(node: ast.stmt) -> bool:
    """Return True if a statement neither uses the error nor reports it to the caller."""
    if isinstance(node, ast.Pass | ast.Continue | ast.Break):
        return True
    value = node.value if isinstance(node, ast.Return | ast.Expr | ast.Assign) else node
    empty = isinstance(value, ast.List | ast.Tuple | ast.Dict) and not any(
        isinstance(child, ast.expr) for child in ast.iter_child_nodes(value)
    )
    if isinstance(node, ast.Return) and isinstance(value, ast.Constant):
        # A status such as 503, True or False informs the caller; None and "" do not.
        return not (isinstance(value.value, bool) or bool(value.value))
    return value is None or isinstance(value, ast.Constant) or empty


CODE = Code(
    id="QR104",
    item="Proper error handling with try/except",
    title="Busy database hidden by an error handler",
    sentence="An error handler does not hide a busy database.",
    why="A busy database needs a retry. Code that ignores the error treats the task as done, or as "
    "missing.",
    wrong="""\
from pytest_queuekit.queue import QueueDatabase, QueueDatabaseError

db = QueueDatabase("queue.db")
try:
    with db.transaction() as conn:
        conn.execute("DELETE FROM task_queue WHERE id = ?", (1,))
except QueueDatabaseError:
    pass
""",
    right="""\
from pytest_queuekit.queue import QueueBusyError, QueueDatabase

db = QueueDatabase("queue.db")
try:
    with db.transaction() as conn:
        conn.execute("DELETE FROM task_queue WHERE id = ?", (1,))
except QueueBusyError as error:
    print(f"busy, trying again: {error}")
""",
    check=_hidden_busy,
)
