"""A walk as the source of a pytest test."""

from __future__ import annotations

from pytest_queuekit.walks.steps import Walk


def source_of(walk: Walk, spec: str, note: str = "", *, processes: bool = False) -> str:
    """Return the source of a test that repeats a walk on the queue that `spec` names.

    note: a line of comment at its head.
    processes: True if the actors have processes.
    """
    names = sorted({"replay"}.union(*(step.kinds() for step in walk)), key=str.casefold)
    lines = [
        *([f"# {note}"] if note else []),
        f"from pytest_queuekit.walks import {', '.join(names)}",
        "",
        "",
        "def test_walk(tmp_path):",
        "    replay(",
        f'        "{spec}",',
        "        tmp_path,",
        *(f"        {step!r}," for step in walk),
        *(["        processes=True,"] if processes else []),
        "    )",
    ]
    return "\n".join(lines) + "\n"
