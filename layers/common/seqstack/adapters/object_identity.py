"""What S3 says of objects: size, ETag, checksum; and what a job has written of them itself."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from seqstack.adapters.aws import client, translated_errors
from seqstack.domain.manifest import StoredObject
from seqstack.domain.provenance import Provenance
from seqstack.domain.s3uri import S3Uri

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

_AT_ONCE = 16
# Long enough to name a content by, the strongest first. S3 gives every new object CRC-64 by itself.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
_CHECKSUMS = ("SHA256", "SHA1", "CRC64NVME")


def stored_objects(uris: Iterable[S3Uri]) -> dict[S3Uri, StoredObject]:
    """What S3 says of each object that is there and readable; the others are left out.

    A folder (its key is empty or ends in `/`) stands for every object in it; one that holds an
    object whose key is no text is left out whole, so that nothing is reused that depends on it.
    """
    distinct = list(dict.fromkeys(uris))
    client("s3")  # made before the threads want it: boto3 makes clients in one thread only
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(_look, distinct)
        return {item.uri: item for items in found for item in items}


def read_provenance(uri: S3Uri) -> Provenance | None:
    """What a job wrote of itself; None where there is nothing, or something else."""
    try:
        with translated_errors():
            body = client("s3").get_object(Bucket=uri.bucket, Key=uri.key)["Body"].read()
        return Provenance.parse(body)
    except (ClientError, ValueError):  # absent or forbidden; or not of our containers
        return None


def _look(uri: S3Uri) -> list[StoredObject]:
    try:
        with translated_errors():
            return list(_listed(uri)) if uri.is_folder else [_head(uri)]
    except (ClientError, ValueError):  # absent or forbidden; a key that `S3Uri` refuses
        return []


def _head(uri: S3Uri) -> StoredObject:
    head = client("s3").head_object(Bucket=uri.bucket, Key=uri.key, ChecksumMode="ENABLED")
    return StoredObject(uri, head["ContentLength"], head["ETag"].strip('"'), _checksum(head))


def _checksum(head: "HeadObjectOutputTypeDef") -> str:
    values: dict[str, Any] = dict(head)
    for name in _CHECKSUMS:
        value = values.get(f"Checksum{name}", "")
        # of a multipart upload it may be one over the parts' checksums, as `…-<parts>`: that says
        # no more than the ETag does
        if value and "-" not in value:
            return f"{name}:{value}"
    return ""


def _listed(folder: S3Uri) -> Iterator[StoredObject]:
    pages = client("s3").get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=folder.bucket, Prefix=folder.key):
        for entry in page.get("Contents", []):
            uri = S3Uri(folder.bucket, entry["Key"])
            if not uri.is_folder:
                yield StoredObject(uri, entry["Size"], entry["ETag"].strip('"'))
