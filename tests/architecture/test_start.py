"""Loading the plugin costs a run that does not use it next to nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
LOADED = """
import json, sys
import pytest
before = set(sys.modules)
import pytest_queuekit.plugin, pytest_queuekit.plugin.fixtures
print(json.dumps(sorted(set(sys.modules) - before)))
"""
REWRITTEN = """
import json, sys
import pytest
finders = list(sys.meta_path)
assert pytest.main(["--queue-validate", "--queue-level", "quick", "-q", "-k", "ENQUEUE-1"]) == 0
assert sys.meta_path == finders
kit = [m for name, m in sys.modules.items() if name.partition(".")[0] == "pytest_queuekit"]
rewritten = [m.__name__ for m in kit if type(m.__loader__).__name__ == "AssertionRewritingHook"]
print(json.dumps([len(kit), rewritten, "hypothesis" in sys.modules]))
"""


def _answer(code: str, folder: Path) -> list[Any]:
    """Return the list that code prints last, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answer: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_the_plugin_loads_nothing_of_others(tmp_path: Path) -> None:
    """The plugin adds at most four modules of its own, and none of another package."""
    names = _answer(LOADED, tmp_path)
    own = [name for name in names if name.partition(".")[0] == "pytest_queuekit"]
    foreign = [
        name
        for name in names
        if name not in own and name.partition(".")[0] not in sys.stdlib_module_names
    ]
    assert len(own) <= 4, own
    assert foreign == []


def test_a_validation_imports_as_little_as_it_can(tmp_path: Path) -> None:
    """pytest rewrites only the modules that load the others, and Hypothesis stays away."""
    count, rewritten, has_hypothesis = _answer(REWRITTEN, tmp_path)
    assert count > 100
    assert len(rewritten) <= 5, rewritten
    assert not has_hypothesis


def _installed(texts: list[str], known: set[str]) -> Iterator[Distribution]:
    """Yield the distributions that requirements install here, and those that they require."""
    for requirement in map(Requirement, texts):
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if applies and requirement.name not in known:
            known.add(requirement.name)
            package = distribution(requirement.name)
            yield package
            yield from _installed(package.requires or [], known)


def test_an_installation_adds_only_plugins_that_the_kit_uses() -> None:
    """pytest loads the plugins of all dependencies in every run, so each is there for a reason."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    plugins = {
        point.name
        for package in _installed(project["dependencies"], set())
        for point in package.entry_points
        if point.group == "pytest11"
    }
    assert plugins == {"benchmark", "xdist", "xdist.looponfail"}
