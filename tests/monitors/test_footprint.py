"""The monitor `footprint`: legal histories beside their illegal twins."""

from __future__ import annotations

from pytest_queuekit.monitors import footprint
from tests.monitors.notation import Twins, contract, history, kinds


def _purges(*sizes: int, life: str = "waiting") -> str:
    """Return purges with these sizes of the files, after 1000 bytes each."""
    return ";".join(
        f'a: purge life="{life}" bytes={size} written={1000 * number}'
        for number, size in enumerate(sizes, start=1)
    )


_LEAK = tuple(1000 * number for number in range(1, 11))

TWINS = (
    Twins(
        kind="files-grow",
        legal=_purges(*range(5000, 5010)),
        illegal=_purges(*_LEAK),
    ),
)


def test_a_log_that_is_cut_now_and_then_is_bounded() -> None:
    """The largest sizes are compared, so that the last moment before a cut is no growth."""
    assert kinds(footprint, _purges(1, 2000, 9000, 1, 2000, 9000, 1, 2000, 1, 9000)) == []


def test_purges_without_a_size_are_no_evidence() -> None:
    """A few purges, or those of another rule, prove nothing."""
    assert kinds(footprint, _purges(1, 10**9)) == []
    assert kinds(footprint, ";".join(["a: purge"] * 10)) == []


def test_each_life_is_judged_apart() -> None:
    """What failed tasks leave behind is found beside waiting tasks that leave nothing."""
    bounded = _purges(*range(5000, 5010))
    assert kinds(footprint, f"{bounded};{_purges(*_LEAK, life='failed')}") == ["files-grow"]
    assert kinds(footprint, f"{bounded};{_purges(*[9**9] * 10, life='failed')}") == []


def test_both_sizes_are_told() -> None:
    """The detail has the sizes, the life and the rounds."""
    (violation,) = footprint(history(_purges(*_LEAK)), contract())
    assert violation.detail == (
        "The queue's files grew from 4,000 bytes at 3.000-3.500 s to 10,000 bytes at 9.000-9.500 "
        "s, although `a` completed and purged the waiting task of each of 10 rounds."
    )
