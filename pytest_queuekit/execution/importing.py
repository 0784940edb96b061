"""Lets the Python of another process import what this process has imported."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from pytest_queuekit.errors import UsageError
from pytest_queuekit.model.queue_under_test import QueueUnderTest


def require_importable(queue: QueueUnderTest) -> None:
    """Raise UsageError if no other process can import the adapter of a queue."""
    if queue.adapter.__module__ == "__main__":
        raise UsageError(
            f"queue {queue.spec!r} cannot be imported by another process: move the class to a "
            "module of its own"
        )


def files_of(*modules: str) -> dict[str, str]:
    """Return the files of the modules that have one."""
    files = {name: getattr(sys.modules.get(name), "__file__", None) for name in modules}
    return {name: file for name, file in files.items() if file}


def environment() -> dict[str, str]:
    """Return this process's environment, with its search path for modules.

    The standard library comes first, so that a user's module named `queue` does not hide it. In
    this process the library's module was loaded before.
    """
    library = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    places = [place or str(Path.cwd()) for place in sys.path if os.pathsep not in place]
    places.sort(key=lambda place: place.removesuffix(f"{os.sep}lib-dynload") not in library)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(places)}


def import_files(files: Mapping[str, str]) -> None:
    """Import modules by name. A module whose name is not found is imported from its file."""
    for module, file in files.items():
        _import(module, file)


def _import(module: str, file: str) -> None:
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise
        spec = importlib.util.spec_from_file_location(module, file)
        if spec is None or spec.loader is None:
            raise
        sys.modules[module] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[module])
