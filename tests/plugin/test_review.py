"""`--queue-review`: the checklist as tests."""

from __future__ import annotations

import pytest

from tests.plugin.project import Project, text

BAD = "def f(conn, s):\n    conn.execute(f\"SELECT id FROM t WHERE a = '{s}'\")\n"


@pytest.fixture
def reviewed(project: Project) -> Project:
    """A project with one file that breaks one item, and a test of its own."""
    project.pytester.mkdir("src").joinpath("bad.py").write_text(BAD, encoding="utf-8")
    project.pytester.makepyfile(test_own="def test_fine(): pass\n")
    return project


def test_each_item_is_a_test(reviewed: Project) -> None:
    """A finding fails its item, and the items that no text decides are skipped."""
    result = reviewed.run("--queue-review", "src")
    result.assert_outcomes(failed=1, passed=26, skipped=5)
    result.stdout.fnmatch_lines(
        [
            "queue validation: review of src",
            "QR105: Value formatted into SQL",
            "  Expected: Values are passed to SQL as parameters.",
            "src/bad.py:2:5: QR105 the value of 's' is formatted into the SQL; pass it as *",
            "    conn.execute(f\"SELECT id FROM t WHERE a = '{s}'\")",
            "    ^^^^^^^^^^^^*",
            "review of src FAILED: 1 of 27 items failed *",
        ]
    )


def test_paths_are_run_as_well(reviewed: Project) -> None:
    """As with --queue-validate: the review alone, or with the tests that are named."""
    reviewed.run("--queue-review", "src", "test_own.py").assert_outcomes(
        failed=1, passed=27, skipped=5
    )


def test_one_item_can_be_chosen(reviewed: Project) -> None:
    """By its node id."""
    reviewed.run("--queue-review", "src", "queue-review::QR105").assert_outcomes(failed=1)
    result = reviewed.run("--queue-review", "src", "queue-review::QR106")
    result.assert_outcomes(passed=1)
    assert "review of src PASSED: 1 of 1 item passed" in text(result)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--queue-review", "sr"], "sr' does not exist; did you mean 'src'?"),
        (["--queue-review", ""], "--queue-review='' is empty: give a path"),
        (["queue-review::QR105"], "names a review: add --queue-review PATH"),
        (["--queue-review", "src", "queue-review::QR15"], "did you mean 'QR105'"),
    ],
)
def test_a_mistake_is_one_line(reviewed: Project, arguments: list[str], said: str) -> None:
    """No traceback for a path or an id that is none."""
    result = reviewed.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()
    assert "Traceback" not in result.stderr.str() + text(result)


def test_collecting_reviews_nothing(reviewed: Project) -> None:
    """The items are known before a file is read."""
    result = reviewed.run("--queue-review", "src", "--collect-only", "-q")
    assert "queue-review::QR105" in text(result)
    assert "found" not in text(result).replace("not found", "")


def test_workers_of_xdist_say_the_same(reviewed: Project) -> None:
    """The summary is written by a process that read no file."""
    result = reviewed.run("--queue-review", "src", "-p", "xdist", "-n", "2")
    result.assert_outcomes(failed=1, passed=26, skipped=5)
    assert "review of src FAILED: 1 of 27 items failed" in text(result)
