"""AWS_IAM: is a request signed, by Signature Version 4, with credentials that exist here?

botocore works out what the signature must be, from the same parts of the request as the client.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from emulator.http_api.request import HttpRequest

_SERVICE = "execute-api"
_MAX_SKEW = timedelta(minutes=5)
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=(?P<key>[^/\s]+)/(?P<date>\d{8})/(?P<region>[^/\s]+)"
    r"/(?P<service>[^/\s]+)/aws4_request, *SignedHeaders=(?P<headers>[^,\s]+), *"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Signer:
    """Who owns an access key."""

    access_key: str
    secret_key: str
    user_arn: str
    user_id: str


type FindSigner = Callable[[str], Signer | None]


def signer_of(request: HttpRequest, region: str, find: FindSigner, now: datetime) -> Signer | None:
    """Who signed the request; None if nobody did, not rightly, not for here, or not just now."""
    stated = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    timestamp = request.headers.get("x-amz-date", "")
    if stated is None or not _is_recent(timestamp, now):
        return None
    if (stated["date"], stated["region"], stated["service"]) != (timestamp[:8], region, _SERVICE):
        return None
    signed = stated["headers"].split(";")
    if not {"host", "x-amz-date"} <= set(signed) <= set(request.headers):
        return None
    claimed = request.headers.get("x-amz-content-sha256")
    if claimed is not None and claimed != hashlib.sha256(request.body).hexdigest():
        return None
    signer = find(stated["key"])
    if signer is None:
        return None
    expected = _signature(request, signed, signer, region, timestamp)
    return signer if hmac.compare_digest(expected, stated["signature"]) else None


class _Verifier(SigV4Auth):
    """Signs the headers that the client says it signed, not those that botocore would."""

    def headers_to_sign(self, request: Any) -> HTTPHeaders:
        headers = HTTPHeaders()
        for name, value in request.headers.items():
            headers[name.lower()] = value
        return headers


def _signature(
    request: HttpRequest, signed: list[str], signer: Signer, region: str, timestamp: str
) -> str:
    query = f"?{request.raw_query}" if request.raw_query else ""
    copy = AWSRequest(
        method=request.method,
        url=f"http://{request.headers['host']}{request.raw_path}{query}",
        headers={name: request.headers[name] for name in signed},
        data=request.body,
    )
    copy.context["timestamp"] = timestamp
    verifier = _Verifier(Credentials(signer.access_key, signer.secret_key), _SERVICE, region)
    to_sign = verifier.string_to_sign(copy, verifier.canonical_request(copy))
    return str(verifier.signature(to_sign, copy))


def _is_recent(timestamp: str, now: datetime) -> bool:
    try:
        signed_at = datetime.strptime(timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs(now - signed_at) <= _MAX_SKEW
