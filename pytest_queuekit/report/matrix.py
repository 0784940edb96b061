"""A table of several queues, or of one queue in several runs: a column each, a row a family."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pytest_queuekit.model.run_result import Explanation, RunResult
from pytest_queuekit.model.verdict import Status, Verdict
from pytest_queuekit.report.closing import Conclusion, closings

_WORDS = {
    Status.PASS: "pass",
    Status.WAIVED: "waived",
    Status.NOT_APPLICABLE: "-",
    Status.NOT_RUN: "not run",
    Status.ERROR: "error",
}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One queue in one run.

    title: its name and version, with what sets the run apart from the others.
    level: the `--queue-level` of the run.
    conclusion, text: the conclusion, and the counts that it rests on.
    selected: how many of its rules were selected, "31 of 214"; empty for all.
    verdicts: its checks, by id. explanations: those of the run.
    """

    title: str
    level: str
    conclusion: Conclusion
    text: str
    selected: str
    verdicts: Mapping[str, Verdict]
    explanations: Mapping[str, Explanation]

    def of(self, family: str) -> list[Verdict]:
        """Return the verdicts of a family."""
        return [each for each in self.verdicts.values() if each.family == family]


def columns(runs: Mapping[str, RunResult]) -> list[Column]:
    """Return a column for each queue of each run, in order.

    runs: the runs by a name that tells them apart where their environments do not.
    """
    closed = [
        (result, note, closing)
        for result, note in zip(runs.values(), _set_apart(runs), strict=True)
        for closing in closings(result)
    ]
    names = Counter(closing.subject.title for _, _, closing in closed)
    return [
        Column(
            title=_title(closing.subject.title, note if names[closing.subject.title] > 1 else ""),
            level=result.environment.get("level", ""),
            conclusion=closing.conclusion,
            text=closing.text,
            selected=_selected(result, closing.subject.label),
            verdicts={
                verdict.rule: verdict
                for suite in result.suites
                if suite.subject.label == closing.subject.label
                for verdict in suite.verdicts
            },
            explanations=result.explanations,
        )
        for result, note, closing in closed
    ]


def _selected(result: RunResult, label: str) -> str:
    for suite in result.suites:
        part = (suite.suite, suite.subject.label) == ("rules", label)
        if part and len(suite.verdicts) < suite.total:
            return f"{len(suite.verdicts)} of {suite.total}"
    return ""


def _title(title: str, note: str) -> str:
    return f"{title} ({note})" if note else title


def _set_apart(runs: Mapping[str, RunResult]) -> list[str]:
    """Return for each run what its environment has unlike others: "python 3.13.0"."""
    words = dict.fromkeys(word for result in runs.values() for word in result.environment)
    unlike = [
        word for word in words if len({each.environment.get(word) for each in runs.values()}) > 1
    ]
    return [
        ", ".join(f"{word} {result.environment.get(word, '-')}" for word in unlike) or name
        for name, result in runs.items()
    ]


def families(table: Sequence[Column]) -> list[str]:
    """Return the families of all columns, in the order of the catalogue."""
    return list(dict.fromkeys(each.family for column in table for each in column.verdicts.values()))


def cell(verdicts: Sequence[Verdict]) -> str:
    """Return how a queue keeps a family: "17 of 18: ACK-6"; "-" if nothing of it applies.

    Empty if the run does not contain the family.
    """
    exercised = [verdict for verdict in verdicts if verdict.exercised]
    broken = [verdict.rule for verdict in exercised if verdict.failed]
    unanswered = sum(verdict.status is Status.ERROR or verdict.unexercised for verdict in verdicts)
    if not exercised:
        return f"{unanswered} without an answer" if unanswered else "-" * bool(verdicts)
    passed = sum(verdict.status is Status.PASS for verdict in exercised)
    parts = [f"{passed} of {len(exercised)}"]
    parts += [", ".join(broken)] if broken else []
    return ": ".join(parts) + (f" ({unanswered} without an answer)" if unanswered else "")


def word(verdict: Verdict | None) -> str:
    """Return the answer to one check; empty if the run does not contain it."""
    if verdict is None:
        return ""
    if verdict.status is Status.FAIL:
        return "fail" if verdict.failed else f"{verdict.requirement} fails"
    return _WORDS[verdict.status]


def rows(table: Sequence[Column], *, by_rule: bool) -> Iterator[list[str]]:
    """Yield the rows: a head, the conclusions, the levels, then the families or the rules."""
    yield ["", *(column.title for column in table)]
    yield ["conclusion", *(column.conclusion.value for column in table)]
    yield ["level", *(column.level for column in table)]
    for family in families(table):
        if not by_rule:
            yield [family, *(cell(column.of(family)) for column in table)]
            continue
        for rule in dict.fromkeys(each.rule for column in table for each in column.of(family)):
            yield [rule, *(word(column.verdicts.get(rule)) for column in table)]
