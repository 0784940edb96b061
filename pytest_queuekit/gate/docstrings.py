"""Finds the public names of some files, with and without a docstring."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_DOCUMENTED_ELSEWHERE = frozenset({"overload", "override", "setter", "deleter", "getter"})
"""Decorators of functions that share the docstring of another function."""
_PLAIN_BASES = ("object", "ABC", "Protocol", "Generic")
"""Bases without public methods, so that a subclass overrides none."""


def public_names(files: Iterable[Path]) -> Iterator[tuple[str, bool]]:
    """Yield each public name with its place, and True if it has a docstring.

    A class, function or method is public if neither its name nor its module's name begins with an
    underscore, and if `__all__` lists it where a module has one. Methods that may override those of
    a base class in another file are left out, and so are files that cannot be parsed.
    """
    for file in files:
        if _is_private(file):
            continue
        try:
            tree = ast.parse(file.read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            continue  # the review reports it as QR001
        for name, node in _of_module(tree):
            place = f"{file.as_posix()}:{node.lineno} {name}"
            yield place, bool((ast.get_docstring(node) or "").strip())


def _of_module(tree: ast.Module) -> Iterator[tuple[str, _Function | ast.ClassDef]]:
    listed = _listed(tree)
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for node in _statements(tree.body):
        if not _is_public(node):
            continue
        if listed is not None and node.name not in listed:
            continue
        yield node.name, node
        if isinstance(node, ast.ClassDef):
            yield from _methods(node, classes)


def _methods(
    node: ast.ClassDef, classes: dict[str, ast.ClassDef]
) -> Iterator[tuple[str, _Function]]:
    inherited = _inherited(node, classes)
    for method in _statements(node.body):
        may_override = inherited is None or method.name in inherited
        if isinstance(method, _Function) and _is_public(method) and not may_override:
            yield f"{node.name}.{method.name}", method


def _inherited(node: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> set[str] | None:
    """Return the names that the bases of a class define; None if a base is not in this file."""
    names: set[str] = set()
    for base in node.bases:
        if _last_word(base) in _PLAIN_BASES:
            continue
        parent = classes.get(base.id) if isinstance(base, ast.Name) else None
        if parent is None or parent is node:
            return None
        others = {name: other for name, other in classes.items() if other is not node}
        above = _inherited(parent, others)
        if above is None:
            return None
        names |= above | {statement.name for statement in _statements(parent.body)}
    return names


def _statements(body: Iterable[ast.AST]) -> Iterator[_Function | ast.ClassDef]:
    """Yield the classes and functions of a body, including those under `if`, `try` and `with`."""
    for node in body:
        if isinstance(node, _Function | ast.ClassDef):
            yield node
        elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from _statements(ast.iter_child_nodes(node))


def _is_public(node: _Function | ast.ClassDef) -> bool:
    decorators = set(map(_last_word, node.decorator_list))
    return not node.name.startswith("_") and not decorators & _DOCUMENTED_ELSEWHERE


def _last_word(expression: ast.expr) -> str:
    """Return the last name in a decorator or a base: `ABC` of `abc.ABC`."""
    inner = expression
    while isinstance(inner, ast.Call | ast.Subscript):
        inner = inner.func if isinstance(inner, ast.Call) else inner.value
    return inner.attr if isinstance(inner, ast.Attribute) else getattr(inner, "id", "")


def _is_private(file: Path) -> bool:
    """Return True if a module or one of its packages begins with exactly one underscore."""
    names = [file.stem]
    for folder in file.parents:
        if not (folder / "__init__.py").exists():
            break
        names.append(folder.name)
    return any(name.startswith("_") and not name.startswith("__") for name in names)


def _listed(tree: ast.Module) -> set[str] | None:
    """Return the names in `__all__`; None if it is missing or not a literal."""
    listed: set[str] | None = None
    for node in tree.body:
        if not any(isinstance(name, ast.Name) and name.id == "__all__" for name in _targets(node)):
            continue
        try:
            names = set(map(str, ast.literal_eval(node.value)))  # type: ignore[attr-defined]
        except (ValueError, TypeError, RecursionError, MemoryError):
            return None
        listed = names | (listed or set()) if isinstance(node, ast.AugAssign) else names
    return listed


def _targets(node: ast.stmt) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return node.targets
    if isinstance(node, ast.AugAssign):
        return [node.target]
    return [node.target] if isinstance(node, ast.AnnAssign) and node.value is not None else []
