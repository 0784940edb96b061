"""QR303: where the queue's file lies is asked of get_default_db_path()."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.code import Code, Finding

_ROOTED = re.compile(r"(/|~|[A-Za-z]:[\\/]|\\\\)")

_TEMPORARY = re.compile(r"(/tmp|/path/to|/var/tmp|/dev/shm)(/|$)")

_MAKE_PATHS = frozenset({"pathlib.Path", "pathlib.PurePath", "os.path.join", "str", "os.fspath"})
_DEPTH = 6


def _fixed_places(module: Module) -> Iterator[Finding]:
    """Find QueueDatabase with the path of one machine."""
    for call in module.calls():
        if module.dotted(call.func).rpartition(".")[2] != "QueueDatabase":
            continue
        named = (one.value for one in call.keywords if one.arg == "path")
        path = call.args[0] if call.args else next(named, None)
        if path is None:
            continue
        known = module.text(_beginning(module, path))
        if known is None or known.holes or not _ROOTED.match(known.text):
            continue
        if not _TEMPORARY.match(known.text):
            yield Finding(
                node=path,
                sentence=f"the path {known.text!r:.60} is that of one machine; use "
                "get_default_db_path(), which an environment variable can set",
            )


def _beginning(module: Module, path: ast.expr) -> ast.expr:
    """Return what a path begins with: of Path("/srv", …), Path("/srv") / … and join("/srv", …)."""
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
    sentence="Where the queue's file lies is asked of get_default_db_path().",
    why="A path of one machine is missing, or not writable, on the next.",
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
