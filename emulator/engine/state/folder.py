"""The state folder: its format, its lock, its size, and its removal."""

import fcntl
import json
import os
import secrets
import shutil
import sqlite3
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from emulator.engine.state.records import Records

FORMAT = 1
"""Raise it when a folder of the last format can't be read any more."""

_ABOUT, _LOCK, _RECORDS, _OBJECTS = "state.json", "lock", "records.sqlite", "objects"
_STARTED = "state.new"  # what becomes _ABOUT; a process that was killed may leave it


class StateError(Exception):
    """A state folder can't be used; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Size:
    """What a state folder holds: files of objects, and bytes of all files on disk."""

    objects: int
    bytes: int


class StateFolder:
    """A folder that one emulator at a time may use. Use it as a context manager.

    Entering creates the folder, and raises StateError if it has other files, is of another format,
    is broken, or is in use. With `only_to_remove`, it must exist, and neither format nor records
    are read.
    """

    identity: str
    """A random name of this folder, which is the same at each start."""
    is_new: bool
    """Whether no emulator has used the folder before."""
    records: Records
    """What is not in objects."""

    def __init__(self, path: Path, *, only_to_remove: bool = False) -> None:
        self.path = path
        self._only_to_remove = only_to_remove
        self.objects = path / _OBJECTS
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._undo.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._undo.close()

    def size(self) -> Size:
        """What it holds."""
        objects = list(self.objects.iterdir()) if self.objects.is_dir() else []
        others = (self.path / name for name in (_ABOUT, _RECORDS, f"{_RECORDS}-wal"))
        return Size(len(objects), sum(map(_bytes_on_disk, (*objects, *others))))

    def remove(self) -> None:
        """Remove the folder and everything in it; other files that are in it stay."""
        shutil.rmtree(self.objects, ignore_errors=True)
        for name in (f"{_RECORDS}-wal", f"{_RECORDS}-shm", _RECORDS, _ABOUT, _LOCK):
            (self.path / name).unlink(missing_ok=True)
        if not any(self.path.iterdir()):
            self.path.rmdir()

    def _open(self) -> None:
        about = self.path / _ABOUT
        self.is_new = not about.exists()
        if self._only_to_remove and self.is_new:
            raise StateError(f"{self.path} is no state folder of the emulator")
        self._require_own()
        self._take_lock()
        if self._only_to_remove:
            return
        if self.is_new:
            self._create(about)
        self.identity = self._identity_in(about)
        self.objects.mkdir(exist_ok=True)
        file = self.path / _RECORDS
        try:
            self.records = Records(file)
        except sqlite3.Error as error:
            raise StateError(f"{file} can't be read: {error}; {_hint(self.path)}") from error
        self._undo.callback(self.records.close)

    def _require_own(self) -> None:
        """Check that the folder is new, or has a state, and create it."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except FileExistsError as error:
            raise StateError(f"{self.path} is no folder") from error
        others = [path.name for path in self.path.iterdir() if path.name not in (_LOCK, _STARTED)]
        if self.is_new and others:
            raise StateError(
                f"{self.path} is no state folder of the emulator: it has other files, such as "
                f"{others[0]}; name a new or empty folder"
            )

    def _take_lock(self) -> None:
        """Hold a lock that ends with this process, whatever ends it."""
        descriptor = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._undo.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StateError(
                f"{self.path} is in use by another emulator (process {_owner(descriptor)}); stop "
                "that one, or name another folder"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)

    def _create(self, about: Path) -> None:
        text = json.dumps({"format": FORMAT, "identity": secrets.token_hex(16)})
        started = about.with_name(_STARTED)
        started.write_text(text + "\n")
        started.replace(about)

    def _identity_in(self, about: Path) -> str:
        try:
            found = json.loads(about.read_text())
            number, identity = found["format"], str(found["identity"])
        except (ValueError, KeyError, TypeError) as error:
            raise StateError(f"{about} can't be read; {_hint(self.path)}") from error
        if number != FORMAT:
            raise StateError(
                f"{self.path} has format {number}, and this emulator reads format {FORMAT}; use "
                f"the version of SeqStack that has written it, or {_hint(self.path)}"
            )
        return identity


def _hint(folder: Path) -> str:
    return f"name another folder, or remove this one by the emulator's command `clean {folder}`"


def _owner(descriptor: int) -> str:
    return os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"


def _bytes_on_disk(path: Path) -> int:
    return path.stat().st_blocks * 512 if path.exists() else 0
