"""From what a user writes to the queue under test.

A spec is a built-in name, `module:Class`, or a module that has the seed's API. Whatever is wrong
with it is the user's to mend, so each error is a UsageError of one line.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from pytest_queuekit.adapters.catalogue import BUILT_IN, Entry
from pytest_queuekit.errors import AdapterError, UsageError
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.suggest import did_you_mean


def resolve(spec: str, *, folders: Sequence[Path] = ()) -> QueueUnderTest:
    """Return the queue under test that a spec means.

    Modules are looked for in the current folder first, then in `folders`, then where Python looks.
    Raises UsageError with one line that says what is wrong and what may have been meant.
    """
    entry = BUILT_IN.get(spec)
    if entry is not None:
        return QueueUnderTest.of(_built_in(entry), spec=spec)
    _check_spelling(spec)
    module_name, _, class_name = spec.partition(":")
    with _importable([Path.cwd(), *folders]):
        module = _module(module_name, spec)
    adapter = _class_in(module, class_name) if class_name else _adapted(module)
    try:
        return QueueUnderTest.of(adapter, spec=spec)
    except AdapterError as error:
        raise UsageError(f"queue {spec!r} has no usable adapter: {error}") from error


def _built_in(entry: Entry) -> type[QueueAdapter]:
    module_name, _, class_name = entry.target.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        if entry.extra is None or str(error.name).startswith("pytest_queuekit"):
            raise
        raise UsageError(
            f"queue {entry.name!r} needs a library that is not installed ({_line(error)}): "
            f"pip install 'pytest-queuekit[{entry.extra}]'"
        ) from error
    found: type[QueueAdapter] = getattr(module, class_name)
    return found


def _check_spelling(spec: str) -> None:
    module, colon, name = spec.partition(":")
    if "<locals>" in name:
        raise UsageError(
            f"queue {spec!r} is a class inside a function, where no other process can find it: "
            "move it to the top of its module"
        )
    if module.endswith(".py") or "/" in module or "\\" in module:
        dotted = module.removesuffix(".py").strip("./\\").replace("/", ".").replace("\\", ".")
        raise UsageError(
            f"queue {spec!r} is a path: write the module, {dotted + (colon and colon + name)!r}"
        )
    parts = module.split(".") + (name.split(".") if colon else [])
    if not all(part.isidentifier() for part in parts):
        raise _unknown(spec)


def _unknown(spec: str) -> UsageError:
    near = did_you_mean(spec, [*BUILT_IN, *_modules([str(Path.cwd())])])
    return UsageError(
        f"queue {spec!r} is unknown{near}: give one of {', '.join(BUILT_IN)}, or module:Class, "
        "or a module with the API of the reference queue"
    )


@contextmanager
def _importable(folders: Iterable[Path]) -> Iterator[None]:
    """Let modules be imported from these folders first.

    Afterwards `sys.path` has its old order, with a folder that modules came from at its very end:
    an adapter may import its neighbours only when it is used, or in a spawned process.
    """
    known = list(sys.path)
    added = [str(folder) for folder in folders if str(folder) not in known]
    loaded = set(sys.modules)
    sys.path[:0] = added
    importlib.invalidate_caches()
    try:
        yield
    finally:
        for folder in added:
            sys.path.remove(folder)
        origins = [_file(sys.modules[name]) for name in set(sys.modules) - loaded]
        sys.path += [one for one in added if any(_inside(origin, one) for origin in origins)]


def _file(module: ModuleType) -> str:
    return str(getattr(module, "__file__", None) or "")


def _inside(file: str, folder: str) -> bool:
    return bool(file) and Path(folder) in Path(file).parents


def _module(name: str, spec: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    # A user's module may do anything when imported, even leave Python or skip a test.
    except BaseException as error:
        if isinstance(error, ModuleNotFoundError) and _is_part(error.name, name):
            raise _missing(str(error.name), name, spec) from error
        raise UsageError(f"queue {spec!r}: importing {name!r} raised {_line(error)}") from error


def _is_part(missing: str | None, name: str) -> bool:
    return missing is not None and f"{name}.".startswith(f"{missing}.")


def _missing(part: str, name: str, spec: str) -> UsageError:
    parent, _, last = part.rpartition(".")
    if not parent:
        if ":" not in spec and "." not in spec:
            return _unknown(spec)
        here = Path.cwd()
        near = did_you_mean(part, _modules([str(here)])) or did_you_mean(part, _modules(None))
        return UsageError(f"queue {spec!r}: no module {part!r} is found from {str(here)!r}{near}")
    package = sys.modules.get(parent)
    near = did_you_mean(last, _modules(getattr(package, "__path__", [])))
    return UsageError(f"queue {spec!r}: {parent!r} is there, but has no module {last!r}{near}")


def _class_in(module: ModuleType, name: str) -> type[QueueAdapter]:
    found: Any = module
    for part in name.split("."):
        place, found = found, _look_up(found, part, f"{module.__name__}:{name}")
        if found is _ABSENT:
            hint = did_you_mean(part, _adapters_in(place))
            raise UsageError(f"{module.__name__!r} has no class {name!r}{hint}")
    if isinstance(found, type) and issubclass(found, QueueAdapter):
        return found
    what = "does not derive from" if isinstance(found, type) else "is no class that derives from"
    raise UsageError(f"'{module.__name__}:{name}' {what} pytest_queuekit.QueueAdapter")


_ABSENT = object()


def _look_up(place: object, name: str, wanted: str) -> Any:
    """Return what has a name in a module or class; _ABSENT if nothing has."""
    try:
        return getattr(place, name, _ABSENT)
    except Exception as error:
        # A module may make its names when they are asked for, and fail at it.
        raise UsageError(f"{wanted!r} cannot be looked up: {_line(error)}") from error


def _adapters_in(place: object) -> list[str]:
    """Return the names of the adapter classes in a module or class; without any, all its names."""
    named = {
        name: inspect.getattr_static(place, name, None)
        for name in dir(place)
        if name != "QueueAdapter"
    }
    adapters = [
        name
        for name, value in named.items()
        if isinstance(value, type) and issubclass(value, QueueAdapter)
    ]
    return adapters or [name for name in named if not name.startswith("_")]


def _adapted(module: ModuleType) -> type[QueueAdapter]:
    from pytest_queuekit.adapters import seed_api

    try:
        return seed_api.adapt(module)
    except UsageError:
        raise
    except Exception as error:  # as in _look_up
        raise UsageError(f"module {module.__name__!r} cannot be adapted: {_line(error)}") from error


def _modules(folders: Iterable[str] | None) -> list[str]:
    """Return the names of the modules in some folders; None: in all where Python looks."""
    return [one.name for one in pkgutil.iter_modules(folders)]


def _line(error: BaseException) -> str:
    """Return the type and the message of an error as one line."""
    return " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
