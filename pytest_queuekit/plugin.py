"""What pytest loads: it declares the options, and does nothing more unless it is asked to.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_queuekit import options

if TYPE_CHECKING:
    import pytest

pytest_plugins = ("pytest_queuekit.fixtures",)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare options and ini keys."""
    options.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers and, if rules or checks are asked for, load what runs them."""
    for marker in options.MARKERS:
        config.addinivalue_line("markers", marker)
    if options.is_asked_for(config):
        from pytest_queuekit.pytest_side import validation

        validation.register(config)
    elif useless := options.without_effect(config):
        # Whoever gives it believes that a queue is tested: a run that passes must not agree.
        import pytest

        raise pytest.UsageError(
            f"{useless} does nothing without --{options.VALIDATE}: add that, or keep the value in "
            f"the ini key {useless.removeprefix('--').replace('-', '_')}"
        )
