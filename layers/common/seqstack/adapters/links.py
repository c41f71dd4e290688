"""Links by which anybody can fetch an object for a while."""

from seqstack.adapters.aws import client
from seqstack.domain.s3uri import S3Uri


def link_to(uri: S3Uri, seconds: int) -> str:
    """A link to an object, signed with this function's credentials; nothing is asked of S3.

    It is good for `seconds`, or until those credentials end, hours later at the earliest.
    """
    return client("s3").generate_presigned_url(
        "get_object", Params={"Bucket": uri.bucket, "Key": uri.key}, ExpiresIn=seconds
    )
