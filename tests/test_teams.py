"""The five teams and the checks that concern each."""

from __future__ import annotations

import pytest

from pytest_queuekit.errors import UsageError
from pytest_queuekit.performance.targets import TARGETS
from pytest_queuekit.review.catalogue import ABOUT_FILES, CODES
from pytest_queuekit.rules.catalogue import FAMILIES
from pytest_queuekit.teams import TEAMS, concerns, team_named


@pytest.mark.parametrize("word", ["03", "3", "worker-03", "Worker 3", "worker engine"])
def test_a_team_has_a_number_and_a_name(word: str) -> None:
    """Each spelling of either names the team."""
    assert team_named(word).title == "team 03 (worker engine)"


@pytest.mark.parametrize(
    ("word", "hint"),
    [("07", ""), ("1", ""), ("", ""), ("observabilty", "'observability'"), ("33", "")],
)
def test_an_unknown_team_is_rejected_with_the_list(word: str, hint: str) -> None:
    """The error lists all teams and suggests the nearest."""
    with pytest.raises(
        UsageError, match=r"is not one of 02 \(client API\), .* 06 \(maintenance\)"
    ) as raised:
        team_named(word)
    assert (f"did you mean {hint}" in str(raised.value)) is bool(hint)


def test_the_teams_cover_all_checks() -> None:
    """Each family, target and item that a team names exists; each family and target has a team."""
    families = [name for team in TEAMS for name in team.families]
    targets = [name for team in TEAMS for name in team.targets]
    assert set(families) == {family.name for family in FAMILIES}
    assert set(targets) == {target.id for target in TARGETS}
    assert {name for team in TEAMS for name in team.spared} < {code.id for code in CODES}


def test_two_teams_have_the_checks_of_both() -> None:
    """A check concerns two teams if it concerns either."""
    client, watcher = team_named("02"), team_named("05")
    assert concerns((client, watcher), "STATS-1")
    assert concerns((client, watcher), "PERF-1")
    assert not concerns((client, watcher), "CLAIM-1")
    assert not concerns((client, watcher), "QR501")
    assert concerns((client, team_named("04")), "QR501")


@pytest.mark.parametrize("question", ["CLAIM-1", "PERF-4", "QR302", *ABOUT_FILES])
def test_without_a_team_every_check_concerns(question: str) -> None:
    """A check of files concerns every team."""
    assert concerns((), question)
    assert all(concerns((team,), question) for team in TEAMS) is (question in ABOUT_FILES)
