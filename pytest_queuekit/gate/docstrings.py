"""Which public names of some files have no docstring."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_UNTOLD = ("overload", "override", "setter", "deleter", "getter")
"""Decorators of functions whose docstring is another's."""
_PLAIN_BASES = ("object", "ABC", "Protocol", "Generic")
"""Bases that have no public names, of which one could be overridden."""


def public_names(files: Iterable[Path]) -> Iterator[tuple[str, bool]]:
    """Yield each public name with its place, and whether it has a docstring.

    Public are classes, functions and methods whose names, and whose modules' names, begin with no
    underscore; where a module has `__all__`, only what that lists. A method that may override one
    of a base class elsewhere is left out, and so is a file that cannot be parsed.
    """
    for file in files:
        if _is_private(file):
            continue
        try:
            tree = ast.parse(file.read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            continue  # the review tells
        for name, node in _of_module(tree):
            place = f"{file.as_posix()}:{node.lineno} {name}"
            yield place, bool((ast.get_docstring(node) or "").strip())


def _of_module(tree: ast.Module) -> Iterator[tuple[str, _Function | ast.ClassDef]]:
    listed = _listed(tree)
    classes = {one.name: one for one in tree.body if isinstance(one, ast.ClassDef)}
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
    for one in _statements(node.body):
        told_elsewhere = inherited is None or one.name in inherited
        if isinstance(one, _Function) and _is_public(one) and not told_elsewhere:
            yield f"{node.name}.{one.name}", one


def _inherited(node: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> set[str] | None:
    """Return the names that the bases of a class define; None where a base is not of this file."""
    found: set[str] = set()
    for base in node.bases:
        if _last_word(base) in _PLAIN_BASES:
            continue
        own = classes.get(base.id) if isinstance(base, ast.Name) else None
        if own is None or own is node:
            return None
        above = _inherited(own, {name: one for name, one in classes.items() if one is not node})
        if above is None:
            return None
        found |= above | {one.name for one in _statements(own.body)}
    return found


def _statements(body: Iterable[ast.AST]) -> Iterator[_Function | ast.ClassDef]:
    """Yield the classes and functions of a body, those under `if`, `try` and `with` included."""
    for one in body:
        if isinstance(one, _Function | ast.ClassDef):
            yield one
        elif isinstance(one, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from _statements(ast.iter_child_nodes(one))


def _is_public(node: _Function | ast.ClassDef) -> bool:
    decorators = {_last_word(one) for one in node.decorator_list}
    return not node.name.startswith("_") and not decorators & set(_UNTOLD)


def _last_word(expression: ast.expr) -> str:
    """Return the name that a decorator or a base ends with: `ABC` of `abc.ABC`."""
    called = expression
    while isinstance(called, ast.Call | ast.Subscript):
        called = called.func if isinstance(called, ast.Call) else called.value
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _is_private(file: Path) -> bool:
    """Whether a module, or a package that it is in, begins with an underscore, but not two."""
    names = [file.stem]
    for folder in file.parents:
        if not (folder / "__init__.py").exists():
            break
        names.append(folder.name)
    return any(one.startswith("_") and not one.startswith("__") for one in names)


def _listed(tree: ast.Module) -> set[str] | None:
    """Return what `__all__` lists; None where there is none, or it is no plain list."""
    found: set[str] | None = None
    for one in tree.body:
        if not any(isinstance(name, ast.Name) and name.id == "__all__" for name in _targets(one)):
            continue
        try:
            names = {str(name) for name in ast.literal_eval(one.value)}  # type: ignore[attr-defined]
        except (ValueError, TypeError, RecursionError, MemoryError):
            return None
        found = names | (found or set()) if isinstance(one, ast.AugAssign) else names
    return found


def _targets(one: ast.stmt) -> list[ast.expr]:
    if isinstance(one, ast.Assign):
        return one.targets
    if isinstance(one, ast.AugAssign):
        return [one.target]
    return [one.target] if isinstance(one, ast.AnnAssign) and one.value is not None else []
