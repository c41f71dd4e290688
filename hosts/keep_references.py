"""Keeps the reference data that the jobs of a host share: the one program that writes them.

    keep_references.py FOLDER [--every-time]

Jobs see FOLDER read-only. One that wants an object, and has learnt its ETag and size from S3, asks
at the socket FOLDER/keeper. A message and its answer are a packet each:

    want ETAG SIZE   have    FOLDER/objects/ETAG-SIZE has the bytes that the ETag is the MD5 of
                     wait    another job fetches it; a further answer follows
                     fetch   it is not here: fetch it, then give it
                     spoilt  as fetch: what was here had other bytes, and is removed
    give ETAG SIZE   have    as above; the packet comes with an open file, which was copied
                     differs the file's bytes are not those of the ETag
                     failed  it could not be copied; the reason follows

A job that was told to fetch keeps others waiting until it gives, or its connection ends.

Jobs are not trusted. A file is kept for what it holds, and no matter who gave it: its MD5 is taken
here, of a copy that no job can write, when it is given and again after each start of this program,
which is each boot. With --every-time it is taken whenever a file is wanted, for where jobs run as
the same user as this program and could write what it keeps.

It has no network and no credentials, and needs no more than Python 3.9, as Amazon Linux 2023 has.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import socket
import stat
import sys
import threading
from pathlib import Path

_MIB = 1 << 20
_MESSAGE = re.compile(r"(want|give) ([0-9a-f]{32}(?:-[1-9][0-9]{0,4})?) ([0-9]{1,15})")
_MESSAGE_BYTES = 256
_CONSOLE_PART = 17_179_870  # what the S3 console sends
_PART_SIZES_TRIED = 8
_NO_CLONE = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}


class Keeper:
    """The objects of a folder; callers are told apart by their connections."""

    def __init__(self, folder: Path, *, every_time: bool) -> None:
        self._folder = folder / "objects"
        self._every_time = every_time
        self._verified: set[str] = set()
        self._fetchers: dict[str, socket.socket] = {}
        self._changed = threading.Condition()
        self._folder.mkdir(mode=0o755, exist_ok=True)
        for part in self._folder.glob("*.part"):
            part.unlink()

    def want(self, caller: socket.socket, etag: str, size: int) -> None:
        """Answer `want`."""
        name = f"{etag}-{size}"
        if name in self._verified and not self._every_time:
            caller.send(b"have")
            return
        with self._changed:
            if self._fetchers.get(name, caller) is not caller:
                caller.send(b"wait")
                self._changed.wait_for(lambda: name not in self._fetchers)
            self._fetchers[name] = caller
        path = self._folder / name
        if not os.path.lexists(path):
            caller.send(b"fetch")
        elif is_sound(path, etag, size):
            self._verified.add(name)
            self._let_go(caller, name)
            caller.send(b"have")
        else:
            say(f"{path} did not have the bytes of its ETag: removed")
            self._verified.discard(name)
            path.unlink()
            caller.send(b"spoilt")

    def give(self, caller: socket.socket, etag: str, size: int, source: int) -> None:
        """Answer `give`."""
        name = f"{etag}-{size}"
        if self._fetchers.get(name) is not caller:
            caller.send(b"failed: it was not to be fetched")
            return
        path = self._folder / name
        part = path.with_suffix(".part")
        try:
            copy(source, part, size)
            is_it = has_etag(part, etag, size)
            if is_it:
                part.rename(path)
                self._verified.add(name)
                say(f"{path} was given and verified")
            answer = b"have" if is_it else b"differs"
        except OSError as error:
            answer = f"failed: {error.strerror}".encode()
        finally:
            part.unlink(missing_ok=True)
            self._let_go(caller, name)
        caller.send(answer)

    def forget(self, caller: socket.socket) -> None:
        """The caller's connection has ended: others may fetch what it was to."""
        with self._changed:
            for name in [name for name, who in self._fetchers.items() if who is caller]:
                del self._fetchers[name]
            self._changed.notify_all()

    def _let_go(self, caller: socket.socket, name: str) -> None:
        with self._changed:
            if self._fetchers.get(name) is caller:
                del self._fetchers[name]
            self._changed.notify_all()


def copy(source: int, target: Path, size: int) -> None:
    """Copy `size` bytes of an open file, sharing its blocks where the file system can (XFS)."""
    if not stat.S_ISREG(os.fstat(source).st_mode):
        raise OSError(errno.EINVAL, "not a regular file")
    target.unlink(missing_ok=True)
    with target.open("xb", buffering=0) as file:
        at = 0
        while at < size:
            try:
                copied = os.copy_file_range(source, file.fileno(), size - at, at, at)
            except OSError as error:
                if error.errno not in _NO_CLONE:
                    raise
                copied = os.pwrite(file.fileno(), os.pread(source, min(_MIB, size - at), at), at)
            if not copied:
                break  # it is shorter, and so not what it should be
            at += copied
    target.chmod(0o444)


def is_sound(path: Path, etag: str, size: int) -> bool:
    """Whether what is here is a file, can be read, and has the bytes of its ETag."""
    try:
        return stat.S_ISREG(path.lstat().st_mode) and has_etag(path, etag, size)
    except OSError as error:
        say(f"{path} cannot be read: {error.strerror}")
        return False


def has_etag(path: Path, etag: str, size: int) -> bool:
    """Whether a file's bytes are those that S3 gave an ETag to.

    That is their MD5, or for an upload in parts the MD5 of the parts' MD5s, and their number. What
    sizes the parts had is not known: the likely ones are tried.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    """
    if path.stat().st_size != size:
        return False
    digest, _, parts = etag.partition("-")
    if not parts:
        return b"".join(part_digests(path, size or 1)) == bytes.fromhex(digest)
    return any(
        md5(b"".join(part_digests(path, part))).hexdigest() == digest
        for part in part_sizes(size, int(parts))
    )


def part_sizes(size: int, parts: int) -> list[int]:
    """Sizes that each of so many parts but the last may have had, the likeliest first: whole MiB.

    Programs send 5, 8, 16 or 50 MiB, or let the user choose. Many parts leave one size possible.
    """
    if parts == 1:
        return [size]
    least, most = -(-size // parts), (size - 1) // (parts - 1)
    mib = sorted(
        range(-(-least // _MIB), most // _MIB + 1),
        key=lambda number: (number & (number - 1) != 0, number % 5 != 0, number),
    )
    console = [_CONSOLE_PART] if least <= _CONSOLE_PART <= most else []
    return [*console, *(number * _MIB for number in mib)][:_PART_SIZES_TRIED]


def part_digests(path: Path, part_size: int) -> list[bytes]:
    """The MD5 of each part of a file; of an empty file that of nothing."""
    digests = [md5()]
    left = part_size
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(min(_MIB, left or part_size)):
            if not left:
                digests.append(md5())
                left = part_size
            digests[-1].update(chunk)
            left -= len(chunk)
    return [each.digest() for each in digests]


def md5(content: bytes = b"") -> hashlib._Hash:
    """An MD5: to find a second file with the ETag of a given one is still out of reach."""
    return hashlib.md5(content, usedforsecurity=False)


def attend(keeper: Keeper, caller: socket.socket) -> None:
    """Answer a caller until it leaves, or says what is not understood."""
    with caller, contextlib.suppress(ConnectionError):
        try:
            while True:
                message, files, _, _ = socket.recv_fds(caller, _MESSAGE_BYTES, 1)
                try:
                    found = _MESSAGE.fullmatch(message.decode("ascii", "replace"))
                    if found is None:
                        return
                    if found[1] == "want":
                        keeper.want(caller, found[2], int(found[3]))
                    elif files:
                        keeper.give(caller, found[2], int(found[3]), files[0])
                    else:
                        return
                finally:
                    for file in files:
                        os.close(file)
        finally:
            keeper.forget(caller)


def serve(folder: Path, *, every_time: bool) -> None:
    """Keep `folder` until this process is ended."""
    keeper = Keeper(folder, every_time=every_time)
    os.chdir(folder)  # a socket's path has 107 characters at most
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        Path("keeper.new").unlink(missing_ok=True)
        server.bind("keeper.new")
        Path("keeper.new").chmod(0o666)
        server.listen(128)
        Path("keeper.new").rename("keeper")
        say(f"keeps {folder}")
        while True:
            caller, _ = server.accept()
            threading.Thread(target=attend, args=[keeper, caller], daemon=True).start()


def say(line: str) -> None:
    """Write a line to the journal."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve(Path(sys.argv[1]).resolve(), every_time=sys.argv[2:] == ["--every-time"])
