"""Measures what the plugin costs a run that does not use it: `python benchmarks/start.py`.

Prints the best of 20 starts, in milliseconds of the processor, of pytest and of the plugin on top.
With `--install`, it also installs pytest alone and pytest-queuekit with its dependencies into two
new environments, and prints the plugins that pytest loads there and the median of 20 runs of one
empty test: in each environment, and without the plugins of each package. That takes a few minutes.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

STARTS = 20
ROOT = Path(__file__).resolve().parents[1]
IMPORTS = """
import sys
from time import process_time as now
begun = now()
import pytest
loaded, before = now(), set(sys.modules)
import pytest_queuekit.plugin, pytest_queuekit.plugin.fixtures
print(loaded - begun, now() - loaded, len(set(sys.modules) - before))
"""
PLUGINS = """
from importlib.metadata import entry_points
for point in entry_points(group="pytest11"):
    print(point.dist.name, point.name)
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure what the plugin costs at the start.")
    parser.add_argument("--install", action="store_true", help="compare new environments too")
    compares: bool = parser.parse_args().install
    starts = [_imports() for _ in range(STARTS)]
    pytest, plugin, modules = (min(values) for values in zip(*starts, strict=True))
    print(f"pytest            {1000 * pytest:6.1f} ms")
    print(f"the plugin on top {1000 * plugin:6.1f} ms, {modules:.0f} modules")
    if compares:
        with tempfile.TemporaryDirectory(prefix="queue-benchmark-") as name:
            _print_environments(Path(name))


def _imports() -> tuple[float, ...]:
    return tuple(map(float, _output(Path(sys.executable), "-c", IMPORTS).split()))


def _print_environments(folder: Path) -> None:
    """Print the plugins in each environment, and the cost of a run."""
    (folder / "test_nothing.py").write_text("def test_nothing(): pass\n", encoding="utf-8")
    plain = _environment(folder / "plain", "pytest")
    full = _environment(folder / "full", str(ROOT))
    runs: dict[str, tuple[Path, list[str]]] = {
        "pytest alone": (plain, []),
        "pytest-queuekit installed": (full, []),
    }
    print("\nplugins that pytest loads")
    print(f"pytest alone: {', '.join(_plugins(plain)) or 'none'}")
    print("pytest-queuekit installed:")
    for package, names in _plugins(full).items():
        print(f"  {', '.join(names)} ({package})")
        switches = [word for name in names for word in ("-p", f"no:{name}")]
        runs[f"  without {package}"] = (full, switches)
    taken: dict[str, list[float]] = {title: [] for title in runs}
    for python, switches in runs.values():
        _seconds(python, folder, switches)  # writes the bytecode
    # In turn, so that all have the same share of a busy machine.
    for _ in range(STARTS):
        for title, (python, switches) in runs.items():
            taken[title].append(_seconds(python, folder, switches))
    print(f"\none empty test, processor time, median of {STARTS} runs")
    for title, seconds in taken.items():
        print(f"{title:<27}{1000 * median(seconds):6.0f} ms")


def _plugins(python: Path) -> dict[str, list[str]]:
    """Return the names of the plugins that pytest loads in an environment, by package."""
    plugins: dict[str, list[str]] = {}
    for line in sorted(_output(python, "-c", PLUGINS).splitlines()):
        package, name = line.split()
        plugins.setdefault(package, []).append(name)
    return plugins


def _environment(folder: Path, package: str) -> Path:
    """Make an environment with a package and its dependencies; return its interpreter."""
    _output(Path(sys.executable), "-m", "venv", str(folder))
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    _output(python, "-m", "pip", "install", "-qq", package)
    return python


def _seconds(python: Path, folder: Path, switches: list[str]) -> float:
    """Return the processor time of a run of pytest, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _output(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *switches, cwd=folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _output(python: Path, *arguments: str, cwd: Path | None = None) -> str:
    env = dict(os.environ)
    if python != Path(sys.executable):
        # The environments hold their own copy of the package, and cache bytecode.
        env.pop("PYTHONPATH", None)
        env.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [python, *arguments], cwd=cwd, env=env, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


if __name__ == "__main__":
    main()
