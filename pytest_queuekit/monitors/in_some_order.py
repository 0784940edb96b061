"""Two calls at once end as they do one after the other."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Outcome
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.wording import done

IN_TURN = "in-turn"
"""The word in the label of a round whose calls were made one after the other."""

_LABEL = re.compile(rf"(?P<pair>.+?)(?P<turn>-{IN_TURN})?-(?P<number>\d+)(?P<twin>-[a-z]+)?")

Ending = tuple[str, ...]
"""How a round ended: for each operation on its tasks the actor, the verb, the task, the answer."""


@dataclass(frozen=True, kw_only=True)
class _Round:
    """The operations on the tasks of one round, by start.

    in_turn: True if its two calls were made one after the other.
    ordered: True if the queue promises which of two tasks of the round comes first.
    interrupted: True if a task of the round came again in a later round.
    """

    in_turn: bool
    ordered: bool
    interrupted: bool = False
    operations: list[Operation] = field(default_factory=list)

    @property
    def ending(self) -> Ending:
        """The accepted and refused calls, without the moments at which they were made."""
        return tuple(sorted(_words(each, tasks=self.ordered) for each in self.operations))

    @property
    def is_certain(self) -> bool:
        """True if each call was accepted or refused. A caller repeats one that was busy."""
        known = (Outcome.OK, Outcome.REFUSED)
        return not self.interrupted and all(each.outcome in known for each in self.operations)


def in_some_order(history: History, contract: Contract) -> list[Violation]:
    """Report `no-order`: a round of two calls at once that ended unlike all rounds in turn.

    For scenarios that repeat a round of calls on a task of its own: `pair-in-turn-1`, `pair-2`, in
    which the same actors make the same calls. At least one round in each order is in turn, and
    nothing else differs. A round with a call of unknown outcome or a busy one counts for nothing;
    if it is one in turn, nobody knows what its order gives, and the pair is not judged.
    Where the order of tasks that were enqueued together is not promised, any of them may have come.
    """
    ordered = contract.order.ties != "none" and not contract.order.resolution
    return smallest(
        _violation(history, stem, first, in_turn)
        for stem, rounds in _rounds(history, ordered=ordered).items()
        for in_turn in [[each for each in rounds if each.in_turn]]
        if len(in_turn) > 1 and all(each.is_certain for each in in_turn)
        for first in _unlike([each for each in rounds if not each.in_turn], in_turn)
    )


def _unlike(rounds: Sequence[_Round], in_turn: Sequence[_Round]) -> Iterator[_Round]:
    endings = {each.ending for each in in_turn}
    return (each for each in rounds if each.is_certain and each.ending not in endings)


def _rounds(history: History, *, ordered: bool) -> Mapping[str, list[_Round]]:
    """Group the operations by round, and the rounds by pair."""
    rounds: dict[tuple[str, str, str], _Round] = {}
    current, interrupted = None, set()
    for operation in history:
        match = _LABEL.fullmatch(operation.task or "")
        if match is None:
            continue
        key = (match["pair"], match["turn"] or "", match["number"])
        if key in rounds and key != current:
            interrupted.add(key)
        current = key
        rounds.setdefault(key, _Round(in_turn=bool(match["turn"]), ordered=ordered))
        rounds[key].operations.append(operation)
    pairs: dict[str, list[_Round]] = defaultdict(list)
    for key, each in rounds.items():
        pairs[key[0]].append(replace(each, interrupted=key in interrupted))
    return pairs


def _words(operation: Operation, *, tasks: bool) -> str:
    """Return a call and its answer. tasks: True to tell the tasks of a round apart."""
    match = _LABEL.fullmatch(operation.task or "") if tasks else None
    twin = match["twin"] or "" if match else ""
    return f"{operation.verb}{twin} by `{operation.actor}` {operation.outcome}"


def _violation(history: History, stem: str, wrong: _Round, in_turn: Sequence[_Round]) -> Violation:
    first = wrong.operations[0]
    others = " or ".join(dict.fromkeys(f"({', '.join(each.ending)})" for each in in_turn))
    return violation(
        "no-order",
        "Calls at once end unlike calls in turn",
        f"Two calls on {first.task} ({done(history, first)}) overlapped, and the round ended so: "
        f"{', '.join(wrong.ending)}. One after the other, the calls of {stem} ended so: {others}.",
        *wrong.operations,
    )
