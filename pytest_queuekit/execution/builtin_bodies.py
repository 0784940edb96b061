"""Replaces the body of a built-in function of CPython, and restores it afterwards.

Programs hold references to built-in functions in many places: `from time import time`, the default
of a parameter, a dataclass field's `default_factory`. A replacement of `time.time` in its module
reaches none of them. A change of the function object itself reaches them all, and its restoration
leaves no trace.

The layout that this module relies on has not changed since Python 3.8. The module verifies it
before the first write, and raises LayoutError if it differs or if no GIL protects the write.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable
from types import BuiltinFunctionType
from typing import Any

Function = Callable[..., Any]

_HEAD = object.__basicsize__
_WORDS = ctypes.c_void_p * 5
"""After the head of a PyCFunctionObject: m_ml, m_self, m_module, m_weakreflist, vectorcall
(https://github.com/python/cpython/blob/v3.13.0/Include/cpython/methodobject.h)."""
_DEFINITION, _SELF, _WEAK_REFERENCES = 0, 1, 3

_FAST, _KEYWORDS, _NO_ARGUMENTS, _CLASS = 0x80, 0x02, 0x04, 0x10
"""METH_FASTCALL, METH_KEYWORDS, METH_NOARGS and METH_CLASS."""


class LayoutError(RuntimeError):
    """The layout of this interpreter's built-in functions differs from the known one."""


class _Definition(ctypes.Structure):
    """PyMethodDef, a part of the stable ABI (https://docs.python.org/3/c-api/structures.html)."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("method", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


_NEW_BUILTIN = ctypes.PYFUNCTYPE(
    ctypes.py_object, ctypes.POINTER(_Definition), ctypes.py_object, ctypes.py_object
)
_METHOD_WITHOUT_ARGUMENTS = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)
_METHOD = ctypes.PYFUNCTYPE(
    ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_void_p
)


def copy_of(builtin: Function) -> Function:
    """Return a copy of a built-in function, which is not redirected with the original."""
    return _new_builtin(_definition(builtin), builtin.__self__, builtin.__module__)  # type: ignore[attr-defined]


class RedirectedFunction:
    """A built-in function of a module that calls `function` while redirected.

    All references to the built-in function are redirected.
    """

    def __init__(self, builtin: Function, function: Function) -> None:
        own = _definition(builtin)
        # PyObject_Vectorcall(callable, arguments, ...) has the form of a C method with keywords
        # whose `self` is the function to call. Exceptions pass through it.
        self._borrowed = _Definition(
            name=own.name,
            method=ctypes.cast(ctypes.pythonapi.PyObject_Vectorcall, ctypes.c_void_p).value,
            flags=_FAST | _KEYWORDS,
            doc=own.doc,
        )
        self._builtin = builtin
        self._function = function
        self._stand_in = _new_builtin(self._borrowed, function, builtin.__module__)

    def redirect(self) -> None:
        """Let the built-in function call `function`."""
        if not self._is_redirected():
            self._exchange()

    def restore(self) -> None:
        """Restore the built-in function's own body."""
        if self._is_redirected():
            self._exchange()

    def _is_redirected(self) -> bool:
        return _body(self._builtin)[_SELF] == id(self._function)

    def _exchange(self) -> None:
        """Exchange the bodies of the built-in function and of its stand-in.

        Each reference that a body holds moves with it, so that all reference counts stay right.
        """
        builtin, stand_in = _body(self._builtin), _body(self._stand_in)
        own, other = list(builtin), list(stand_in)
        # The weak references refer to the object, not to its body.
        own[_WEAK_REFERENCES], other[_WEAK_REFERENCES] = (
            other[_WEAK_REFERENCES],
            own[_WEAK_REFERENCES],
        )
        # One slice is one C call under the GIL: no thread meets half a body.
        builtin[:] = other
        stand_in[:] = own


class RedirectedMethod:
    """A class method of a built-in class that calls `function(cls, ...)` while redirected.

    A lookup on the class or on a subclass finds `function` itself. A bound method that exists
    already, such as a `default_factory`, is reached through C, which expects no exception here: if
    `function` raises, that caller gets a SystemError.
    """

    def __init__(self, owner: type, name: str, function: Function) -> None:
        self._owner = owner
        self._name = name
        self._function = function
        self._members = _members(owner)
        self._descriptor = self._members[name]
        self._definition = _definition(getattr(owner, name))
        if self._definition.flags == _CLASS | _NO_ARGUMENTS:
            self._callback: Any = _METHOD_WITHOUT_ARGUMENTS(_without_arguments(function))
        elif self._definition.flags == _CLASS | _FAST | _KEYWORDS:
            self._callback = _METHOD(_with_arguments(function))
        else:
            raise LayoutError(f"{name} has an unknown calling convention")
        self._address = ctypes.cast(self._callback, ctypes.c_void_p).value
        self._original = self._definition.method

    def redirect(self) -> None:
        """Let the method call `function`."""
        if self._definition.method != self._address:
            self._original = self._definition.method  # another tool may have set it meanwhile
            self._set(classmethod(self._function), self._address)

    def restore(self) -> None:
        """Restore the class's own method."""
        self._set(self._descriptor, self._original)

    def _set(self, member: object, method: int | None) -> None:
        self._definition.method = method
        self._members[self._name] = member
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(self._owner))  # lookups are cached


def _members(owner: type) -> dict[str, Any]:
    """Return the dict behind `vars(owner)`, which is read-only for a built-in class."""
    members = gc.get_referents(vars(owner))
    if len(members) != 1 or not isinstance(members[0], dict) or members[0] != vars(owner):
        raise LayoutError(f"the members of {owner!r} are out of reach")
    return members[0]


def _without_arguments(function: Function) -> Function:
    def method(owner: type, _nothing: int | None) -> int | None:
        return _result(function, owner)

    return method


def _with_arguments(function: Function) -> Function:
    def method(owner: type, values: int | None, count: int, keywords: int | None) -> int | None:
        names = ctypes.cast(keywords, ctypes.py_object).value if keywords else ()
        total = count + len(names)
        given = list((ctypes.py_object * total).from_address(values)) if values and total else []
        return _result(
            function, owner, *given[:count], **dict(zip(names, given[count:], strict=True))
        )

    return method


def _result(function: Function, *arguments: Any, **options: Any) -> int | None:
    """Return the address of a new reference to the function's result; None if it raises."""
    try:
        result = function(*arguments, **options)
    except BaseException:  # noqa: BLE001 - ctypes would print it, and return an undefined address
        return None
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(result))
    return id(result)


def _definition(builtin: Function) -> _Definition:
    """Return the definition of a built-in function. Raises LayoutError if it has none."""
    if not isinstance(builtin, BuiltinFunctionType) or not _known_layout(builtin):
        raise LayoutError(f"{builtin!r} is not a built-in function of known layout")
    definition = _Definition.from_address(_body(builtin)[_DEFINITION] or 0)
    if definition.name != builtin.__name__.encode():
        raise LayoutError(f"{builtin!r} has no definition of its name")
    return definition


def _known_layout(builtin: BuiltinFunctionType) -> bool:
    # `m_self` is known by other means: if it is in its place, `m_ml` before it is in its place.
    return (
        sys.implementation.name == "cpython"
        and getattr(sys, "_is_gil_enabled", lambda: True)()
        and type(builtin).__basicsize__ == _HEAD + ctypes.sizeof(_WORDS)
        and _body(builtin)[_SELF] == id(builtin.__self__)
    )


def _body(builtin: Function) -> ctypes.Array[ctypes.c_void_p]:
    return _WORDS.from_address(id(builtin) + _HEAD)


def _new_builtin(definition: _Definition, owner: object, module: str | None) -> Function:
    new = _NEW_BUILTIN(("PyCFunction_NewEx", ctypes.pythonapi))
    function: Function = new(ctypes.byref(definition), owner, module)
    return function
