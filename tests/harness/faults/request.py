"""The sender, service and operation of a request, from its signature and form."""

import io
import re
from urllib.parse import parse_qs

from botocore.model import ServiceModel
from moto.core.request import Request
from moto.core.routing import get_service_router
from werkzeug.exceptions import NotFound

from emulator.engine.wsgi import Environ

# AWS4-HMAC-SHA256 Credential=<access key>/<date>/<region>/<service>/aws4_request, SignedHeaders=…
_CREDENTIAL = re.compile(r"Credential=([^/]+)/[^/]+/[^/]+/([^/]+)/aws4_request")
_FORM_PROTOCOLS = {"query", "ec2"}


def signature(environ: Environ) -> tuple[str, str]:
    """The access key and the service's signing name; empty for a request that is not signed."""
    match = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    return (match[1], match[2]) if match is not None else ("", "")


def operation(environ: Environ, service: ServiceModel) -> str | None:
    """The operation of `service` in a request; None if there is none.

    The request's body can still be read afterwards.
    """
    target: str | None = environ.get("HTTP_X_AMZ_TARGET")
    if target is not None:
        return target.rpartition(".")[2]
    if service.metadata["protocol"] in _FORM_PROTOCOLS:
        return parse_qs(body_of(environ).decode()).get("Action", [None])[0]
    try:
        found, _parameters = get_service_router(service.service_name).match(Request(environ.copy()))
    except (NotFound, NotImplementedError):
        return None
    return str(found.name)


def body_of(environ: Environ) -> bytes:
    """The request's body, which can still be read afterwards."""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body
