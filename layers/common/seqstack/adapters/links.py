"""Links by which anybody can fetch an object for a while."""

import re

from seqstack.adapters.aws import client
from seqstack.domain.manifest import StoredObject
from seqstack.domain.s3uri import S3Uri

_HTML = "text/html; charset=utf-8"
_NOT_OF_A_NAME = re.compile(r"[^A-Za-z0-9._+-]")


def link_to(stored: StoredObject, seconds: int) -> str:
    """A link to an object, and to no other version of it than this; nothing is asked of S3.

    It is signed with this function's credentials, and good for `seconds`, or until those end, hours
    later at the earliest. A browser saves what it fetches, whatever the object says it is: no page
    runs where the results lie.
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
