"""A failing history is shrunk to the calls that its proof needs."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from pytest_queuekit.cli import main
from pytest_queuekit.histories.judging import violations
from pytest_queuekit.histories.shrinking import shrink
from pytest_queuekit.model.history import History
from pytest_queuekit.model.verdict import Violation
from tests.histories.files import HEAD, call, write
from tests.monitors.notation import contract, history

JUDGE = partial(violations, contract=contract(), complete=True)
OTHERS = "; ".join(
    f"p: enqueue o{n} @{n}-{n}.1; c: claim o{n} @{n}.2-{n}.3; c: complete o{n} @{n}.4-{n}.5"
    for n in range(20)
)


def _shrunk(text: str) -> History:
    failing = history(f"{text}; {OTHERS}", lease=10.0, drained=True)
    return shrink(failing, JUDGE(failing)[0], JUDGE)


def _calls(shrunk: History) -> list[tuple[str, str | None, float, int | None]]:
    return [(each.verb, each.task, each.start / 10**9, each.claim) for each in shrunk]


def test_only_the_calls_of_the_proof_stay() -> None:
    """With the enqueue of a delivered task."""
    text = "p: enqueue t @0-0.5; a: claim t @1-1.5; b: claim t @2-2.5; b: complete t @5-6"
    assert _calls(_shrunk(text)) == [
        ("enqueue", "t", 0, None),
        ("claim", "t", 1, None),
        ("claim", "t", 2, None),
    ]


def test_the_proof_stays_the_same() -> None:
    """Without its release, the first delivery would be a second proof, and a wrong one."""
    text = (
        "p: enqueue t @0-0.5; a: claim t @1-1.5; a: release t @2-2.1; "
        "b: claim t @3-3.5; c: claim t @4-4.5"
    )
    assert [start for _, _, start, _ in _calls(_shrunk(text))] == [0, 3, 4]


def test_an_acknowledgement_keeps_its_claim() -> None:
    """Its number is that of the shrunk history."""
    text = "p: enqueue t @0-0.5; a: claim t @1-1.5; a: complete t @2-2.1; b: claim t @3-3.5"
    assert _calls(_shrunk(text))[-2:] == [("complete", "t", 2, 1), ("claim", "t", 3, None)]


def test_a_proof_that_needs_other_tasks_has_few_of_them() -> None:
    """The search looks around the proof, and never judges the whole of a long history again."""
    others = "; ".join(
        f"p: enqueue o{n} @{n}-{n}.1; c: claim o{n} @{n}.2-{n}.3; c: complete o{n} @{n}.4-{n}.5"
        for n in range(1_000)
    )
    failing = history(f"{others}; p: stats - @999.8-999.9 completed=3", lease=10.0)
    sizes: list[int] = []

    def judge(candidate: History) -> list[Violation]:
        sizes.append(len(candidate))
        return JUDGE(candidate)

    shrunk = shrink(failing, JUDGE(failing)[0], judge)
    assert sum(each.verb == "complete" for each in shrunk) == 4
    assert max(sizes) < len(failing) / 2


@pytest.mark.parametrize("token", [None, 7])
def test_the_shrunk_history_is_a_file_that_fails_alike(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], token: int | None
) -> None:
    """Also if another actor acknowledged by the token."""
    rest = [call("p", "enqueue", f"o{n}", n) for n in range(9)]
    lines = [
        {**HEAD, "lease": 30, "complete": True, "tolerance": 0.1},
        call("p", "enqueue", "t", 0.2),
        call("a", "claim", "t", 1, token=token),
        call("b" if token else "a", "complete", "t", 2, token=token),
        call("c", "claim", "t", 40),
        *rest,
    ]
    contract_file = tmp_path / "contract.toml"
    contract_file.write_text('liveness = "lease"\norder = { ties = "none" }\n', encoding="utf-8")
    shrunk = tmp_path / "shrunk.jsonl"
    path = write(tmp_path / "h.jsonl", *lines)
    asked = ["--contract", str(contract_file)]
    assert main(["check", str(path), *asked, "--shrunk", str(shrunk)]) == 1
    first = capsys.readouterr().out.partition("Lines")[0]
    assert first.startswith("Completed task delivered again\n")
    assert main(["check", str(shrunk), *asked]) == 1
    printed = capsys.readouterr().out
    assert printed.partition("\n")[0] == first.partition("\n")[0]
    assert "in 4 calls on 1 task." in printed
    assert len(shrunk.read_text("utf-8").splitlines()) == 5
