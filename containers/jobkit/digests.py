"""The size, checksum and ETag that S3 should report for a stored file."""

import hashlib
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from threading import Thread

_MIB = 1 << 20
_PART_MIB_LEAST = 50  # s5cmd's default
# S3 accepts 10,000 parts; above that, s5cmd would choose an unknown part size.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
_PARTS_MOST = 9_000


@dataclass(frozen=True, slots=True)
class Digest:
    """A file's size in bytes, its SHA-256 in hexadecimal, and the ETag that its upload gets."""

    size: int
    sha256: str
    etag: str

    @property
    def checksum(self) -> str:
        """The checksum with its algorithm, as in provenance: `sha256:…`."""
        return f"sha256:{self.sha256}"


def part_mib_for(size: int) -> int:
    """MiB of each part of an upload of `size` bytes."""
    return max(_PART_MIB_LEAST, -(-size // (_PARTS_MOST * _MIB)))


def digest_of(path: Path, part_mib: int) -> Digest:
    """Read `path` once, and compute the digests of an upload in parts of `part_mib`.

    The ETag is the MD5 of an object uploaded in one request; of a multipart upload, the MD5 of the
    parts' MD5s and their number. With SSE-KMS it is something else.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    """
    whole = hashlib.sha256()
    parts: list[hashlib._Hash] = []
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(_MIB):
            if size % (part_mib * _MIB) == 0:
                parts.append(hashlib.md5(usedforsecurity=False))
            whole.update(chunk)
            parts[-1].update(chunk)
            size += len(chunk)
    return Digest(size, whole.hexdigest(), _etag_of([part.digest() for part in parts]))


def checksum_of(file: BufferedReader) -> str:
    """The SHA-256 of an open file, as in provenance: `sha256:…`."""
    return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def meanwhile[T](work: Callable[[], T]) -> Callable[[], T]:
    """Begin work in a thread; the returned function waits for its result, or raises its error.

    Nothing waits for the thread if the job fails or is stopped first.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
            future.set_exception(error)

    Thread(target=run, name="digests", daemon=True).start()
    return future.result


def _etag_of(parts: list[bytes]) -> str:
    if len(parts) == 1:
        return parts[0].hex()
    joined = hashlib.md5(b"".join(parts), usedforsecurity=False).hexdigest()
    return f"{joined}-{len(parts)}" if parts else joined  # without parts: the MD5 of nothing
