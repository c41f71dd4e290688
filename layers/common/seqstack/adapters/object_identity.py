"""The identity of objects in S3 (size, ETag, checksum), and jobs' provenance."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from seqstack.adapters.aws import client, translated_errors
from seqstack.adapters.objects import what_is_wrong
from seqstack.domain.manifest import StoredObject
from seqstack.domain.provenance import Provenance
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.written_objects import ObjectState, WrittenObject

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

_AT_ONCE = 16
# Checksums that can identify content, the strongest first. S3 adds a CRC-64 to every new object.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
_CHECKSUMS = ("SHA256", "SHA1", "CRC64NVME")


def stored_objects(uris: Iterable[S3Uri]) -> dict[S3Uri, StoredObject]:
    """The description of each object that exists and is readable; others are left out.

    A folder (its key is empty or ends in `/`) means all objects in it. A folder with an object
    whose key is not valid text is left out, so that no step that depends on it is reused.
    """
    distinct = list(dict.fromkeys(uris))
    client("s3")  # created before the threads start: creating clients is not thread-safe
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(_look, distinct)
        return {item.uri: item for items in found for item in items}


def read_provenance(uri: S3Uri) -> tuple[Provenance, StoredObject] | None:
    """A job's provenance, and its object with the SHA-256.

    None if there is none, or it is invalid.
    """
    try:
        with translated_errors():
            answer = client("s3").get_object(Bucket=uri.bucket, Key=uri.key)
            body = answer["Body"].read()
        said = Provenance.parse(body)
    except (ClientError, ValueError):  # absent or forbidden, or not from our containers
        return None
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    etag, version = answer["ETag"].strip('"'), answer.get("VersionId", "")
    return said, StoredObject(uri, len(body), etag, f"SHA256:{digest}", version)


def look_at_written(written: Iterable[StoredObject]) -> list[WrittenObject]:
    """The states of objects that a run has written; at most two requests for each."""
    objects = list(written)
    client("s3")  # created before the threads start: creating clients is not thread-safe
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(_look_at_written, objects))


def _look_at_written(stored: StoredObject) -> WrittenObject:
    found = _head_or_problem(stored.uri)
    if isinstance(found, StoredObject) and stored.is_same_as(found):
        # the version with the same content, if it was written again
        current = replace(stored, version_id=found.version_id)
        return WrittenObject(current, ObjectState.CURRENT)
    is_other = isinstance(found, StoredObject)
    problem = "differs from what the run has written" if is_other else str(found)
    kept = stored.version_id and _head_or_problem(stored.uri, stored.version_id)
    state = ObjectState.REPLACED if isinstance(kept, StoredObject) else ObjectState.GONE
    return WrittenObject(stored, state, problem)


def _head_or_problem(uri: S3Uri, version_id: str = "") -> StoredObject | str:
    try:
        with translated_errors():
            return _head(uri, version_id)
    except ClientError as error:
        return what_is_wrong(error)


def _look(uri: S3Uri) -> list[StoredObject]:
    try:
        with translated_errors():
            return list(_listed(uri)) if uri.is_folder else [_head(uri)]
    except (ClientError, ValueError):  # absent or forbidden; a key that `S3Uri` refuses
        return []


def _head(uri: S3Uri, version_id: str = "") -> StoredObject:
    where: Any = {"Bucket": uri.bucket, "Key": uri.key}
    if version_id:
        where["VersionId"] = version_id
    head = client("s3").head_object(**where, ChecksumMode="ENABLED")
    etag, version = head["ETag"].strip('"'), head.get("VersionId", "")
    return StoredObject(uri, head["ContentLength"], etag, _checksum(head), version)


def _checksum(head: "HeadObjectOutputTypeDef") -> str:
    values: dict[str, Any] = dict(head)
    for name in _CHECKSUMS:
        value = values.get(f"Checksum{name}", "")
        # of a multipart upload it may be one over the parts' checksums, as `…-<parts>`: that has no
        # more information than the ETag
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
