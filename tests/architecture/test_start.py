"""Loading the plugin costs a run that does not use it next to nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

LOADED = """
import json, sys
import pytest
before = set(sys.modules)
import pytest_queuekit.plugin, pytest_queuekit.plugin.fixtures
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def _loaded(folder: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    names: list[str] = json.loads(done.stdout)
    return names


def test_the_plugin_loads_nothing_of_others(tmp_path: Path) -> None:
    """The plugin adds at most four modules of its own, and none of another package."""
    names = _loaded(tmp_path)
    own = [name for name in names if name.partition(".")[0] == "pytest_queuekit"]
    foreign = [
        name
        for name in names
        if name not in own and name.partition(".")[0] not in sys.stdlib_module_names
    ]
    assert len(own) <= 4, own
    assert foreign == []
