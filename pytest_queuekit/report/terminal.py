"""The section at the end of a pytest run, as lines of at most eighty columns."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pytest_queuekit.model.verdict import Measurement, Status, Verdict
from pytest_queuekit.report.examination import Examination
from pytest_queuekit.report.lines import Line, Tone, cut, wrapped
from pytest_queuekit.report.witness import explain


def report(examination: Examination, *, witnesses: bool) -> list[Line]:
    """Return what is told about one queue, but for the closing sentence.

    witnesses: whether to print the proof of what is broken here, because nobody else does.
    """
    lines = [Line(examination.title, Tone.HEAD)]
    for part in (
        _families(examination.conformance),
        _broken(examination.broken, witnesses=witnesses),
        _advised(examination.advised),
        _errors(examination),
        _inapplicable(examination.verdicts),
        _not_run(examination.verdicts),
        _unfinished(examination.unfinished),
        _limitations(examination.limitations),
        _performance(examination.performance),
    ):
        lines += part
    return lines


def close(examination: Examination) -> list[Line]:
    """Return the verdict on a queue."""
    tone = Tone.GOOD if examination.good else Tone.BAD
    return [Line(text, tone) for text in wrapped(examination.closing(), hanging="  ")]


_COLUMNS = (
    ("passed", Status.PASS),
    ("broken", Status.FAIL),
    ("not applicable", Status.NOT_APPLICABLE),
    ("not run", Status.NOT_RUN),
)


def _families(verdicts: Sequence[Verdict]) -> Iterator[Line]:
    families: dict[str, Counter[Status]] = defaultdict(Counter)
    for verdict in verdicts:
        families[verdict.family][verdict.status] += 1
    if families:
        yield Line("  family        " + "  ".join(name for name, _ in _COLUMNS))
    for family, counts in families.items():
        cells = [f"{counts[status] or '-':>{len(name)}}" for name, status in _COLUMNS]
        tone = Tone.BAD if counts[Status.FAIL] else Tone.PLAIN
        yield Line(cut(f"  {family:<12}  {'  '.join(cells)}"), tone)


def _broken(verdicts: Sequence[Verdict], *, witnesses: bool) -> Iterator[Line]:
    if verdicts:
        yield Line("Broken", Tone.BAD)
    for verdict in _by_rule(verdicts):
        yield from _finding(verdict, Tone.BAD, witness=witnesses)


def _advised(verdicts: Sequence[Verdict]) -> Iterator[Line]:
    if verdicts:
        yield Line("Not as recommended (no failure)", Tone.CAREFUL)
    for verdict in _by_rule(verdicts):
        yield from _finding(verdict, Tone.CAREFUL, witness=True)


def _finding(verdict: Verdict, tone: Tone, *, witness: bool) -> Iterator[Line]:
    if witness:
        first, *rest = explain(verdict, head=f"{verdict.rule} ")
        yield Line(first, tone)
        yield from map(Line, rest)
        return
    text = f"{verdict.rule} {verdict.sentence}"
    yield from (Line(one, tone) for one in wrapped(text, indent="  ", hanging="  ", lines=2))
    for violation in verdict.violations[:1]:
        yield from map(Line, wrapped(violation.detail, indent="    ", lines=2))


def _errors(examination: Examination) -> Iterator[Line]:
    if examination.errors:
        yield Line("Could not be judged (this is no finding about the queue)", Tone.BAD)
    for rule, told in examination.errors.items():
        yield from map(Line, wrapped(f"{rule}: {told}", indent="  ", hanging="  ", lines=2))


def _inapplicable(verdicts: Sequence[Verdict]) -> Iterator[Line]:
    """Yield the rules by what the queue would have to declare, the first of it if it is much."""
    rules: dict[str, list[str]] = defaultdict(list)
    for verdict in verdicts:
        if verdict.status is Status.NOT_APPLICABLE:
            rules[verdict.reason.partition(", ")[0]].append(verdict.rule)
    yield from _by_reason("Not applicable", rules)


def _not_run(verdicts: Sequence[Verdict]) -> Iterator[Line]:
    rules: dict[str, list[str]] = defaultdict(list)
    for verdict in verdicts:
        if verdict.status is Status.NOT_RUN:
            rules[verdict.reason].append(verdict.rule)
    yield from _by_reason("Not run", rules)


def _by_reason(title: str, rules: Mapping[str, Sequence[str]]) -> Iterator[Line]:
    if rules:
        yield Line(title)
    for reason, ids in sorted(rules.items()):
        text = f"{reason}: {in_short(ids)}"
        yield from map(Line, wrapped(text, indent="  ", hanging="  ", lines=4))


def _unfinished(rules: Sequence[str]) -> Iterator[Line]:
    if rules:
        yield Line("Not run, because the run was ended early", Tone.CAREFUL)
        yield from map(Line, wrapped(in_short(rules), indent="  ", lines=3))


def _limitations(limitations: Sequence[str]) -> Iterator[Line]:
    if limitations:
        yield Line("What the queue documents that it does not do")
    for limitation in limitations:
        yield from map(Line, wrapped(limitation, indent="  ", hanging="  "))


def _performance(verdicts: Sequence[Verdict]) -> Iterator[Line]:
    measured = [one for one in _by_rule(verdicts) if one.measurement]
    if measured:
        yield Line("Performance (median)")
    for verdict in measured:
        if verdict.measurement:
            met = verdict.status is Status.PASS
            yield Line(_target(verdict.rule, verdict.measurement), Tone.GOOD if met else Tone.BAD)


def _target(rule: str, found: Measurement) -> str:
    sign = "≥" if found.higher_is_better else "<"
    met = "met" if found.met else "MISSED"
    return cut(
        f"  {rule:<7} {found.what:<10} {figure(found.value):>9} {found.unit:<9}  "
        f"target {sign} {found.target:g}, {found.depth:,} waiting: {met}"
    )


def figure(value: float) -> str:
    """Return a number with three digits that count."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def in_short(rules: Iterable[str]) -> str:
    """Return ids of rules with the runs drawn together: "ACK-2, LEASE-1 to 3"."""
    runs: list[tuple[str, int, int]] = []
    for family, number in sorted(map(_split, rules)):
        if runs and runs[-1][0] == family and runs[-1][2] == number - 1:
            runs[-1] = family, runs[-1][1], number
        else:
            runs.append((family, number, number))
    return ", ".join(_run(*one) for one in runs)


def _run(family: str, first: int, last: int) -> str:
    return f"{family}-{first}" if first == last else f"{family}-{first} to {last}"


def _split(rule: str) -> tuple[str, int]:
    family, _, number = rule.rpartition("-")
    return family, int(number)


def _by_rule(verdicts: Iterable[Verdict]) -> list[Verdict]:
    return sorted(verdicts, key=lambda one: _split(one.rule))
