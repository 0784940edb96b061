"""Names say what a thing is, and nothing is left lying about."""

from __future__ import annotations

import ast
import re
from importlib import import_module

import pytest

import pytest_queuekit
from tests.architecture.source import PACKAGE, ROOT, modules, written_files

VAGUE = {"utils", "util", "common", "helpers", "helper", "misc"}
LEFT = re.compile(
    "|".join(("TO" + "DO", "FIX" + "ME", r"\bXX" + r"X\b", "NotImplemented" + "Error"))
)
MACHINE = re.compile("|".join((r"/ho" + "me/", r"/ro" + "ot/", r"/Us" + "ers/", r"/wo" + "rk/")))


def test_no_module_has_a_vague_name() -> None:
    """No module or folder is called after the fact that it is used."""
    everything = [*modules(), *modules(ROOT / "tests")]
    assert [
        module.name for module in everything if VAGUE & {*module.path.parts, module.path.stem}
    ] == []


@pytest.mark.parametrize("pattern", [LEFT, MACHINE], ids=["unfinished", "path of a machine"])
def test_nothing_is_left_lying_about(pattern: re.Pattern[str]) -> None:
    """No file contains an unfinished-work marker, or a path that exists on one machine only."""
    calls = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in written_files()
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    ]
    assert calls == []


def _imported_for_type_checkers() -> set[str]:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    return {
        str(alias.asname)
        for node in guarded.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_type_checkers_see_the_public_names() -> None:
    """`__all__` of the package lists what type checkers see, and the version."""
    assert {*_imported_for_type_checkers(), "__version__"} == set(pytest_queuekit.__all__)


@pytest.mark.parametrize("name", pytest_queuekit.__all__)
def test_a_public_name_is_there(name: str) -> None:
    """Each name of `__all__` can be had from the package."""
    assert getattr(pytest_queuekit, name) is not None


@pytest.mark.parametrize("package", ["pytest_queuekit.queue"])
def test_all_lists_the_public_names(package: str) -> None:
    """`__all__` of the reference queue lists its public names, no more and no less."""
    module = import_module(package)
    here = {path.stem for path in (PACKAGE / "queue").iterdir()}
    named = {name for name in vars(module) if name.isidentifier() and not name.startswith("_")}
    later = {"TYPE_CHECKING", "import_module"}, {*module._OF_VALIDATION}
    assert set(module.__all__) - here == (named - here - {"annotations"} - later[0]) | later[1]


def test_types_are_published() -> None:
    """Type checkers may read the package's annotations."""
    assert (PACKAGE / "py.typed").is_file()
