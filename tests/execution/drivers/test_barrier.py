"""The barrier: all lanes get the same decision, however late they are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.drivers.barrier import Barrier


def parties(folder: Path, count: int, patience: float = 30.0) -> list[Barrier]:
    """Return all parties of a meeting."""
    numbers = range(1, count + 1)
    return [Barrier(folder, party=party, parties=count, patience=patience) for party in numbers]


def at_once(calls: Sequence[Callable[[], object]]) -> list[object]:
    """Make all calls at the same time. Return each result, or the reason why it was not run."""
    said: list[object] = [None] * len(calls)

    def call(number: int) -> None:
        try:
            said[number] = calls[number]()
        except NotRunError as error:
            said[number] = f"not run: {error}"

    threads = [threading.Thread(target=call, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


def test_all_parties_get_the_same_word(tmp_path: Path) -> None:
    """The first party that sees all others gives the word, and all parties get it."""
    for number in range(10):
        sides = parties(tmp_path / str(number), 4)
        said = at_once([partial(side.meet, "go", partial(str, id(side))) for side in sides])
        assert len(set(said)) == 1
        assert said[0] in {str(id(side)) for side in sides}


def test_only_one_party_is_the_first(tmp_path: Path) -> None:
    """If several parties decide at the same time, exactly one decision counts."""
    for number in range(10):
        sides = parties(tmp_path / str(number), 4)
        said = at_once([partial(side.decide, "judge", "x") for side in sides])
        assert sorted(map(bool, said)) == [False, False, False, True]


def test_a_time_out_counts_for_all(tmp_path: Path) -> None:
    """A party that arrives after the time-out does not act alone."""
    early, late = parties(tmp_path, 2, patience=0.05)
    with pytest.raises(NotRunError, match="not all were ready"):
        early.meet("go", lambda: "go")
    with pytest.raises(NotRunError, match=r"within 0\.05 s"):
        late.meet("go", lambda: "go")


def test_missing_lanes_are_named(tmp_path: Path) -> None:
    """The message names the missing lanes and the number of processes needed."""
    first = Barrier(tmp_path, party=1, parties=4, patience=0.05)
    Barrier(tmp_path, party=3, parties=4, patience=0.05)
    with pytest.raises(NotRunError, match=r"lane 2, 4 did not come: .* give -n 4 or more"):
        first.agree("ready")


def test_a_decision_cannot_be_changed(tmp_path: Path) -> None:
    """A cancellation reaches parties that ask later; an earlier decision stands."""
    first, second = parties(tmp_path, 2)
    first.call_off("ready", "lane 1 failed")
    with pytest.raises(NotRunError, match=r"^lane 1 failed$"):
        second.agree("ready")
    assert first.decide("go", "now")
    second.call_off("go", "too late")
    assert second.agree("go") == "now"


def test_a_folder_serves_one_meeting(tmp_path: Path) -> None:
    """A party that arrives a second time gets an error that names the folder."""
    Barrier(tmp_path, party=1, parties=2, patience=1)
    with pytest.raises(NotRunError, match=r"lane 1 has run in folder=.* before"):
        Barrier(tmp_path, party=1, parties=2, patience=1)
