"""The command `queuekit`."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_queuekit import __version__
from pytest_queuekit.cli import main
from pytest_queuekit.cli.validate import EXCEPTIONS
from pytest_queuekit.performance.targets import TARGETS
from pytest_queuekit.rules.catalogue import CATALOGUE
from tests.unmeasured import python

IDS = [rule.id for rule in CATALOGUE] + [target.id for target in TARGETS]
Captured = pytest.CaptureFixture[str]


def test_rules_are_listed_by_family(capsys: Captured) -> None:
    """Every rule and target with its force, in eighty columns."""
    assert main(["rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    listed = [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "]
    assert listed == IDS
    assert "CLAIM: A waiting task is delivered to one worker at a time." in lines


@pytest.mark.parametrize("command", ["rules", "explain"])
@pytest.mark.parametrize("ids", [["CLAIM-1"], ["claim-1", "perf-2"]])
def test_a_rule_is_explained(capsys: Captured, command: str, ids: list[str]) -> None:
    """An explanation has the rule's reason, its needs and the command that runs it alone."""
    assert main([command, *ids]) == 0
    printed = capsys.readouterr().out
    for rule_id in ids:
        assert f"pytest queue-validate::{rule_id.upper()}" in printed
    assert printed.count("  why     ") == len(ids)


@pytest.mark.parametrize("command", ["rules", "explain"])
def test_an_explanation_ends_with_an_example(capsys: Captured, command: str) -> None:
    """A rule is explained with a wrong and a right implementation and a typical proof."""
    assert main([command, "ACK-6"]) == 0
    _, wrong, right, proof = capsys.readouterr().out.split("\n\n")
    assert wrong.startswith("  Wrong\n    -- complete\n")
    assert "token = :token" not in wrong
    assert right.startswith("  Right\n    -- complete\n")
    assert "token = :token" in right
    assert proof.startswith("  Typical proof\n")
    assert proof.count("▶") == 1


def test_a_document_has_the_examples(capsys: Captured) -> None:
    """In Markdown each part of an example is a block in its language."""
    assert main(["rules", "ACK-5", "ACK-6", "PERF-1", "--markdown"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("**Wrong**") == printed.count("**Right**") == 2
    assert [printed.count(f"\n```{name}\n") for name in ("python", "sql", "text")] == [2, 2, 2]


def test_an_explanation_is_readable_in_any_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that lacks the proof's arrows gets ASCII."""
    screen = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(screen, encoding="ascii"))
    assert main(["explain", "ACK-6"]) == 0
    sys.stdout.flush()
    assert b"complete task-1 -> ok" in screen.getvalue()


@pytest.mark.parametrize("command", ["rules", "explain"])
def test_a_slug_selects_its_rule(capsys: Captured, command: str) -> None:
    """A rule's slug selects the same rule as its id, in any case."""
    assert main([command, "Stale-Completion-Refused"]) == 0
    by_slug = capsys.readouterr().out
    assert by_slug.startswith("ACK-6 stale-completion-refused\n  must    After another worker")
    assert main([command, "ACK-6"]) == 0
    assert capsys.readouterr().out == by_slug


def test_a_family_is_explained(capsys: Captured) -> None:
    """`queuekit explain FAMILY` explains each rule of the family."""
    assert main(["explain", "perf"]) == 0
    printed = capsys.readouterr().out
    assert [line.split()[0] for line in printed.splitlines() if line[:1].strip()] == [
        target.id for target in TARGETS
    ]


def test_a_family_is_listed_alone(capsys: Captured) -> None:
    """The name of a family stands for its rules."""
    assert main(["rules", "KEY"]) == 0
    printed = capsys.readouterr().out
    assert "  KEY-1 " in printed
    assert "CLAIM" not in printed


def test_rules_are_written_for_programs_and_documents(capsys: Captured) -> None:
    """JSON has every field, Markdown a heading a rule."""
    assert main(["rules", "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)
    assert [entry["id"] for entry in entries] == IDS
    assert all(entry["slug"] and entry["sentence"] and entry["why"] for entry in entries)
    assert main(["rules", "CLAIM-1", "--markdown"]) == 0
    assert capsys.readouterr().out.startswith("## CLAIM\n")


def test_a_rule_that_a_declaration_makes_binding_is_shown_as_one(capsys: Captured) -> None:
    """The list, the explanation and the page name the capability."""
    assert main(["rules", "FORK"]) == 0
    assert "SHOULD (MUST with forks)" in capsys.readouterr().out
    assert main(["explain", "FORK-1"]) == 0
    assert "must    where the queue declares forks" in capsys.readouterr().out
    assert main(["rules", "FORK-1", "--markdown"]) == 0
    assert "**SHOULD** (**MUST** with `forks`) After a fork" in capsys.readouterr().out


def test_the_version_is_printed(capsys: Captured) -> None:
    """--version prints the version of the kit."""
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"queuekit {__version__}\n"


WRONG = {
    (): "the following arguments are required: COMMAND",
    ("ruls",): "no command 'ruls' (commands: validate, adapters, rules, explain, review, show, "
    "report, compare, check, record, clean, vendor); did you mean 'rules'?",
    ("adapters", "huey"): "adapters does not take huey",
    ("rules", "--jsn"): "rules does not take --jsn; did you mean '--json'?",
    (
        "rules",
        "CLAM-1",
    ): "ID=CLAM-1: no rule, target or family has this id or slug; did you mean",
    ("explain",): "the following arguments are required: ID",
    ("explain", "stale-completion"): "or 'stale-completion-refused'",
    ("explain", "LOAD-3"): "no rule, check or criterion has this id or slug; did you mean 'LOAD-",
    ("vendor",): "the following arguments are required: DIR",
    ("vendor", "x", "--check", "--force"): "not allowed with argument",
    ("vendor", __file__): "is a file. Name a folder",
    ("vendor", "nowhere", "--check"): "no such folder. Make a copy with `queuekit vendor nowhere`",
    ("vendor", ""): "DIR='': is empty. Name a folder",
    ("vendor", "n" * 300): "cannot be used (File name too long). Name another folder",
}


@pytest.mark.parametrize("arguments", WRONG.items(), ids=lambda case: " ".join(case[0]))
def test_a_usage_error_has_a_reason_and_a_suggestion(
    capsys: Captured, arguments: tuple[tuple[str, ...], str]
) -> None:
    """Exit status 2, the reason on stderr, and no traceback."""
    given, expected = arguments
    try:
        status: object = main(given)
    except SystemExit as ended:
        status = ended.code
    printed = capsys.readouterr()
    assert status == 2
    assert expected in " ".join(printed.err.split())
    assert printed.out == ""


def test_help_has_examples(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the whole and for each command, in eighty columns."""
    monkeypatch.setenv("COLUMNS", "80")
    for arguments in (
        [],
        ["validate"],
        ["adapters"],
        ["vendor"],
        ["rules"],
        ["explain"],
        ["check"],
        ["record"],
    ):
        with pytest.raises(SystemExit, match="0"):
            main([*arguments, "--help"])
        printed = capsys.readouterr().out
        assert "examples:\n  queuekit " in printed
        assert max(map(len, printed.splitlines())) <= 80


def test_a_copy_is_made_kept_and_checked(tmp_path: Path, capsys: Captured) -> None:
    """Copied, then current; --check reports a changed file, and it is not overwritten."""
    home = tmp_path / "queue"
    assert main(["vendor", str(home)]) == 0
    assert f"the reference queue {__version__}; " in capsys.readouterr().out
    assert main(["vendor", str(home)]) == 0
    assert "nothing was written" in capsys.readouterr().out
    assert main(["vendor", str(home), "--check"]) == 0
    assert capsys.readouterr().out == f"{home}: current\n"
    (home / "config.py").write_text("# mine\n")
    assert main(["vendor", str(home), "--check"]) == 1
    assert "  changed: config.py\n" in capsys.readouterr().out
    assert main(["vendor", str(home)]) == 1
    assert "changed by hand: config.py" in capsys.readouterr().err
    assert (home / "config.py").read_text() == "# mine\n"
    assert main(["vendor", str(home), "--force"]) == 0
    assert "  kept: config.py.orig\n" in capsys.readouterr().out


def _queuekit(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest_queuekit", *arguments],
        cwd=folder,
        # The command starts its own run, even if pytest-xdist split this one.
        env={key: value for key, value in os.environ.items() if "XDIST" not in key},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_validate_runs_pytest_and_passes_its_status_on(tmp_path: Path) -> None:
    """Options of the kit have short names; all others are pytest's, and so is the status."""
    done = _queuekit("validate", "--level=quick", "-k", "KEY-1[", "-q", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASSED: 1 of 1 applicable rule" in done.stdout
    wrong = _queuekit("validate", "--impl", "litequeu", folder=tmp_path)
    assert wrong.returncode == pytest.ExitCode.USAGE_ERROR
    assert "Did you mean litequeue?" in wrong.stderr
    unknown = _queuekit("validate", "--levl=quick", folder=tmp_path)
    assert unknown.returncode == pytest.ExitCode.USAGE_ERROR


def test_validate_runs_where_warnings_are_errors(tmp_path: Path) -> None:
    """A project with `filterwarnings = error` is validated like any other."""
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\naddopts = -p no:asyncio\nfilterwarnings = error\n"
    )
    done = _queuekit("validate", "--level=quick", "-k", "KEY-1[", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_validate_offers_every_option_of_the_plugin(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each --queue option has a short name here, or a reason why not."""
    monkeypatch.setenv("COLUMNS", "80")
    listed = subprocess.run(
        [sys.executable, "-m", "pytest", "--help"], capture_output=True, text=True, check=True
    )
    options = set(re.findall(r"^  (--queue-[\w-]+)", listed.stdout, re.MULTILINE))
    with pytest.raises(SystemExit, match="0"):
        main(["validate", "--help"])
    offered = re.findall(r"^  (--[\w-]+)", printed := capsys.readouterr().out, re.MULTILINE)
    assert "--queue-" not in printed.replace("--queue-validate", "")
    assert len(options) > 9
    assert {option.replace("--queue-", "--") for option in options - set(EXCEPTIONS)} == set(
        offered
    )
    assert set(EXCEPTIONS) < options
    assert all(EXCEPTIONS.values())


def test_validate_passes_its_options_on(tmp_path: Path) -> None:
    """Flags, values and repeated values reach pytest under their long names."""
    (tmp_path / "conftest.py").write_text(
        "def pytest_cmdline_main(config):\n"
        "    option = config.option\n"
        "    print(option.queue_gate, option.queue_approved_by, option.queue_worker, config.args)\n"
        "    return 7\n"
    )
    given = (
        "--gate",
        "--approved-by=A. Reviewer",
        "--worker",
        "3",
        "--worker=02",
        "-k",
        "KEY",
        ".",
    )
    done = _queuekit("validate", *given, folder=tmp_path)
    assert done.stdout == "True A. Reviewer ['3', '02'] ['.']\n"
    assert done.returncode == 7


def test_validate_leaves_pythons_own_modules_alone(tmp_path: Path) -> None:
    """A file named queue.py in the current folder does not replace Python's queue."""
    (tmp_path / "queue.py").write_text("raise RuntimeError('not this one')\n")
    done = _queuekit("validate", "--level=quick", "-k", "KEY-1[", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(os.name != "posix", reason="a terminal signals a group of processes")
def test_ctrl_c_ends_validate_as_it_ends_pytest(tmp_path: Path) -> None:
    """pytest reports the interruption and ends with status 2; the command prints no traceback."""
    (tmp_path / "test_forever.py").write_text(
        "import threading\n"
        "def test_forever():\n"
        "    print('begun', flush=True)\n"
        "    threading.Event().wait(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-m", "pytest_queuekit", "validate", "-s", "-k", "forever", "."],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        while "begun" not in (line := process.stdout.readline()):
            assert line, "pytest ended before the test began"
        os.killpg(process.pid, signal.SIGINT)
        rest = process.stdout.read()
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert "KeyboardInterrupt" in rest
    assert "Traceback" not in rest


@pytest.mark.slow
def test_no_color_is_respected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR overrides FORCE_COLOR, in pytest's output as well."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in _queuekit("validate", "-k", "CLAIM-2[", folder=tmp_path).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    for arguments in (["validate", "-k", "CLAIM-2["], ["--help"], ["rules"], ["adapters"]):
        assert "\x1b[" not in _queuekit(*arguments, folder=tmp_path).stdout


def test_a_closed_pipe_is_not_an_error(tmp_path: Path) -> None:
    """`queuekit rules | head -n 1` ends in silence."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "pytest_queuekit", "rules"],
        cwd=tmp_path,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert done.returncode == 1
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_reported_in_one_line(tmp_path: Path) -> None:
    """`queuekit rules > rules.txt` where nothing can be written fails without a traceback."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "pytest_queuekit", "rules"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "queuekit: error: cannot write: No space left on device\n"


def test_loading_the_command_line_loads_little() -> None:
    """Neither pytest nor the rules are loaded before a command needs them."""
    loaded = set(python("import sys, pytest_queuekit.cli; print(*sorted(sys.modules))").split())
    assert "pytest_queuekit.cli.vendoring" in loaded
    assert not loaded & {"pytest", "hypothesis", "pytest_queuekit.rules.catalogue", "sqlite3"}
