"""Content of objects: parts of files, which are read when they are sent."""

import fcntl
import os
import uuid
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from weakref import WeakValueDictionary

from emulator.engine.objects.digests import digests_of, joined

PIECE_BYTES = 1 << 20
_COPY_BYTES = 1 << 30
_FICLONE = 0x40049409  # ioctl_ficlone(2)


class FileChangedError(OSError):
    """A file that was given to the emulator has been changed or removed since."""


class StoredFile:
    """A file with content of objects. `stamp`, of a user's file: what must not have changed."""

    def __init__(self, path: Path, stamp: tuple[int, ...] | None = None) -> None:
        self.path = path
        self.stamp = stamp

    def open(self) -> int:
        """A descriptor to read it; raises FileChangedError."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise FileChangedError(f"{self.path}: {error.strerror}") from error
        if self.stamp not in {None, stamp_of(os.fstat(descriptor))}:
            os.close(descriptor)
            raise FileChangedError(f"{self.path} was changed after it was given to the emulator")
        return descriptor


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a file, in bytes."""

    file: StoredFile
    start: int
    size: int


class Content:
    """Immutable bytes in files; a slice, and a join of several, copy nothing.

    moto handles it in place of `bytes`, so it has the methods of `bytes` that moto calls.
    """

    def __init__(
        self, pieces: Iterable[Piece] = (), digests: Mapping[str, bytes] | None = None
    ) -> None:
        self.pieces = tuple(pieces)
        self.digests = dict(digests or {})

    @classmethod
    def join(cls, parts: Iterable[Self]) -> Self:
        """One content of several, in order."""
        known = list(parts)
        pieces = (piece for part in known for piece in part.pieces)
        return cls(pieces, joined((part.digests, len(part)) for part in known))

    def digest(self, algorithm: str) -> bytes:
        """A digest; reads the content if it is not known yet."""
        if algorithm not in self.digests:
            self.digests |= digests_of(self, [algorithm])
        return self.digests[algorithm]

    def check(self) -> None:
        """Raises FileChangedError if a user's file is not what it was."""
        for file in {piece.file for piece in self.pieces}:
            os.close(file.open())

    def copy_to(self, path: Path) -> None:
        """Write it to a new file, inside the kernel; some file systems share the blocks then."""
        with path.open("xb") as target:
            for piece in self.pieces:
                source = piece.file.open()
                try:
                    _copy(source, target.fileno(), piece.start, piece.size)
                finally:
                    os.close(source)

    def __len__(self) -> int:
        return sum(piece.size for piece in self.pieces)

    def __getitem__(self, wanted: slice) -> "Content":
        start, stop, _ = wanted.indices(len(self))
        found = []
        at = 0
        for piece in self.pieces:
            first, last = max(start, at), min(stop, at + piece.size)
            if first < last:
                found.append(Piece(piece.file, piece.start + first - at, last - first))
            at += piece.size
        is_whole = (start, stop) == (0, at)
        return Content(found, self.digests if is_whole else None)

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            descriptor = piece.file.open()
            try:
                yield from _read(descriptor, piece)
            finally:
                os.close(descriptor)

    def __buffer__(self, _flags: int) -> memoryview:
        return memoryview(b"".join(self))

    def decode(self, encoding: str = "utf-8") -> str:
        """As `bytes.decode`."""
        return b"".join(self).decode(encoding)


class ObjectFiles:
    """The files of one object store, in a folder; unused ones are removed until it is closed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_closed = False
        self._known: WeakValueDictionary[str, StoredFile] = WeakValueDictionary()

    def close(self) -> None:
        """Keep the files that are there."""
        self._is_closed = True

    def write(self, pieces: Iterable[bytes]) -> Content:
        """Store `pieces` as a new file; nothing stays of it if reading them fails."""
        path = self._folder / uuid.uuid4().hex
        size = 0
        try:
            with path.open("xb", buffering=0) as target:
                for piece in pieces:
                    _write(target.fileno(), piece)
                    size += len(piece)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        if not size:
            path.unlink()
            return Content()
        return Content([Piece(self._stored(path.name), 0, size)])

    def adopt(self, path: Path) -> Content:
        """The content of a user's file, which is not copied.

        On btrfs, XFS and others that can, it is a clone, which shares the file's blocks until one
        of the two is changed. Otherwise the file itself is read, and must not change: reading it
        raises FileChangedError then.
        """
        clone = self._folder / uuid.uuid4().hex
        with path.open("rb") as source, clone.open("xb") as target:
            status = os.fstat(source.fileno())
            try:
                fcntl.ioctl(target, _FICLONE, source.fileno())
            except OSError:
                clone.unlink()
                file = StoredFile(path.resolve(), stamp_of(status))
                return Content([Piece(file, 0, status.st_size)])
        return Content([Piece(self._stored(clone.name), 0, clone.stat().st_size)])

    def has_adopted(self, content: Content, path: Path) -> bool:
        """Whether it is the content of a user's file as the file is now."""
        stamps = [(piece.file.path, piece.file.stamp) for piece in content.pieces]
        return stamps == [(path.resolve(), stamp_of(path.stat()))]

    def remove_unused(self) -> None:
        """Remove the files of no content, which an interrupted emulator has left behind."""
        for path in self._folder.iterdir():
            if path.name not in self._known:
                path.unlink()

    def described(self, content: Content) -> dict[str, Any]:
        """The content as JSON, for `found`."""
        pieces = [
            {
                "file": piece.file.path.name if self._owns(piece.file) else str(piece.file.path),
                "stamp": piece.file.stamp,
                "start": piece.start,
                "size": piece.size,
            }
            for piece in content.pieces
        ]
        digests = {algorithm: digest.hex() for algorithm, digest in content.digests.items()}
        return {"pieces": pieces, "digests": digests}

    def found(self, described: dict[str, Any]) -> Content:
        """The content that was described so; raises FileChangedError if a file of it is cut off.

        User's files are looked at only when they are read.
        """
        pieces = [
            Piece(self._found(each["file"], each["stamp"]), each["start"], each["size"])
            for each in described["pieces"]
        ]
        for piece in pieces:
            if self._owns(piece.file):
                _require(piece)
        digests = {name: bytes.fromhex(digest) for name, digest in described["digests"].items()}
        return Content(pieces, digests)

    def _found(self, name: str, stamp: list[int] | None) -> StoredFile:
        return self._stored(name) if stamp is None else StoredFile(Path(name), tuple(stamp))

    def _stored(self, name: str) -> StoredFile:
        """A file of this folder, which is removed after its last use."""
        file = self._known.get(name)
        if file is None:
            file = self._known[name] = StoredFile(self._folder / name)
            weakref.finalize(file, self._remove, file.path).atexit = False
        return file

    def _owns(self, file: StoredFile) -> bool:
        return file.stamp is None

    def _remove(self, path: Path) -> None:
        if not self._is_closed:
            path.unlink(missing_ok=True)


def stamp_of(status: os.stat_result) -> tuple[int, ...]:
    """What changes if a file is written or replaced."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _require(piece: Piece) -> None:
    descriptor = piece.file.open()
    try:
        size = os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
    if size < piece.start + piece.size:
        raise FileChangedError(f"{piece.file.path} ends at byte {size}")


def _read(descriptor: int, piece: Piece) -> Iterator[bytes]:
    at, end = piece.start, piece.start + piece.size
    while at < end:
        data = os.pread(descriptor, min(PIECE_BYTES, end - at), at)
        if not data:
            raise FileChangedError(f"{piece.file.path} ends at byte {at}")
        yield data
        at += len(data)


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _copy(source: int, target: int, start: int, size: int) -> None:
    while size:
        try:
            done = os.copy_file_range(source, target, min(size, _COPY_BYTES), start)
        except OSError:  # not between these file systems
            data = os.pread(source, min(size, PIECE_BYTES), start)
            _write(target, data)
            done = len(data)
        if not done:
            raise FileChangedError(f"a file ends at byte {start}")
        start, size = start + done, size - done
