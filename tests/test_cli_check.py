"""`queuekit check` judges a history that was recorded elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_queuekit.cli import main
from tests.histories.files import CLAIM, COMPLETE, ENQUEUE, HEAD, WHOLE, call, write

Captured = pytest.CaptureFixture[str]
LEASED = {**WHOLE, "lease": 30}
AGAIN = call("b", "claim", "t", 3)


@pytest.fixture
def contract(tmp_path: Path) -> str:
    """A contract with leases."""
    path = tmp_path / "contract.toml"
    path.write_text('liveness = "lease"\n', encoding="utf-8")
    return str(path)


def test_a_violation_is_proven(
    tmp_path: Path, capsys: Captured, contract: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its rule, the broken declaration and the lines of its calls."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "h.jsonl", LEASED, ENQUEUE, CLAIM, AGAIN)
    assert main(["check", "h.jsonl", "--contract", contract]) == 1
    assert capsys.readouterr().out == (
        "Task delivered twice\n"
        "`b` claimed t at 3.000-3.100 s although `a` still held it (claimed at\n"
        "1.000-1.100 s, requested lease 30 s).\n"
        "\n"
        "  1.000–1.100 s  a  claim → t\n"
        "  3.000–3.100 s  b  claim → t\n"
        "\n"
        "Rule       CLAIM-1; queuekit explain CLAIM-1\n"
        "Declared   liveness=LEASE\n"
        "Lines      h.jsonl 3, 4\n"
        "\n"
        "FAILED: 1 kind of violation in 3 calls on 1 task.\n"
        "Not judged: lost tasks: the head lacks drained.\n"
        "Not judged: payloads: no claim has one in its result.\n"
    )


def test_no_violation_claims_no_more(tmp_path: Path, capsys: Captured, contract: str) -> None:
    """Unknown outcomes and gaps are named."""
    head = {**LEASED, "drained": True}
    last = call("a", "claim", None, 90)
    path = write(tmp_path / "h.jsonl", head, ENQUEUE, CLAIM, {**COMPLETE, "end": None}, last)
    assert main(["check", str(path), "--contract", contract]) == 0
    assert capsys.readouterr().out == (
        "No violation in 4 calls on 1 task.\n"
        "1 call of unknown outcome: happened, or did not.\n"
        "Not judged: payloads: no claim has one in its result.\n"
    )


def test_json_has_the_calls_with_their_lines(
    tmp_path: Path, capsys: Captured, contract: str
) -> None:
    """All violations, and what was not judged."""
    path = write(tmp_path / "h.jsonl", LEASED, ENQUEUE, CLAIM, AGAIN)
    assert main(["check", str(path), "--contract", contract, "--json"]) == 1
    printed = json.loads(capsys.readouterr().out)
    assert (printed["good"], printed["calls"], printed["unknown"]) == (False, 3, 0)
    [violation] = printed["violations"]
    assert (violation["kind"], violation["rule"]) == ("double-delivery", "CLAIM-1")
    assert [(each["line"], each["actor"]) for each in violation["witness"]] == [(3, "a"), (4, "b")]


def test_the_contract_of_an_adapter_serves_too(tmp_path: Path, capsys: Captured) -> None:
    """By its name, as --impl takes it."""
    path = write(tmp_path / "h.jsonl", {**LEASED, "drained": True}, ENQUEUE, CLAIM, COMPLETE)
    assert main(["check", str(path), "--contract", "litequeue"]) == 0
    assert main(["check", str(path), "--contract", "litequee"]) == 2
    assert "--contract litequee: " in capsys.readouterr().err


def test_a_wrong_line_is_a_usage_error(tmp_path: Path, capsys: Captured, contract: str) -> None:
    """Exit status 2, with the file and the line."""
    path = write(tmp_path / "h.jsonl", HEAD, {**CLAIM, "verb": "clam"})
    assert main(["check", str(path), "--contract", contract]) == 2
    assert "h.jsonl, line 2: verb='clam' is unknown" in capsys.readouterr().err
