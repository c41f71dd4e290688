"""Objects in S3: check that they exist and are readable, tag them, link to them."""

import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from botocore.exceptions import ClientError

from seqstack.adapters.aws import client, translated_errors
from seqstack.domain.errors import MissingOutputError
from seqstack.domain.manifest import StoredObject
from seqstack.domain.objects_found import ABSENT, ObjectsFound
from seqstack.domain.records import utc_text
from seqstack.domain.s3uri import S3Uri

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef, TagTypeDef


# Lifecycle rules of the results bucket (template.yaml) find these objects by their tag.
_KIND = "seqstack:kind"
INTERMEDIATE = {_KIND: "intermediate"}
PART = {_KIND: "part"}
_GONE = frozenset({"NoSuchKey", "MethodNotAllowed"})  # the second is of a delete marker
_AT_ONCE = 16


class Payer(TypedDict, total=False):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html."""

    RequestPayer: Literal["requester"]


# storage classes, and tiers of INTELLIGENT_TIERING, that answer GetObject with InvalidObjectState
_ARCHIVES = frozenset({"GLACIER", "DEEP_ARCHIVE", "ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS"})


def find_objects(uris: Iterable[S3Uri], *, requester_pays: bool = False) -> ObjectsFound:
    """Request the head of each object: its size, or why it can't be read; and buckets' regions.

    S3 answers 403 instead of 404 for an absent object if the caller may not list the bucket.
    """
    distinct = list(dict.fromkeys(uris))
    buckets = list(dict.fromkeys(uri.bucket for uri in distinct))
    own_region = client("s3").meta.region_name
    look = partial(_found_or_problem, payer=payer(requester_pays=requester_pays))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = dict(zip(distinct, pool.map(look, distinct), strict=True))
        regions = dict(zip(buckets, pool.map(_region_of, buckets), strict=True))
    found = {uri: answer for uri, answer in answers.items() if not isinstance(answer, str)}
    return ObjectsFound(
        sizes={uri: size for uri, (size, _, _) in found.items()},
        wrong={uri: answer for uri, answer in answers.items() if isinstance(answer, str)},
        etags={uri: etag for uri, (_, etag, _) in found.items()},
        regions={
            bucket: region for bucket, region in regions.items() if region not in {"", own_region}
        },
        modified={uri: modified for uri, (_, _, modified) in found.items()},
    )


def payer(*, requester_pays: bool) -> Payer:
    """The parameter of requests that the caller pays for, where the bucket is of that kind."""
    return {"RequestPayer": "requester"} if requester_pays else {}


def _region_of(bucket: str) -> str:
    """A bucket's region, which S3 tells everyone; empty if there is no such bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
    """
    try:
        with translated_errors():
            answer: Any = client("s3").head_bucket(Bucket=bucket)
    except ClientError as error:
        answer = error.response
    return str(answer["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region", ""))


def read_start(uri: S3Uri, size: int, *, requester_pays: bool = False) -> bytes | None:
    """The first `size` bytes of an object, or all of it; None if it can no longer be read."""
    try:
        with translated_errors():
            answer = client("s3").get_object(
                Bucket=uri.bucket,
                Key=uri.key,
                Range=f"bytes=0-{size - 1}",
                **payer(requester_pays=requester_pays),
            )
            return answer["Body"].read()
    except ClientError as error:
        # an empty object has no first byte
        return b"" if error.response["Error"]["Code"] == "InvalidRange" else None


def read_written(stored: StoredObject, most_bytes: int) -> bytes:
    """The content of an object that a run has written, even if it was replaced since.

    Raises:
        MissingOutputError: it is gone, or has more than `most_bytes`.
    """
    where: dict[str, Any] = {"Bucket": stored.uri.bucket, "Key": stored.uri.key}
    if stored.version_id:
        where["VersionId"] = stored.version_id
    problem = f"has more than {most_bytes:,} bytes"
    try:
        with translated_errors():
            answer = client("s3").get_object(**where)
            if answer["ContentLength"] <= most_bytes:
                return answer["Body"].read()
    except ClientError as error:
        problem = what_is_wrong(error)
    raise MissingOutputError(f"{stored.uri} {problem}")


def read_whole(uri: S3Uri, most_bytes: int) -> tuple[bytes, str] | str:
    """An object's content and ETag; or why it can't be read, such as having too many bytes."""
    try:
        with translated_errors():
            answer = client("s3").get_object(Bucket=uri.bucket, Key=uri.key)
            if answer["ContentLength"] > most_bytes:
                return f"has {answer['ContentLength']:,} bytes, and at most {most_bytes:,} are read"
            return answer["Body"].read(), answer["ETag"].strip('"')
    except ClientError as error:
        return what_is_wrong(error)


def write(uri: S3Uri, content: bytes) -> None:
    """Write an object."""
    with translated_errors():
        client("s3").put_object(Bucket=uri.bucket, Key=uri.key, Body=content)


def write_once(uri: S3Uri, content: bytes) -> None:
    """Write a JSON object, or leave the one that is there already."""
    try:
        with translated_errors():
            client("s3").put_object(
                Bucket=uri.bucket,
                Key=uri.key,
                Body=content,
                ContentType="application/json",
                IfNoneMatch="*",
            )
    except ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise


def mark_intermediate(uris: Iterable[S3Uri]) -> None:
    """Tag objects that may expire before the others; their other tags are replaced."""
    _tag(uris, INTERMEDIATE)


def mark_parts(uris: Iterable[S3Uri]) -> None:
    """Tag results of parts that are joined, which expire soon; their other tags are replaced."""
    _tag(uris, PART)


def may_expire(uri: S3Uri) -> bool:
    """Whether a run has tagged an object as one that may expire; True if it is gone."""
    try:
        with translated_errors():
            answer = client("s3").get_object_tagging(Bucket=uri.bucket, Key=uri.key)
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            return True
        raise
    return any(tag["Key"] == _KIND for tag in answer["TagSet"])


def _tag(uris: Iterable[S3Uri], kind: Mapping[str, str]) -> None:
    tags: list[TagTypeDef] = [{"Key": key, "Value": value} for key, value in kind.items()]

    def tag(uri: S3Uri) -> None:
        with translated_errors():
            client("s3").put_object_tagging(
                Bucket=uri.bucket, Key=uri.key, Tagging={"TagSet": tags}
            )

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(tag, uris))


def _found_or_problem(uri: S3Uri, payer: Payer) -> tuple[int, str, str] | str:
    """Size, ETag, and the time at which it was written."""
    try:
        with translated_errors():
            head = client("s3").head_object(Bucket=uri.bucket, Key=uri.key, **payer)
    except ClientError as error:
        return what_is_wrong(error)
    modified = utc_text(head["LastModified"])
    return _archived(head) or (head["ContentLength"], head["ETag"].strip('"'), modified)


def what_is_wrong(error: ClientError) -> str:
    """Why the request for an object's head failed."""
    match error.response["Error"]["Code"]:
        case "404" | "NoSuchKey" | "NotFound":
            return ABSENT
        case "NoSuchBucket":
            return "does not exist: there is no such bucket"
        case "403" | "AccessDenied":
            return "may not be read, or does not exist"
        case "301" | "PermanentRedirect":
            return "lies in another region"
        case code:
            return f"can't be read ({code})"


def _archived(head: "HeadObjectOutputTypeDef") -> str | None:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/archived-objects.html
    archive = head.get("ArchiveStatus", head.get("StorageClass", ""))
    is_restored = 'ongoing-request="false"' in head.get("Restore", "")
    if archive in _ARCHIVES and not is_restored:
        return f"is archived ({archive}); restore it first"
    return None


_HTML = "text/html; charset=utf-8"
_NOT_OF_A_NAME = re.compile(r"[^A-Za-z0-9._+-]")


def link_to(stored: StoredObject, seconds: int) -> str:
    """A presigned link to this version of an object; no request is made.

    It is signed with this function's credentials, and valid for `seconds`, or until the credentials
    expire, hours later at the earliest. Browsers save the object as a file, so that no page runs
    with S3's origin.
    """
    version = {"VersionId": stored.version_id} if stored.version_id else {}
    return client("s3").generate_presigned_url(
        "get_object",
        Params={
            "Bucket": stored.uri.bucket,
            "Key": stored.uri.key,
            "ResponseContentDisposition": f'attachment; filename="{_file_name(stored.uri)}"',
            **({"ResponseContentType": _HTML} if stored.uri.name.endswith(".html") else {}),
            **version,
        },
        ExpiresIn=seconds,
    )


def _file_name(uri: S3Uri) -> str:
    return _NOT_OF_A_NAME.sub("_", uri.name)
