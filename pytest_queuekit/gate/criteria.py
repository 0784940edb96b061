"""The seven success criteria of the seed, each judged by the evidence of a run.

A criterion speaks of its own matter alone: a test that fails is the third's and not the second's,
so that each fault has one place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pytest_queuekit.gate.checklist import decided, unanswered
from pytest_queuekit.gate.evidence import Answers, Evidence, Outcomes
from pytest_queuekit.model.scoreboard import Criterion, Scoreboard
from pytest_queuekit.model.verdict import Measurement, Status, Verdict
from pytest_queuekit.report.failure import headline
from pytest_queuekit.watch.finding import BUSY, SLOW_PLAN, WRITE_OUTSIDE, WatchFinding

LEAST_COVERED = 80
"""Percent of the team's code; its tests must run more."""

_SHOWN = 5
"""Findings of a kind that are told; the rest is counted."""


def judge(evidence: Evidence, *, audience: str = "") -> Scoreboard:
    """Return the seven criteria as they stand."""
    judges = (_validation, _integration, _tests, _review, _busy, _performance, _documentation)
    return Scoreboard(criteria=tuple(one(evidence) for one in judges), audience=audience)


def _validation(found: Evidence) -> Criterion:
    checks, rules = found.checks, found.rules
    against = [f"{one.sentence}: {told}" for one in checks.broken for told in _told(one)]
    if rules.broken:
        against.append(f"broken: {_ids(rules.broken)}")
    missing = [f"the eight checks do not apply: {one}" for one in _reasons(checks)]
    if not checks.verdicts or checks.lacking:
        missing.append("the eight checks were not run to the end")
    if rules.lacking:
        missing.append(f"{rules.lacking} of {rules.expected} rules were not put to the queue")
    left = rules.by(Status.NOT_RUN)
    missing += _why((one for one in left if not _is_for_later(one)), rules)
    held = []
    if not (against or missing):
        waiting = len(left)
        level = f" ({waiting} not run at this level)" if waiting else ""
        held.append(f"the eight checks passed, and none of {rules.expected} rules is broken{level}")
    return _criterion(1, "The validation passes, all eight checks", against, missing, held)


def _integration(found: Evidence) -> Criterion:
    answers = found.integration
    against = [told for one in answers.broken for told in _told(one)]
    missing = [f"it does not apply: {one}" for one in _reasons(answers)]
    if not answers.verdicts or answers.lacking:
        missing.append("the integration test was not run to the end")
    workers = dict.fromkeys(one.rule for one in answers.by(Status.PASS))
    able = ["a worker" if one == "any" else f"worker {one}" for one in workers]
    held = [f"{' and '.join(able)} can do its whole work on the queue"] if able else []
    return _criterion(2, "The worker integration test passes", against, missing, held)


def _tests(found: Evidence) -> Criterion:
    tests, covered = found.tests, found.covered
    against = _failed(tests)
    missing, held = [], []
    if tests.passed:
        skipped = f", {len(tests.skipped)} skipped" if tests.skipped else ""
        left = f", {found.deselected} deselected" if found.deselected else ""
        held.append(f"{_many(len(tests.passed), 'test')} passed{skipped}{left}")
    elif not tests.failed:
        missing.append("no test of the team passed: name their paths, as in pytest … tests")
    files = f" of {_many(covered.files, 'file')}" if covered.files else ""
    figure = f"{covered.percent:.1f} %{files} is covered"
    if covered.unknown:
        missing.append(covered.unknown)
    elif covered.percent > LEAST_COVERED:
        held.append(figure)
    else:
        against.append(f"{figure}, and more than {LEAST_COVERED} % is asked")
    return _criterion(
        3, f"The unit tests pass, with more than {LEAST_COVERED} % coverage", against, missing, held
    )


def _review(found: Evidence) -> Criterion:
    against = [_where(one) for one in found.review.by(Status.FAIL)]
    against += [_seen(one) for one in _of_the_code(found)]
    missing, held = [], []
    if found.files is None:
        missing.append("no code was named to be reviewed: add --queue-review PATH")
    elif not found.files:
        missing.append("there is no code in what --queue-review names, tests left out")
    elif found.review.lacking:
        review = found.review
        missing.append(f"{review.lacking} of {review.expected} items of the review were not run")
    elif skipped := unanswered(found):
        missing += [f"{one.rule}: {one.reason}" for one in skipped]
    elif not against:
        held.append(f"nothing found in {_many(len(found.files), 'file')}")
        held += decided(found)
    if found.approved_by:
        held.append(f"approved by {found.approved_by}, as the run was told")
    else:
        missing.append("nobody is named who has approved it: add --queue-approved-by NAME")
    return _criterion(4, "The code is reviewed and approved", against, missing, held)


def _busy(found: Evidence) -> Criterion:
    load = found.load
    against = [f"{_name(one, load)}: {_in_short(_told(one))}" for one in load.broken]
    missing = _why((one for one in load.verdicts if one.reason), load)
    if not load.verdicts or load.lacking:
        missing.append("the queue was not put under all of the load")
    held = [
        f"{_whose(one, load)}{one.measurement.what}: none in {one.measurement.rounds:,} calls, "
        f"{one.measurement.value:,.0f} tasks/min done"
        for one in load.by(Status.PASS)
        if one.measurement
    ]
    if found.watch_errors:
        missing.append(f"the watch of the team's tests failed: {found.watch_errors}")
    if found.seen is None:
        missing.append("the team's tests were not watched: leave out --queue-watch off")
    else:
        turned = [one for one in found.seen if one.kind == BUSY]
        against += [_met_lock(one) for one in turned]
        if not turned and not found.watch_errors:
            held.append("none in the team's tests")
    return _criterion(5, "No SQLITE_BUSY in normal operation", against, missing, held)


def _performance(found: Evidence) -> Criterion:
    targets, tests = found.targets, found.measuring
    against = [f"{_name(one, targets)} {headline(one)}" for one in targets.by(Status.FAIL)]
    against += _failed(tests)
    missing = _why(targets.by(Status.NOT_RUN), targets)
    if not targets.expected:
        missing.append("no target was measured: leave out --queue-perf off")
    elif targets.lacking:
        missing.append(f"{targets.lacking} of {targets.expected} targets were not measured")
    missing += [f"{one} was skipped" for one in tests.skipped]
    held = [
        f"{_name(one, targets)} {one.measurement.what}: {_figure(one.measurement)}"
        for one in targets.by(Status.PASS)
        if one.measurement
    ]
    if tests.passed:
        held.append(f"{_many(len(tests.passed), 'measuring test')} of the team passed")
    return _criterion(6, "Performance meets the targets", against, missing, held)


def _documentation(found: Evidence) -> Criterion:
    told = found.documented
    asks = "The documentation is up to date"
    if told is None:
        return _criterion(7, asks, [], ["there is no code to look at: add --queue-review PATH"], [])
    against = [f"no docstring: {one}" for one in told.bare]
    missing = [told.unknown] if told.unknown else []
    held = [f"{_many(told.names, 'public name')} with docstrings"] if not told.bare else []
    if told.code and not told.docs:
        against.append(
            f"{_many(len(told.code), 'file')} of the code changed since {told.base}, and no page "
            "of documentation"
        )
    elif told.base and not told.unknown:
        changed = (
            f"{_many(len(told.docs), 'page')} changed" if told.code else "the code is as it was"
        )
        held.append(f"since {told.base} {changed}")
    elif not told.base:
        held.append("whether pages changed with the code was not asked (--queue-base REVISION)")
    return _criterion(7, asks, against, missing, held)


def _criterion(
    number: int, asks: str, against: Sequence[str], missing: Sequence[str], held: Sequence[str]
) -> Criterion:
    return Criterion(
        number=number,
        asks=asks,
        against=_first(against),
        missing=_first(missing),
        held=tuple(held),
    )


def _first(sentences: Sequence[str]) -> tuple[str, ...]:
    more = len(sentences) - _SHOWN
    return (*sentences[:_SHOWN], *([f"… and {more} more"] if more > 0 else []))


def _told(verdict: Verdict) -> list[str]:
    return [one.detail for one in verdict.violations]


def _in_short(sentences: Sequence[str]) -> str:
    more = f", and {len(sentences) - 1} more" if len(sentences) > 1 else ""
    return f"{sentences[0]}{more}" if sentences else "broken"


def _reasons(answers: Answers) -> Iterable[str]:
    return dict.fromkeys(one.reason.text for one in answers.verdicts if one.reason)


def _why(verdicts: Iterable[Verdict], answers: Answers) -> list[str]:
    """Return for each verdict why there is no answer."""
    return [f"{_name(one, answers)}: {one.reason}" for one in verdicts]


def _is_for_later(verdict: Verdict) -> bool:
    """Whether a rule was not put because the level of the run is too low for it."""
    return verdict.reason is not None and verdict.reason.kind == "level"


def _whose(verdict: Verdict, answers: Answers) -> str:
    """Return the queue that a verdict is about, where there are several."""
    return f"{verdict.queue}: " if len({one.queue for one in answers.verdicts}) > 1 else ""


def _name(verdict: Verdict, answers: Answers) -> str:
    return f"{_whose(verdict, answers)}{verdict.rule}"


def _ids(verdicts: Iterable[Verdict]) -> str:
    return ", ".join(dict.fromkeys(one.rule for one in verdicts))


def _failed(tests: Outcomes) -> list[str]:
    return [f"failed: {one}" for one in tests.failed]


def _where(verdict: Verdict) -> str:
    """Return an item of the review, and where it was found."""
    places = [f"{one.place.path}:{one.place.line}" for one in verdict.violations if one.place]
    more = f" and {len(places) - 1} more" if len(places) > 1 else ""
    return (
        f"{verdict.rule} {verdict.sentence.rstrip('.')}: {places[0]}{more}"
        if places
        else (f"{verdict.rule} {verdict.sentence}")
    )


def _of_the_code(found: Evidence) -> list[WatchFinding]:
    """Return what the watch saw the team's code do, and the checklist forbids.

    What hangs on the machine, as the time of a transaction does, and what the tests do on their
    own are told in the section of the watch, and decide nothing.
    """
    decisive = (WRITE_OUTSIDE, SLOW_PLAN)
    return [
        one
        for one in found.seen or ()
        if one.kind in decisive and one.place and one.place.path in (found.files or ())
    ]


def _seen(one: WatchFinding) -> str:
    return f"{_place(one)}{one.kind} {one.title}, {_during(one)}"


def _met_lock(one: WatchFinding) -> str:
    return (
        f"{_place(one)}QueueBusyError {_during(one)}; if the test means to, mark it "
        "queue_allow('busy')"
    )


def _place(one: WatchFinding) -> str:
    return f"{one.place.path}:{one.place.line}: " if one.place else ""


def _during(one: WatchFinding) -> str:
    return f"in {one.test}" if one.test else "outside of tests"


def _figure(found: Measurement) -> str:
    value = f"{found.value:,.0f}" if found.value >= 100 else f"{found.value:.3g}"
    return f"{value} {found.unit}, {'≥' if found.higher_is_better else '<'} {found.target:g}"


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
