"""The scoreboard as lines, as Markdown and as properties."""

from __future__ import annotations

from pytest_queuekit.model.scoreboard import Criterion, Scoreboard
from pytest_queuekit.report.gate import as_markdown, properties, report
from pytest_queuekit.report.lines import WIDTH, Tone

BOARD = Scoreboard(
    teams="team 03 (worker engine)",
    criteria=(
        Criterion(number=1, asks="It is sound", held=("8 checks passed",)),
        Criterion(number=2, asks="It is fast", missing=("not measured: " + "so " * 40,)),
        Criterion(number=3, asks="It is documented", against=("no docstring: a|b.py:3 <f>\n*x*",)),
    ),
)


def test_each_criterion_has_a_line_and_its_evidence() -> None:
    """The lines fit in 80 columns, and their colour shows the standing."""
    lines = list(report(BOARD))
    assert [line.text for line in lines[:3]] == [
        "team 03 (worker engine)",
        "  1  met      It is sound",
        "              8 checks passed",
    ]
    assert {line.text[:13]: line.tone for line in lines if line.text[2:3].isdigit()} == {
        "  1  met     ": Tone.GOOD,
        "  2  unknown ": Tone.CAREFUL,
        "  3  NOT MET ": Tone.BAD,
    }
    assert max(len(line.text) for line in lines) <= WIDTH
    assert (lines[-1].text, lines[-1].tone) == (
        "queue gate: not complete: 1 not met, 1 unknown, 1 met",
        Tone.BAD,
    )


def test_a_complete_scoreboard_closes_in_green() -> None:
    """The last line is one sentence."""
    board = Scoreboard(criteria=BOARD.criteria[:1])
    last = list(report(board))[-1]
    assert (last.text, last.tone) == (
        "queue gate: complete: all 1 criteria are met",
        Tone.GOOD,
    )


def test_a_table_for_a_step_summary() -> None:
    """Markup in the evidence is escaped, so that a name cannot change the page."""
    table = as_markdown(BOARD).splitlines()
    assert table[0] == "## Queue gate: team 03 (worker engine)"
    assert table[4] == "| 1 | It is sound | met | 8 checks passed |"
    assert (
        table[6]
        == "| 3 | It is documented | not met | no docstring: a\\|b.py:3 &lt;f&gt; \\*x\\* |"
    )
    assert table[-1] == "**not complete: 1 not met, 1 unknown, 1 met**"


def test_properties_for_a_junit_file() -> None:
    """Each criterion is a property, and the result is another."""
    values = dict(properties(BOARD))
    assert values["queue_gate_1"] == "met: 8 checks passed"
    assert values["queue_gate_3"] == "not met: no docstring: a|b.py:3 <f> *x*"
    assert values["queue_gate"] == "not complete"
