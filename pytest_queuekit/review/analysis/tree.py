"""A syntax tree, read once: what stands where, and what names are bound to."""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import Any

from pytest_queuekit.review.analysis.scopes import Function, Scope


class Tree:
    """What is noted about the nodes of one file.

    imported: the full name behind each name that is imported.
    scopes: the module, and its functions in the order of the text.
    scope_of: the function in which a node stands. parent_of: the node around it.
    of_kind: the nodes of each type, in the order of the text.
    attributes: for a class and a name, what the attribute is bound to in the class or on `self`.
    sums: those that were made of `name += more`.
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
        """Note all that is inside a node. A loop, since expressions can be deeply nested."""
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
        """Note `sql += more` as one sum with what `sql` was, if that is one thing."""
        if not isinstance(node.target, ast.Name) or not isinstance(node.op, ast.Add) or owner:
            return False
        known = scope.bound.get(node.target.id, [])
        if len(known) != 1 or known[0] is None:
            return False
        whole = ast.BinOp(left=known[0], op=ast.Add(), right=node.value)
        self.sums.add(whole)
        known[0] = ast.copy_location(whole, node)
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
            for place, one in enumerate(target.elts):
                self._set(one, given[place] if pairwise else None, scope, owner)
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            own = target.value.id in ("self", "cls")
            if own and scope.owner is not None:
                self.attributes[scope.owner, target.attr].append(value)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for one in node.names:
                self.imported[one.asname or one.name.partition(".")[0]] = (
                    one.name if one.asname else one.name.partition(".")[0]
                )
        else:
            for one in node.names:
                self.imported[one.asname or one.name] = f"{node.module or ''}.{one.name}"


def _others(node: Function) -> list[str]:
    """Return the parameters that take any number, and a method's first."""
    several = [one.arg for one in (node.args.vararg, node.args.kwarg) if one is not None]
    return several + [one.arg for one in (*node.args.posonlyargs, *node.args.args)[:1]]
