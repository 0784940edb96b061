"""--queue-report: what a run knows, in files."""

from __future__ import annotations

import json

import pytest

from pytest_queuekit.report.formats import FORMATS
from tests.plugin.project import Project, flat, text

CHOSEN = ("--queue-impl=shop:Twice", "-k", "KEY-1[ or CLAIM-1[ or ENQUEUE-7")


def test_several_reports_are_written(project: Project, spread: tuple[str, ...]) -> None:
    """Each format to its file, from one run, however its items are spread."""
    asked = [f"--queue-report={name}:report.{name}" for name in FORMATS]
    result = project.validate(*CHOSEN, *asked, *spread)
    assert result.ret == 1
    for name in FORMATS:
        content = (project.path / f"report.{name}").read_text(encoding="utf-8")
        assert "CLAIM-1" in content
        assert "Task delivered twice" in content
        assert f"{name} report: {project.path / f'report.{name}'}" in text(result)


def test_the_json_report_has_verdicts_and_environment(project: Project) -> None:
    """With proofs and reasons, as the schema says."""
    project.validate(*CHOSEN, "--queue-report=json:out.json")
    document = json.loads((project.path / "out.json").read_text(encoding="utf-8"))
    statuses = {verdict["rule"]: verdict["status"] for verdict in document["verdicts"]}
    assert statuses == {"ENQUEUE-7": "not applicable", "CLAIM-1": "fail", "KEY-1": "pass"}
    assert document["environment"]["level"] == "quick"
    assert document["good"] is False
    (failure,) = (verdict for verdict in document["verdicts"] if verdict["status"] == "fail")
    assert len(failure["detail"]["violations"][0]["witness"]) >= 2


def test_github_actions_get_annotations_and_a_summary(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a path, where GitHub looks for them."""
    summary = project.path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    result = project.validate(*CHOSEN, "--queue-report=github")
    assert ",title=CLAIM-1 held-task-not-redelivered [twice]::" in text(result)
    assert "## Queue validation" in summary.read_text(encoding="utf-8")


def test_the_ini_file_can_ask_for_reports(project: Project) -> None:
    """Relative to the root of the project."""
    project.pytester.makeini("[pytest]\nqueue_report =\n  json:out.json\n")
    project.validate(*CHOSEN)
    assert (project.path / "out.json").exists()


@pytest.mark.parametrize(
    ("report", "message"),
    [
        (
            "jsn:out",
            f"no format 'jsn'; there are {', '.join(sorted(FORMATS))}; did you mean 'json'",
        ),
        ("json", "names no file: write json:PATH"),
        ("json:", "names no file: write json:PATH"),
        ("json:nowhere/out.json", "is in a folder that does not exist"),
        ("json:.", "is a folder"),
    ],
)
def test_a_mistake_is_one_line_before_the_run(project: Project, report: str, message: str) -> None:
    """A report that cannot be written stops the run at its start."""
    result = project.validate(*CHOSEN, f"--queue-report={report}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in flat(result)
    assert "Traceback" not in text(result)


def test_a_missing_extra_is_told_before_the_run(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not after minutes of rules."""
    monkeypatch.setattr("pytest_queuekit.plugin.settings.find_spec", lambda _name: None)
    result = project.validate(*CHOSEN, "--queue-report=html:out.html")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "needs jinja2: pip install 'pytest-queuekit[html]'" in flat(result)


def test_a_report_explains_what_failed(project: Project) -> None:
    """With the reason of the rule, and right beside wrong."""
    project.validate(*CHOSEN, "--queue-report=json:out.json")
    document = json.loads((project.path / "out.json").read_text(encoding="utf-8"))
    assert list(document["explanations"]) == ["CLAIM-1"]
    explained = document["explanations"]["CLAIM-1"]
    assert explained["why"]
    assert explained["wrong"] != explained["right"]


def test_a_report_that_fails_fails_the_run(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the kit is shown with its place, and the other report is written."""

    def explode(_result: object) -> str:
        raise ZeroDivisionError("in the format")

    formats = {**FORMATS, "json": explode}
    monkeypatch.setattr("pytest_queuekit.plugin.reporting.FORMATS", formats)
    result = project.validate(
        *("--queue-impl=shop:Good", "-k", "KEY-1["),
        *("--queue-report=json:out.json", "--queue-report=text:out.txt"),
    )
    assert result.ret == 1
    assert "internal error in the json report: ZeroDivisionError in plugin/reporting.py:" in flat(
        result
    )
    assert (project.path / "out.txt").exists()
