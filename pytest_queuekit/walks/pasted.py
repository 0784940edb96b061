"""A walk as the source of a pytest test."""

from __future__ import annotations

from pytest_queuekit.walks.steps import Walk


def source_of(walk: Walk, spec: str) -> str:
    """Return the source of a test that repeats a walk on the queue that `spec` names."""
    names = sorted({type(step).__name__ for step in walk} | {"replay"}, key=str.casefold)
    lines = [
        f"from pytest_queuekit.walks import {', '.join(names)}",
        "",
        "",
        "def test_walk(tmp_path):",
        "    replay(",
        f'        "{spec}",',
        "        tmp_path,",
        *(f"        {step!r}," for step in walk),
        "    )",
    ]
    return "\n".join(lines) + "\n"
