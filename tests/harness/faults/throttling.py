"""A service's throttling error, with its own message and in its protocol's format.

DynamoDB's is that of a table in on-demand mode:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html; S3's:
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; Lambda's:
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html.
"""

from botocore.model import ServiceModel
from werkzeug.wrappers import Response

from emulator.engine.service_error import ServiceError, error_response

_BY_SERVICE = {
    "batch": ServiceError(429, "TooManyRequestsException", "Too Many Requests"),
    "dynamodb": ServiceError(
        400,
        "ThrottlingException",
        "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically"
        " scaling your table or index so please try again shortly.",
    ),
    "lambda": ServiceError(429, "TooManyRequestsException", "Rate Exceeded."),
    "s3": ServiceError(503, "SlowDown", "Please reduce your request rate."),
}
_BY_PROTOCOL = {
    "json": ServiceError(400, "ThrottlingException", "Rate exceeded"),
    "rest-json": ServiceError(429, "TooManyRequestsException", "Too Many Requests"),
    "rest-xml": ServiceError(400, "Throttling", "Rate exceeded"),
    "query": ServiceError(400, "Throttling", "Rate exceeded"),
}


def throttled(service: ServiceModel) -> Response:
    """Build the answer; `service` speaks JSON, REST-JSON, REST-XML or Query.

    Raises KeyError for a service with another protocol.
    """
    protocol = str(service.metadata["protocol"])
    error = _BY_SERVICE.get(service.service_name, _BY_PROTOCOL[protocol])
    return error_response(service, error)
