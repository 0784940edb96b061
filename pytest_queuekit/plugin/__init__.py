"""The plugin that pytest loads. It declares options, and does nothing more without them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import Any

import pytest

from pytest_queuekit.plugin import options

pytest_plugins = ("pytest_queuekit.plugin.fixtures",)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare options and ini keys."""
    options.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers and, if rules or checks are asked for, load the modules that run them."""
    for marker in options.MARKERS:
        config.addinivalue_line("markers", marker)
    useless, needed = options.without_effect(config)
    if useless:
        # A user who gives it believes that a queue is tested: a run that passes must not agree.
        kept = useless.removeprefix("--").replace("-", "_")
        hint = (
            "" if useless == f"--{options.GATE}" else f", or keep the value in the ini key {kept}"
        )
        raise pytest.UsageError(f"{useless} does nothing without {needed}: add that{hint}")
    if options.is_asked_for(config):
        from pytest_queuekit.plugin import unrewritten

        unrewritten.register(config)
        from pytest_queuekit.plugin import validation

        validation.register(config)
    if options.is_watch_asked_for(config):
        from pytest_queuekit.plugin import watching

        watching.register(config, watching.mode_of(config))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Load the watch of databases if a test asks for the watch by its marker."""
    if options.is_any_strict(session.items):
        from pytest_queuekit.plugin import watching

        watching.register_for_marked(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the findings about databases that an xdist worker reports when it ends."""
    findings = getattr(node, "workeroutput", {}).get(options.WATCH)
    if findings:
        from pytest_queuekit.plugin import watching

        watching.register_for_marked(node.config).enter(findings)
