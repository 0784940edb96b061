"""QR104: an error handler tells a busy database from a broken one."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from pytest_queuekit.review.analysis.blocks import inside, tries_later
from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.scopes import Scope
from pytest_queuekit.review.code import Code, Finding

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
"""Errors that a busy database is, or is derived from; the last is a bare `except`."""

_REACHES = frozenset({"transaction", "connection", "claim_task", "claim", "enqueue"})
_SUPPRESSES = frozenset({"suppress", "contextlib.suppress"})
_PASSES = (
    "a busy database passes without a trace here; catch QueueBusyError and try again later, or "
    "let it through"
)
_WIDER = _ABOUT_BUSY - {"QueueBusyError"}


def _hidden_busy(module: Module) -> Iterator[Finding]:
    """Find handlers that make nothing of a busy database, or that keep others from hearing it."""
    if not module.knows_queue:
        return
    yield from _suppressed(module)
    for node in module.nodes(ast.Try):
        assert isinstance(node, ast.Try)  # noqa: S101 - for the type checker
        if not _touches_queue(module, node):
            continue
        wider: str | None = None
        for handler in node.handlers:
            names = _caught(module, handler)
            if "QueueBusyError" in names and wider is not None:
                yield Finding(
                    node=handler,
                    sentence=f"QueueBusyError never gets here: {wider or 'the bare except'} above "
                    "takes it; catch QueueBusyError first",
                )
            elif (
                wider is None
                and names & _ABOUT_BUSY
                and _does_nothing(handler)
                and not (names == {"QueueBusyError"} and tries_later(module, node))
            ):
                yield Finding(
                    node=handler,
                    sentence=_PASSES,
                )
            if wider is None and names & _WIDER:
                wider = sorted(names & _WIDER)[-1]
            if "QueueBusyError" in names:
                break  # what comes after does not see it


def _suppressed(module: Module) -> Iterator[Finding]:
    """Find `with suppress(…)` that does the same."""
    for node in module.nodes(ast.With):
        assert isinstance(node, ast.With)  # noqa: S101 - for the type checker
        for place, item in enumerate(node.items):
            opened = item.context_expr
            if not isinstance(opened, ast.Call) or module.dotted(opened.func) not in _SUPPRESSES:
                continue
            names = {module.dotted(one).rpartition(".")[2] for one in opened.args}
            held = [*node.items[place + 1 :], *node.body]
            if names & _ABOUT_BUSY and _touches(module, held) and not tries_later(module, node):
                yield Finding(node=opened, sentence=_PASSES)


def _touches_queue(module: Module, node: ast.Try) -> bool:
    return _touches(module, node.body)


def _touches(module: Module, nodes: Sequence[ast.AST]) -> bool:
    """Whether some statements reach the queue, or call a function of this file that does."""
    called = [one for one in inside(nodes) if isinstance(one, ast.Call)]
    functions = [function for one in called if (function := module.called(one)) is not None]
    sql = {call.node for scope in _around(module, called) for call in module.sql_of(scope)}
    return any(
        one in sql or (isinstance(one.func, ast.Attribute) and one.func.attr in _REACHES)
        for one in called
    ) or any(
        isinstance(one.func, ast.Attribute) and one.func.attr in ("transaction", "connection")
        for function in functions
        for one in module.calls(function)
    )


def _around(module: Module, calls: Sequence[ast.Call]) -> set[Scope]:
    return {module.scope_of(one) for one in calls}


def _caught(module: Module, handler: ast.ExceptHandler) -> set[str]:
    if handler.type is None:
        return {""}
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {module.dotted(one).rpartition(".")[2] for one in kinds}


def _does_nothing(handler: ast.ExceptHandler) -> bool:
    return all(_is_idle(one) for one in handler.body)


def _is_idle(node: ast.stmt) -> bool:
    if isinstance(node, ast.Pass | ast.Continue | ast.Break):
        return True
    value = node.value if isinstance(node, ast.Return | ast.Expr | ast.Assign) else node
    empty = isinstance(value, ast.List | ast.Tuple | ast.Dict) and not any(
        True for _ in ast.iter_child_nodes(value) if isinstance(_, ast.expr)
    )
    if isinstance(node, ast.Return) and isinstance(value, ast.Constant):
        told = isinstance(value.value, bool) or bool(value.value)  # as 503 or a yes or no does
        return not told
    return value is None or isinstance(value, ast.Constant) or empty


CODE = Code(
    id="QR104",
    item="Proper error handling with try/except",
    sentence="An error handler tells a busy database from a broken one.",
    why="A busy database is to be asked again; a handler that hides it takes the task for "
    "done, or for not there.",
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
