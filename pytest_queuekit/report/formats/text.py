"""The section at the end of a pytest run, as lines of at most eighty columns."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pytest_queuekit.model.run_result import RunResult, SuiteResult
from pytest_queuekit.model.verdict import RuleRun, Status, Verdict
from pytest_queuekit.report.closing import Conclusion, closings
from pytest_queuekit.report.failure import explain
from pytest_queuekit.report.lines import Line, Tone, counted, cut, figure, wrapped

_TONES = {
    Conclusion.PASSED: Tone.GOOD,
    Conclusion.FAILED: Tone.BAD,
    Conclusion.INSUFFICIENT: Tone.CAREFUL,
    Conclusion.NO_VERDICT: Tone.BAD,
    Conclusion.NOT_TESTED: Tone.CAREFUL,
}
_FEW = 10
"""Up to this number, each check has a line; of more, only the failed ones have."""
_LONG = 10.0
"""Seconds of all rules together from which the section says which families take them."""
_SLOWEST = 4
"""How many families it names."""


def as_text(result: RunResult) -> str:
    """Return the whole section, with every proof and every reason."""
    lines = section(result, verbose=True, proofs=True)
    return "\n".join(line.text for line in lines) + "\n"


def section(result: RunResult, *, verbose: bool, proofs: bool) -> Iterator[Line]:
    """Yield the section.

    verbose: list the checks that do not apply or were not run, instead of counting them.
    proofs: show the proof of each failure, because pytest was asked not to show it.
    """
    if result.environment:
        yield from map(Line, wrapped(environment(result)))
    for warning in result.warnings:
        yield from (Line(text, Tone.CAREFUL) for text in wrapped(warning, hanging="  "))
    heading = ""
    for suite in result.suites:
        if suite.subject.title != heading:
            yield Line("")
            heading = suite.subject.title
            yield from (Line(text, Tone.HEAD) for text in wrapped(heading))
        yield from _suite(suite, verbose=verbose, proofs=proofs)
        if verbose and suite.suite == "rules":
            for note in suite.subject.notes:
                yield from map(Line, wrapped(f"Documented: {note}", indent="  ", hanging="  "))
    yield Line("")
    yield from close(result)


def environment(result: RunResult) -> str:
    """Return the level, versions and platform in one line."""
    names = ("level", "python", "sqlite", "platform")
    level, python, sqlite, platform = (result.environment.get(name, "?") for name in names)
    return f"level {level}; Python {python}, SQLite {sqlite}, {platform}"


def close(result: RunResult) -> Iterator[Line]:
    """Yield the conclusion on each subject, and the other reasons for the exit status."""
    for closing in closings(result):
        text = f"{closing.subject.title} {closing.conclusion}: {closing.text}"
        lines = wrapped(text, hanging="  ", lines=6)
        yield from (Line(line, _TONES[closing.conclusion]) for line in lines)
    for unmet in result.unmet:
        yield from (Line(line, Tone.BAD) for line in wrapped(unmet, hanging="  "))
    yield from internal_errors(result)
    for hint in result.hints:
        yield from map(Line, wrapped(hint, hanging="  "))


def internal_errors(result: RunResult) -> Iterator[Line]:
    """Yield the internal errors outside of any check."""
    for error in result.errors:
        yield from (Line(line, Tone.BAD) for line in wrapped(error, hanging="  "))


def _suite(suite: SuiteResult, *, verbose: bool, proofs: bool) -> Iterator[Line]:
    measured = [verdict for verdict in suite.verdicts if verdict.measurement]
    if measured:
        yield Line(f"  {suite.noun.capitalize()}s (median)")
        yield from map(_target, measured)
        yield from _disk(measured)
    elif any(isinstance(verdict.detail, RuleRun) for verdict in suite.verdicts):
        yield from _families(suite.verdicts)
        yield from _times(suite.verdicts)
    elif len(suite.verdicts) <= _FEW:
        for verdict in suite.verdicts:
            yield from _check(verdict)
    else:
        yield from map(_findings, suite.failed)
    for verdict in suite.failed if proofs else ():
        yield from _proof(verdict, Tone.BAD)
    yield from _advised(suite.advised)
    yield from _waivers(suite.verdicts)
    yield from _errors(suite.having(Status.ERROR))
    yield from _unanswered(suite, verbose=verbose)


_COLUMNS = (
    ("passed", lambda verdict: verdict.status is Status.PASS),
    ("failed", lambda verdict: verdict.failed),
    ("advised", lambda verdict: verdict.advised),
    ("waived", lambda verdict: verdict.status is Status.WAIVED),
    ("not applicable", lambda verdict: verdict.status is Status.NOT_APPLICABLE),
    ("not run", lambda verdict: verdict.status in (Status.NOT_RUN, Status.ERROR)),
)
_ALWAYS = ("passed", "failed", "not applicable", "not run")


def answers(verdicts: Iterable[Verdict]) -> Counter[str]:
    """Return how many verdicts each column counts."""
    return Counter(name for verdict in verdicts for name, holds in _COLUMNS if holds(verdict))


def _families(verdicts: Sequence[Verdict]) -> Iterator[Line]:
    """Yield a row for each family; a column that is rarely needed appears only where it counts."""
    names = dict.fromkeys(verdict.family for verdict in verdicts)
    families = {
        name: answers(verdict for verdict in verdicts if verdict.family == name) for name in names
    }
    columns = [
        name
        for name, _ in _COLUMNS
        if name in _ALWAYS or any(counts[name] for counts in families.values())
    ]
    yield Line("  family        " + "  ".join(columns))
    for family, counts in families.items():
        cells = [f"{counts[name] or '-':>{len(name)}}" for name in columns]
        tone = Tone.BAD if counts["failed"] else Tone.PLAIN
        yield Line(cut(f"  {family:<12}  {'  '.join(cells)}"), tone)


def _times(verdicts: Sequence[Verdict]) -> Iterator[Line]:
    """Yield the families that take most of a run that is not short."""
    families: dict[str, float] = defaultdict(float)
    for verdict in verdicts:
        families[verdict.family] += verdict.seconds
    total = sum(families.values())
    if total < _LONG:
        return
    parts = sorted(families.items(), key=lambda part: part[1], reverse=True)[:_SLOWEST]
    if len(families) > _SLOWEST:
        parts.append(("others", total - sum(taken for _, taken in parts)))
    shares = ", ".join(f"{family} {taken:.1f}" for family, taken in parts)
    yield Line(f"  Time {total:.0f} s: {shares}")


def _target(verdict: Verdict) -> Line:
    measured = verdict.measurement
    if measured is None:
        return Line("")
    sign = "≥" if measured.higher_is_better else "<"
    met = "met" if measured.met else "MISSED"
    if measured.relative:
        met += "*"
    text = (
        f"  {verdict.rule:<7} {measured.what:<10} {figure(measured.value):>9} {measured.unit:<9}  "
        f"target {sign} {measured.target:g}, {measured.depth:,} waiting: {met}"
    )
    return Line(cut(text), Tone.GOOD if measured.met else Tone.BAD)


def _disk(verdicts: Sequence[Verdict]) -> Iterator[Line]:
    """Yield what the disk allows: the slowest floor that was measured."""
    floors = [verdict.measurement for verdict in verdicts if verdict.measurement]
    known = [(floor.floor, floor.fsync) for floor in floors if floor.floor and floor.fsync]
    if known:
        commit, fsync = max(known)
        relative = any(floor.relative for floor in floors)
        note = "; * judged by the ratio to it" if relative else ""
        yield Line(f"  disk    one commit {figure(commit)} ms, with fsync {figure(fsync)} ms{note}")


def _findings(verdict: Verdict) -> Line:
    title = verdict.findings[0].title if verdict.findings else verdict.sentence
    count = counted(len(verdict.findings), "finding")
    return Line(cut(f"  {verdict.rule}  {count}  {title}"), Tone.BAD)


def _check(verdict: Verdict) -> Iterator[Line]:
    count = len(verdict.findings)
    answer = {
        Status.PASS: "passed",
        Status.FAIL: f"failed: {counted(count, 'finding')}",
    }.get(verdict.status, f"{verdict.status}: {verdict.reason}")
    tone = Tone.GOOD if verdict.status is Status.PASS else Tone.BAD
    text = f"{verdict.sentence.rstrip('.')}: {answer}"
    lines = wrapped(text, indent="  ", hanging="  ")
    yield from (Line(line, tone) for line in lines)


def _proof(verdict: Verdict, tone: Tone) -> Iterator[Line]:
    yield Line(f"  {verdict.name}", tone)
    yield from (Line(cut(f"    {text}".rstrip())) for text in explain(verdict))


def _advised(verdicts: Sequence[Verdict]) -> Iterator[Line]:
    if verdicts:
        yield Line("  Not as recommended (no failure)", Tone.CAREFUL)
    for verdict in verdicts:
        yield from _proof(verdict, Tone.CAREFUL)


def _waivers(verdicts: Sequence[Verdict]) -> Iterator[Line]:
    """Yield a line for each waiver.

    It names the failure that the waiver accepts or, if the rule passes, advises to remove the
    waiver.
    """
    for verdict in verdicts:
        waiver = verdict.waiver
        if waiver is None:
            continue
        text = f"waived: {verdict.rule} {verdict.slug}: {waiver.reason} ({waiver.source})"
        if verdict.status is Status.PASS:
            text = f"{verdict.rule} passes: remove its waiver ({waiver.source}: {waiver.reason})"
        yield from (Line(line, Tone.CAREFUL) for line in wrapped(text, indent="  ", hanging="  "))


def _errors(verdicts: Sequence[Verdict]) -> Iterator[Line]:
    if verdicts:
        yield Line(
            "  Could not be judged (error in the adapter or the kit, not in the queue)", Tone.BAD
        )
    for verdict in verdicts:
        text = f"{verdict.rule}: {verdict.reason}"
        yield from map(Line, wrapped(text, indent="    ", hanging="  ", lines=2))


def _unanswered(suite: SuiteResult, *, verbose: bool) -> Iterator[Line]:
    """Yield what does not apply and what was not run: counted, or listed by reason."""
    inapplicable = suite.having(Status.NOT_APPLICABLE)
    if inapplicable and not verbose:
        yield Line(f"  {counted(len(inapplicable), suite.noun)} not applicable (-v lists them)")
    elif inapplicable:
        yield from _by_reason("Not applicable", inapplicable)
    not_run = suite.having(Status.NOT_RUN)
    # The closing line counts these two; any other reason is one that a reader does not expect.
    usual = () if verbose else ("level", "elsewhere")
    unexpected = [
        verdict for verdict in not_run if not verdict.reason or verdict.reason.kind not in usual
    ]
    yield from _by_reason("Not run", unexpected)


def _by_reason(title: str, verdicts: Sequence[Verdict]) -> Iterator[Line]:
    reasons: Mapping[str, list[str]] = defaultdict(list)
    for verdict in verdicts:
        reason = verdict.reason
        text = reason.text if reason else ""
        if reason and reason.capabilities:
            text = f"not declared: {reason.capabilities[0]}"  # the first says enough
        reasons[text].append(verdict.rule)
    if reasons:
        yield Line(f"  {title}")
    for text, rules in sorted(reasons.items()):
        lines = wrapped(f"{text}: {in_short(rules)}", indent="    ", hanging="  ", lines=4)
        yield from map(Line, lines)


def in_short(rules: Iterable[str]) -> str:
    """Return ids of rules with the runs drawn together: "ACK-2, LEASE-1 to 3"."""
    runs: list[tuple[str, int, int]] = []
    for family, number in sorted(map(_split, rules)):
        if runs and runs[-1][0] == family and runs[-1][2] == number - 1:
            runs[-1] = family, runs[-1][1], number
        else:
            runs.append((family, number, number))
    return ", ".join(
        _named(family, first) if first == last else f"{_named(family, first)} to {last}"
        for family, first, last in runs
    )


def _named(family: str, number: int) -> str:
    return family if number < 0 else f"{family}{number}"


def _split(rule: str) -> tuple[str, int]:
    stem = rule.rstrip("0123456789")
    return stem, int(rule[len(stem) :] or -1)
