"""The adapters of further libraries declare and translate, and nothing else."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit import Contract, Payload, QueueAdapter

HERE = Path(__file__).parent / "adapters"
PAGE = HERE.parents[2] / "docs" / "findings.md"
MODULES = sorted(path.stem for path in HERE.glob("[!_]*.py"))
LIMIT = 40
"""Lines that a class may have, its docstring and blank lines apart."""

each_module = pytest.mark.parametrize("module", MODULES)


def class_in(module: str) -> ast.ClassDef:
    """Return the one class of a module that derives from QueueAdapter."""
    tree = ast.parse((HERE / f"{module}.py").read_text(encoding="utf-8"))
    bases = {node: ast.unparse(node) for node in tree.body if isinstance(node, ast.ClassDef)}
    (found,) = (node for node, text in bases.items() if "(QueueAdapter)" in text)
    return found


@each_module
def test_an_adapter_is_short(module: str) -> None:
    """An adapter translates, and so is short enough to be an example."""
    source = (HERE / f"{module}.py").read_text(encoding="utf-8").splitlines()
    adapter = class_in(module)
    body = source[adapter.body[1].lineno - 1 : adapter.end_lineno]
    assert len([line for line in body if line.strip()]) <= LIMIT


@each_module
def test_the_page_names_an_adapter(module: str) -> None:
    """The table of docs/findings.md has a row for the adapter, with its spec."""
    assert f"`{module}:{class_in(module).name}`" in PAGE.read_text(encoding="utf-8")


@each_module
def test_an_adapter_delivers_a_task(module: str, tmp_path: Path) -> None:
    """With its library installed, a task comes out as it went in, once."""
    adapter = load(module)
    contract = Contract.of(adapter)
    payloads = {Payload.JSON: {"one": [1, None]}, Payload.TEXT: "one", Payload.BYTES: b"one"}
    queue: Any = adapter(adapter.provision(tmp_path))
    queue.enqueue(payloads[contract.payload])
    claim = queue.claim("w")
    assert claim.payload == payloads[contract.payload]
    if "complete" in contract.capabilities:
        queue.complete(claim)
    assert queue.claim("w") is None
    queue.close()
    queue.close()


def load(module: str) -> type[QueueAdapter]:
    """Import an adapter; skip the test if its library is not installed."""
    pytest.importorskip(module, reason=f"{module} is not installed")
    place = importlib.import_module(f"tests.findings.adapters.{module}")
    adapter: type[QueueAdapter] = getattr(place, class_in(module).name)
    return adapter
