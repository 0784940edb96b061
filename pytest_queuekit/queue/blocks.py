"""`with` blocks that an exception cannot leave open, wherever it arrives.

A signal handler, a time limit or Ctrl-C can raise at almost any bytecode. The managers of
contextlib have two gaps: after the generator took its state and before the block began, and at
the first bytecode of `__exit__`, which then never resumes the generator. In both, a transaction
would stay open. A `block` closes them:

- `__enter__` closes the generator if an exception arrives after its first step.
- The `with` statement alone keeps the generator alive, through the function that it calls at its
  end. If an exception keeps that function from running, the generator dies with the statement.

The generator then receives GeneratorExit at its `yield`, so its own `finally` clauses run.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from functools import partial, wraps
from types import TracebackType
from typing import Any, Generic, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")
C = TypeVar("C", bound=sqlite3.Connection)


def block(
    function: Callable[P, Generator[T, None, None]],
) -> Callable[P, AbstractContextManager[T]]:
    """Make a function that yields once a context manager, like contextlib.contextmanager.

    The function must not swallow the exception of the block.
    """

    @wraps(function)
    def make(*arguments: P.args, **options: P.kwargs) -> AbstractContextManager[T]:
        return cast("AbstractContextManager[T]", _Block(function(*arguments, **options)))

    return make


@block
def closing(connection: C) -> Generator[C, None, None]:
    """Close a connection at the end of the block."""
    try:
        yield connection
    finally:
        connection.close()


class _Exit:
    """The `__exit__` of a block: reading it returns a function that keeps the block alive."""

    def __get__(self, owner: _Block[Any] | None, _kind: type | None = None) -> Any:
        if owner is None:
            return self
        leave = partial(_leave, weakref.ref(owner))
        vars(leave)["keeps"] = owner
        return leave

    def __call__(self, owner: _Block[Any], *error: Any) -> bool:
        """Leave a block through its class, as ExitStack does."""
        return _leave(weakref.ref(owner), *error)


class _Block(Generic[T]):
    def __init__(self, steps: Generator[T, None, None]) -> None:
        self.steps = steps

    def __enter__(self) -> T:
        try:
            return next(self.steps)
        except BaseException:
            self.steps.close()
            raise

    __exit__ = _Exit()


def _leave(
    reference: weakref.ref[_Block[Any]],
    _kind: type[BaseException] | None,
    error: BaseException | None,
    trace: TracebackType | None,
) -> bool:
    """Resume the generator after its block; always return False."""
    # A parameter with the block itself would stay alive in the traceback of an exception.
    steps = cast("_Block[Any]", reference()).steps
    try:
        if error is None:
            next(steps, None)
        else:
            steps.throw(error)
    except BaseException as raised:
        steps.close()
        # A generator turns StopIteration into a RuntimeError.
        if raised is not error and not (
            isinstance(error, StopIteration) and raised.__cause__ is error
        ):
            raise
        raised.__traceback__ = trace
    return False
