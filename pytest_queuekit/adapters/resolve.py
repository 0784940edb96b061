"""Turns the text that a user gives into the queue under test.

The text, a spec, is a built-in name, a name that an installed package publishes, `module:Class`,
or a module with the API of the reference queue. Every error is a UsageError of one line.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from inspect import getattr_static
from pathlib import Path
from types import ModuleType

from pytest_queuekit.adapters.awaited import awaited
from pytest_queuekit.adapters.catalogue import BUILT_IN
from pytest_queuekit.adapters.handler_adapter import check_worker
from pytest_queuekit.adapters.user_modules import (
    adapter_in,
    adapter_names,
    did_you_mean,
    import_user_module,
    importable,
    module_names,
    one_line,
)
from pytest_queuekit.errors import AdapterError, UsageError
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.suggest import nearest


def resolve(
    spec: str, *, folders: Sequence[Path] = (), source: str = "--queue-impl"
) -> QueueUnderTest:
    """Return the queue under test that a spec names.

    Modules are searched for in the current folder, then in `folders`, then in sys.path. Raises
    UsageError with one line: the source of the spec, the problem, and a suggestion.
    """
    try:
        adapter = _adapter(spec, list(dict.fromkeys(map(str, [Path.cwd(), *folders]))))
        check_worker(adapter)
        return QueueUnderTest.of(awaited(adapter), spec=spec)
    except (UsageError, AdapterError) as error:
        shown = spec if spec.isprintable() and spec.strip() else repr(spec)
        raise UsageError(f"{source} {shown}: {error}") from error


def _adapter(spec: str, folders: Sequence[str]) -> type[QueueAdapter]:
    if spec in BUILT_IN:
        return BUILT_IN[spec].load()
    module_name, colon, class_name = spec.partition(":")
    if not colon and "." not in spec:
        # Here and not above: a process of an actor seldom needs it, and it takes long to load.
        from pytest_queuekit.adapters.published import published_as

        if entry := published_as(spec):
            return entry.load()
    _check_spelling(spec, folders)
    with importable(folders):
        try:
            module = import_user_module(module_name)
        except ModuleNotFoundError as error:
            raise _missing(spec, str(error.name), folders) from error
    return adapter_in(module, class_name) if colon else _adapted(module)


def _check_spelling(spec: str, folders: Sequence[str]) -> None:
    module, colon, name = spec.partition(":")
    if "<locals>" in name:
        raise UsageError(
            "a class inside a function, which other processes cannot import. "
            "Move it to the top of its module"
        )
    if module.endswith(".py") or "/" in module or "\\" in module:
        dotted = module.removesuffix(".py").strip("./\\").replace("/", ".").replace("\\", ".")
        raise UsageError(f"a path, not a module. Did you mean {dotted}{colon}{name}?")
    parts = module.split(".") + (name.split(".") if colon else [])
    if not all(part.isidentifier() for part in parts):
        raise UsageError(_FORM) if colon else _unknown(spec, folders)


_FORM = "not of the form module:Class. Give an adapter class such as shop.adapter:ShopQueue"


def _unknown(spec: str, folders: Sequence[str]) -> UsageError:
    from pytest_queuekit.adapters.published import published

    names = [*BUILT_IN, *(adapter.name for adapter in published()), *module_names(folders)]
    return UsageError(
        f"no built-in or published queue and no module of that name ({_searched(folders)}). "
        + (
            did_you_mean(nearest(spec, names))
            or "Run queuekit adapters for the names, or give module:Class"
        )
    )


def _searched(folders: Sequence[str]) -> str:
    return f"searched {', '.join(folders)} and sys.path"


def _missing(spec: str, part: str, folders: Sequence[str]) -> UsageError:
    """Explain that a part of a spec's module, which begins with that part, does not exist."""
    parent, _, last = part.rpartition(".")
    if not parent:
        if not {".", ":"} & set(spec):
            return _unknown(spec, folders)
        close = nearest(part, module_names(folders)) or nearest(part, module_names(None))
        near = did_you_mean([spec.replace(part, name, 1) for name in close])
        return UsageError(
            f"no module {part!r} ({_searched(folders)}). "
            + (near or "Check the spelling, or install the package that has it")
        )
    package = sys.modules[parent]
    near = did_you_mean(list(_classes_of(package, spec)) or _modules_of(package, spec, last))
    if ":" in spec:
        return UsageError(f"{parent!r} has no module {last!r}. {near}".rstrip())
    return UsageError(f"no built-in queue and no module of that name. {near or _NAME_A_CLASS}")


def _modules_of(package: ModuleType, spec: str, last: str) -> list[str]:
    modules = module_names(getattr(package, "__path__", []))
    parent = f"{package.__name__}."
    rest = spec.removeprefix(parent + last)
    return [f"{parent}{name}{rest}" for name in nearest(last, modules)]


def _classes_of(module: ModuleType, spec: str) -> Iterator[str]:
    """Yield module:Class for a spec that has a dot in place of the colon."""
    name = spec.removeprefix(f"{module.__name__}.")
    if ":" in name:
        return
    exact = isinstance(getattr_static(module, name, None), type)
    for adapter in [name] if exact else nearest(name, adapter_names(module)):
        yield f"{module.__name__}:{adapter} (a class in a module)"


def _adapted(module: ModuleType) -> type[QueueAdapter]:
    from pytest_queuekit.adapters import seed_api

    try:
        return seed_api.adapt(module)
    except UsageError as error:
        classes = [f"{module.__name__}:{name}" for name in adapter_names(module)]
        raise UsageError(f"{error}. {did_you_mean(classes) or _NAME_A_CLASS}") from error
    except Exception as error:  # a module's own __getattr__ may raise anything
        raise UsageError(f"the module cannot be adapted ({one_line(error)})") from error


_NAME_A_CLASS = "Give an adapter class as module:Class"
