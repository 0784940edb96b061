"""QR304: the configuration is imported, not copied."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.code import Code, Match

_CONFIGURED = frozenset({"PRODUCTION_PRAGMAS", "MAX_CONCURRENT_WORKERS"})


def _own_configuration(module: Module) -> Iterator[Match]:
    """Yield each module-level copy of a value from the queue's configuration."""
    scope = module.scopes[0]
    for node in module.nodes(ast.Assign, ast.AnnAssign) if module.knows_queue else ():
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            if (
                isinstance(target, ast.Name)
                and target.id in _CONFIGURED
                and module.scope_of(node) is scope
            ):
                yield Match(
                    node=node,
                    detail=f"{target.id} is a copy; import it from pytest_queuekit.queue.config",
                )


CODE = Code(
    id="QR304",
    item="Not hardcoding paths or configuration",
    title="Copy of the queue's configuration",
    sentence="The configuration is imported, not copied.",
    why="A copy keeps the old value when the limit changes.",
    wrong="""\
from pytest_queuekit.queue import QueueDatabase

MAX_CONCURRENT_WORKERS = 12
""",
    right="""\
from pytest_queuekit.queue.config import MAX_CONCURRENT_WORKERS

print(f"at most {MAX_CONCURRENT_WORKERS} workers")
""",
    check=_own_configuration,
)
