"""Links by which anybody can fetch an object for a while."""

import re

from seqstack.adapters.aws import client
from seqstack.domain.s3uri import S3Uri

_HTML = "text/html; charset=utf-8"
_NOT_OF_A_NAME = re.compile(r"[^A-Za-z0-9._+-]")


def link_to(uri: S3Uri, seconds: int) -> str:
    """A link to an object, signed with this function's credentials; nothing is asked of S3.

    It is good for `seconds`, or until those credentials end, hours later at the earliest. A browser
    saves what it fetches, whatever the object says it is: no page runs where the results lie.
    """
    return client("s3").generate_presigned_url(
        "get_object",
        Params={
            "Bucket": uri.bucket,
            "Key": uri.key,
            "ResponseContentDisposition": f'attachment; filename="{_file_name(uri)}"',
            **({"ResponseContentType": _HTML} if uri.name.endswith(".html") else {}),
        },
        ExpiresIn=seconds,
    )


def _file_name(uri: S3Uri) -> str:
    return _NOT_OF_A_NAME.sub("_", uri.name)
