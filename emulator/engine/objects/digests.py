"""Digests of content: the MD5 of ETags, the hash of signed payloads, and S3's checksums.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Protocol

from awscrt import checksums  # type: ignore[import-untyped]

MD5, SHA1, SHA256 = "MD5", "SHA1", "SHA256"
CRC32, CRC32C, CRC64NVME = "CRC32", "CRC32C", "CRC64NVME"

_CRC_BYTES = {CRC32: 4, CRC32C: 4, CRC64NVME: 8}
CHECKSUMS = (CRC32, CRC32C, CRC64NVME, SHA1, SHA256)
"""The algorithms of `x-amz-checksum-*`."""


class Hasher(Protocol):
    """Protocol of a digest in the making, as hashlib's."""

    def update(self, data: bytes, /) -> None: ...  # noqa: D102 - hashlib's

    def digest(self) -> bytes: ...  # noqa: D102 - hashlib's


_HASHES: dict[str, Callable[[], Hasher]] = {
    MD5: partial(hashlib.md5, usedforsecurity=False),
    SHA1: partial(hashlib.sha1, usedforsecurity=False),
    SHA256: hashlib.sha256,
}


class _Crc:
    """A CRC, with hashlib's methods."""

    def __init__(self, algorithm: str) -> None:
        self._function: Callable[[bytes, int], int] = getattr(checksums, algorithm.lower())
        self._bytes = _CRC_BYTES[algorithm]
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = self._function(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._bytes, "big")


def hasher(algorithm: str) -> Hasher:
    """Start a digest; raises KeyError for an unknown algorithm."""
    return _HASHES[algorithm]() if algorithm in _HASHES else _Crc(algorithm)


def digests_of(pieces: Iterable[bytes], algorithms: Iterable[str]) -> dict[str, bytes]:
    """The digests of `pieces` one after another, by algorithm."""
    hashers = {algorithm: hasher(algorithm) for algorithm in algorithms}
    for piece in pieces:
        for each in hashers.values():
            each.update(piece)
    return {algorithm: each.digest() for algorithm, each in hashers.items()}


def joined(parts: Iterable[tuple[Mapping[str, bytes], int]]) -> dict[str, bytes]:
    """The CRCs of joined parts, of which each has its digests and size; without reading them.

    Only algorithms that every part has, and of these only CRCs, can be joined.
    """
    known = list(parts)
    result: dict[str, bytes] = {}
    for algorithm, size in _CRC_BYTES.items():
        if not all(algorithm in digests for digests, _ in known):
            continue
        combine: Callable[[int, int, int], int] = getattr(checksums, f"combine_{algorithm.lower()}")
        value = 0
        for digests, length in known:
            value = combine(value, int.from_bytes(digests[algorithm], "big"), length)
        result[algorithm] = value.to_bytes(size, "big")
    return result


def base64_of(digest: bytes) -> str:
    """A digest as S3's headers have it."""
    return base64.b64encode(digest).decode()
