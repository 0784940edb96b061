"""The seven success criteria, each judged by the evidence of a run.

Each criterion judges its own subject: a failed test counts against the third and not also against
the second, so that each fault is reported once. A criterion whose evidence could not be gathered,
or whose judging raises an exception, is unknown and shows the error; the others are judged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pytest_queuekit.gate import sentences
from pytest_queuekit.gate.checklist import decided, unanswered
from pytest_queuekit.gate.evidence import Evidence
from pytest_queuekit.model.scoreboard import Criterion, Scoreboard
from pytest_queuekit.model.verdict import Status
from pytest_queuekit.report.failure import headline
from pytest_queuekit.report.lines import counted, figure
from pytest_queuekit.review.codes.about_files import UNCHECKED
from pytest_queuekit.watch.finding import BUSY, SLOW_PLAN, WRITE_OUTSIDE, WatchFinding
from pytest_queuekit.watch.internal_errors import describe

LEAST_COVERED = 80
"""Percent of the team's code; its tests must cover more."""

_SHOWN = 5
"""Sentences of a kind that a criterion shows; it counts the others."""


@dataclass(frozen=True, kw_only=True)
class _Grounds:
    """The sentences that decide a criterion; see `Criterion`."""

    against: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Question:
    """A criterion before a run.

    asks: what must hold.
    met_if: the evidence that meets it. unknown_without: the options or the conditions that the
        evidence depends on; empty if it depends on none.
    reads: the fields of the evidence without which it cannot be judged.
    judge: returns the sentences that decide it.
    """

    asks: str
    met_if: str
    unknown_without: str = ""
    reads: tuple[str, ...]
    judge: Callable[[Evidence], _Grounds]


def judge(evidence: Evidence, *, teams: str = "") -> Scoreboard:
    """Return the seven criteria; `teams` names the teams that the run is limited to."""
    reported: dict[str, int] = {}
    criteria = tuple(
        _criterion(number, question, evidence, reported)
        for number, question in enumerate(QUESTIONS, start=1)
    )
    return Scoreboard(criteria=criteria, teams=teams)


def _criterion(
    number: int, question: Question, evidence: Evidence, reported: dict[str, int]
) -> Criterion:
    """Judge a criterion; `reported` maps each internal error to the criterion that shows it."""
    errors = [evidence.failures[name] for name in question.reads if name in evidence.failures]
    try:
        grounds = question.judge(evidence)
    except Exception as error:  # noqa: BLE001 - the criterion shows it
        grounds = _Grounds()
        errors.append(describe(error))
    missing, held = grounds.missing, grounds.held
    if errors:
        # The other sentences rest on evidence that is incomplete, except for what was proven.
        missing, held = [_internal(error, number, reported) for error in dict.fromkeys(errors)], []
    return Criterion(
        number=number,
        asks=question.asks,
        against=_first(grounds.against),
        missing=_first(missing),
        held=tuple(held),
    )


def _internal(error: str, number: int, reported: dict[str, int]) -> str:
    first = reported.setdefault(error, number)
    if first != number:
        return f"could not be judged, for the reason under {first}"
    return f"could not be judged: {error}; please report it"


def _first(texts: list[str]) -> tuple[str, ...]:
    more = len(texts) - _SHOWN
    return (*texts[:_SHOWN], *([f"… and {more:,} more"] if more > 0 else []))


def _validation(evidence: Evidence) -> _Grounds:
    checks, rules = evidence.checks, evidence.rules
    against = [
        f"{verdict.sentence}: {finding.detail}"
        for verdict in checks.broken
        for finding in verdict.findings
    ]
    if rules.broken:
        failed = dict.fromkeys(verdict.rule for verdict in rules.broken)
        against.append(f"{counted(len(failed), 'rule')} failed: {', '.join(failed)}")
    missing = sentences.without_answer(checks)
    if not checks.verdicts or checks.lacking:
        missing.append("the eight checks were not run to the end")
    if rules.lacking:
        missing.append(f"not run: {rules.lacking} of {counted(rules.expected, 'rule')}")
    missing += sentences.without_answer(rules, statuses=[Status.NOT_RUN], usual=["level"])
    held = sentences.waived(checks) + sentences.waived(rules)
    if not (against or missing):
        passed = f"{len(rules.by(Status.PASS))} of {counted(rules.expected, 'rule')} passed"
        counts = {
            "not run at this level": len(rules.by(Status.NOT_RUN)),
            "not applicable": len(rules.by(Status.NOT_APPLICABLE)),
        }
        asides = ", ".join(f"{count} {words}" for words, count in counts.items() if count)
        aside = f" ({asides})" if asides else ""
        held = [f"the eight checks and {passed}{aside}", *held]
    return _Grounds(against=against, missing=missing, held=held)


def _integration(evidence: Evidence) -> _Grounds:
    answers = evidence.integration
    missing = sentences.without_answer(answers, prefix="integration test ")
    if not answers.verdicts or answers.lacking:
        missing.append("the integration test was not run to the end")
    teams = dict.fromkeys(verdict.rule for verdict in answers.by(Status.PASS))
    workers = ["a worker" if team == "any" else f"a worker of team {team}" for team in teams]
    held = [f"{' and '.join(workers)} can do its whole work on the queue"] if workers else []
    return _Grounds(
        against=[finding.detail for verdict in answers.broken for finding in verdict.findings],
        missing=missing,
        held=held + sentences.waived(answers, prefix="integration test "),
    )


def _tests(evidence: Evidence) -> _Grounds:
    tests, covered = evidence.tests, evidence.covered
    grounds = _Grounds(against=[f"failed: {test}" for test in tests.failed])
    if tests.passed:
        skipped = f", {len(tests.skipped):,} skipped" if tests.skipped else ""
        deselected = f", {evidence.deselected:,} deselected" if evidence.deselected else ""
        grounds.held.append(f"{counted(len(tests.passed), 'test')} passed{skipped}{deselected}")
    elif not tests.failed:
        grounds.missing.append("no test of the team passed: add the paths of its tests")
    files = f" of {counted(covered.files, 'file')}" if covered.files else ""
    share = f"{covered.percent:.1f} %{files} is covered"
    if covered.unknown:
        grounds.missing.append(covered.unknown)
    elif covered.percent > LEAST_COVERED:
        grounds.held.append(share)
    else:
        grounds.against.append(f"{share}, but more than {LEAST_COVERED} % is required")
    return grounds


def _review(evidence: Evidence) -> _Grounds:
    review, files = evidence.review, evidence.files
    failed = review.by(Status.FAIL)
    against = [sentences.item(verdict) for verdict in failed if verdict.rule != UNCHECKED.id]
    against += [sentences.of_watch(finding) for finding in _in_the_code(evidence)]
    missing = [
        sentences.unchecked(finding)
        for verdict in failed
        if verdict.rule == UNCHECKED.id
        for finding in verdict.findings
    ]
    missing += sentences.without_answer(review, statuses=[])
    if files is None:
        missing.append("no code to review: add --queue-review PATH")
    elif not files:
        missing.append("--queue-review names no code besides tests")
    elif review.lacking:
        missing.append(f"not reviewed: {review.lacking} of {counted(review.expected, 'item')}")
    else:
        missing += [f"{verdict.rule}: {verdict.reason}" for verdict in unanswered(evidence)]
    missing += _unwatched(evidence)
    held = sentences.waived(review)
    if files and not (against or missing):
        held = [f"no finding in {counted(len(files), 'file')}", *decided(evidence), *held]
    if evidence.approved_by:
        held.append(f"approved by {evidence.approved_by}, according to queue_approved_by")
    else:
        missing.append("no approval: add --queue-approved-by NAME")
    return _Grounds(against=against, missing=missing, held=held)


def _in_the_code(evidence: Evidence) -> list[WatchFinding]:
    """Return the findings of the watch in the team's code that the checklist forbids.

    Findings that depend on the machine, such as the time of a transaction, and findings in the
    tests themselves decide nothing; the section of the watch shows them.
    """
    return [
        finding
        for finding in evidence.watch_findings or ()
        if finding.kind in (WRITE_OUTSIDE, SLOW_PLAN)
        and finding.place is not None
        and finding.place.path in (evidence.files or ())
    ]


def _unwatched(evidence: Evidence) -> list[str]:
    """Return why the watch may have missed what the team's tests did."""
    if evidence.watch_findings is None:
        return ["the team's tests were not watched: remove --queue-watch off"]
    if evidence.watch_errors:
        return [f"the watch of the team's tests failed: {evidence.watch_errors}"]
    return []


def _busy(evidence: Evidence) -> _Grounds:
    load = evidence.load
    against = [
        f"{sentences.name(verdict, load)}: {sentences.in_short(verdict)}" for verdict in load.broken
    ]
    missing = sentences.without_answer(load)
    if not load.expected:
        missing.append("the load was not run")
    elif load.lacking:
        missing.append(f"not run: {load.lacking} of {counted(load.expected, 'load')}")
    held = sentences.waived(load) + [
        f"{sentences.queue(verdict, load)}{verdict.measurement.what}: none in "
        f"{verdict.measurement.rounds:,} calls, {verdict.measurement.value:,.0f} tasks/min done"
        for verdict in load.by(Status.PASS)
        if verdict.measurement
    ]
    gaps = _unwatched(evidence)
    missing += gaps
    locks = [finding for finding in evidence.watch_findings or () if finding.kind == BUSY]
    against += map(sentences.of_lock, locks)
    ran = [
        test for kind in (evidence.tests, evidence.measuring) for test in kind.passed + kind.failed
    ]
    if ran and not (locks or gaps):
        held.append("none in the team's tests")
    return _Grounds(against=against, missing=missing, held=held)


def _performance(evidence: Evidence) -> _Grounds:
    targets, tests = evidence.targets, evidence.measuring
    against = [
        f"{sentences.name(verdict, targets)} {headline(verdict)}"
        for verdict in targets.by(Status.FAIL)
    ]
    against += [f"failed: {test}" for test in tests.failed]
    missing = sentences.without_answer(targets, statuses=[Status.NOT_RUN])
    if not targets.expected:
        missing.append("no target was measured: remove --queue-perf off")
    elif targets.lacking:
        missing.append(f"not measured: {targets.lacking} of {counted(targets.expected, 'target')}")
    missing += [f"{test} was skipped" for test in tests.skipped]
    held = sentences.waived(targets)
    for verdict in targets.by(Status.PASS):
        if verdict.measurement:
            measured = verdict.measurement
            sign = "≥" if measured.higher_is_better else "<"
            held.append(
                f"{sentences.name(verdict, targets)} {measured.what}: {figure(measured.value)} "
                f"{measured.unit}, {sign} {measured.target:g}"
            )
    if tests.passed:
        held.append(f"{counted(len(tests.passed), 'measuring test')} of the team passed")
    return _Grounds(against=against, missing=missing, held=held)


def _documentation(evidence: Evidence) -> _Grounds:
    documented, changes = evidence.documented, evidence.changes
    grounds = _Grounds()
    if documented is None:
        grounds.missing.append("no code to check: add --queue-review PATH")
    elif documented.bare:
        grounds.against.extend(f"no docstring: {name}" for name in documented.bare)
    else:
        grounds.held.append(f"{counted(documented.names, 'public name')} with docstrings")
    if changes.unknown:
        grounds.missing.append(changes.unknown)
    elif not changes.base:
        grounds.held.append("pages were not compared with the code (--queue-base REVISION)")
    elif not changes.code:
        grounds.held.append(f"the code has not changed since {changes.base}")
    elif changes.pages:
        grounds.held.append(f"{counted(len(changes.pages), 'page')} changed since {changes.base}")
    else:
        grounds.against.append(
            f"{counted(len(changes.code), 'code file')} changed since {changes.base}, "
            "but no documentation page did"
        )
    return grounds


QUESTIONS = (
    Question(
        asks="The validation passes, with all eight checks",
        met_if="the eight checks pass, including those of the file that --queue-db names, "
        "and no rule fails",
        reads=("checks", "rules"),
        judge=_validation,
    ),
    Question(
        asks="The integration test passes",
        met_if="the integration test passes",
        reads=("integration",),
        judge=_integration,
    ),
    Question(
        asks=f"The unit tests pass, with more than {LEAST_COVERED} % coverage",
        met_if=f"the team's tests pass and cover more than {LEAST_COVERED} % of its code",
        unknown_without="--cov of pytest-cov, or --queue-coverage FILE",
        reads=("tests", "covered"),
        judge=_tests,
    ),
    Question(
        asks="The code is reviewed and approved",
        met_if="the review finds nothing; the watch sees the team's code neither write outside a "
        "transaction nor scan a table; a person has approved",
        unknown_without="--queue-review PATH, --queue-approved-by NAME, the watch",
        reads=("review", "files", "approved_by", "watch_findings", "watch_errors"),
        judge=_review,
    ),
    Question(
        asks="No SQLITE_BUSY in normal operation",
        met_if="six workers at 400 and at 4,000 tasks a minute never get a busy answer, and "
        "neither does a test of the team",
        unknown_without="half of that pace, the watch",
        reads=("load", "watch_findings", "watch_errors"),
        judge=_busy,
    ),
    Question(
        asks="Performance meets the targets",
        met_if="all targets are met, and the team's tests marked queue_perf pass",
        unknown_without="a run without -n",
        reads=("targets", "measuring"),
        judge=_performance,
    ),
    Question(
        asks="The documentation is up to date",
        met_if="all public names have docstrings and, compared with --queue-base REVISION, pages "
        "changed if the code did",
        unknown_without="--queue-review PATH",
        reads=("documented", "changes"),
        judge=_documentation,
    ),
)
"""The seven criteria, in order."""
