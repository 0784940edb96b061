"""A violation in words: at most twelve lines of at most eighty columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_queuekit.model.history import SECOND, Operation, Outcome, Verb
from pytest_queuekit.model.verdict import Verdict, Violation
from pytest_queuekit.report.lines import cut, printable, wrapped

LINES = 12
"""What a witness may take."""


def explain(verdict: Verdict, *, head: str = "") -> list[str]:
    """Return what rule was broken, by what, and the operations that prove it."""
    head_lines = wrapped(f"{head}{verdict.requirement}: {verdict.sentence}", lines=3)
    if not verdict.violations:
        return head_lines
    first, *others = verdict.violations
    said = wrapped(first.detail, lines=4)
    foot = _foot(verdict, others)
    room = LINES - len(head_lines) - len(said) - len(foot)
    return [*head_lines, *said, *_operations(first.witness, room), *foot]


def _foot(verdict: Verdict, others: Sequence[Violation]) -> list[str]:
    more = f"{len(others)} more of this kind; " if others else ""
    return [cut(f"({verdict.queue}, {verdict.driver}; {more}why: queuekit rules {verdict.rule})")]


def _operations(witness: Sequence[Operation], room: int) -> list[str]:
    ordered = sorted(witness, key=lambda one: one.start)
    if not ordered:
        return []
    shown = ordered if len(ordered) <= room else ordered[: room - 1]
    actors = min(max(len(one.actor) for one in shown), 14)
    times = max(15, *(len(_when(one)) for one in shown))
    lines = [_operation(one, times, actors) for one in shown]
    if len(shown) < len(ordered):
        lines.append(f"  … and {len(ordered) - len(shown)} more operations")
    return lines


def _operation(one: Operation, times: int, actors: int) -> str:
    return cut(f"  {_when(one):<{times}} {one.actor[:14]:<{actors}}  {describe(one)}")


def _when(one: Operation) -> str:
    begin = f"{one.start / SECOND:.3f}"
    end = "?" if one.end is None else f"{one.end / SECOND:.3f}"
    return f"{begin}–{end} s" if begin != end else f"{begin} s"


def describe(one: Operation) -> str:
    """Return an operation as a short phrase: what was called, and what came of it."""
    options = ", ".join(
        f"{name}={value}" for name, value in one.arguments.items() if name != "payload"
    )
    called = f"{one.verb}({options})" if options else f"{one.verb}"
    return printable(f"{called} {_outcome(one)}")


def _outcome(one: Operation) -> str:
    if one.verb is Verb.CLAIM and one.outcome is Outcome.OK:
        return f"→ {one.task}{_delivery(one.result)}" if one.task else "→ empty"
    task = f"{one.task} " if one.task else ""
    if one.outcome is Outcome.OK:
        return f"{task}→ {'ok' if one.result is None else one.result}"
    error = f" ({one.error})" if one.error else ""
    return f"{task}→ {one.outcome}{error}"


def _delivery(result: object) -> str:
    if not isinstance(result, Mapping):
        return ""
    known = {name: result.get(name) for name in ("attempt", "token")}
    parts = [f"{name} {value}" for name, value in known.items() if value is not None]
    return f" ({', '.join(parts)})" if parts else ""
