"""The public names of a file, which need a docstring."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_queuekit.gate.docstrings import public_names

CASES = {
    "def add(): pass": ["add"],
    "async def add(): pass": ["add"],
    "def add():\n    'Adds.'": [],
    "def _add(): pass": [],
    "def outer():\n    'Told.'\n    def inner(): pass": [],
    "class Api: pass": ["Api"],
    "class Api:\n    'Told.'\n    def get(self): pass\n    def _get(self): pass": ["Api.get"],
    "class Api:\n    'Told.'\n    def __init__(self): pass": [],
    "class _Api:\n    def get(self): pass": [],
    "__all__ = ['add']\ndef add(): pass\ndef other(): pass": ["add"],
    "__all__ = [*names]\ndef add(): pass": ["add"],
    "if fast:\n    def add(): pass\nelse:\n    def add(): pass": ["add", "add"],
    "try:\n    import fast\nexcept ImportError:\n    pass\nelse:\n    def add(): pass": ["add"],
    "from api import Base\nclass Api(Base):\n    'Told.'\n    def get(self): pass": [],
    "class Api(object, abc.ABC, Generic[T]):\n    'Told.'\n    def get(self): pass": ["Api.get"],
    "__all__: list[str] = ['add']\ndef add(): pass\ndef other(): pass": ["add"],
    "__all__ = ['a']\n__all__ += ['b']\ndef a(): pass\ndef b(): pass\ndef c(): pass": ["a", "b"],
    "__all__ = None\ndef add(): pass": ["add"],
    "def add():\n    ' '": ["add"],
    "try:\n    import fast\nexcept ImportError:\n    def add(): pass": ["add"],
    "for one in names:\n    with one:\n        def add(): pass": ["add"],
    "match fast:\n    case 1:\n        def add(): pass": ["add"],
    "def add(): pass\ntotal = " + "1+" * 20_000 + "1": [],
    "class Base:\n    'Told.'\n    def get(self):\n        'Told.'\n"
    "class Api(Base):\n    'Told.'\n    def get(self): pass\n    def put(self): pass": ["Api.put"],
    "class Api:\n    'Told.'\n    @property\n    def name(self):\n        'Told.'\n"
    "    @name.setter\n    def name(self, value): pass": [],
    "import typing\n@typing.overload\ndef add(a: int): ...\ndef add(a):\n    'Adds.'": [],
    "class Api(Api):\n    'Told.'\n    def get(self): pass": [],
    "def add(:": [],
}


@pytest.mark.parametrize("source", CASES, ids=lambda source: source[:60])
def test_the_public_names_without_a_docstring(source: str, tmp_path: Path) -> None:
    """Each name comes with its place."""
    file = tmp_path / "api.py"
    file.write_text(source, encoding="utf-8")
    bare = [place for place, has_docstring in public_names([file]) if not has_docstring]
    assert [place.rpartition(" ")[2] for place in bare] == CASES[source]
    assert all(place.startswith(f"{file.as_posix()}:") for place in bare)


@pytest.mark.parametrize(
    ("name", "count"), [("api.py", 1), ("_api.py", 0), ("__init__.py", 1), ("__main__.py", 1)]
)
def test_a_private_module_has_no_public_names(name: str, count: int, tmp_path: Path) -> None:
    """The name of a private module begins with exactly one underscore."""
    file = tmp_path / name
    file.write_text("def add(): pass\n", encoding="utf-8")
    assert len(list(public_names([file]))) == count


def test_a_module_of_a_private_package_is_private(tmp_path: Path) -> None:
    """A folder with an underscore that is not a package makes nothing private."""
    for home in (tmp_path / "_folder", tmp_path / "api" / "_internal"):
        home.mkdir(parents=True)
        (home / "mail.py").write_text("def add(): pass\n", encoding="utf-8")
    (tmp_path / "api" / "_internal" / "__init__.py").touch()
    places = [place for place, _ in public_names(sorted(tmp_path.rglob("mail.py")))]
    assert len(places) == 1
    assert "_folder/mail.py" in places[0]


def test_a_name_with_a_docstring_is_listed(tmp_path: Path) -> None:
    """The scoreboard counts all public names."""
    file = tmp_path / "api.py"
    file.write_text("def add():\n    'Adds.'\n", encoding="utf-8")
    assert list(public_names([file])) == [(f"{file.as_posix()}:1 add", True)]
