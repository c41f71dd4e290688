"""Reports of runs in S3, and what else describes a run."""

import base64
import hashlib
from pathlib import PurePosixPath
from typing import TypedDict

from botocore.exceptions import ClientError

from seqstack.adapters.aws import client, translated_errors
from seqstack.domain.manifest import StoredObject
from seqstack.domain.s3uri import S3Uri

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
_REPLACED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "404"})


class Condition(TypedDict, total=False):
    """The condition of a write."""

    IfMatch: str


_TYPES = {".html": "text/html; charset=utf-8", ".json": "application/json"}


def write_page(uri: S3Uri, page: str, replaced: StoredObject | None) -> StoredObject | None:
    """Write a page of HTML, or JSON; if it replaces one, only that one, or nothing.

    Returns:
        The new object, or None if `replaced` was not there any more.
    """
    body = page.encode(errors="replace")
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    condition: Condition = {"IfMatch": replaced.etag} if replaced else {}
    try:
        with translated_errors():
            answer = client("s3").put_object(
                Bucket=uri.bucket,
                Key=uri.key,
                Body=body,
                ContentType=_TYPES[PurePosixPath(uri.key).suffix],
                ChecksumSHA256=digest,
                **condition,
            )
    except ClientError as error:
        if error.response["Error"]["Code"] in _REPLACED:
            return None
        raise
    etag, version = answer["ETag"].strip('"'), answer.get("VersionId", "")
    return StoredObject(uri, len(body), etag, f"SHA256:{digest}", version)
