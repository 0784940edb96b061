"""Which rules a run consists of, and how a user chooses among them."""

from __future__ import annotations

import pytest

from tests.plugin.project import Project, flat, outcomes

OWN_TEST = "def test_of_the_project():\n    assert False, 'the project ran'\n"


def _ids(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if line.startswith(("queue-", "test_"))]


def test_the_option_alone_runs_the_rules_alone(project: Project) -> None:
    """The project's own tests are not collected, and its failing one does no harm."""
    project.pytester.makepyfile(test_own=OWN_TEST)
    result = project.validate("--queue-impl=shop:Good", "-k", "KEY-1[")
    assert result.ret == 0
    result.assert_outcomes(passed=1, deselected=result.parseoutcomes()["deselected"])


def test_paths_are_added_to_the_rules(project: Project) -> None:
    """A path given beside the option is collected as ever."""
    project.pytester.makepyfile(test_own=OWN_TEST)
    result = project.validate("--queue-impl=shop:Good", "-k", "KEY-1[ or project", "test_own.py")
    result.assert_outcomes(passed=1, failed=1, deselected=result.parseoutcomes()["deselected"])


def test_testpaths_do_not_count_as_paths(project: Project) -> None:
    """Paths of the ini file do not select anything in this run."""
    project.pytester.makepyfile(test_own=OWN_TEST)
    project.pytester.makeini("[pytest]\ntestpaths = .\n")
    result = project.validate("--queue-impl=shop:Good", "--collect-only", "-q")
    assert not [node_id for node_id in _ids(result) if node_id.startswith("test_")]


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("queue-validate::KEY-1", ["queue-validate::KEY-1[good]", "queue-validate::KEY-1[twice]"]),
        ("queue-validate::KEY-1[twice]", ["queue-validate::KEY-1[twice]"]),
    ],
)
def test_a_node_id_is_an_argument(project: Project, argument: str, expected: list[str]) -> None:
    """A rule is run by its id, for all queues or for one, without --queue-validate."""
    impls = ("--queue-impl=shop:Good", "--queue-impl=shop:Twice")
    result = project.run(*impls, "--collect-only", "-q", argument)
    assert _ids(result) == expected


def test_the_name_of_a_family_is_a_node_id(project: Project) -> None:
    """A family is chosen by its name alone, and no other family comes along."""
    ids = _ids(project.run("--collect-only", "-q", "queue-validate::KEY"))
    assert len(ids) > 5
    assert all(node_id.startswith("queue-validate::KEY-") for node_id in ids)


def test_the_error_of_an_unknown_node_id_has_a_suggestion(project: Project) -> None:
    """A slip in an id ends the run as a usage error, in one line."""
    result = project.run("queue-validate::CLAM-1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "not found: queue-validate::CLAM-1; did you mean 'CLAIM-1'" in flat(result)
    assert "Traceback" not in flat(result)


def test_a_path_and_a_node_id_go_together(project: Project) -> None:
    """The run contains the named items and no others."""
    project.pytester.makepyfile(test_own="def test_fine(): pass\n")
    result = project.run("--collect-only", "-q", "test_own.py", "queue-validate::KEY-1")
    assert _ids(result) == ["test_own.py::test_fine", "queue-validate::KEY-1[reference]"]


def test_deselecting_a_rule_does_not_choose_it(project: Project) -> None:
    """The value of --deselect is an id too, and is taken for what it is."""
    node_id = "queue-validate::KEY-1[reference]"
    ids = _ids(project.run("--collect-only", "-q", "queue-validate::KEY", "--deselect", node_id))
    assert ids
    assert node_id not in ids


@pytest.mark.parametrize("expression", ["KEY-1[", "twice and KEY-1[", "SHOULD"])
def test_keywords_choose(project: Project, expression: str) -> None:
    """-k knows families, ids, queues and the force of a rule."""
    impls = ("--queue-impl=shop:Good", "--queue-impl=shop:Twice")
    ids = _ids(project.run("--queue-validate", *impls, "--collect-only", "-q", "-k", expression))
    assert ids
    assert len(ids) < 60
    assert all("[twice]" in node_id for node_id in ids) is ("twice" in expression)


def test_markers_choose(project: Project) -> None:
    """-m queue_perf leaves the targets of performance, -m 'not queue_stress' leaves no race."""
    measured = _ids(project.run("--queue-validate", "--collect-only", "-q", "-m", "queue_perf"))
    assert {node_id.partition("-")[0] for node_id in map(_rule, measured)} == {"PERF"}
    calm = _ids(project.run("--queue-validate", "--collect-only", "-q", "-m", "not queue_stress"))
    assert len(calm) > 50
    assert not [node_id for node_id in calm if _rule(node_id).startswith("RACE")]


def _rule(node_id: str) -> str:
    return node_id.partition("::")[2]


def test_what_failed_last_runs_first_or_alone(project: Project) -> None:
    """--lf runs the broken rule alone; --ff runs it before the others."""
    chosen = ("--queue-impl=shop:Twice", "-v", "-k", "KEY-1[ or CLAIM-1[ or CLAIM-2")
    assert project.validate(*chosen).ret == 1
    broken = "queue-validate::CLAIM-1[twice]"
    assert outcomes(project.validate(*chosen, "--lf")) == {broken: "FAILED"}
    first, *rest = outcomes(project.validate(*chosen, "--ff"))
    assert first == broken
    assert rest


def test_the_run_stops_at_the_first_broken_rule(project: Project) -> None:
    """With -x the summary says which rules were not run, and gives counts them as not run."""
    result = project.validate("--queue-impl=shop:Twice", "-x", "-k", "CLAIM or KEY")
    assert result.ret == 1
    assert "the run ended before this check: CLAIM-2 to" in flat(result)
    assert "twice FAILED: 1 of 1 applicable rule failed" in flat(result)


def test_names_of_functions_and_classes_do_not_matter(project: Project) -> None:
    """A project that names its tests in its own way gets all rules."""
    project.pytester.makeini("[pytest]\npython_functions = check_*\npython_classes = Check*\n")
    result = project.validate("--queue-impl=shop:Good", "-k", "KEY-1[")
    assert result.parseoutcomes()["passed"] == 1


def test_it_works_from_another_folder_and_without_a_cache(project: Project) -> None:
    """A subfolder without tests is a fine place, and -p no:cacheprovider changes nothing."""
    folder = project.pytester.mkdir("sub")
    project.pytester.chdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        result = project.validate(
            f"--rootdir={project.path}",
            "--queue-impl=shop:Good",
            "-k",
            "KEY-1[",
            "-p",
            "no:cacheprovider",
        )
    assert result.parseoutcomes()["passed"] == 1
