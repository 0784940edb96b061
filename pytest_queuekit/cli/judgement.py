"""The output of `queuekit check`: proofs, and a conclusion that claims only what was judged."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pytest_queuekit.model.rules_of_kind import RULES_OF
from pytest_queuekit.report.failure import note, proof
from pytest_queuekit.report.lines import counted, wrapped

if TYPE_CHECKING:
    from pytest_queuekit.histories.judging import Judgement
    from pytest_queuekit.histories.reading import Recorded
    from pytest_queuekit.model.history import Operation
    from pytest_queuekit.model.verdict import Violation

SCHEMA = 1
"""The number of the form of the JSON. It changes with every incompatible change."""


def as_text(judgement: Judgement, recorded: Recorded) -> str:
    """Return a proof of each kind of violation, and the conclusion."""
    lines: list[str] = []
    for _, group in groupby(judgement.violations, key=lambda violation: violation.kind):
        first, *others = group
        lines += [*_explained(first, len(others), recorded), ""]
    return "\n".join([*lines, *_conclusion(judgement, recorded)]) + "\n"


def as_json(judgement: Judgement, recorded: Recorded) -> str:
    """Return all violations, and what was judged."""
    data = {
        "schema": SCHEMA,
        "good": not judgement.violations,
        "files": list(recorded.names),
        "calls": len(recorded.history),
        "unknown": judgement.unknown,
        "left_out": judgement.left_out,
        "not_judged": list(judgement.gaps),
        "violations": [_data(violation, recorded) for violation in judgement.violations],
    }
    return json.dumps(data, indent=2) + "\n"


def _explained(violation: Violation, more: int, recorded: Recorded) -> Iterator[str]:
    yield from proof(violation)
    yield ""
    rule = RULES_OF[violation.kind][0]
    yield from note("Rule", f"{rule}; queuekit explain {rule}")
    if violation.declared:
        yield from note("Declared", "; ".join(violation.declared))
    yield from note("Lines", _places(violation.witness, recorded))
    if more:
        yield from note("More", f"{counted(more, 'more violation')} of this kind")


def _places(witness: Sequence[Operation], recorded: Recorded) -> str:
    """Return the lines of a proof: "a.jsonl 2, 5; b.jsonl 3"."""
    lines: dict[str, list[str]] = {}
    for call in witness:
        name, line = recorded.place(call)
        lines.setdefault(name, []).append(str(line))
    return "; ".join(f"{name} {', '.join(numbers)}" for name, numbers in lines.items())


def _conclusion(judgement: Judgement, recorded: Recorded) -> Iterator[str]:
    history = recorded.history
    kinds = {violation.kind for violation in judgement.violations}
    calls = f"{counted(len(history), 'call')} on {counted(_tasks(recorded), 'task')}"
    found = f"FAILED: {counted(len(kinds), 'kind')} of violation" if kinds else "No violation"
    yield from wrapped(f"{found} in {calls}.", hanging="  ")
    if judgement.unknown:
        text = f"{counted(judgement.unknown, 'call')} of unknown outcome: happened, or did not."
        yield from wrapped(text, hanging="  ")
    if judgement.left_out:
        text = (
            f"Left out: {counted(judgement.left_out, 'task')} with a delivery or a key from before "
            "the first call."
        )
        yield from wrapped(text, hanging="  ")
    for gap in judgement.gaps:
        yield from wrapped(f"Not judged: {gap}.", hanging="  ")


def _tasks(recorded: Recorded) -> int:
    return len({call.task for call in recorded.history if call.task is not None})


def _data(violation: Violation, recorded: Recorded) -> dict[str, Any]:
    return {
        "kind": violation.kind,
        "rule": RULES_OF[violation.kind][0],
        "title": violation.title,
        "detail": violation.detail,
        "declared": list(violation.declared),
        "witness": [_call(call, recorded) for call in violation.witness],
    }


def _call(call: Operation, recorded: Recorded) -> dict[str, Any]:
    """Return a call with its place. Times in nanoseconds since the first call."""
    file, line = recorded.place(call)
    return {
        "file": file,
        "line": line,
        "actor": call.actor,
        "verb": call.verb,
        "task": call.task,
        "start": call.start,
        "end": call.end,
        "outcome": call.outcome,
    }
