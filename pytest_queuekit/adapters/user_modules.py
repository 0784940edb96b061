"""Imports a user's modules, and explains a failure in one line."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from pytest_queuekit.errors import AdapterError, UsageError
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.suggest import nearest


@contextmanager
def importable(folders: Iterable[str]) -> Iterator[None]:
    """Let modules be imported from these folders first.

    Afterwards `sys.path` has its old order. A folder that modules came from is appended to it:
    an adapter may import its neighbours only when it is used, or in a spawned process.
    """
    known = list(sys.path)
    added = [folder for folder in folders if folder not in known]
    loaded = set(sys.modules)
    sys.path[:0] = added
    importlib.invalidate_caches()
    try:
        yield
    finally:
        for folder in added:
            sys.path.remove(folder)
        origins = [
            Path(getattr(sys.modules[name], "__file__", None) or "")
            for name in set(sys.modules) - loaded
        ]
        sys.path += [
            folder for folder in added if any(Path(folder) in file.parents for file in origins)
        ]


def import_user_module(name: str) -> ModuleType:
    """Import a module.

    Raises ModuleNotFoundError if there is no module of that name, AdapterError if it declares what
    no adapter can, and UsageError if importing it raises anything else.
    """
    try:
        return importlib.import_module(name)
    except (KeyboardInterrupt, AdapterError):
        raise
    # A user's module may do anything when it is imported, even exit or skip a test.
    except BaseException as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing is not None and f"{name}.".startswith(f"{missing}."):
            raise
        raise UsageError(
            f"importing {name!r} raised {one_line(error)}. "
            f'Run python -c "import {name}" for the traceback'
        ) from error


def adapter_in(module: ModuleType, name: str) -> type[QueueAdapter]:
    """Return the adapter class of a name, which may have dots. Raises UsageError."""
    place: object = module
    for part in name.split("."):
        try:
            value = getattr(place, part, None)
        except Exception as error:  # a module's own __getattr__ may raise anything
            raise UsageError(f"looking up {name!r} raised {one_line(error)}") from error
        if value is None:
            outer = name.removesuffix(part)
            near = [f"{module.__name__}:{outer}{close}" for close in nearest(part, _names(place))]
            raise UsageError(
                f"module {module.__name__!r} has no class {name!r}. "
                + (
                    did_you_mean(near)
                    or "Define one that derives from pytest_queuekit.QueueAdapter"
                )
            )
        place = value
    if not isinstance(place, type):
        raise UsageError(f"{name!r} is not a class. {_DERIVE}")
    if not issubclass(place, QueueAdapter):
        raise UsageError(f"{name!r} does not derive from QueueAdapter. {_DERIVE}")
    return place


_DERIVE = "Give a class that derives from pytest_queuekit.QueueAdapter"


def adapter_names(module: ModuleType) -> list[str]:
    """Return the names of the adapter classes in a module."""
    return [name for name in _names(module) if _is_adapter(module, name)]


def _names(place: object) -> list[str]:
    """Return the names of the adapter classes in a module or class; without any, all its names."""
    names = [name for name in dir(place) if not name.startswith("_") and name != "QueueAdapter"]
    return [name for name in names if _is_adapter(place, name)] or names


def _is_adapter(place: object, name: str) -> bool:
    value = inspect.getattr_static(place, name, None)
    return isinstance(value, type) and issubclass(value, QueueAdapter)


def did_you_mean(specs: Sequence[str]) -> str:
    """Return a question that offers specs; empty without any."""
    return f"Did you mean {' or '.join(specs)}?" if specs else ""


def module_names(folders: Sequence[str] | None) -> list[str]:
    """Return the names of the modules in some folders; None: in all of `sys.path`."""
    return [module.name for module in pkgutil.iter_modules(folders)]


def one_line(error: BaseException) -> str:
    """Return the type and the message of an error as one line."""
    return " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
