"""The text that an expression stands for, as far as the file shows it.

The reader follows +, %, format, join, f-strings and names of constants. A value that is known only
at run time leaves a hole: a word that SQL takes for a name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

HOLE = "qk_hole_"
"""Prefix of the word for a hole; its number in the text's `holes` follows."""

_HOLE_WORD = re.compile(rf"{HOLE}(\d+)_")
_PERCENT = re.compile(r"%(?:\((\w+)\))?[#0\- +]*(?:\*|\d+)?(?:\.(?:\*|\d+))?([diouxXeEfFgGcrsa%])")
_FIELD = re.compile(r"\{\{|\}\}|\{([^{}!:]*)(?:![rsa])?(?::([^{}]*))?\}")
_NUMERIC = frozenset("diouxXeEfFgG")
_PLAIN_METHODS = frozenset({"strip", "lstrip", "rstrip", "upper", "lower"})
_DEPTH = 12
_MOST = 500_000
"""Budget for one text: its characters, and 20 for each expression that is read."""


class _TooMuchError(Exception):
    """A text is too long, or has too many parts."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text with holes.

    text: the text, with a word in place of each hole.
    holes: the expressions that fill the holes at run time, by number.
    """

    text: str
    holes: tuple[ast.expr, ...] = ()


Meaning = Callable[[ast.expr], ast.expr | None]
"""Returns the only expression that a name or an attribute stands for, or None."""


def read_text(node: ast.expr, meaning: Meaning) -> Text | None:
    """Return the text of an expression; None if it is not a text."""
    try:
        return _TextReader(meaning).read(node)
    except _TooMuchError:
        return None


def holes_in(word: str) -> list[int]:
    """Return the numbers of the holes in a part of a text."""
    return [int(number) for number in _HOLE_WORD.findall(word)]


def _word(number: int) -> str:
    return f"{HOLE}{number}_"


def _hole(node: ast.expr) -> Text:
    return Text(text=_word(0), holes=(node,))


def _constant(value: object) -> Text:
    return Text(text=str(value).replace(HOLE, ""))


def _joined(pieces: Iterable[Text]) -> Text:
    """Join texts, and renumber their holes."""
    words: list[str] = []
    holes: list[ast.expr] = []
    for piece in pieces:
        words.append(_renumbered(piece.text, len(holes)) if piece.holes else piece.text)
        holes += piece.holes
    return Text(text="".join(words), holes=tuple(holes))


def _renumbered(text: str, by: int) -> str:
    return _HOLE_WORD.sub(lambda word: _word(int(word[1]) + by), text)


class _TextReader:
    """Reads one text, within a budget of expressions and characters."""

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
            return self._f_string(node)
        if isinstance(node, ast.BinOp):
            return self._binary(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Name | ast.Attribute):
            return self._named(self._meaning(node))
        return None

    def _named(self, value: ast.expr | None) -> Text | None:
        if value is None or self._depth >= _DEPTH:
            return None
        self._depth += 1
        try:
            return self.read(value)
        finally:
            self._depth -= 1

    def filled(self, node: ast.expr) -> Text:
        """Return the text that an expression puts into another; a hole if it is unknown."""
        if isinstance(node, ast.Constant):
            return _constant(node.value)
        return self.read(node) or _hole(node)

    def _f_string(self, node: ast.JoinedStr) -> Text:
        pieces = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                pieces.append(_NUMBER if _is_numeric(part) else self.filled(part.value))
            elif isinstance(part, ast.Constant):
                pieces.append(_constant(part.value))
        return _joined(pieces)

    def _binary(self, node: ast.BinOp) -> Text | None:
        if isinstance(node.op, ast.Add):
            parts = _summands(node)
            texts = [self.read(part) for part in parts]
            if all(text is None for text in texts):
                return None
            return _joined(text or _hole(part) for text, part in zip(texts, parts, strict=True))
        if isinstance(node.op, ast.Mod):
            left = self.read(node.left)
            return None if left is None else self._percent(left, node.right)
        return None

    def _percent(self, pattern: Text, given: ast.expr) -> Text:
        values = list(given.elts) if isinstance(given, ast.Tuple) else [given]
        names = _keys(given)
        pieces, at, used = [], 0, 0
        # The pattern's own holes keep their words until the pieces are joined.
        for field in _PERCENT.finditer(pattern.text):
            pieces.append(_piece(pattern, at, field.start()))
            at = field.end()
            if field[2] == "%":
                pieces.append(Text(text="%"))
                continue
            value = names.get(field[1]) if field[1] else _nth(values, used)
            used += not field[1]
            pieces.append(_filling(self, value, given, numeric=field[2] in _NUMERIC))
        return _joined([*pieces, _piece(pattern, at, len(pattern.text))])

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
        for match in re.finditer(re.escape(mark), text.text):
            pieces += [_piece(text, at, match.start()), self.filled(new)]
            at = match.end()
        return _joined([*pieces, _piece(text, at, len(text.text))])

    def _join(self, separator: ast.expr, given: ast.expr) -> Text | None:
        between = self.read(separator)
        if between is None:
            return None
        if isinstance(given, ast.List | ast.Tuple) and not any(
            isinstance(element, ast.Starred) for element in given.elts
        ):
            filled = (self.filled(element) for element in given.elts)
            pieces = [piece for text in filled for piece in (between, text)]
            return _joined(pieces[1:])
        element = _repeated(given)
        # One element stands for all: the review asks for the kind of text, not for its length.
        return None if element is None else self.read(element)

    def _format(self, pattern: Text, node: ast.Call) -> Text:
        names = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        pieces, at, used = [], 0, 0
        for field in _FIELD.finditer(pattern.text):
            pieces.append(_piece(pattern, at, field.start()))
            at = field.end()
            if field[0] in ("{{", "}}"):
                pieces.append(Text(text=field[0][0]))
                continue
            name = re.split(r"[.\[]", field[1])[0]
            value = names.get(name) if name and not name.isdigit() else None
            if value is None and (not name or name.isdigit()):
                value = _nth(node.args, int(name) if name else used)
            used += not name
            numeric = (field[2] or "")[-1:] in _NUMERIC
            pieces.append(_filling(self, value, node, numeric=numeric))
        return _joined([*pieces, _piece(pattern, at, len(pattern.text))])


_NUMBER = Text(text="0")
"""Stands for a number that is known only at run time; a number cannot hold SQL."""


def _filling(
    reader: _TextReader, value: ast.expr | None, given: ast.expr, *, numeric: bool
) -> Text:
    """Return the text that a value puts into a pattern; a hole for all values if it is unknown."""
    if numeric and not isinstance(value, ast.Constant):
        return _NUMBER
    return _hole(given) if value is None else reader.filled(value)


def _summands(node: ast.expr) -> list[ast.expr]:
    """Return the summands from the left. A loop, because there can be thousands."""
    backwards = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        backwards.append(node.right)
        node = node.left
    return [node, *reversed(backwards)]


def _piece(pattern: Text, begin: int, end: int) -> Text:
    """Return a part of a text with its holes, numbered from 0."""
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
    """Return True for a function that returns its text but for the layout: dedent, text, SQL."""
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in {"dedent", "cleandoc", "text", "SQL"}


def _repeated(given: ast.expr) -> ast.expr | None:
    """Return the repeated element of `["?"] * n`, `"?" * n` or `"?" for _ in …`."""
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
