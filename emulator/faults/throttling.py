"""The answer of a service that is asked too often, in its own words and its protocol's form.

DynamoDB's is that of a table in on-demand mode:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html; S3's:
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; Lambda's:
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html.
"""

import json
import uuid
from dataclasses import dataclass

from botocore.model import ServiceModel
from werkzeug.wrappers import Response


@dataclass(frozen=True)
class Throttling:
    """A service's throttling error: HTTP status, code and message."""

    status: int
    code: str
    message: str


_BY_SERVICE = {
    "batch": Throttling(429, "TooManyRequestsException", "Too Many Requests"),
    "dynamodb": Throttling(
        400,
        "ThrottlingException",
        "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically"
        " scaling your table or index so please try again shortly.",
    ),
    "lambda": Throttling(429, "TooManyRequestsException", "Rate Exceeded."),
    "s3": Throttling(503, "SlowDown", "Please reduce your request rate."),
}
_BY_PROTOCOL = {
    "json": Throttling(400, "ThrottlingException", "Rate exceeded"),
    "rest-json": Throttling(429, "TooManyRequestsException", "Too Many Requests"),
    "rest-xml": Throttling(400, "Throttling", "Rate exceeded"),
    "query": Throttling(400, "Throttling", "Rate exceeded"),
}


def throttled(service: ServiceModel) -> Response:
    """Build the answer; `service` speaks JSON, REST-JSON, REST-XML or Query.

    Raises KeyError for a service with another protocol.
    """
    protocol = str(service.metadata["protocol"])
    error = _BY_SERVICE.get(service.service_name, _BY_PROTOCOL[protocol])
    request_id = str(uuid.uuid4())
    if protocol.endswith("json"):
        body = json.dumps({"__type": error.code, "message": error.message})
        headers = {"x-amzn-RequestId": request_id, "x-amzn-ErrorType": error.code}
        kind = "application/json" if protocol == "rest-json" else "application/x-amz-json-1.0"
    else:
        inner = f"<Code>{error.code}</Code><Message>{error.message}</Message>"
        if protocol == "query":
            inner = f"<Error><Type>Sender</Type>{inner}</Error>"
        tag = "ErrorResponse" if protocol == "query" else "Error"
        body = f"<{tag}>{inner}<RequestId>{request_id}</RequestId></{tag}>"
        headers = {"x-amz-request-id": request_id}
        kind = "application/xml"
    return Response(body, error.status, headers, content_type=kind)
