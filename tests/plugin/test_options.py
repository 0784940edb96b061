"""Options and ini keys: what they mean, and what is said about those that mean nothing."""

from __future__ import annotations

import os
import sys

import pytest

from tests.plugin.project import Project, flat, text, unprivileged

WRONG = {
    "--queue-level=quik": "--queue-level='quik' is not one of quick, standard, deep; did you mean "
    "'quick'?",
    "--queue-perf=strickt": "did you mean 'strict'?",
    "--queue-impl=litequeu": "--queue-impl litequeu: no built-in or published queue",
    "--queue-impl=shop:Goood": "Did you mean shop:Good?",
    "--queue-impl=shop.py:Good": "a path, not a module. Did you mean shop:Good?",
    "--queue-db=none.db": "none.db' does not exist",
    "--queue-db=.": "is a folder",
    "--queue-db=": "--queue-db='' is empty: give a path",
    "--queue-db=~nobody-of-this-name/queue.db": "cannot be read: Could not determine home",
    f"--queue-db={os.devnull}": "is not a regular file",
    f"--queue-db={'n' * 300}": "cannot be read: File name too long",
    "--queue-level=": "--queue-level='' is not one of quick, standard, deep",
    "--queue-level=QUIK": "did you mean 'quick'?",
    "--queue-impl=shop:Lazy": "looking up 'Lazy' raised RuntimeError: not today",
    "--queue-impl=shop:Good.Part": "module 'shop' has no class 'Good.Part'",
    "queue-validate::claim-1": "did you mean 'CLAIM-1'",
    "queue-db::configuration": "add --queue-db PATH",
}


@pytest.mark.parametrize("argument", WRONG)
def test_a_wrong_value_is_one_line(project: Project, argument: str) -> None:
    """The run ends as a usage error with what was given and what was meant, and no traceback."""
    result = project.run("--queue-validate", argument)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert WRONG[argument] in flat(result)
    errors = [line for line in result.stderr.lines if line.strip()]
    assert len(errors) == 1
    assert errors[0].startswith("ERROR: ")


@pytest.mark.parametrize("given", ["--queue-impl=shop:Good", "--queue-level=quick"])
def test_an_option_that_would_test_nothing_is_refused(project: Project, given: str) -> None:
    """A run without the needed --queue-validate ends with that error, not with passed tests."""
    project.pytester.makepyfile(test_own="def test_fine(): pass\n")
    result = project.run(given)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    option = given.partition("=")[0]
    assert f"{option} does nothing without --queue-validate" in text(result)
    assert project.run("queue-validate::CLAIM-1", given).ret == pytest.ExitCode.OK


def test_a_database_that_cannot_be_looked_at_is_one_line(project: Project) -> None:
    """A folder without rights, where other people's production files may be."""
    folder = project.path / "closed"
    folder.mkdir()
    (folder / "queue.db").touch()
    folder.chmod(0)
    try:
        result = project.pytester.run(
            *unprivileged(),
            sys.executable,
            *("-m", "pytest", "-p", "pytest_queuekit.plugin", "-p", "no:cacheprovider"),
            f"--queue-db={folder / 'queue.db'}",
        )
    finally:
        folder.chmod(0o755)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "cannot be read: Permission denied" in flat(result)


def test_a_wrong_value_under_xdist_is_one_line_too(project: Project) -> None:
    """The controller says it; no worker is started."""
    result = project.run("--queue-validate", "--queue-level=quik", "-p", "xdist", "-n", "2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "INTERNALERROR" not in text(result)


def test_the_ini_file_says_what_is_tested(project: Project) -> None:
    """queue_impl, queue_level and queue_perf stand for their options."""
    project.pytester.makeini(
        "[pytest]\nqueue_impl =\n  shop:Good\n  shop:Twice\nqueue_level = quick\nqueue_perf = off\n"
    )
    result = project.run("--queue-validate", "-k", "KEY-1[")
    assert "level quick" in text(result)
    assert "good PASSED: " in text(result)
    assert "twice PASSED: " in text(result)
    assert "PERF" not in text(project.run("--queue-validate", "--collect-only", "-q"))


def test_an_option_outweighs_the_ini_file(project: Project) -> None:
    """An option overrides the ini file."""
    project.pytester.makeini("[pytest]\nqueue_impl = shop:Twice\nqueue_level = deep\n")
    result = project.validate("--queue-impl=shop:Good", "-k", "KEY-1[")
    assert "level quick" in text(result)
    assert "twice" not in text(result)


def test_the_error_names_a_wrong_ini_key(project: Project) -> None:
    """The error names the key of the ini file, where the fix belongs."""
    project.pytester.makeini("[pytest]\nqueue_level = slow\n")
    result = project.run("--queue-validate")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "queue_level='slow' is not one of quick, standard, deep" in flat(result)


def test_the_same_queue_twice_is_tested_once(project: Project) -> None:
    """A repeated option adds nothing."""
    impl = "--queue-impl=shop:Good"
    result = project.run("--collect-only", "-q", impl, impl, "queue-validate::KEY-1")
    assert result.stdout.str().count("KEY-1[") == 1


def test_queues_of_one_name_have_different_labels(project: Project) -> None:
    """A second class of the same name gets a number."""
    project.pytester.makepyfile(copy_of_shop="from shop import *\nclass Good(Good): pass\n")
    result = project.run(
        "--collect-only",
        "-q",
        "--queue-impl=shop:Good",
        "--queue-impl=copy_of_shop:Good",
        "queue-validate::KEY-1",
    )
    result.stdout.fnmatch_lines(["*KEY-1[[]good]", "*KEY-1[[]good-2]"])


def test_the_reference_queue_is_what_is_tested_by_default(project: Project) -> None:
    """Without --queue-impl the embedded queue is judged."""
    result = project.run("--collect-only", "-q", "queue-validate::KEY-1")
    result.stdout.fnmatch_lines(["queue-validate::KEY-1[[]reference]"])


def test_help_and_markers_show_ours(project: Project) -> None:
    """--help has the group, --markers the four markers."""
    shown = text(project.run("--help"))
    assert "queue validation:" in shown
    for option in ("--queue-validate", "--queue-impl", "--queue-level", "--queue-perf"):
        assert option in shown
    markers = text(project.run("--markers"))
    for marker in ("queue_integration", "queue_stress", "queue_perf", "queue_worker(n)"):
        assert f"@pytest.mark.{marker}" in markers
