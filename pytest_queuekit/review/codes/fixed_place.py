"""QR303: the database path comes from get_default_db_path()."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.code import Code, Match

_ROOTED = re.compile(r"(/|~|[A-Za-z]:[\\/]|\\\\)")

_TEMPORARY = re.compile(r"(/tmp|/path/to|/var/tmp|/dev/shm)(/|$)")

_MAKE_PATHS = frozenset({"pathlib.Path", "pathlib.PurePath", "os.path.join", "str", "os.fspath"})
_DEPTH = 6
"""Steps that are followed to the beginning of a path."""


def _fixed_places(module: Module) -> Iterator[Match]:
    """Yield each QueueDatabase that is opened at a fixed absolute path."""
    for call in module.calls():
        if module.dotted(call.func).rpartition(".")[2] != "QueueDatabase":
            continue
        keyword = (argument.value for argument in call.keywords if argument.arg == "path")
        path = call.args[0] if call.args else next(keyword, None)
        if path is None:
            continue
        known = module.text(_beginning(module, path))
        if known is None or known.holes or not _ROOTED.match(known.text):
            continue
        if not _TEMPORARY.match(known.text):
            yield Match(
                node=path,
                detail=f"path={known.text!r:.60} may not exist on another machine; use "
                "get_default_db_path(), which reads an environment variable",
            )


def _beginning(module: Module, path: ast.expr) -> ast.expr:
    """Return the first part of a path: of Path("/srv", …), Path("/srv") / … or join("/srv", …)."""
    for _ in range(_DEPTH):
        if isinstance(path, ast.BinOp) and isinstance(path.op, ast.Div):
            path = path.left
        elif isinstance(path, ast.Name | ast.Attribute) and module.meaning(path) is not None:
            path = module.meaning(path) or path
        elif isinstance(path, ast.Call) and path.args and module.dotted(path.func) in _MAKE_PATHS:
            path = path.args[0]
    return path


CODE = Code(
    id="QR303",
    item="Using `get_default_db_path()` for database location",
    title="Fixed database path",
    sentence="The database path comes from get_default_db_path().",
    why="A path that is right on one machine is missing or read-only on the next.",
    wrong="""\
from pytest_queuekit.queue import QueueDatabase

db = QueueDatabase("/srv/app/queue.db")
""",
    right="""\
from pytest_queuekit.queue import QueueDatabase
from pytest_queuekit.queue.config import get_default_db_path

db = QueueDatabase(get_default_db_path())
""",
    check=_fixed_places,
)
