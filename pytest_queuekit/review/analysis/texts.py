"""What text an expression stands for, as far as that can be read from the file.

Strings that are put together with +, %, format, join and f-strings, and names for constants, are
followed. What is only known at run time leaves a hole: a word that SQL takes for a name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

HOLE = "qk_hole_"
"""How the word for a hole begins; its number in the text's `holes` follows."""

_HOLE_WORD = re.compile(rf"{HOLE}(\d+)_")
_PERCENT = re.compile(r"%(?:\((\w+)\))?[#0\- +]*(?:\*|\d+)?(?:\.(?:\*|\d+))?([diouxXeEfFgGcrsa%])")
_FIELD = re.compile(r"\{\{|\}\}|\{([^{}!:]*)(?:![rsa])?(?::([^{}]*))?\}")
_NUMERIC = frozenset("diouxXeEfFgG")
_PLAIN_METHODS = frozenset({"strip", "lstrip", "rstrip", "upper", "lower"})
_DEPTH = 12
_MOST = 500_000
"""Letters that are put together for one text, and 20 for each expression that they come from."""


class _TooMuchError(Exception):
    """A text is too long, or made of too many, to be put together."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text with holes.

    text: with a word in place of each hole.
    holes: the expressions that fill them at run time, by their number.
    """

    text: str
    holes: tuple[ast.expr, ...] = ()


Meaning = Callable[[ast.expr], ast.expr | None]
"""Returns the one expression that a name or an attribute stands for, if there is one."""


def read_text(node: ast.expr, meaning: Meaning) -> Text | None:
    """Return the text of an expression; None for what is no text at all."""
    try:
        return _Reader(meaning).read(node)
    except _TooMuchError:
        return None


def holes_in(word: str) -> list[int]:
    """Return the numbers of the holes in a piece of a text."""
    return [int(number) for number in _HOLE_WORD.findall(word)]


def _word(number: int) -> str:
    return f"{HOLE}{number}_"


def _hole(node: ast.expr) -> Text:
    return Text(text=_word(0), holes=(node,))


def _constant(value: object) -> Text:
    return Text(text=str(value).replace(HOLE, ""))


def _behind(pieces: Iterable[Text]) -> Text:
    """Return texts one behind the other, their holes numbered anew."""
    words: list[str] = []
    holes: list[ast.expr] = []
    for piece in pieces:
        words.append(_moved(piece.text, len(holes)) if piece.holes else piece.text)
        holes += piece.holes
    return Text(text="".join(words), holes=tuple(holes))


def _moved(text: str, by: int) -> str:
    return _HOLE_WORD.sub(lambda found: _word(int(found[1]) + by), text)


class _Reader:
    def __init__(self, meaning: Meaning) -> None:
        self._meaning = meaning
        self._depth = 0
        self._left = _MOST

    def read(self, node: ast.expr) -> Text | None:
        text = self._read(node)
        self._left -= 20 + (len(text.text) if text else 0)
        if self._left < 0:
            raise _TooMuchError
        return text

    def _read(self, node: ast.expr) -> Text | None:
        if isinstance(node, ast.Constant):
            return _constant(node.value) if isinstance(node.value, str) else None
        if isinstance(node, ast.JoinedStr):
            return self._joined(node)
        if isinstance(node, ast.BinOp):
            return self._binary(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Name | ast.Attribute):
            return self._followed(self._meaning(node))
        return None

    def _followed(self, known: ast.expr | None) -> Text | None:
        if known is None or self._depth >= _DEPTH:
            return None
        self._depth += 1
        try:
            return self.read(known)
        finally:
            self._depth -= 1

    def filled(self, node: ast.expr) -> Text:
        """Return the text that an expression puts into another; a hole where it is unknown."""
        if isinstance(node, ast.Constant):
            return _constant(node.value)
        return self.read(node) or _hole(node)

    def _joined(self, node: ast.JoinedStr) -> Text:
        pieces = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                pieces.append(_NUMBER if _is_numeric(part) else self.filled(part.value))
            elif isinstance(part, ast.Constant):
                pieces.append(_constant(part.value))
        return _behind(pieces)

    def _binary(self, node: ast.BinOp) -> Text | None:
        if isinstance(node.op, ast.Add):
            parts = _summands(node)
            texts = [self.read(one) for one in parts]
            if all(one is None for one in texts):
                return None
            return _behind(known or _hole(part) for known, part in zip(texts, parts, strict=True))
        if isinstance(node.op, ast.Mod):
            left = self.read(node.left)
            return None if left is None else self._percent(left, node.right)
        return None

    def _percent(self, pattern: Text, given: ast.expr) -> Text:
        values = list(given.elts) if isinstance(given, ast.Tuple) else [given]
        names = _keys(given)
        pieces, at, used = [], 0, 0
        # The pattern's own holes keep their words: they are numbered anew as pieces are added.
        for found in _PERCENT.finditer(pattern.text):
            pieces.append(_piece(pattern, at, found.start()))
            at = found.end()
            if found[2] == "%":
                pieces.append(Text(text="%"))
                continue
            value = names.get(found[1]) if found[1] else _nth(values, used)
            used += not found[1]
            pieces.append(_filling(self, value, given, numeric=found[2] in _NUMERIC))
        return _behind([*pieces, _piece(pattern, at, len(pattern.text))])

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
        if method == "replace" and len(node.args) == 2:
            return self._replaced(node.func.value, *node.args)
        if _is_wrapper(node.func) and len(node.args) == 1:
            return self.read(node.args[0])
        return None

    def _replaced(self, whole: ast.expr, old: ast.expr, new: ast.expr) -> Text | None:
        text = self.read(whole)
        mark = old.value if isinstance(old, ast.Constant) else None
        if text is None or not isinstance(mark, str) or not mark or HOLE in mark:
            return None
        pieces, at = [], 0
        for found in re.finditer(re.escape(mark), text.text):
            pieces += [_piece(text, at, found.start()), self.filled(new)]
            at = found.end()
        return _behind([*pieces, _piece(text, at, len(text.text))])

    def _join(self, separator: ast.expr, given: ast.expr) -> Text | None:
        between = self.read(separator)
        if between is None:
            return None
        if isinstance(given, ast.List | ast.Tuple) and not any(
            isinstance(one, ast.Starred) for one in given.elts
        ):
            filled = (self.filled(one) for one in given.elts)
            pieces = [piece for one in filled for piece in (between, one)]
            return _behind(pieces[1:])
        each = _repeated(given)
        if each is not None:
            return self.read(each)  # the same once or many times
        return None

    def _format(self, pattern: Text, node: ast.Call) -> Text:
        names = {one.arg: one.value for one in node.keywords if one.arg}
        pieces, at, used = [], 0, 0
        for found in _FIELD.finditer(pattern.text):
            pieces.append(_piece(pattern, at, found.start()))
            at = found.end()
            if found[0] in ("{{", "}}"):
                pieces.append(Text(text=found[0][0]))
                continue
            name = re.split(r"[.\[]", found[1])[0]
            value = names.get(name) if name and not name.isdigit() else None
            if value is None and (not name or name.isdigit()):
                value = _nth(node.args, int(name) if name else used)
            used += not name
            numeric = (found[2] or "")[-1:] in _NUMERIC
            pieces.append(_filling(self, value, node, numeric=numeric))
        return _behind([*pieces, _piece(pattern, at, len(pattern.text))])


_NUMBER = Text(text="0")
"""Stands for a number that is only known at run time: it can say no SQL."""


def _filling(reader: _Reader, value: ast.expr | None, given: ast.expr, *, numeric: bool) -> Text:
    """Return what a value puts into a pattern; where it is not found, all that is given."""
    if numeric and not isinstance(value, ast.Constant):
        return _NUMBER
    return _hole(given) if value is None else reader.filled(value)


def _summands(node: ast.expr) -> list[ast.expr]:
    """Return what is added up, from the left. A loop, since there can be thousands."""
    backwards = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        backwards.append(node.right)
        node = node.left
    return [node, *reversed(backwards)]


def _piece(pattern: Text, begin: int, end: int) -> Text:
    """Return a part of a text, with those of its holes that are in it, from 0."""
    piece = pattern.text[begin:end]
    if not pattern.holes:
        return Text(text=piece)
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
