"""A spec becomes the queue under test, or one line that explains what is wrong with it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_queuekit.adapters.catalogue import BUILT_IN
from pytest_queuekit.adapters.resolve import resolve
from pytest_queuekit.errors import UsageError
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from tests.queues.memory import MemoryQueue

ADAPTER = """
from pytest_queuekit import QueueAdapter

class {name}(QueueAdapter):
    name = "{name}"
    def __init__(self, location): import {neighbour}
    def enqueue(self, payload): pass
    def claim(self, worker): pass

def function(): pass
class NoAdapter: pass
class Nameless({name}): name = ""
class Outer:
    Inner = {name}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is current and not on sys.path, with a package and modules in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != ""])
    known = set(sys.modules)
    package = tmp_path / "warehouse"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "queues.py").write_text(ADAPTER.format(name="Parcels", neighbour="beside"))
    (tmp_path / "beside.py").touch()
    (tmp_path / "top.py").write_text(ADAPTER.format(name="Top", neighbour="json"))
    (tmp_path / "needs_more.py").write_text("import warehouse.nowhere_to_be_found\n")
    (tmp_path / "broken.py").write_text("raise RuntimeError('two\\nlines')\n")
    (tmp_path / "broken_names.py").write_text(
        "def __getattr__(name):\n    raise RuntimeError('not today')\n"
    )
    (tmp_path / "leaves.py").write_text("raise SystemExit(3)\n")
    (tmp_path / "typo.py").write_text("def f(:\n")
    (tmp_path / "misspelt.py").write_text(
        "from pytest_queuekit import Retry\nretry = Retry(max_attempt=1)\n"
    )
    yield tmp_path
    for name in set(sys.modules) - known:
        del sys.modules[name]


def refusal(spec: str) -> str:
    """Return the message with which a spec is refused."""
    with pytest.raises(UsageError) as raised:
        resolve(spec)
    message = str(raised.value)
    assert "\n" not in message
    assert message
    return message


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_name_is_the_spec_of_its_queue(name: str) -> None:
    """Every name of the catalogue resolves to an adapter of that name."""
    queue = resolve(name)
    assert (queue.spec, queue.contract.name) == (name, name)
    assert queue.version


def test_a_class_in_the_current_folder_is_found(project: Path) -> None:
    """`module:Class` works without any path to be set, for a package and for a module."""
    assert resolve("warehouse.queues:Parcels").contract.name == "Parcels"
    assert resolve("top:Top").contract.name == "Top"


def test_an_inner_class_is_found(project: Path) -> None:
    """The part after the colon may have dots."""
    assert resolve("top:Outer.Inner").adapter.__name__ == "Top"


def test_further_folders_are_searched(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller may name folders, such as pytest's root, besides the current one."""
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert "no module 'top'" in refusal("top:Top")
    assert resolve("top:Top", folders=[project]).contract.name == "Top"


def test_an_adapter_may_import_its_neighbours_when_it_is_used(project: Path) -> None:
    """An import inside a method finds what lies beside the adapter's package."""
    resolve("warehouse.queues:Parcels").adapter("anywhere")
    assert "beside" in sys.modules


def test_the_path_keeps_its_order(project: Path) -> None:
    """No module is shadowed afterwards: a folder that was needed comes last."""
    before = list(sys.path)
    resolve("top:Top")
    assert sys.path == [*before, str(project)]


def test_the_source_of_the_spec_begins_the_message() -> None:
    """A value of an ini file is reported under its key."""
    with pytest.raises(UsageError, match=r"^queue_impl huye: no built-in"):
        resolve("huye", source="queue_impl")


def test_the_searched_folders_are_named(project: Path) -> None:
    """The current folder comes first, then those of the caller."""
    with pytest.raises(UsageError, match=r"\(searched .*, /some/root and sys.path\)") as raised:
        resolve("nosuch", folders=[Path("/some/root"), project])
    assert str(raised.value).count(str(project)) == 1


def test_the_path_is_untouched_where_no_folder_was_needed(project: Path) -> None:
    """An installed module changes nothing, and neither does an error."""
    before = list(sys.path)
    resolve("tests.queues.memory:MemoryQueue")
    refusal("nowhere:Nothing")
    assert sys.path == before


def test_another_process_resolves_the_same_spec() -> None:
    """The spec of a class at hand is enough to find it again."""
    queue = QueueUnderTest.of(MemoryQueue)
    assert resolve(queue.spec) == queue


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (
            "huye",
            ["no built-in or published queue and no module of that name", "Did you mean huey?"],
        ),
        ("nosuch", ["(searched ", " and sys.path)", "Run queuekit adapters for the names"]),
        ("", ["--queue-impl '': no built-in"]),
        (":", ["--queue-impl :: not of the form module:Class"]),
        ("two words", ["no module of that name"]),
        ("topp:Top", ["no module 'topp' (searched ", "Did you mean top:Top?"]),
        ("warehous.queues:Parcels", ["no module 'warehous'", "mean warehouse.queues:Parcels?"]),
        (
            "warehouse.queue:Parcels",
            ["'warehouse' has no module 'queue'", "mean warehouse.queues:"],
        ),
        ("warehouse.queue", ["no module of that name. Did you mean warehouse.queues?"]),
        ("top.deeper:Top", ["'top' has no module 'deeper'"]),
        (
            "top.Top",
            [
                "--queue-impl top.Top: no built-in queue and no module of that name. "
                "Did you mean top:Top (a class in a module)?"
            ],
        ),
        ("top.Topp", ["Did you mean top:Top (a class in a module)?"]),
        ("warehouse.queues.Parcels", ["Did you mean warehouse.queues:Parcels (a class"]),
        ("json.nosuch", ["no module of that name. Give an adapter class as module:Class"]),
        ("top:Tip", ["module 'top' has no class 'Tip'. Did you mean top:Top?"]),
        ("top:Outer.Innner", ["no class 'Outer.Innner'. Did you mean top:Outer.Inner?"]),
        ("top:Zzz", ["no class 'Zzz'. Define one that derives from pytest_queuekit.QueueAdapter"]),
        ("top:function", ["'function' is not a class. Give a class that derives from"]),
        ("top:NoAdapter", ["'NoAdapter' does not derive from QueueAdapter. Give a class"]),
        ("top:Nameless", ["--queue-impl top:Nameless: top:Nameless has no name"]),
        (
            "top",
            ["'top' lacks QueueDatabase, TaskClaimerFactory", "API. Did you mean top:", "top:Top"],
        ),
        ("broken_names:Any", ["looking up 'Any' raised RuntimeError: not today"]),
        ("broken_names", ["the module cannot be adapted (RuntimeError: not today)"]),
        ("warehouse/queues.py:Parcels", ["a path", "Did you mean warehouse.queues:Parcels?"]),
        ("./top.py", ["a path, not a module. Did you mean top?"]),
        ("needs_more:Any", ["importing 'needs_more' raised ModuleNotFoundError", "nowhere_to"]),
        (
            "broken:Any",
            ['raised RuntimeError: two lines. Run python -c "import broken" for the traceback'],
        ),
        ("leaves:Any", ["importing 'leaves' raised SystemExit: 3"]),
        (
            "misspelt:Any",
            [
                "--queue-impl misspelt:Any: Retry: max_attempt=1 is unknown; "
                "did you mean 'max_attempts'?"
            ],
        ),
        ("typo:Any", ["importing 'typo' raised SyntaxError"]),
        ("tests.a:f.<locals>.C", ["a class inside a function", "top of its module"]),
    ],
)
def test_a_wrong_spec_is_explained_in_one_line(project: Path, spec: str, words: list[str]) -> None:
    """The message names the option and the spec, the problem, and the next step."""
    message = refusal(spec)
    assert [word for word in words if word not in message] == [], message


@pytest.mark.parametrize("name", ["huey", "litequeue", "persist-queue"])
def test_a_missing_library_is_reported_with_its_extra(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message has the command that installs the library."""
    module = name.replace("-", "_")
    monkeypatch.delitem(sys.modules, f"pytest_queuekit.adapters.{module}", raising=False)
    monkeypatch.setitem(sys.modules, module.replace("_", ""), None)
    message = refusal(name)
    assert f"pip install 'pytest-queuekit[{name}]'" in message


def test_looking_a_name_up_imports_no_library() -> None:
    """The catalogue and a refusal load neither a queue library nor the reference queue."""
    program = (
        "import sys\n"
        "from pytest_queuekit.adapters.resolve import resolve\n"
        "try: resolve('huye')\n"
        "except ValueError: pass\n"
        "loaded = {'huey', 'litequeue', 'persistqueue', 'psycopg', 'pytest_queuekit.queue'}\n"
        "print(loaded & set(sys.modules))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout == "set()\n"


def test_a_class_that_names_no_distribution_has_no_version() -> None:
    """Neither does one whose distribution is not installed."""

    class Absent(MemoryQueue):
        distribution = "surely-not-installed"

    assert QueueUnderTest.of(MemoryQueue).version == ""
    assert QueueUnderTest.of(Absent).version == ""
    assert issubclass(Absent, QueueAdapter)
