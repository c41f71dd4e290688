"""Keep the reference data that the jobs of a host share. Only this program writes them.

    keep_references.py FOLDER [--every-time]

Jobs see FOLDER read-only. A job that needs an object, whose ETag and size it knows from S3, asks
through the socket FOLDER/socket. Each message and each answer is one packet:

    want ETAG SIZE   have    FOLDER/objects/ETAG-SIZE has the content whose MD5 is ETAG
                     wait    another job fetches it; a further answer follows
                     fetch   it is missing: fetch it, then give it
                     spoilt  as fetch: the content was wrong, and was removed
    give ETAG SIZE   have    as above; the packet comes with an open file, which was copied
                     differs the file's MD5 is not ETAG
                     failed  it could not be copied; the reason follows

While a job fetches an object, others wait for it, until it gives the object or closes its
connection.

Jobs are not trusted. A file is verified, whoever gave it: this program computes the MD5 of its own
copy, which no job can write, when the file is given and again after each start of this program,
which is each boot. With --every-time it computes the MD5 at each request; use this where jobs run
as the same user as this program and could change its files.

It uses no network and no credentials, and needs only Python 3.9, which Amazon Linux 2023 has.
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


class Store:
    """The objects of a folder; connections identify the callers."""

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
        with self._changed:
            if self._fetchers.get(name, caller) is not caller:
                caller.send(b"wait")
                self._changed.wait_for(lambda: name not in self._fetchers)
            known = name in self._verified and not self._every_time
            if not known:
                self._fetchers[name] = caller
        path = self._folder / name
        if known:
            caller.send(b"have")
        elif not os.path.lexists(path):
            caller.send(b"fetch")
        elif is_sound(path, etag, size):
            self._verified.add(name)
            self._let_go(caller, name)
            caller.send(b"have")
        else:
            say(f"{path} did not match its ETag: removed")
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
        """The caller's connection has ended: another may fetch what it was fetching."""
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
                break  # it is too short
            at += copied
    target.chmod(0o444)


def is_sound(path: Path, etag: str, size: int) -> bool:
    """Whether the object is a readable file whose content matches its ETag."""
    try:
        return stat.S_ISREG(path.lstat().st_mode) and has_etag(path, etag, size)
    except OSError as error:
        say(f"{path} cannot be read: {error.strerror}")
        return False


def has_etag(path: Path, etag: str, size: int) -> bool:
    """Whether a file's content matches an ETag of S3.

    The ETag is the content's MD5 or, for a multipart upload, the MD5 of the parts' MD5s and the
    number of parts. The size of the parts is unknown: likely sizes are tried.
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
    """Possible sizes of `count` parts (all but the last), in whole MiB, the likeliest first.

    Programs use 5, 8, 16 or 50 MiB, or let the user choose. With many parts, only one size is
    possible.
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
    """The MD5 of each part of a file; for an empty file, the MD5 of no bytes."""
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
    """An MD5 object.

    Second preimages of MD5 are infeasible: a file with a given ETag can't be made.
    """
    return hashlib.md5(content, usedforsecurity=False)


def attend(store: Store, caller: socket.socket) -> None:
    """Answer a caller until it disconnects or sends an invalid message."""
    with caller, contextlib.suppress(ConnectionError):
        try:
            while True:
                message, files, _, _ = socket.recv_fds(caller, _MESSAGE_BYTES, 1)
                try:
                    found = _MESSAGE.fullmatch(message.decode("ascii", "replace"))
                    if found is None:
                        return
                    if found[1] == "want":
                        store.want(caller, found[2], int(found[3]))
                    elif files:
                        store.give(caller, found[2], int(found[3]), files[0])
                    else:
                        return
                finally:
                    for file in files:
                        os.close(file)
        finally:
            store.forget(caller)


def serve(folder: Path, *, every_time: bool) -> None:
    """Keep `folder` until this process is ended."""
    store = Store(folder, every_time=every_time)
    os.chdir(folder)  # a socket's path has 107 characters at most
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        Path("socket.new").unlink(missing_ok=True)
        server.bind("socket.new")
        Path("socket.new").chmod(0o666)
        server.listen(128)
        Path("socket.new").rename("socket")
        say(f"keeps {folder}")
        while True:
            caller, _ = server.accept()
            threading.Thread(target=attend, args=[store, caller], daemon=True).start()


def say(line: str) -> None:
    """Write a line to the journal."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve(Path(sys.argv[1]).resolve(), every_time=sys.argv[2:] == ["--every-time"])
