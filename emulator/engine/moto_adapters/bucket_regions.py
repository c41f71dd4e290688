"""S3 answers a request only in the bucket's region.

moto 5.2.5 has one S3 for all regions. AWS answers a request that is signed for another region with
301, and with the bucket's region: botocore then signs and sends it again, and s5cmd fails.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html
"""

from collections.abc import Iterable
from typing import Any

from moto.s3.models import s3_backends
from werkzeug.wrappers import Response

from emulator.engine.aws import ACCOUNT_ID
from emulator.engine.service_error import ServiceError, error_in_protocol
from emulator.engine.sigv4 import Head, claim_of
from emulator.engine.wsgi import Environ, WsgiApplication

_PARTITION = "aws"
_MOVED = 301


def redirecting(application: WsgiApplication) -> WsgiApplication:
    """Refuse requests to buckets of another region than that of the signature."""

    def answer(environ: Environ, start_response: Any) -> Iterable[bytes]:
        refused = _redirect(environ)
        return (refused or application)(environ, start_response)

    return answer


def _redirect(environ: Environ) -> Response | None:
    claim = claim_of(Head.from_wsgi(environ))
    if claim is None or claim.service != "s3":
        return None
    name = str(environ["PATH_INFO"]).lstrip("/").partition("/")[0]
    bucket = s3_backends[ACCOUNT_ID][_PARTITION].buckets.get(name)
    if bucket is None or bucket.region_name == claim.region:
        return None
    error = ServiceError(
        _MOVED,
        "PermanentRedirect",
        "The bucket you are attempting to access must be addressed using the specified endpoint.",
    )
    response = error_in_protocol("rest-xml", error)
    response.headers["x-amz-bucket-region"] = bucket.region_name
    return response
