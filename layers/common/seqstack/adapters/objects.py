"""Objects in S3: whether they are there, and readable."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import ClientError

from seqstack.adapters.aws import client, translated_errors
from seqstack.domain.s3uri import S3Uri

_AT_ONCE = 16


def missing_objects(uris: Iterable[S3Uri]) -> dict[S3Uri, str]:
    """Ask S3 for each object's head; return what is wrong with those that can't be read.

    S3 answers 403 instead of 404 for an absent object where the caller may not list the bucket.
    """
    distinct = list(dict.fromkeys(uris))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = zip(distinct, pool.map(_what_is_wrong, distinct), strict=True)
    return {uri: wrong for uri, wrong in answers if wrong}


def _what_is_wrong(uri: S3Uri) -> str | None:
    try:
        with translated_errors():
            client("s3").head_object(Bucket=uri.bucket, Key=uri.key)
    except ClientError as error:
        match error.response["Error"]["Code"]:
            case "404" | "NoSuchKey" | "NotFound":
                return "does not exist"
            case "NoSuchBucket":
                return "does not exist: there is no such bucket"
            case "403" | "AccessDenied":
                return "may not be read, or does not exist"
            case "301" | "PermanentRedirect":
                return "lies in another region"
            case code:
                return f"can't be read ({code})"
    return None
