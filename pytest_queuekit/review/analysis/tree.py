"""The index of a syntax tree: parents, scopes, and the values of names."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, TypeVar

from pytest_queuekit.review.analysis.scopes import Function, Scope

K = TypeVar("K")
V = TypeVar("V")


class Tree:
    """The nodes of one file, indexed in one pass.

    imported: the full name behind each imported name.
    scopes: the module, then its functions in the order of the text.
    scope_of: the function around each node. parent_of: the node around each node.
    of_kind: the nodes of each type, in the order of the text.
    attributes: the values of each attribute, set in its class or on `self`.
    sums: the sums that stand for `name += more`.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.imported: dict[str, str] = {}
        self.scopes: list[Scope] = []
        self.scope_of: dict[ast.AST, Scope] = {}
        self.parent_of: dict[ast.AST, ast.AST] = {}
        self.of_kind: dict[type[ast.AST], list[Any]] = defaultdict(list)
        self.attributes: dict[tuple[ast.ClassDef, str], list[ast.expr | None]] = defaultdict(list)
        self.sums: set[ast.BinOp] = set()
        self._visit(tree, self._open(Scope(node=tree)))

    def _open(self, scope: Scope) -> Scope:
        self.scopes.append(scope)
        return scope

    def _visit(self, node: ast.AST, scope: Scope, owner: ast.ClassDef | None = None) -> None:
        """Index a node and all inside it. A loop, because expressions can be deeply nested."""
        todo = [(node, scope, owner)]
        while todo:
            here, inside, around = todo.pop()
            self.scope_of[here] = inside
            self.of_kind[type(here)].append(here)
            self._bind(here, inside, around)
            if isinstance(here, Function):
                inside = self._open(
                    Scope(
                        node=here,
                        owner=around or inside.owner,
                        is_method=around is not None,
                        parent=inside,
                    )
                )
                for parameter in (*inside.parameters, *_others(here)):
                    inside.bound[parameter].append(None)
                around = None
            elif isinstance(here, ast.ClassDef):
                around = here
            children = list(ast.iter_child_nodes(here))
            for child in children:
                self.parent_of[child] = here
            todo += [(child, inside, around) for child in reversed(children)]

    def _bind(self, node: ast.AST, scope: Scope, owner: ast.ClassDef | None) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            self._import(node)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._set(target, node.value, scope, owner)
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            self._set(node.target, node.value, scope, owner)
        elif isinstance(node, ast.AugAssign | ast.For | ast.AsyncFor | ast.comprehension):
            if isinstance(node, ast.AugAssign) and self._add(node, scope, owner):
                return
            self._set(node.target, None, scope, owner)
            if isinstance(node.target, ast.Name) and not isinstance(node, ast.AugAssign):
                scope.iterated[node.target.id].append(node.iter)
        elif isinstance(node, ast.withitem):
            if isinstance(node.optional_vars, ast.Name):
                scope.entered[node.optional_vars.id].append(node.context_expr)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            scope.bound[node.name].append(None)

    def _add(self, node: ast.AugAssign, scope: Scope, owner: ast.ClassDef | None) -> bool:
        """Bind the name in `sql += more` to one sum, if it had one value before."""
        if not isinstance(node.target, ast.Name) or not isinstance(node.op, ast.Add) or owner:
            return False
        values = scope.bound.get(node.target.id, [])
        if len(values) != 1 or values[0] is None:
            return False
        whole = ast.BinOp(left=values[0], op=ast.Add(), right=node.value)
        self.sums.add(whole)
        values[0] = ast.copy_location(whole, node)
        return True

    def _set(
        self, target: ast.expr, value: ast.expr | None, scope: Scope, owner: ast.ClassDef | None
    ) -> None:
        if isinstance(target, ast.Name):
            if owner is not None:
                self.attributes[owner, target.id].append(value)
            else:
                scope.bound[target.id].append(value)
        elif isinstance(target, ast.Tuple | ast.List):
            given = value.elts if isinstance(value, ast.Tuple | ast.List) else []
            pairwise = len(given) == len(target.elts)
            for place, element in enumerate(target.elts):
                self._set(element, given[place] if pairwise else None, scope, owner)
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            own = target.value.id in ("self", "cls")
            if own and scope.owner is not None:
                self.attributes[scope.owner, target.attr].append(value)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                package = alias.name.partition(".")[0]
                self.imported[alias.asname or package] = alias.name if alias.asname else package
        else:
            for alias in node.names:
                self.imported[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}"


def _others(node: Function) -> list[str]:
    """Return *args, **kwargs, and the first parameter, which may be a method's `self`."""
    variadic = [each.arg for each in (node.args.vararg, node.args.kwarg) if each is not None]
    return variadic + [each.arg for each in (*node.args.posonlyargs, *node.args.args)[:1]]


def grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    """Return the values of each key, in order."""
    groups: dict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups
