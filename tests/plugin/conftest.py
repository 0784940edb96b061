"""A project of a user, in which pytest runs with the plugin."""

from __future__ import annotations

import pytest

from tests.plugin.gate_project import make_team
from tests.plugin.project import Project

SPREAD = {"plain": (), "n0": ("-p", "xdist", "-n", "0"), "n2": ("-p", "xdist", "-n", "2")}
"""The ways in which items are spread over processes, as arguments of pytest."""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty project with a module of queues, apart from the run that tests it."""
    return Project.made(pytester, monkeypatch)


@pytest.fixture
def team(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a feature of team 05 and its test."""
    return make_team(project, monkeypatch)


@pytest.fixture(params=list(SPREAD.values()), ids=list(SPREAD))
def spread(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The arguments that spread items over processes: none, -n 0, -n 2."""
    arguments: tuple[str, ...] = request.param
    return arguments
