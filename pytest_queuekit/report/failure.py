"""One failure in words: the event, the proof, the declarations, and the next commands."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Mapping, Sequence

from pytest_queuekit.model.history import (
    AFTER,
    CLOCK_SET,
    CONVERTED,
    DURING,
    SECOND,
    TOGETHER,
    Operation,
    Outcome,
    Verb,
)
from pytest_queuekit.model.payloads import content_of
from pytest_queuekit.model.verdict import (
    Findings,
    Measured,
    Measurement,
    RuleRun,
    Verdict,
    Violation,
)
from pytest_queuekit.report import review
from pytest_queuekit.report.lines import WIDTH, counted, cut, figure, printable, wrapped

WITNESS = 12
"""Operations of a witness that are shown; `--queue-report json:PATH` has all."""

_FINDINGS = 20
_LABEL = 9
_LONG = 30
_SHORT = 12
"""Letters up to which a line shows a value in full, and those of a longer one that it shows."""
_MEASURED = ("depth", "steps", "nanoseconds")
"""What a rule about growth measures of a call; a line shows it before the options of the call."""
_TASKS = 3
"""Tasks of a batch that a line names, if these are all; of more, it names one less."""


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


def explain(verdict: Verdict, width: int = WIDTH) -> list[str]:
    """Return the lines that explain a failed check, at most `width` columns wide.

    The command that repeats it, and the test, stay in one piece. A failure whose cause another
    check shows in full has one line, which names that check.
    """
    if verdict.same_as:
        return [same_cause(verdict, verdict.same_as)]
    match verdict.detail:
        case RuleRun():
            return _run(verdict, verdict.detail, width)
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


def _run(verdict: Verdict, run: RuleRun, width: int) -> list[str]:
    lines = []
    for violation in run.violations[:1]:
        lines += [*proof(violation, width), ""]
    lines += [line for label, text in _notes(verdict, run) for line in note(label, text, width)]
    # In one piece, however long: a reader pastes it.
    lines += [f"{'Replay':<{_LABEL + 2}}{run.replay}"] if run.replay else []
    lines += note("Show", f"queuekit show {run.kept}", width) if run.kept else []
    return [*lines, "", *run.test.splitlines()] if run.test else lines


def proof(violation: Violation, width: int = WIDTH) -> list[str]:
    """Return the lines that show a violation: title, detail and operations."""
    return [
        *wrapped(violation.title or violation.kind.replace("-", " ").capitalize(), width=width),
        *wrapped(violation.detail, lines=6, width=width),
        "",
        *_operations(violation.witness, width),
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


def note(label: str, text: str, width: int = WIDTH) -> list[str]:
    """Return the lines of a note below a proof: its label and its text."""
    first, *rest = wrapped(text, indent=" " * (_LABEL + 2), lines=4, width=width) or [""]
    return [f"{label:<{_LABEL + 2}}{first.lstrip()}", *rest]


def _measured(verdict: Verdict, measurement: Measurement) -> list[str]:
    spread = "" if measurement.p95 is None else f"; 95 % within {measurement.p95:.3g}"
    text = f"median of {measurement.rounds}{spread}; {measurement.depth:,} tasks waiting"
    lines = [_miss(measurement), *wrapped(text)]
    if measurement.floor is not None:
        lines += wrapped(
            f"one commit of plain sqlite3 on this disk takes {figure(measurement.floor)} ms"
        )
    return [*lines, *note(verdict.requirement.value.capitalize(), verdict.sentence)]


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


def _operations(witness: Sequence[Operation], width: int) -> list[str]:
    ordered = calls_of(sorted(witness, key=lambda operation: operation.start))
    if not ordered:
        return []
    # The last call is the culprit, however many come before it.
    left_out = len(ordered) - WITNESS + 1 if len(ordered) > WITNESS else 0
    shown = [*ordered[: len(ordered) - 1 - left_out], ordered[-1]]
    actors = min(max(len(call[0].actor) for call in shown), 14)
    times = max(len(when(call[0])) for call in shown)
    lines = []
    for call in shown:
        actor = f"{call[0].actor[:14]:<{actors}}"
        if left_out and call is shown[-1]:
            lines.append(f"  … and {left_out:,} more operations")
        line = f"  {when(call[0]):>{times}}  {actor}  {describe(*call)}"
        # A narrow terminal has no room for a call in one line.
        narrow = textwrap.wrap(line, width, subsequent_indent=" " * 6, break_on_hyphens=False)
        lines += [cut(line)] if width >= WIDTH else narrow
    return lines


def calls_of(witness: Sequence[Operation]) -> list[list[Operation]]:
    """Return the operations by call: those of a batch are one call."""
    calls: list[list[Operation]] = []
    for operation in witness:
        if calls and calls[-1][0].is_same_batch(operation):
            calls[-1].append(operation)
        else:
            calls.append([operation])
    return calls


def when(operation: Operation) -> str:
    """Return the start and the end of a call; one of them if they look alike, "?" for no end."""
    begin = f"{operation.start / SECOND:.3f}"
    end = "?" if operation.end is None else f"{operation.end / SECOND:.3f}"
    return f"{begin}–{end} s" if begin != end else f"{begin} s"


def describe(operation: Operation, *others: Operation) -> str:
    """Return a call as a short phrase: the verb with its options, and its outcome.

    others: the other operations of the same batch, if there are any.
    """
    if "batch" in operation.arguments:
        return printable(_batch(operation, [operation, *others]))
    if DURING in operation.arguments:
        return printable(_cut_off(operation))
    options = {
        name: value
        for name, value in operation.arguments.items()
        if name not in ("payload", CONVERTED, AFTER, CLOCK_SET)
    }
    if content := _content(operation, operation.arguments):
        options["payload"] = content
    measured_first = sorted(options, key=lambda name: name not in _MEASURED)
    shown = ", ".join(f"{name}={_value(options[name])}" for name in measured_first)
    called = f"{operation.verb}({shown})" if shown else f"{operation.verb}"
    return printable(f"{called} {_outcome(operation)}{_clock_set(operation)}")


def _clock_set(operation: Operation) -> str:
    """Return how the clock was set after a call."""
    seconds = operation.arguments.get(CLOCK_SET)
    return "" if seconds is None else f"; then the clock was set by {seconds:+,.0f} s"


def _value(value: object) -> str:
    """Return the value of an option; with quotes if a reader could take it for another one."""
    text = str(value)
    if text != unicodedata.normalize("NFC", text):
        text = ascii(text)
    elif not text or text != text.strip():
        text = repr(text)
    return text if len(text) <= _LONG else f"{text[:_SHORT]}… ({len(text):,} long)"


def _content(operation: Operation, holder: Mapping[str, object]) -> str:
    """Return the content of a payload beside its label."""
    payload = holder.get("payload")
    return content_of(payload, operation.task or "") if isinstance(payload, str) else ""


def _batch(operation: Operation, batch: Sequence[Operation]) -> str:
    """Return a batch, with those of its tasks that the proof is about first."""
    own = {each.task: _content_in_batch(each) for each in batch if each.task is not None}
    listed = operation.arguments.get(TOGETHER) or list(own)
    first = sorted(listed, key=lambda name: name.partition(" ")[0] not in own)
    tasks = first if len(first) <= _TASKS else first[: _TASKS - 1]
    names = ", ".join(
        name + own.get(name.partition(" ")[0], "") for name in listed if name in tasks
    )
    if len(listed) > len(tasks):
        names += f" and {len(listed) - len(tasks):,} more"
    lease = f", lease={operation.arguments['lease']}" if "lease" in operation.arguments else ""
    given = f"({operation.arguments['batch']}{lease})" if operation.verb is Verb.CLAIM else ""
    if operation.verb is Verb.CLAIM and operation.outcome is Outcome.OK:
        return f"{operation.method}{given} → {names or 'empty'}"
    task = f" {names}" if names else ""
    return f"{operation.method}{given}{task} → {operation.outcome}{_error(operation)}"


def _content_in_batch(operation: Operation) -> str:
    """Return the content of a payload, to follow the name of its task."""
    received = operation.result if isinstance(operation.result, Mapping) else {}
    holder = received if operation.verb is Verb.CLAIM else operation.arguments
    content = _content(operation, holder)
    return f" (payload={_value(content)})" if content else ""


def _cut_off(kill: Operation) -> str:
    """Return a kill with the call in which it struck."""
    after = f", after {kill.arguments[AFTER]}" if AFTER in kill.arguments else ""
    return f"{kill.verb} → during {kill.arguments[DURING]}{after}{_error(kill)}"


def _outcome(operation: Operation) -> str:
    if operation.verb is Verb.CLAIM and operation.outcome is Outcome.OK:
        return f"→ {operation.task}{_delivery(operation)}" if operation.task else "→ empty"
    task = f"{operation.task} " if operation.task else ""
    if operation.outcome is Outcome.OK:
        return f"{task}→ {'ok' if operation.result is None else operation.result}"
    return f"{task}→ {operation.outcome}{_error(operation)}"


def _error(operation: Operation) -> str:
    return f" ({operation.error})" if operation.error else ""


def _delivery(claim: Operation) -> str:
    if not isinstance(claim.result, Mapping):
        return ""
    content = _content(claim, claim.result)
    known = {name: claim.result.get(name) for name in ("attempt", "token")}
    parts = [f"payload {_value(content)}"] if content else []
    parts += [f"{name} {value}" for name, value in known.items() if value is not None]
    return f" ({', '.join(parts)})" if parts else ""
