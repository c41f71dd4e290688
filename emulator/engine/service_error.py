"""An error of a service, in the format of its protocol."""

import json
import uuid
from dataclasses import dataclass
from html import escape

from botocore.model import ServiceModel
from werkzeug.wrappers import Response


@dataclass(frozen=True)
class ServiceError:
    """An error: HTTP status, code and message."""

    status: int
    code: str
    message: str


def error_response(service: ServiceModel, error: ServiceError) -> Response:
    """Build the answer; `service` speaks JSON, REST-JSON, REST-XML, Query or EC2's Query.

    Raises KeyError for a service with another protocol.
    """
    return error_in_protocol(str(service.metadata["protocol"]), error)


def error_in_protocol(protocol: str, error: ServiceError) -> Response:
    """Build the answer of a service that speaks `protocol`, as botocore names it."""
    request_id = str(uuid.uuid4())
    if protocol.endswith("json"):
        body = json.dumps({"__type": error.code, "message": error.message})
        headers = {"x-amzn-RequestId": request_id, "x-amzn-ErrorType": error.code}
        kind = "application/json" if protocol == "rest-json" else "application/x-amz-json-1.0"
        return Response(body, error.status, headers, content_type=kind)
    inner = f"<Code>{error.code}</Code><Message>{escape(error.message, quote=False)}</Message>"
    body = {
        "rest-xml": f"<Error>{inner}<RequestId>{request_id}</RequestId></Error>",
        "query": f"<ErrorResponse><Error><Type>Sender</Type>{inner}</Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>",
        "ec2": f"<Response><Errors><Error>{inner}</Error></Errors>"
        f"<RequestID>{request_id}</RequestID></Response>",
    }[protocol]
    headers = {"x-amz-request-id": request_id}
    return Response(body, error.status, headers, content_type="application/xml")
