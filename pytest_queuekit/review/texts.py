"""What text an expression stands for, as far as that can be read from the file.

Strings that are put together with +, %, format, join and f-strings, and names for constants, are
followed. What is only known at run time leaves a hole: a word that SQL takes for a name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass

HOLE = "qk_hole_"
"""How the word for a hole begins; its number in the text's `holes` follows."""

_HOLE_WORD = re.compile(rf"{HOLE}(\d+)_")
_PERCENT = re.compile(r"%(?:\((\w+)\))?[#0\- +]*(?:\*|\d+)?(?:\.(?:\*|\d+))?([diouxXeEfFgGcrsa%])")
_FIELD = re.compile(r"\{\{|\}\}|\{([^{}!:]*)(?:![rsa])?(?::([^{}]*))?\}")
_NUMERIC = frozenset("diouxXeEfFgG")
_PLAIN_METHODS = frozenset({"strip", "lstrip", "rstrip", "upper", "lower"})
_DEPTH = 12


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text with holes.

    text: with a word in place of each hole.
    holes: the expressions that fill them at run time, by their number.
    """

    text: str
    holes: tuple[ast.expr, ...] = ()

    def __add__(self, other: Text) -> Text:
        """Return both, one behind the other."""
        moved = _HOLE_WORD.sub(lambda m: _word(int(m[1]) + len(self.holes)), other.text)
        return Text(text=self.text + moved, holes=self.holes + other.holes)


Meaning = Callable[[ast.expr], ast.expr | None]
"""Returns the one expression that a name or an attribute stands for, if there is one."""


def read_text(node: ast.expr, meaning: Meaning, depth: int = 0) -> Text | None:
    """Return the text of an expression; None for what is no text at all."""
    if depth > _DEPTH:
        return None
    return _Reader(meaning, depth).read(node)


def holes_in(word: str) -> list[int]:
    """Return the numbers of the holes in a piece of a text."""
    return [int(number) for number in _HOLE_WORD.findall(word)]


def _word(number: int) -> str:
    return f"{HOLE}{number}_"


def _hole(node: ast.expr) -> Text:
    return Text(text=_word(0), holes=(node,))


class _Reader:
    def __init__(self, meaning: Meaning, depth: int) -> None:
        self._meaning = meaning
        self._depth = depth

    def read(self, node: ast.expr) -> Text | None:
        if isinstance(node, ast.Constant):
            return Text(text=node.value) if isinstance(node.value, str) else None
        if isinstance(node, ast.JoinedStr):
            return self._joined(node)
        if isinstance(node, ast.BinOp):
            return self._binary(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Name | ast.Attribute):
            known = self._meaning(node)
            return None if known is None else read_text(known, self._meaning, self._depth + 1)
        return None

    def filled(self, node: ast.expr) -> Text:
        """Return the text that an expression puts into another; a hole where it is unknown."""
        if isinstance(node, ast.Constant):
            return Text(text=str(node.value))
        return self.read(node) or _hole(node)

    def _joined(self, node: ast.JoinedStr) -> Text:
        text = Text(text="")
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                text += _number(part.value) if _is_numeric(part) else self.filled(part.value)
            elif isinstance(part, ast.Constant):
                text += Text(text=str(part.value))
        return text

    def _binary(self, node: ast.BinOp) -> Text | None:
        if isinstance(node.op, ast.Add):
            left, right = self.read(node.left), self.read(node.right)
            if left is None and right is None:
                return None
            return (left or _hole(node.left)) + (right or _hole(node.right))
        if isinstance(node.op, ast.Mod):
            left = self.read(node.left)
            return None if left is None else self._percent(left, node.right)
        return None

    def _percent(self, pattern: Text, given: ast.expr) -> Text:
        values = list(given.elts) if isinstance(given, ast.Tuple) else [given]
        names = _keys(given)
        text, at, used = Text(text=""), 0, 0
        # The pattern's own holes keep their words: they are numbered anew as pieces are added.
        for found in _PERCENT.finditer(pattern.text):
            text += _piece(pattern, at, found.start())
            at = found.end()
            if found[2] == "%":
                text += Text(text="%")
                continue
            value = names.get(found[1]) if found[1] else _nth(values, used)
            used += not found[1]
            text += _filling(self, value or given, numeric=found[2] in _NUMERIC)
        return text + _piece(pattern, at, len(pattern.text))

    def _call(self, node: ast.Call) -> Text | None:
        if not isinstance(node.func, ast.Attribute):
            inner = node.args[0] if len(node.args) == 1 and _is_wrapper(node.func) else None
            return None if inner is None else self.read(inner)
        method = node.func.attr
        if method == "join" and len(node.args) == 1:
            return self._join(node.func.value, node.args[0])
        if method == "format":
            pattern = self.read(node.func.value)
            return None if pattern is None else self._format(pattern, node)
        if method in _PLAIN_METHODS and not node.args:
            return self.read(node.func.value)
        if _is_wrapper(node.func) and len(node.args) == 1:
            return self.read(node.args[0])
        return None

    def _join(self, separator: ast.expr, given: ast.expr) -> Text | None:
        between = self.read(separator)
        if between is None:
            return None
        if isinstance(given, ast.List | ast.Tuple) and not any(
            isinstance(one, ast.Starred) for one in given.elts
        ):
            text = Text(text="")
            for place, one in enumerate(given.elts):
                text = text + between + self.filled(one) if place else self.filled(one)
            return text
        each = _repeated(given)
        if each is not None:
            known = self.read(each)
            if known is not None and not known.holes:
                return known  # the same once or many times
        return None

    def _format(self, pattern: Text, node: ast.Call) -> Text:
        names = {one.arg: one.value for one in node.keywords if one.arg}
        text, at, used = Text(text=""), 0, 0
        for found in _FIELD.finditer(pattern.text):
            text += _piece(pattern, at, found.start())
            at = found.end()
            if found[0] in ("{{", "}}"):
                text += Text(text=found[0][0])
                continue
            name = re.split(r"[.\[]", found[1])[0]
            value = names.get(name) if name and not name.isdigit() else None
            if value is None and (not name or name.isdigit()):
                value = _nth(node.args, int(name) if name else used)
            used += not name
            text += _filling(self, value or node, numeric=(found[2] or "")[-1:] in _NUMERIC)
        return text + _piece(pattern, at, len(pattern.text))


def _filling(reader: _Reader, value: ast.expr, *, numeric: bool) -> Text:
    return (
        _number(value) if numeric and not isinstance(value, ast.Constant) else reader.filled(value)
    )


def _number(node: ast.expr) -> Text:
    """Return a number in the place of one that is only known at run time: it can say no SQL."""
    del node
    return Text(text="0")


def _piece(pattern: Text, begin: int, end: int) -> Text:
    """Return a part of a text, with those of its holes that are in it, from 0."""
    piece = pattern.text[begin:end]
    numbers = holes_in(piece)
    again = iter(range(len(numbers)))
    return Text(
        text=_HOLE_WORD.sub(lambda _: _word(next(again)), piece),
        holes=tuple(pattern.holes[number] for number in numbers),
    )


def _is_numeric(part: ast.FormattedValue) -> bool:
    spec = part.format_spec
    if not isinstance(spec, ast.JoinedStr) or not spec.values:
        return False
    last = spec.values[-1]
    return isinstance(last, ast.Constant) and str(last.value)[-1:] in _NUMERIC


def _keys(given: ast.expr) -> dict[str, ast.expr]:
    if not isinstance(given, ast.Dict):
        return {}
    return {
        str(key.value): value
        for key, value in zip(given.keys, given.values, strict=True)
        if isinstance(key, ast.Constant)
    }


def _nth(values: list[ast.expr], place: int) -> ast.expr | None:
    return values[place] if 0 <= place < len(values) else None


def _is_wrapper(function: ast.expr) -> bool:
    """Whether a call gives back the text that it is given, but for its look: dedent, text, SQL."""
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in {"dedent", "cleandoc", "text", "SQL"}


def _repeated(given: ast.expr) -> ast.expr | None:
    """Return what is joined many times: of `["?"] * n`, `"?" * n` or `"?" for _ in …`."""
    if isinstance(given, ast.BinOp) and isinstance(given.op, ast.Mult):
        for side in (given.left, given.right):
            if isinstance(side, ast.List | ast.Tuple) and len(side.elts) == 1:
                return side.elts[0]
            if isinstance(side, ast.Constant) and isinstance(side.value, str):
                return ast.Constant(value=side.value[:1])
        return None
    if isinstance(given, ast.GeneratorExp | ast.ListComp):
        return given.elt
    return None
