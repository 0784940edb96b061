"""Copies the reference queue out of the package, and compares copies with it.

A copy carries `VENDORED.json`, the hashes of the files that were written. The hashes show whether
a copy is merely older, and is updated, or was changed by hand, and is left alone.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

from pytest_queuekit import __version__
from pytest_queuekit.errors import UsageError

MANIFEST = "VENDORED.json"
"""The file in a copy that lists the files that were written."""

_SUFFIXES = (".py", ".md")
_NOTE = "Written by `python -m pytest_queuekit vendor`; compared by `vendor --check`."


class VendorError(UsageError):
    """The reference queue cannot be copied to the folder."""


class ChangedCopyError(VendorError):
    """Files of the copy were changed by hand and would be overwritten.

    files: their paths inside the copy.
    """

    def __init__(self, directory: Path, files: tuple[str, ...]) -> None:
        self.files = files
        super().__init__(
            f"DIR={directory}: changed by hand: {', '.join(files)}. Nothing was written. "
            "Move or undo the changes, or give --force, which saves each changed file as NAME.orig"
        )


@dataclass(frozen=True, kw_only=True)
class CopyState:
    """How a copy compares with the reference queue of this package. Paths are inside the copy.

    directory: the folder of the copy.
    version: the package's version in the copy's manifest; empty without one.
    current: files that equal the package's.
    missing: files that do not exist.
    outdated: files as an older version wrote them.
    obsolete: files as an older version wrote them, which this version no longer has.
    changed: files that were changed by hand.
    extra: files that are not part of the queue; they are left alone.
    """

    directory: Path
    version: str
    current: tuple[str, ...]
    missing: tuple[str, ...]
    outdated: tuple[str, ...]
    obsolete: tuple[str, ...]
    changed: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def is_current(self) -> bool:
        """True if the copy is what `copy_out` would write."""
        return not (self.missing or self.outdated or self.obsolete or self.changed)


@dataclass(frozen=True, kw_only=True)
class CopyReport:
    """The changes that `copy_out` made. Paths are inside the copy.

    directory: the folder of the copy.
    version: the package's version that was copied.
    written: files that are new or were overwritten, without the manifest.
    removed: files that are no longer part of the queue.
    kept: where changed files were saved.
    """

    directory: Path
    version: str
    written: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Manifest:
    """The manifest of a copy.

    version: the package's version that was copied; empty if the manifest cannot be read.
    hashes: by path, the hashes of the content that a finished or an interrupted copy wrote.
    """

    version: str
    hashes: Mapping[str, frozenset[str]]


def copy_out(directory: str | os.PathLike[str], *, force: bool = False) -> CopyReport:
    """Copy the reference queue into a folder, which is created if it does not exist.

    A copy that is current stays as it is. Raises ChangedCopyError if files were changed by hand;
    with `force`, each is saved under a free name beside the new file and then overwritten. Raises
    VendorError for a folder that cannot be used.
    """
    target = _target(directory)
    wanted = _reference()
    state = _compare(target, wanted)
    if state.changed and not force:
        raise ChangedCopyError(target, state.changed)
    stale = state.missing + state.outdated + state.changed
    written = tuple(path for path in stale if path in wanted)
    gone = state.obsolete + tuple(path for path in state.changed if path not in wanted)
    try:
        kept = _renew(target, wanted, state, written=written, gone=gone)
    except OSError as error:
        raise VendorError(
            f"DIR={target}: cannot be written ({error.strerror or error}). Choose another folder, "
            "or fix this one and repeat: the copy continues where it stopped"
        ) from error
    return CopyReport(
        directory=target, version=__version__, written=written, removed=gone, kept=kept
    )


def check(directory: str | os.PathLike[str]) -> CopyState:
    """Compare a copy with the reference queue of this package, and change nothing.

    Raises VendorError if the folder does not exist.
    """
    target = _target(directory)
    if not target.is_dir():
        raise VendorError(
            f"DIR={target}: no such folder. Make a copy with `queuekit vendor {directory}`"
        )
    return _compare(target, _reference())


def _target(directory: str | os.PathLike[str]) -> Path:
    if not os.fspath(directory):
        # An unset variable of a script. Path("") would be the current folder.
        raise VendorError("DIR='': is empty. Name a folder, '.' for the current one")
    target = Path(directory).absolute()
    try:
        if target.exists() and not target.is_dir():
            raise VendorError(f"DIR={target}: is a file. Name a folder")
        if target.exists() and not os.access(target, os.R_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        place = target.resolve()
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise VendorError(
            f"DIR={target}: cannot be used ({reason}). Name another folder"
        ) from error
    own = Path(__file__).parents[1].joinpath("queue").resolve()
    if own == place or own in place.parents:
        raise VendorError(f"DIR={target}: is the reference queue itself. Name another folder")
    return target


def _reference() -> dict[str, bytes]:
    """Return the files of the reference queue by their paths."""
    queue = resources.files("pytest_queuekit") / "queue"
    return dict(sorted(_files(queue, PurePosixPath())))


def _files(folder: Traversable, inside: PurePosixPath) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        path = inside / entry.name
        if entry.is_dir():
            yield from _files(entry, path)
        elif path.suffix in _SUFFIXES:
            yield str(path), entry.read_bytes()


def _compare(target: Path, wanted: Mapping[str, bytes]) -> CopyState:
    manifest = _read_manifest(target)
    paths_of: dict[str, list[str]] = {
        kind: [] for kind in ("current", "missing", "outdated", "obsolete", "changed")
    }
    for path in sorted({*wanted, *manifest.hashes}):
        kind = _kind(target / path, wanted.get(path), manifest.hashes.get(path, frozenset()))
        if kind:
            paths_of[kind].append(path)
    if not manifest.version:
        paths_of["outdated" if (target / MANIFEST).exists() else "missing"].append(MANIFEST)
    known = {*wanted, *manifest.hashes, MANIFEST}
    return CopyState(
        directory=target,
        version=manifest.version,
        extra=tuple(path for path in _present(target) if path not in known),
        **{kind: tuple(paths) for kind, paths in paths_of.items()},
    )


def _kind(file: Path, wanted: bytes | None, recorded: frozenset[str]) -> str:
    """Return the kind of one file; empty if it neither exists nor should."""
    if not file.exists():
        return "missing" if wanted is not None else ""
    actual = _hash(_content(file)) if file.is_file() else ""
    if wanted is not None and actual == _hash(wanted):
        return "current"
    if actual in recorded:
        return "obsolete" if wanted is None else "outdated"
    return "changed"


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise VendorError(
            f"{file}: cannot be read ({error.strerror}). Fix its permissions"
        ) from error


def _hash(content: bytes) -> str:
    # Version control may change line endings; such a file still counts as unchanged.
    return sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def _present(target: Path) -> list[str]:
    files = (path for path in target.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return sorted(path.relative_to(target).as_posix() for path in files)


def _read_manifest(target: Path) -> _Manifest:
    try:
        data = json.loads((target / MANIFEST).read_text("utf-8"))
        return _Manifest(
            version=str(data["version"]),
            hashes={
                path: frozenset(known) for path, known in data["files"].items() if _inside(path)
            },
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # Without a readable manifest, every file that differs counts as changed.
        return _Manifest(version="", hashes={})


def _inside(path: str) -> bool:
    """Return True if a path of a manifest, which may have been edited, is inside the copy."""
    parts = PurePosixPath(path).parts
    return bool(parts) and ".." not in parts and not Path(path).is_absolute()


def _renew(
    target: Path,
    wanted: Mapping[str, bytes],
    state: CopyState,
    *,
    written: tuple[str, ...],
    gone: tuple[str, ...],
) -> tuple[str, ...]:
    """Write and remove files; return where the changed ones were saved."""
    if state.is_current and state.version == __version__:
        return ()
    hashes = {path: {_hash(content)} for path, content in wanted.items()}
    old = _read_manifest(target)
    both = {
        path: {*hashes.get(path, ()), *old.hashes.get(path, ())} for path in {*hashes, *old.hashes}
    }
    # Written first, so that the files of an interrupted copy are not taken for changed ones.
    _write(target / MANIFEST, _manifest(both, old.version or __version__))
    kept = tuple(_keep(target, path) for path in state.changed)
    for path in written:
        _write(target / path, wanted[path])
    for path in gone:
        (target / path).unlink(missing_ok=True)
    _write(target / MANIFEST, _manifest(hashes, __version__))
    return kept


def _manifest(hashes: Mapping[str, set[str]], version: str) -> bytes:
    files = {path: sorted(hashes[path]) for path in sorted(hashes)}
    data = {"note": _NOTE, "version": version, "files": files}
    return (json.dumps(data, indent=2) + "\n").encode()


def _keep(target: Path, path: str) -> str:
    """Save a changed file beside itself under a free name, and return that name."""
    content = (target / path).read_bytes()
    name, number = f"{path}.orig", 1
    while (target / name).exists() and (target / name).read_bytes() != content:
        number += 1
        name = f"{path}.orig{number}"
    _write(target / name, content)
    return name


def _write(file: Path, content: bytes) -> None:
    """Write a file completely or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f".{file.name}.half")
    try:
        half.write_bytes(content)
        half.replace(file)
    finally:
        with suppress(FileNotFoundError):
            half.unlink()
