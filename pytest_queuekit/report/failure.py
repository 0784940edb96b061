"""One failure in words: the event, the proof, the declarations, and the next commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_queuekit.model.history import CONVERTED, SECOND, Operation, Outcome, Verb
from pytest_queuekit.model.verdict import (
    Findings,
    Measured,
    Measurement,
    RuleRun,
    Verdict,
    Violation,
)
from pytest_queuekit.report import review
from pytest_queuekit.report.lines import counted, cut, figure, printable, wrapped

WITNESS = 12
"""Operations of a witness that are shown; `--queue-report json:PATH` has all."""

_FINDINGS = 20
_LABEL = 9


def headline(verdict: Verdict) -> str:
    """Return what happened in one line, for pytest's summary: slug, title and detail."""
    named = f"{verdict.slug}: " if verdict.slug else ""
    if isinstance(verdict.detail, Measured) and verdict.detail.measurement:
        return f"{named}{_miss(verdict.detail.measurement)}"
    faults = verdict.violations or verdict.findings
    if not faults:
        return f"{named}{verdict.sentence}"
    title = f"{faults[0].title}: " if faults[0].title else ""
    return f"{named}{title}{printable(faults[0].detail)}"


def explain(verdict: Verdict) -> list[str]:
    """Return the lines that explain a failed check, at most 80 columns wide.

    A failure whose cause another check shows in full has one line, which names that check.
    """
    if verdict.same_as:
        return [same_cause(verdict, verdict.same_as)]
    match verdict.detail:
        case RuleRun():
            return _run(verdict, verdict.detail)
        case Measured(measurement=Measurement() as measurement):
            return _measured(verdict, measurement)
        case Findings():
            return _findings(verdict)
        case _:
            return wrapped(f"{verdict.requirement}: {verdict.sentence}")


def same_cause(verdict: Verdict, first: str) -> str:
    """Return the line of a failure whose cause another failure shows in full."""
    title = verdict.violations[0].title if verdict.violations else verdict.sentence
    return cut(f"Same cause as {first}: {printable(title)}")


def _run(verdict: Verdict, run: RuleRun) -> list[str]:
    lines = []
    for violation in run.violations[:1]:
        lines += [*proof(violation), ""]
    lines += [line for label, text in _notes(verdict, run) for line in _note(label, text)]
    # In one piece, however long: a reader pastes it.
    lines += [f"{'Replay':<{_LABEL + 2}}{run.replay}"] if run.replay else []
    return [*lines, "", *run.test.splitlines()] if run.test else lines


def proof(violation: Violation) -> list[str]:
    """Return the lines that show a violation: title, detail and operations."""
    return [
        violation.title or violation.kind.replace("-", " ").capitalize(),
        *wrapped(violation.detail, lines=6),
        "",
        *_operations(violation.witness),
    ]


def _notes(verdict: Verdict, run: RuleRun) -> list[tuple[str, str]]:
    notes = [(verdict.requirement.value.capitalize(), verdict.sentence)]
    if run.declared:
        notes.append(("Declared", run.declared))
    if run.code:
        notes.append(("Your code", run.code))
    notes.append(("Driver", run.driver))
    others = len(run.violations) - 1
    if others > 0:
        notes.append(("More", f"{counted(others, 'more violation')} of this rule"))
    if verdict.also:
        verb = "fails" if len(verdict.also) == 1 else "fail"
        notes.append(("Also", f"{', '.join(verdict.also)} {verb} for the same cause"))
    notes.append(("Explain", f"queuekit explain {verdict.rule}"))
    return notes


def _note(label: str, text: str) -> list[str]:
    first, *rest = wrapped(text, indent=" " * (_LABEL + 2), lines=4) or [""]
    return [f"{label:<{_LABEL + 2}}{first.lstrip()}", *rest]


def _measured(verdict: Verdict, measurement: Measurement) -> list[str]:
    spread = "" if measurement.p95 is None else f"; 95 % within {measurement.p95:.3g}"
    text = f"median of {measurement.rounds}{spread}; {measurement.depth:,} tasks waiting"
    lines = [_miss(measurement), *wrapped(text)]
    if measurement.floor is not None:
        lines += wrapped(
            f"one commit of plain sqlite3 on this disk takes {figure(measurement.floor)} ms"
        )
    return [*lines, *_note(verdict.requirement.value.capitalize(), verdict.sentence)]


def _miss(measurement: Measurement) -> str:
    sign = "at least" if measurement.higher_is_better else "less than"
    return (
        f"{measurement.what} takes {figure(measurement.value)} {measurement.unit}, "
        f"target {sign} {measurement.target:g}"
        if not measurement.higher_is_better
        else f"{measurement.what} reaches {figure(measurement.value)} {measurement.unit}, "
        f"target {sign} {measurement.target:g}"
    )


def _findings(verdict: Verdict) -> list[str]:
    if any(finding.place for finding in verdict.findings):
        return review.explain(verdict)
    lines = wrapped(f"{verdict.rule}: {verdict.sentence}", hanging="  ")
    for finding in verdict.findings[:_FINDINGS]:
        lines += wrapped(finding.detail, indent="  ", hanging="  ", lines=3)
    more = len(verdict.findings) - _FINDINGS
    return lines + ([f"… and {more:,} more of {verdict.rule}"] if more > 0 else [])


def _operations(witness: Sequence[Operation]) -> list[str]:
    ordered = sorted(witness, key=lambda operation: operation.start)
    shown = ordered if len(ordered) <= WITNESS else ordered[: WITNESS - 1]
    if not shown:
        return []
    actors = min(max(len(operation.actor) for operation in shown), 14)
    times = max(len(_when(operation)) for operation in shown)
    lines = []
    for operation in shown:
        actor = f"{operation.actor[:14]:<{actors}}"
        lines.append(cut(f"  {_when(operation):>{times}}  {actor}  {describe(operation)}"))
    if len(shown) < len(ordered):
        lines.append(f"  … and {len(ordered) - len(shown):,} more operations")
    return lines


def _when(operation: Operation) -> str:
    begin = f"{operation.start / SECOND:.3f}"
    end = "?" if operation.end is None else f"{operation.end / SECOND:.3f}"
    return f"{begin}–{end} s" if begin != end else f"{begin} s"


def describe(operation: Operation) -> str:
    """Return an operation as a short phrase: the call, and its outcome."""
    options = ", ".join(
        f"{name}={value}"
        for name, value in operation.arguments.items()
        if name not in ("payload", CONVERTED)
    )
    called = f"{operation.verb}({options})" if options else f"{operation.verb}"
    return printable(f"{called} {_outcome(operation)}")


def _outcome(operation: Operation) -> str:
    if operation.verb is Verb.CLAIM and operation.outcome is Outcome.OK:
        return f"→ {operation.task}{_delivery(operation.result)}" if operation.task else "→ empty"
    task = f"{operation.task} " if operation.task else ""
    if operation.outcome is Outcome.OK:
        return f"{task}→ {'ok' if operation.result is None else operation.result}"
    error = f" ({operation.error})" if operation.error else ""
    return f"{task}→ {operation.outcome}{error}"


def _delivery(result: object) -> str:
    if not isinstance(result, Mapping):
        return ""
    known = {name: result.get(name) for name in ("attempt", "token")}
    parts = [f"{name} {value}" for name, value in known.items() if value is not None]
    return f" ({', '.join(parts)})" if parts else ""
