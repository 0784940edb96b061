"""The five teams, and what concerns them."""

from __future__ import annotations

import pytest

from pytest_queuekit.errors import UsageError
from pytest_queuekit.performance.targets import TARGETS
from pytest_queuekit.review.catalogue import ABOUT_FILES, CODES
from pytest_queuekit.rules.catalogue import FAMILIES
from pytest_queuekit.teams import TEAMS, concerns, team_named


@pytest.mark.parametrize("word", ["03", "3", "worker-03", "Worker 3", "worker engine"])
def test_a_team_is_known_by_its_number_and_its_name(word: str) -> None:
    """However it is written."""
    assert team_named(word).title == "worker 03 (worker engine)"


@pytest.mark.parametrize(
    ("word", "hint"),
    [("07", ""), ("1", ""), ("", ""), ("observabilty", "'observability'"), ("33", "")],
)
def test_what_is_no_team_is_told_with_all_there_are(word: str, hint: str) -> None:
    """And with the one that may have been meant."""
    with pytest.raises(
        UsageError, match=r"is none of 02 \(client API\), .* 06 \(maintenance\)"
    ) as told:
        team_named(word)
    assert (f"did you mean {hint}" in str(told.value)) is bool(hint)


def test_the_teams_name_what_there_is() -> None:
    """Each family, target and item that a profile names exists, and none is nobody's."""
    families = [name for team in TEAMS for name in team.families]
    targets = [name for team in TEAMS for name in team.targets]
    assert set(families) == {family.name for family in FAMILIES}
    assert set(targets) == {target.id for target in TARGETS}
    assert {name for team in TEAMS for name in team.spared} < {code.id for code in CODES}


def test_what_concerns_one_of_several_is_put() -> None:
    """Two teams together are asked what either is asked."""
    client, watcher = team_named("02"), team_named("05")
    assert concerns((client, watcher), "STATS-1")
    assert concerns((client, watcher), "PERF-1")
    assert not concerns((client, watcher), "CLAIM-1")
    assert not concerns((client, watcher), "QR501")
    assert concerns((client, team_named("04")), "QR501")


@pytest.mark.parametrize("question", ["CLAIM-1", "PERF-4", "QR302", *ABOUT_FILES])
def test_without_a_team_all_concerns(question: str) -> None:
    """And what is said of files concerns every team."""
    assert concerns((), question)
    assert all(concerns((one,), question) for one in TEAMS) is (question in ABOUT_FILES)
