"""The size, checksum and ETag that S3 should report for a stored file."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

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


def _etag_of(parts: list[bytes]) -> str:
    if len(parts) == 1:
        return parts[0].hex()
    joined = hashlib.md5(b"".join(parts), usedforsecurity=False).hexdigest()
    return f"{joined}-{len(parts)}" if parts else joined  # without parts: the MD5 of nothing
