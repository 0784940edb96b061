"""The meeting of lanes: one decision for all, whoever makes it and however late."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.drivers.barrier import Barrier


def parties(folder: Path, count: int, patience: float = 30.0) -> list[Barrier]:
    """Return both sides, or all sides, of a meeting."""
    numbers = range(1, count + 1)
    return [Barrier(folder, party=one, parties=count, patience=patience) for one in numbers]


def at_once(calls: Sequence[Callable[[], object]]) -> list[object]:
    """Make all calls at the same time; return what each returned, or why it was not run."""
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


def test_all_hear_one_word(tmp_path: Path) -> None:
    """Whoever sees first that all have come gives the word, and it is the same for all."""
    for number in range(10):
        sides = parties(tmp_path / str(number), 4)
        said = at_once([partial(one.meet, "go", partial(str, id(one))) for one in sides])
        assert len(set(said)) == 1
        assert said[0] in {str(id(one)) for one in sides}


def test_only_one_is_the_first(tmp_path: Path) -> None:
    """Of several that decide at the same time exactly one is told that it did."""
    for number in range(10):
        sides = parties(tmp_path / str(number), 4)
        said = at_once([partial(one.decide, "judge", "x") for one in sides])
        assert sorted(map(bool, said)) == [False, False, False, True]


def test_a_time_out_is_one_for_all(tmp_path: Path) -> None:
    """Who comes after the others gave up does not act alone, even if now all have come."""
    early, late = parties(tmp_path, 2, patience=0.05)
    with pytest.raises(NotRunError, match="not all were ready"):
        early.meet("go", lambda: "go")
    with pytest.raises(NotRunError, match=r"within 0\.05 s"):
        late.meet("go", lambda: "go")


def test_who_is_missing_is_named(tmp_path: Path) -> None:
    """The message says which lanes did not come, and how many processes it takes."""
    first = Barrier(tmp_path, party=1, parties=4, patience=0.05)
    Barrier(tmp_path, party=3, parties=4, patience=0.05)
    with pytest.raises(NotRunError, match=r"lane 2, 4 did not come: .* give -n 4 or more"):
        first.agree("ready")


def test_what_was_called_off_stays_so(tmp_path: Path) -> None:
    """A reason to call off reaches who asks later; a decision that was made stands."""
    one, other = parties(tmp_path, 2)
    one.call_off("ready", "lane 1 failed")
    with pytest.raises(NotRunError, match=r"^lane 1 failed$"):
        other.agree("ready")
    assert one.decide("go", "now")
    other.call_off("go", "too late")
    assert other.agree("go") == "now"


def test_nobody_comes_twice(tmp_path: Path) -> None:
    """A party that comes again is told that the folder was used."""
    Barrier(tmp_path, party=1, parties=2, patience=1)
    with pytest.raises(NotRunError, match=r"lane 1 has run in folder=.* before"):
        Barrier(tmp_path, party=1, parties=2, patience=1)
