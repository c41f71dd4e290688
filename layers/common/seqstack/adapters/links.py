"""Links by which anybody can fetch an object for a while."""

from seqstack.adapters.aws import client
from seqstack.domain.manifest import StoredObject


def link_to(stored: StoredObject, seconds: int) -> str:
    """A link to an object, and to no other version of it than this; nothing is asked of S3.

    It is signed with this function's credentials.
    It is good for `seconds`, or until those credentials end, hours later at the earliest.
    """
    version = {"VersionId": stored.version_id} if stored.version_id else {}
    return client("s3").generate_presigned_url(
        "get_object",
        Params={"Bucket": stored.uri.bucket, "Key": stored.uri.key, **version},
        ExpiresIn=seconds,
    )
