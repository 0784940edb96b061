"""A sample of each attack on the reference queue, and proof that the attacks can find harm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.faults import power
from tests.faults.attack import ALL, Attack
from tests.faults.batches import run_apart
from tests.faults.catalogue import ATTACKS, named
from tests.faults.disk import is_available
from tests.faults.power import CALLS
from tests.faults.tally import Tally
from tests.faults.workload import NO_SCHEMA, WEIGHTS, Workload, states

SAMPLE = 12
"""Cases of each attack in the plain suite."""
LONG_SAMPLE = 400
"""Cases of each attack among the slow tests."""


def harmless(attack: Attack, number: int, limit: int) -> None:
    """Run a batch, which must try something and do no harm."""
    if attack.needs_observed_disk and not is_available():
        pytest.skip("this Python's SQLite is not a shared library")
    tally = run_apart(attack, number, limit)
    assert tally.tried > 0
    assert tally.is_clean, "\n".join(tally.reports)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_a_sample_does_no_harm(attack: Attack) -> None:
    """The first batch of each attack, in a few cases."""
    harmless(attack, 1, SAMPLE)


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_a_long_sample_does_no_harm(attack: Attack) -> None:
    """The second batch of each attack, in more cases."""
    harmless(attack, 2, LONG_SAMPLE)


@pytest.mark.parametrize("number", [13, 19])
def test_damage_that_was_not_withstood(number: int) -> None:
    """A time with a digit too few, and an index whose entries lead round in a circle."""
    harmless(named("damage"), number, ALL)


def test_a_workload_repeats_its_states(tmp_path: Path) -> None:
    """The same seed passes through the same states, weighted claims included."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    passed = states(first, 3, CALLS)
    assert passed == states(second, 3, CALLS)
    assert passed[0] == NO_SCHEMA
    assert len(set(passed)) > CALLS // 2


def test_a_workload_makes_every_call(tmp_path: Path) -> None:
    """A few seeds together make each call of a workload."""
    made = {
        name
        for seed in range(1, 5)
        for name in Workload(tmp_path / f"{seed}.db", seed).calls(CALLS)
    }
    assert made == {"initialize_schema", *WEIGHTS}


def test_each_wrong_state_has_its_harm() -> None:
    """A state too early is a loss, one too late is wrong, and one of no call is damage."""
    passed = [json.dumps(number) for number in range(5)]
    tally = Tally()
    for state in (*passed, "half"):
        tally.judge_state(state, passed, least=2, most=3, where="here")
    assert (tally.lost, tally.wrong, tally.damaged) == (2, 1, 1)
    assert tally.reports[0] == "lost: here: the state is that of 0 calls"


@pytest.mark.skipif(not is_available(), reason="this Python's SQLite is not a shared library")
def test_the_power_cuts_find_commits_that_were_not_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Measured by the promise of FULL, a run with NORMAL loses acknowledged calls."""
    promised = power._promised
    monkeypatch.setattr(
        power, "_promised", lambda recording, level, cut: promised(recording, "FULL", cut)
    )
    assert power.NORMAL.run(1, 80, tmp_path).lost > 0
