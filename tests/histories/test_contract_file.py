"""Contracts in files of TOML and JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_queuekit.errors import UsageError
from pytest_queuekit.histories.contract_file import read_contract
from pytest_queuekit.model.capabilities import Capability, Guarantee, Liveness, Order, Retry
from pytest_queuekit.model.contract import Contract

TOML = """
name = "shop"
guarantee = "at-most-once"
liveness = "LEASE"
lease_seconds = 30
order = { priority = "lower-first", ties = "none" }
retry = { max_attempts = 3, first = 10 }

[methods]
enqueue = ["priority", "delay"]
claim = []
fail = []
"""


def _read(folder: Path, text: str, name: str = "contract.toml") -> Contract:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_contract(path)


def test_a_file_declares_what_an_adapter_declares(tmp_path: Path) -> None:
    """With the words of `QueueAdapter`."""
    (tmp_path / "contract.toml").write_text(TOML, encoding="utf-8")
    contract = read_contract(tmp_path / "contract.toml")
    assert contract.name == "shop"
    assert contract.guarantee is Guarantee.AT_MOST_ONCE
    assert (contract.liveness, contract.lease_seconds) == (Liveness.LEASE, 30)
    assert contract.order == Order(priority="lower-first", ties="none")
    assert contract.retry == Retry(max_attempts=3, first=10)
    declared = {Capability.PRIORITY, Capability.DELAY, Capability.LEASE, Capability.RETRY}
    assert declared <= contract.capabilities
    assert not {Capability.COMPLETE, Capability.KEY, Capability.RECLAIM} & contract.capabilities


def test_json_says_the_same(tmp_path: Path) -> None:
    """The name is that of the file, unless it says another."""
    path = tmp_path / "shop.json"
    path.write_text(json.dumps({"liveness": "lease"}), encoding="utf-8")
    contract = read_contract(path)
    assert (contract.name, contract.liveness) == ("shop", Liveness.LEASE)


def test_without_methods_the_usual_ones_are_declared(tmp_path: Path) -> None:
    """With their options; leases expire by themselves."""
    path = tmp_path / "contract.toml"
    path.write_text('liveness = "lease"', encoding="utf-8")
    able = read_contract(path).capabilities
    assert {Capability.COMPLETE, Capability.LEASE_OPTION, Capability.DELAY} <= able
    assert Capability.RECLAIM not in able


WRONG = [
    ('livenes = "lease"', "the contract has no 'livenes'; did you mean 'liveness'?"),
    ('liveness = "leas"', "did you mean 'lease'?"),
    ('order = "fifo"', "order='fifo' must be a table, such as order = { ties = \"fifo\" }"),
    ('order = { tie = "fifo" }', "Order: tie='fifo' is unknown; did you mean 'ties'?"),
    ("lease_seconds = 3", "lease_seconds=3 has no effect without liveness=Liveness.LEASE"),
    ("resolution = -1", "resolution=-1 must be a number of seconds from 0 on"),
    ("methods.compleet = []", "methods has no 'compleet'; did you mean 'complete'?"),
    ("methods.enqueue = true", "methods: enqueue=True must be a list of options"),
    ('methods.enqueue = ["prio"]', "methods: enqueue has no 'prio'; did you mean 'priority'?"),
    ("methods = 3", "methods must be a table"),
    ("name =", "Invalid value"),
]


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_wrong_word_is_named(tmp_path: Path, text: str, message: str) -> None:
    """With the file and a suggestion."""
    with pytest.raises(UsageError) as raised:
        _read(tmp_path, text)
    assert str(raised.value).startswith(f"{tmp_path / 'contract.toml'}: ")
    assert message in str(raised.value)


def test_a_file_must_hold_an_object(tmp_path: Path) -> None:
    """A list is no contract, nor is a file that does not exist."""
    with pytest.raises(UsageError, match="a contract is an object"):
        _read(tmp_path, "[]", "contract.json")
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_contract(tmp_path / "gone.toml")
