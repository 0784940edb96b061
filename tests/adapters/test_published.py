"""Installed packages publish adapters through the entry-point group `queuekit.adapters`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_queuekit.adapters.published import GROUP, published
from pytest_queuekit.adapters.resolve import resolve
from pytest_queuekit.cli import main
from pytest_queuekit.errors import UsageError

MODULE = """
from pytest_queuekit import QueueAdapter

class ParcelQueue(QueueAdapter):
    name = "parcel"
    def __init__(self, location): pass
    def enqueue(self, payload): pass
    def claim(self, worker): pass

class NoAdapter: pass
"""

Publish = Callable[..., None]
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publish]:
    """Install distributions that publish adapters from the module `parcels_adapter`."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "parcels_adapter.py").write_text(MODULE)
    known = set(sys.modules)

    def install(distribution: str = "parcels", **adapters: str) -> None:
        info = tmp_path / f"{distribution}-1.2.dist-info"
        info.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n"
        (info / "METADATA").write_text(metadata)
        lines = [f"[{GROUP}]", *(f"{name} = {target}" for name, target in adapters.items())]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n")

    yield install
    for name in set(sys.modules) - known:
        del sys.modules[name]


def refusal(spec: str) -> str:
    """Return the message with which a spec is refused."""
    with pytest.raises(UsageError) as raised:
        resolve(spec)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_published_name_is_a_queue(publish: Publish) -> None:
    """`--queue-impl NAME` finds the adapter of an installed package."""
    publish(parcels="parcels_adapter:ParcelQueue")
    queue = resolve("parcels")
    assert (queue.spec, queue.contract.name) == ("parcels", "parcel")
    assert [(entry.name, entry.target, entry.package) for entry in published()] == [
        ("parcels", "parcels_adapter:ParcelQueue", "parcels 1.2")
    ]


def test_a_built_in_name_wins(publish: Publish, capsys: Captured) -> None:
    """A package cannot replace a queue of the kit; the list says how to reach its own."""
    publish(reference="parcels_adapter:ParcelQueue")
    assert resolve("reference").contract.name == "reference"
    main(["adapters"])
    assert "hidden by the built-in name; give parcels_adapter:Par" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            "nowhere.at_all:Queue",
            "cannot be loaded (ModuleNotFoundError: No module named 'nowhere'",
        ),
        ("parcels_adapter:Nothing", "cannot be loaded (AttributeError"),
        ("parcels_adapter:NoAdapter", "not a class that derives from pytest_queuekit.QueueAdapter"),
        ("parcels_adapter", "not a class that derives from"),
    ],
)
def test_an_entry_that_fails_is_named_with_its_package(
    publish: Publish, capsys: Captured, target: str, message: str
) -> None:
    """The error has one line with the package, its version and the target; so has the list."""
    publish(broken=target)
    refused = refusal("broken")
    assert refused.startswith(f"--queue-impl broken: parcels 1.2 publishes {target}, which ")
    assert message in refused
    assert main(["adapters"]) == 0
    assert message in capsys.readouterr().out


def test_a_name_of_two_packages_is_ambiguous(publish: Publish) -> None:
    """The error offers both classes."""
    publish("letters", parcels="parcels_adapter:ParcelQueue")
    publish("parcels", parcels="parcels_adapter:ParcelQueue")
    assert refusal("parcels") == (
        "--queue-impl parcels: several packages publish this name. Give the class: "
        "parcels_adapter:ParcelQueue (letters 1.2), parcels_adapter:ParcelQueue (parcels 1.2)"
    )


def test_a_misspelt_published_name_is_suggested(publish: Publish) -> None:
    """Suggestions include published names."""
    publish(parcels="parcels_adapter:ParcelQueue")
    assert refusal("parcls").endswith("Did you mean parcels?")


def test_all_adapters_are_listed(publish: Publish, capsys: Captured) -> None:
    """Built-in ones with their extra, published ones with distribution and version."""
    publish(parcels="parcels_adapter:ParcelQueue")
    assert main(["adapters"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "  huey                huey's SqliteHuey (extra huey: installed)" in lines
    assert "  parcels             parcels_adapter:ParcelQueue (parcels 1.2)" in lines


def test_a_missing_library_is_listed_with_its_command(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A built-in adapter whose library is not installed shows how to install it."""
    monkeypatch.delitem(sys.modules, "pytest_queuekit.adapters.huey", raising=False)
    monkeypatch.setitem(sys.modules, "huey", None)
    assert main(["adapters"]) == 0
    assert "huey's SqliteHuey (library not installed)\n" in (listed := capsys.readouterr().out)
    assert f"{'':22}pip install 'pytest-queuekit[huey]'\n" in listed
    assert listed.endswith("Published\n  none: no installed package publishes an adapter\n")
