"""A run that does not ask for rules: nearly free, and as if the plugin were not there."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.plugin.project import Project, text
from tests.unmeasured import python

_LISTING = """
import json, sys
before = set(sys.modules)
import pytest
loaded = set(sys.modules)
status = pytest.main({arguments!r})
print("MODULES", json.dumps(sorted(set(sys.modules) - loaded)), status)
"""


def _modules(project: Project, *arguments: str) -> set[str]:
    """Return the modules that a pytest run in a new process loads."""
    code = _LISTING.format(arguments=["-p", "no:cacheprovider", *arguments])
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project.path, capture_output=True, text=True, check=True
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("MODULES"))
    return set(json.loads(line.removeprefix("MODULES ").rpartition(" ")[0]))


def test_a_run_without_rules_loads_four_small_modules(project: Project) -> None:
    """Nothing of the kit's core, nothing of others, no sqlite3: the change in sys.modules."""
    project.pytester.makepyfile(test_own="def test_fine(): pass\n")
    without = _modules(project, "test_own.py")
    with_plugin = _modules(project, "-p", "pytest_queuekit.plugin", "test_own.py")
    added = with_plugin - without
    ours = {name for name in added if name.partition(".")[0] == "pytest_queuekit"}
    assert ours == {
        "pytest_queuekit",
        "pytest_queuekit.plugin.fixtures",
        "pytest_queuekit.plugin.options",
        "pytest_queuekit.plugin",
    }
    assert added - ours == set()


def test_the_watch_is_loaded_where_a_test_asks_for_it(project: Project) -> None:
    """By the option or a marker; not by the word off, nor by a marker that only allows."""
    watch = "pytest_queuekit.watch.watch"
    project.pytester.makepyfile(
        test_plain="import pytest\n@pytest.mark.queue_allow('busy')\ndef test_fine(): pass\n",
        test_strict="import pytest\n@pytest.mark.queue_strict\ndef test_fine(): pass\n",
    )
    plugin = ("-p", "pytest_queuekit.plugin")
    assert watch not in _modules(project, *plugin, "--queue-watch=off", "test_plain.py")
    assert watch in _modules(project, *plugin, "--queue-watch=report", "test_plain.py")
    assert watch in _modules(project, *plugin, "test_strict.py")


def test_a_report_is_loaded_where_an_option_asks_for_it(project: Project) -> None:
    """A run of rules without one loads no format but the text of the terminal, and no drawing."""
    plugin = ("-p", "pytest_queuekit.plugin", "--queue-validate", "-k=CLAIM-1[")
    formats = "pytest_queuekit.report.formats"

    def loaded(*arguments: str) -> set[str]:
        wanted = (f"{formats}.", "pytest_queuekit.report.timeline", "jinja2")
        return {name for name in _modules(project, *plugin, *arguments) if name.startswith(wanted)}

    assert loaded() == {f"{formats}.text"}
    assert loaded("--queue-report=sarif:out.sarif") == {f"{formats}.text", f"{formats}.sarif"}


def test_a_run_without_rules_is_the_same_run(project: Project) -> None:
    """The same items, the same output."""
    project.pytester.makepyfile(test_own="def test_fine(): pass\n")
    plain = project.pytester.runpytest_inprocess("-v", "-p", "no:cacheprovider")
    ours = project.run("-v", "-p", "no:cacheprovider")
    assert _without_time(plain) == _without_time(ours)


def _without_time(result: pytest.RunResult) -> list[str]:
    return [line.partition(" in ")[0] for line in result.outlines]


def test_ini_keys_alone_change_nothing(project: Project) -> None:
    """A wrong value of ours does not disturb a run that asks nothing of us."""
    project.pytester.makepyfile(test_own="def test_fine(): pass\n")
    project.pytester.makeini("[pytest]\nqueue_level = wrong\nqueue_impl = none:None\n")
    result = project.run()
    result.assert_outcomes(passed=1)
    assert "queue validation" not in text(result)


def test_importing_the_plugin_takes_little_time() -> None:
    """Less than a twentieth of what pytest itself takes; benchmarks/start.py times it."""
    assert min(_share_of_pytest() for _ in range(5)) < 0.05


def _share_of_pytest() -> float:
    code = (
        "from time import process_time as now; begun = now(); "
        "import pytest; loaded = now(); "
        "import pytest_queuekit.plugin, pytest_queuekit.plugin.fixtures; "
        "print((now() - loaded) / (loaded - begun))"
    )
    # Measuring the coverage would be what takes the time.
    return float(python(code))
