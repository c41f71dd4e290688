"""AWS_IAM: check that a request is signed (Signature Version 4) with valid credentials."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from emulator.engine.http_api.request import HttpRequest
from emulator.engine.sigv4 import claim_of

_SERVICE = "execute-api"
_MAX_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Signer:
    """Who owns an access key."""

    access_key: str
    secret_key: str
    user_arn: str
    user_id: str


type FindSigner = Callable[[str], Signer | None]


def stated_signer(
    request: HttpRequest, region: str, find: FindSigner, now: datetime
) -> Signer | None:
    """The owner of the access key that a request names; None if unknown, for another service, or
    expired.

    The body is not read here: `is_signed_by` checks the signature.
    """
    claim = claim_of(request.head)
    if claim is None or claim.lifetime is not None or not claim.is_complete(request.head):
        return None
    if (claim.region, claim.service) != (region, _SERVICE) or not claim.is_timely(now, _MAX_SKEW):
        return None
    return find(claim.access_key)


def is_signed_by(request: HttpRequest, signer: Signer) -> bool:
    """Whether the request, body included, is as its signer has signed it."""
    claim, digest = claim_of(request.head), hashlib.sha256(request.body).hexdigest()
    stated = request.headers.get("x-amz-content-sha256", digest)
    return (
        claim is not None
        and stated == digest
        and claim.is_right(request.head, signer.secret_key, digest)
    )
