"""Copies the reference queue out of the package, and tells whether such a copy is current.

A copy carries `VENDORED.json`, the hashes of what was written, so that an older copy that
nobody has touched is upgraded in silence, and one that was changed by hand is not.
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
"""The file in a copy that says what was written."""

_SUFFIXES = (".py", ".md")
_NOTE = "Written by `python -m pytest_queuekit vendor`; compared by `vendor --check`."


class VendorError(UsageError):
    """The reference queue cannot be copied there."""


class ChangedCopyError(VendorError):
    """Files of the copy were changed by hand, and would be overwritten.

    files: their paths inside the copy.
    """

    def __init__(self, directory: Path, files: tuple[str, ...]) -> None:
        self.files = files
        super().__init__(
            f"DIR={directory}: changed by hand: {', '.join(files)}. Nothing was written. "
            "Put the changes elsewhere or undo them, or give --force, "
            "which keeps each changed file beside the new one as NAME.orig"
        )


@dataclass(frozen=True, kw_only=True)
class CopyState:
    """How a copy compares with the reference queue of this package. Paths are inside the copy.

    directory: where the copy is.
    version: the package's version that the copy says it came from; empty where it does not say.
    current: files that are as they should be.
    missing: files that are not there.
    outdated: files as an older version wrote them.
    obsolete: files as an older version wrote them, and that are no longer part of the queue.
    changed: files that nobody but a hand can have written so.
    extra: files that are no part of the queue; they are left alone, and are no fault.
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
        """Whether the copy is what `copy_out` would write."""
        return not (self.missing or self.outdated or self.obsolete or self.changed)


@dataclass(frozen=True, kw_only=True)
class CopyReport:
    """What `copy_out` did. Paths are inside the copy.

    directory: where the copy is.
    version: the package's version that was copied.
    written: files that are new or were renewed, the manifest not counted.
    removed: files that are no longer part of the queue.
    kept: where files that were changed by hand are kept.
    """

    directory: Path
    version: str
    written: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Manifest:
    """What a copy says of itself: the version, and each file's hashes, an unfinished copy's too."""

    version: str
    hashes: Mapping[str, frozenset[str]]


def copy_out(directory: str | os.PathLike[str], *, force: bool = False) -> CopyReport:
    """Copy the reference queue into a folder, which is made where it is missing.

    A copy that is current stays as it is. With `force`, a file that was changed by hand is
    renewed too, and kept beside the new one. Raises ChangedCopyError for such files without
    `force`, and VendorError for a folder that cannot be used.
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
            f"DIR={target}: cannot be written ({error.strerror or error}): choose another folder, "
            "or mend this one and repeat; a repeated copy goes on where this one stopped"
        ) from error
    return CopyReport(
        directory=target, version=__version__, written=written, removed=gone, kept=kept
    )


def check(directory: str | os.PathLike[str]) -> CopyState:
    """Compare a copy with the reference queue of this package, and change nothing.

    Raises VendorError where there is no such folder.
    """
    target = _target(directory)
    if not target.is_dir():
        raise VendorError(
            f"DIR={target}: there is no such folder; make a copy with "
            f"`python -m pytest_queuekit vendor {directory}`"
        )
    return _compare(target, _reference())


def _target(directory: str | os.PathLike[str]) -> Path:
    if not os.fspath(directory):
        # A variable of a script that is not set; Path("") would be the current folder.
        raise VendorError("DIR='': is empty, name a folder, '.' for the current one")
    target = Path(directory).absolute()
    try:
        if target.exists() and not target.is_dir():
            raise VendorError(f"DIR={target}: is a file, name a folder")
        if target.exists() and not os.access(target, os.R_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        place = target.resolve()
    except (OSError, RuntimeError) as error:
        told = error.strerror if isinstance(error, OSError) else error
        raise VendorError(f"DIR={target}: cannot be used ({told}): name another folder") from error
    own = Path(__file__).parents[1].joinpath("queue").resolve()
    if own == place or own in place.parents:
        raise VendorError(f"DIR={target}: is the reference queue itself, name another folder")
    return target


def _source() -> Traversable:
    return resources.files("pytest_queuekit") / "queue"


def _reference() -> dict[str, bytes]:
    """Return the files of the reference queue by their paths."""
    return dict(sorted(_files(_source(), PurePosixPath())))


def _files(folder: Traversable, inside: PurePosixPath) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        path = inside / entry.name
        if entry.is_dir():
            yield from _files(entry, path)
        elif path.suffix in _SUFFIXES:
            yield str(path), entry.read_bytes()


def _compare(target: Path, wanted: Mapping[str, bytes]) -> CopyState:
    manifest = _read_manifest(target)
    found: dict[str, list[str]] = {
        kind: [] for kind in ("current", "missing", "outdated", "obsolete", "changed")
    }
    for path in sorted({*wanted, *manifest.hashes}):
        kind = _kind(target / path, wanted.get(path), manifest.hashes.get(path, frozenset()))
        if kind:
            found[kind].append(path)
    if not manifest.version:
        found["outdated" if (target / MANIFEST).exists() else "missing"].append(MANIFEST)
    known = {*wanted, *manifest.hashes, MANIFEST}
    return CopyState(
        directory=target,
        version=manifest.version,
        extra=tuple(path for path in _present(target) if path not in known),
        **{kind: tuple(paths) for kind, paths in found.items()},
    )


def _kind(file: Path, wanted: bytes | None, recorded: frozenset[str]) -> str:
    """Return what is to be said of one file; nothing of one that is rightly not there."""
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
        raise VendorError(f"{file}: cannot be read ({error.strerror}): mend its rights") from error


def _hash(content: bytes) -> str:
    # Version control may have changed the line ends, which changes nothing.
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
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # A manifest that cannot be read vouches for nothing: differing files count as changed.
        return _Manifest(version="", hashes={})


def _inside(path: str) -> bool:
    """Whether a path of a manifest, which anybody may have edited, stays inside the copy."""
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
    """Write and remove files, and return where changed ones are kept."""
    if state.is_current and state.version == __version__:
        return ()
    hashes = {path: {_hash(content)} for path, content in wanted.items()}
    old = _read_manifest(target)
    both = {
        path: {*hashes.get(path, ()), *old.hashes.get(path, ())} for path in {*hashes, *old.hashes}
    }
    # Said before it is done, so that a copy that was interrupted is known again as ours.
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
    """Save a changed file beside itself, under a name that is free, and return that name."""
    content = (target / path).read_bytes()
    name, number = f"{path}.orig", 1
    while (target / name).exists() and (target / name).read_bytes() != content:
        number += 1
        name = f"{path}.orig{number}"
    _write(target / name, content)
    return name


def _write(file: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f".{file.name}.half")
    try:
        half.write_bytes(content)
        half.replace(file)
    finally:
        with suppress(FileNotFoundError):
            half.unlink()
