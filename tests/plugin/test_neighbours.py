"""Other people's projects: strict settings, other plugins, conftest files of every kind."""

from __future__ import annotations

import sys

import pytest

from tests.plugin.project import QUICK, Project, flat, outcomes, text, unprivileged
from tests.unmeasured import measure_apart

STRICT = ("-W", "error", "--strict-markers", "--strict-config")
CHOSEN = ("--queue-impl=shop:Good", "-k", "KEY-1[ or CLAIM-1[", "-v")
EXPECTED = {"queue-validate::CLAIM-1[good]": "PASSED", "queue-validate::KEY-1[good]": "PASSED"}


def test_strict_settings_are_kept(project: Project, spread: tuple[str, ...]) -> None:
    """Warnings as errors, strict markers and strict config: no complaint about us."""
    result = project.validate(*STRICT, *CHOSEN, *spread)
    assert outcomes(result) == EXPECTED
    assert "warning" not in text(result).partition("queue validation")[0].lower()


PLUGINS = {
    "randomly": ("randomly",),
    "asyncio": ("asyncio",),
    "cov": ("pytest_cov",),
    "timeout": ("timeout",),
    "benchmark": ("benchmark",),
    "hypothesis": ("hypothesispytest",),
    "all": ("randomly", "asyncio", "pytest_cov", "timeout", "benchmark"),
}


OPTIONS = {
    "asyncio": ("--asyncio-mode=auto", "-o", "asyncio_default_fixture_loop_scope=function"),
    "pytest_cov": ("--cov=shop", "--cov-report="),
    "timeout": ("--timeout=60",),
}


@pytest.mark.parametrize("names", PLUGINS.values(), ids=list(PLUGINS))
def test_other_plugins_do_not_matter(
    project: Project, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verdicts are the same with each plugin and with several of them together."""
    measure_apart(project.path, monkeypatch)
    options = [part for name in names for part in OPTIONS.get(name, ())]
    result = project.validate(*CHOSEN, *options, plugins=names)
    assert outcomes(result) == EXPECTED


def test_a_conftest_is_for_its_own_tests(project: Project) -> None:
    """Autouse fixtures, hooks for test functions and fixtures of our names miss the rules."""
    project.pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(autouse=True)
        def always():
            raise RuntimeError("an autouse fixture ran around a rule")

        @pytest.fixture
        def queue_db():
            raise RuntimeError("not yours")

        @pytest.fixture
        def benchmark():
            raise RuntimeError("not yours either")

        def pytest_runtest_setup(item):
            item.fixturenames, item.function  # what only a test function has

        def pytest_collection_modifyitems(items):
            for item in items:
                if "slow" in item.fixturenames or item.cls or item.module:
                    item.add_marker("slow")
        """
    )
    assert outcomes(project.validate(*CHOSEN)) == EXPECTED


def test_a_marker_of_a_conftest_may_skip_a_rule(project: Project) -> None:
    """A project can leave a rule out, and the summary says that it was not run."""
    project.pytester.makeconftest(
        """
        import pytest

        def pytest_collection_modifyitems(items):
            for item in items:
                if "KEY-1" in item.name:
                    item.add_marker(pytest.mark.skip(reason="known since spring"))
        """
    )
    result = project.validate(*CHOSEN)
    assert outcomes(result)["queue-validate::KEY-1[good]"] == "SKIPPED"
    assert "known since spring: KEY-1" in flat(result)


def test_unittest_classes_and_rules_go_together(project: Project) -> None:
    """Classes of unittest run beside the rules as ever."""
    project.pytester.makepyfile(
        test_old="""
        import unittest

        class OldTest(unittest.TestCase):
            def test_fine(self):
                self.assertTrue(True)
        """
    )
    result = project.validate(
        "--queue-impl=shop:Good", "test_old.py", "-k", "KEY-1[ or fine", *STRICT
    )
    assert result.parseoutcomes()["passed"] == 2


def test_a_tight_time_out_is_not_a_failure_of_the_queue(project: Project) -> None:
    """A rule that another plugin cuts off has no verdict."""
    project.pytester.makepyfile(
        slow="""
        import time
        from tests.queues.memory import MemoryQueue

        class Slow(MemoryQueue):
            name = "slow"

            def claim(self, worker, **options):
                end = time.monotonic() + 3
                while time.monotonic() < end:
                    pass
        """
    )
    result = project.validate(
        "--queue-impl=slow:Slow", "queue-validate::CLAIM-1", "--timeout=1", plugins=("timeout",)
    )
    assert result.ret == 1
    assert "slow NO VERDICT: 1 rule could not be judged" in flat(result)


def test_a_folder_that_cannot_be_written_to_is_fine(project: Project) -> None:
    """Nothing is written into the project; what pytest's own cache cannot do is its affair."""
    project.path.chmod(0o555)
    try:
        result = project.pytester.run(
            *unprivileged(),
            sys.executable,
            "-B",
            "-m",
            "pytest",
            "-p",
            "pytest_queuekit.plugin",
            *QUICK,
            *CHOSEN,
        )
    finally:
        project.path.chmod(0o755)
    assert outcomes(result) == EXPECTED
    assert {path.name for path in project.path.iterdir()} <= {"shop.py", "stdout", "stderr"}
