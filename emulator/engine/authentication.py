"""Authentication of the AWS API: only requests signed with valid keys reach it."""

import hashlib
import io
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from werkzeug.wrappers import Response

from emulator.engine.http_guard import BodyCutOffError, BodyTooLargeError, read_body
from emulator.engine.objects.receiving import MAX_OBJECT_BYTES
from emulator.engine.service_error import ServiceError, error_in_protocol
from emulator.engine.sigv4 import UNSIGNED_PAYLOAD, Claim, Head, claim_of
from emulator.engine.wsgi import Environ, WsgiApplication

type FindSecret = Callable[[str], str | None]
"""Returns the secret key of an access key; None if there is no such key."""

MAX_BODY_BYTES = 32 * 1024 * 1024  # ECR takes layers in parts of up to 20 MiB, as base64
_TOLERANCE = timedelta(minutes=15)  # S3's; others allow 5
_HINT = "use the credentials that the emulator printed when it started"


class _Fault(Enum):
    UNSIGNED = "the request is not signed by AWS Signature Version 4"
    UNKNOWN = "there is no such access key"
    WRONG = "the signature does not match"
    LATE = "the signature has expired, or is not yet valid"


_CODES = {
    "json": (
        400,
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "InvalidSignatureException",
    ),
    "rest-json": (
        403,
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "InvalidSignatureException",
    ),
    "rest-xml": (
        403,
        "AccessDenied",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "AccessDenied",
    ),
    "query": (
        403,
        "MissingAuthenticationToken",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "SignatureDoesNotMatch",
    ),
    "ec2": (401, "AuthFailure", "AuthFailure", "AuthFailure", "AuthFailure"),
}
"""For each protocol: the HTTP status, and the error code of each fault, in order."""


class _RefusedError(Exception):
    """The request is refused."""

    def __init__(self, response: Response) -> None:
        self.response = response
        super().__init__(response.status)


class Authentication:
    """Checks every request's signature. `find_secret` returns the secret of an access key.

    Bodies are read only when the sender is known, and held in memory up to `MAX_BODY_BYTES`. Bodies
    for S3 are left to `objects.receiving`, which compares them with the hash in the signed headers.
    """

    def __init__(self, find_secret: FindSecret) -> None:
        self._find_secret = find_secret

    def around(self, application: WsgiApplication) -> WsgiApplication:
        """Wrap the AWS API."""

        def answer(environ: Environ, start_response: Any) -> Iterable[bytes]:
            try:
                self._check(environ)
            except _RefusedError as refused:
                return refused.response(environ, start_response)
            return application(environ, start_response)

        return answer

    def _check(self, environ: Environ) -> None:
        head = Head.from_wsgi(environ)
        claim = claim_of(head)
        if claim is None or (claim.lifetime is not None and claim.service != "s3"):
            raise _refused(head, claim, _Fault.UNSIGNED)
        secret_key = self._find_secret(claim.access_key)
        if secret_key is None:
            raise _refused(head, claim, _Fault.UNKNOWN)
        if not claim.is_complete(head):
            raise _refused(head, claim, _Fault.WRONG)
        if not claim.is_timely(datetime.now(UTC), _TOLERANCE):
            raise _refused(head, claim, _Fault.LATE)
        if not claim.is_right(head, secret_key, _payload_hash(head, claim, environ)):
            raise _refused(head, claim, _Fault.WRONG)


def _payload_hash(head: Head, claim: Claim, environ: Environ) -> str:
    """The hash of the body: for S3 the signed one, for other services that of the received body."""
    stated = head.headers.get("x-amz-content-sha256")
    if claim.service == "s3":
        if int(head.headers.get("content-length", 0)) > MAX_OBJECT_BYTES:
            raise _refused_body(head, claim, 400, "EntityTooLarge", "the body is too large")
        return stated or UNSIGNED_PAYLOAD
    try:
        body = read_body(environ, MAX_BODY_BYTES)
    except BodyTooLargeError as error:
        reason = f"the body has more than {MAX_BODY_BYTES} bytes"
        raise _refused_body(head, claim, 413, "RequestEntityTooLarge", reason) from error
    except BodyCutOffError as error:
        raise _refused_body(head, claim, 400, "IncompleteBody", "the body is cut off") from error
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    for name in ("HTTP_TRANSFER_ENCODING", "wsgi.input_terminated"):
        environ.pop(name, None)
    found = hashlib.sha256(body).hexdigest()
    if stated not in {None, found, UNSIGNED_PAYLOAD}:
        raise _refused(head, claim, _Fault.WRONG)
    return stated or found


def _refused(head: Head, claim: Claim | None, fault: _Fault) -> _RefusedError:
    protocol = _protocol(head, claim)
    status, *codes = _CODES[protocol]
    code = str(codes[list(_Fault).index(fault)])
    error = ServiceError(int(status), code, f"{fault.value}; {_HINT}")
    return _RefusedError(error_in_protocol(protocol, error))


def _refused_body(head: Head, claim: Claim, status: int, code: str, message: str) -> _RefusedError:
    return _RefusedError(
        error_in_protocol(_protocol(head, claim), ServiceError(status, code, message))
    )


def _protocol(head: Head, claim: Claim | None) -> str:
    """The protocol of a request, recognized by its form, because its sender is not known yet."""
    service = claim.service if claim is not None else ""
    if "x-amz-target" in head.headers:
        return "json"
    if head.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return "ec2" if service == "ec2" else "query"
    return "rest-xml" if service in {"", "s3"} else "rest-json"
