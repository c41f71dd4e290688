"""Verified uploads: checked by S3 in transit, and by us afterwards."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jobkit.digests import Digest, digest_of, meanwhile, part_mib_for
from jobkit.errors import TransferError
from jobkit.logs import LOG
from jobkit.s5cmd import S3Object, S5cmd
from seqstack.domain.s3uri import S3Uri


@dataclass(frozen=True, slots=True)
class Stored:
    """A verified object; `checksum` as in `Digest`."""

    item: S3Object
    checksum: str


def upload_verified(s3: S5cmd, files: Mapping[Path, S3Uri]) -> list[Stored]:
    """Write files to objects and verify that S3 has the same content.

    s5cmd sends an MD5 and a SHA-256 with every part, and S3 refuses a part that does not match. The
    files' digests are computed during the upload, which is bound by the network or the disk.
    Afterwards the object's size and ETag must be those of the file. If the ETag is not an MD5
    (SSE-KMS), the object is read back instead.

    Raises:
        TransferError: S3 did not accept an object, or has other content.
    """
    parts = {path: part_mib_for(path.stat().st_size) for path in files}
    digests = meanwhile(lambda: [digest_of(path, parts[path]) for path in files])
    s3.upload(files, parts)
    found = s3.head(files.values())
    uris = files.values()
    return [_verified(s3, found[uri], each) for uri, each in zip(uris, digests(), strict=True)]


def _verified(s3: S5cmd, item: S3Object, digest: Digest) -> Stored:
    if item.size != digest.size:
        raise TransferError(f"{item.uri} has {item.size} bytes, its file {digest.size}")
    if item.etag != digest.etag:
        LOG.info("the ETag of %s is not an MD5 of its file: reading it back", item.uri)
        stored = hashlib.sha256()
        for chunk in s3.read(item):
            stored.update(chunk)
        if stored.hexdigest() != digest.sha256:
            raise TransferError(
                f"{item.uri} differs from its file: SHA-256 "
                f"{stored.hexdigest()} instead of {digest.sha256}",
                hint="run the step again; if it happens twice, check the network between the "
                "host and S3",
            )
    return Stored(item, digest.checksum)
