"""The monitor `memory`: legal histories beside their illegal twins."""

from __future__ import annotations

import pytest

from pytest_queuekit.monitors import memory
from tests.monitors.notation import Twins, contract, history, kinds


def purges(*sizes: int) -> str:
    """Return purges with these sizes of the process, after 1000 bytes each."""
    return ";".join(
        f"a: purge memory={size} written={1000 * number}"
        for number, size in enumerate(sizes, start=1)
    )


LEAK = tuple(50_000 + 1000 * number for number in range(1, 21))

TWINS = (
    Twins(kind="memory-grows", legal=purges(*range(50_000, 50_020)), illegal=purges(*LEAK)),
    Twins(
        kind="memory-grows",
        legal=purges(*(50_000 + 499 * number for number in range(20))),
        illegal=purges(*(50_000 + 501 * number for number in range(20))),
    ),
)


@pytest.mark.parametrize(
    "sizes",
    [
        (*LEAK[:12], *LEAK[11:12] * 8),
        (*LEAK[:16], *LEAK[15:16] * 4),
        (*LEAK[:1] * 12, *LEAK[12:]),
        LEAK[:2],
        LEAK[::-1],
        (*(50_000 + 900 * (number % 5) for number in range(20)),),
    ],
    ids=[
        "a cache that fills",
        "one that fills late",
        "a late step",
        "too few",
        "a process that shrinks",
        "up and down",
    ],
)
def test_growth_that_ends_is_no_leak(sizes: tuple[int, ...]) -> None:
    """A process may grow once, and its size may vary."""
    assert kinds(memory, purges(*sizes)) == []


def test_purges_without_a_size_are_no_evidence() -> None:
    """They belong to another rule."""
    assert kinds(memory, ";".join(["a: purge bytes=1 written=1"] * 20)) == []


def test_the_share_that_stays_is_told() -> None:
    """The detail has both sizes and the share."""
    (violation,) = memory(history(purges(*LEAK)), contract())
    assert violation.detail == (
        "The process of `a` grew from 57,000 bytes at 6.000-6.500 s to 67,000 bytes at "
        "16.000-16.500 s, although it had completed and purged all tasks: it keeps 100% of the "
        "bytes that were enqueued in between."
    )
