"""The changes are small and complete, and the kit's answer to a changed queue is kept apart."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.mutation.__main__ import Answers, sample
from tests.mutation.judge import PACKAGE, Judge, Outcome
from tests.mutation.mutations import mutations


def changes(folder: Path, source: str) -> list[str]:
    """Return the changes of a module, each with its kind."""
    file = folder / "module.py"
    file.write_text(textwrap.dedent(source))
    return [f"{mutation.kind}: {mutation.change}" for mutation in mutations(file)]


def test_sql_is_changed_in_strings(tmp_path: Path) -> None:
    """Each condition, order and state of a statement, and no other text."""
    statement = 'TAKE = "SELECT id FROM t WHERE id = ?1 AND due <= ?2 ORDER BY id DESC LIMIT 1"'
    assert sorted(changes(tmp_path, statement)) == [
        "SQL: `<=` becomes `<`",
        "SQL: `AND` becomes `OR`",
        "SQL: `DESC` becomes `ASC`",
        "SQL: `LIMIT 1` becomes `LIMIT 2`",
        "SQL: `WHERE id =` becomes `WHERE id <>`",
    ]
    assert changes(tmp_path, 'NAME = "fish and chips <= 3"') == []


def test_python_is_changed_outside_docstrings_and_errors(tmp_path: Path) -> None:
    """Comparisons, numbers, and statements; the message of an error is not behaviour."""
    source = '''
        def wait(seconds):
            """Wait at most 3 and not 4."""
            if seconds <= 0 and not done():
                raise ValueError("é" + str(1))
            sleep(seconds)
    '''
    assert sorted(changes(tmp_path, source)) == [
        "Python: `0` becomes `1`",
        "Python: `<=` becomes `<`",
        "Python: `and` becomes `or`",
        'Python: `raise ValueError("é" + str(1))` becomes `pass`',
        "Python: `sleep(seconds)` becomes `pass`",
        "Python: without `not`",
    ]


def test_a_sample_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    """And an answer is found again, so that an interrupted run continues."""
    drawn = sample(5, seed=3)
    assert drawn == sample(5, seed=3) != sample(5, seed=4)
    Answers(tmp_path / "answers").add(drawn[0], Outcome.KILLED)
    assert Answers(tmp_path / "answers").known == {str(drawn[0]): Outcome.KILLED}


@pytest.mark.slow
def test_the_kit_alone_notices_a_changed_queue(tmp_path: Path) -> None:
    """A queue that forgets who holds a task fails a rule, and the next one is judged as it is."""
    judge = Judge(tmp_path, "quick")
    every = mutations(PACKAGE / "queue" / "acknowledge.py")
    wrong = next(each for each in every if "`AND` becomes `OR`" in each.change)
    assert judge.judge(wrong) is Outcome.KILLED
    assert judge.judge(None) is Outcome.SURVIVED
