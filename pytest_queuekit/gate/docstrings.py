"""Which public names of some files have no docstring."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_UNTOLD = ("overload", "override", "setter", "deleter", "getter")
"""Decorators of functions whose docstring is another's."""


def public_names(files: Iterable[Path]) -> Iterator[tuple[str, bool]]:
    """Yield each public name with its place, and whether it has a docstring.

    Public are classes, functions and methods whose names, and whose modules' names, begin with no
    underscore; where a module has `__all__`, only what that lists. A method that may override one
    of a base class elsewhere is left out, and so is a file that cannot be parsed.
    """
    for file in files:
        if file.stem.startswith("_") and not file.stem.startswith("__"):
            continue
        try:
            tree = ast.parse(file.read_bytes())
        except (OSError, SyntaxError, ValueError):
            continue  # the review tells
        for name, node in _of_module(tree):
            place = f"{file.as_posix()}:{node.lineno} {name}"
            yield place, ast.get_docstring(node) is not None


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
        own = classes.get(base.id) if isinstance(base, ast.Name) else None
        if own is None or own is node:
            return None
        above = _inherited(own, {name: one for name, one in classes.items() if one is not node})
        if above is None:
            return None
        found |= above | {one.name for one in _statements(own.body)}
    return found


def _statements(body: Iterable[ast.stmt]) -> Iterator[_Function | ast.ClassDef]:
    """Yield the classes and functions of a body, those under `if` and `try` included."""
    for one in body:
        if isinstance(one, _Function | ast.ClassDef):
            yield one
        elif isinstance(one, ast.If):
            yield from _statements([*one.body, *one.orelse])
        elif isinstance(one, ast.Try):
            yield from _statements([*one.body, *one.orelse, *one.finalbody])


def _is_public(node: _Function | ast.ClassDef) -> bool:
    decorators = {_last_word(one) for one in node.decorator_list}
    return not node.name.startswith("_") and not decorators & set(_UNTOLD)


def _last_word(decorator: ast.expr) -> str:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _listed(tree: ast.Module) -> set[str] | None:
    """Return what `__all__` lists; None where there is none, or it is no plain list."""
    for one in tree.body:
        names = one.targets if isinstance(one, ast.Assign) else []
        if any(isinstance(name, ast.Name) and name.id == "__all__" for name in names):
            try:
                return {str(name) for name in ast.literal_eval(one.value)}  # type: ignore[attr-defined]
            except ValueError:
                return None
    return None
