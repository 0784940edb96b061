"""Modules and functions stay small enough to be read at one go."""

from __future__ import annotations

from statistics import median, quantiles

from tests.architecture.source import ROOT, modules


def _functions() -> list[tuple[str, int]]:
    return [function for module in modules() for function in module.functions()]


def test_no_module_is_long() -> None:
    """No module has more than 400 lines."""
    assert [f"{module.name} {module.length}" for module in modules() if module.length > 400] == []


def test_most_modules_are_short() -> None:
    """Half of the modules have at most 150 lines."""
    assert median(module.length for module in modules()) <= 150


def test_no_function_is_long() -> None:
    """No function has more than 60 lines."""
    assert [f"{place} {length}" for place, length in _functions() if length > 60] == []


def test_most_functions_fit_on_a_screen() -> None:
    """Nine of ten functions have at most 30 lines."""
    assert quantiles([length for _, length in _functions()], n=10)[-1] <= 30


def test_conftest_files_are_small() -> None:
    """A test contains its own setup: a conftest has at most 60 lines."""
    conftests = [module for module in modules(ROOT / "tests") if module.path.name == "conftest.py"]
    assert [f"{module.name} {module.length}" for module in conftests if module.length > 60] == []


def test_the_page_of_the_architecture_is_short() -> None:
    """docs/architecture.md has at most 60 lines."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert text.count("\n") <= 60
