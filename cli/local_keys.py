"""The keys of the emulator on a port of this machine, in a file that only its user can read.

The emulator writes it when it starts to serve, and removes it at its end. The folder is `seqstack`
in XDG_RUNTIME_DIR (https://specifications.freedesktop.org/basedir-spec/latest/) or, if that is not
set, `seqstack-<user id>` in the folder for temporary files.
"""

import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class LocalKeys(NamedTuple):
    """An access key and its secret."""

    access_key: str
    secret_key: str


@contextmanager
def published(port: int, keys: LocalKeys) -> Iterator[Path]:
    """Write keys for `seqstack --local --local-port <port>`; return the file.

    Raises OSError if another user owns the folder, or may write there.
    """
    path = _path(port)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    _require_own(path.parent)
    handle, made = tempfile.mkstemp(dir=path.parent)  # with mode 0600
    with os.fdopen(handle, "w") as file:
        file.write(json.dumps(keys._asdict()))
    Path(made).replace(path)
    try:
        yield path
    finally:
        if _read(path) == keys:  # not if a later emulator has replaced it
            path.unlink()


def local_keys(port: int) -> LocalKeys | None:
    """The keys of the emulator that serves on a port; None if there are none.

    Raises OSError if another user owns the file or its folder, or may write there.
    """
    path = _path(port)
    if not path.exists():
        return None
    _require_own(path.parent)
    _require_own(path)
    return _read(path)


def _path(port: int) -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        return Path(runtime) / "seqstack" / f"{port}.json"
    return Path(tempfile.gettempdir()) / f"seqstack-{os.getuid()}" / f"{port}.json"


def _read(path: Path) -> LocalKeys | None:
    try:
        return LocalKeys(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _require_own(path: Path) -> None:
    found = path.lstat()
    others_write = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if stat.S_ISLNK(found.st_mode) or found.st_uid != os.getuid() or others_write:
        raise PermissionError(f"{path} is another user's, a link, or can be written by others")
