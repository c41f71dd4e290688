"""The tags of the IAM role or user behind an ARN.

API Gateway passes the signer's ARN to a function, but not the tags:
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import re
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from botocore.exceptions import ClientError

from seqstack.adapters.aws import client, translated_errors

_KEPT_SECONDS = 300
_KEPT_PRINCIPALS = 1000
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
_USER = re.compile(r"arn:[a-z-]+:iam::(?P<account>[0-9]{12}):user/(?:[^/]+/)*(?P<name>[^/]+)")
_ROLE = re.compile(r"arn:[a-z-]+:sts::(?P<account>[0-9]{12}):assumed-role/(?P<name>[^/]+)/[^/]+")


def tags_of(arn: str, account_id: str) -> Mapping[str, str]:
    """The tags of the user, or of the session's role, cached for 5 minutes.

    None for principals of other accounts and for those that can't have tags: the account itself,
    federated users. Session tags are not included, because no API returns them.

    Raises:
        TransientServiceError: IAM could not answer now.
    """
    found = _USER.fullmatch(arn) or _ROLE.fullmatch(arn)
    if found is None or found["account"] != account_id:
        return {}
    is_user = found.re is _USER
    return _tags(found["name"], int(time.monotonic() // _KEPT_SECONDS), is_user=is_user)


@lru_cache(maxsize=_KEPT_PRINCIPALS)
def _tags(name: str, _period: int, *, is_user: bool) -> Mapping[str, str]:
    iam = client("iam")
    tags: dict[str, str] = {}
    more: dict[str, Any] = {}
    while True:
        try:
            with translated_errors():
                page = (
                    iam.list_user_tags(UserName=name, **more)
                    if is_user
                    else iam.list_role_tags(RoleName=name, **more)
                )
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchEntity", "NoSuchEntityException"}:
                return {}
            raise
        tags |= {tag["Key"]: tag["Value"] for tag in page["Tags"]}
        if not page.get("IsTruncated"):
            return tags
        more = {"Marker": page["Marker"]}
