"""What the OpenAPI document says of an operation's answers."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from pydantic import BaseModel, Field

from seqstack_api.problems import CONTENT_TYPE, ProblemDetails

JSON = "application/json"


class GatewayMessage(BaseModel):
    """What API Gateway itself answers when a request does not reach the function."""

    message: str = Field(description="such as `Forbidden`")


_GATEWAY = {
    HTTPStatus.UNAUTHORIZED: "API Gateway found no valid token (APIs with tokens)",
    HTTPStatus.FORBIDDEN: "API Gateway found no valid signature, or no permission",
    HTTPStatus.TOO_MANY_REQUESTS: "API Gateway throttles; try again later",
    HTTPStatus.INTERNAL_SERVER_ERROR: "the function failed; its log says why",
}
_UNAVAILABLE = "AWS could not answer now; try again after the seconds in `Retry-After`"


def answers(
    success: HTTPStatus, model: type[BaseModel] | None, what: str, problems: dict[HTTPStatus, str]
) -> dict[int, OpenAPIResponse]:
    """The answers of one operation: its success, its own problems, and those of all operations."""
    documented: dict[int, Any] = {
        int(success): {
            "description": what,
            "content": {JSON: {"model": model} if model else {"schema": {"type": "object"}}},
        }
    }
    for status, description in problems.items():
        documented[int(status)] = {
            "description": description,
            "content": {CONTENT_TYPE: {"model": ProblemDetails}},
        }
    for status, description in _GATEWAY.items():
        documented[int(status)] = {
            "description": description,
            "content": {JSON: {"model": GatewayMessage}},
        }
    documented[int(HTTPStatus.SERVICE_UNAVAILABLE)] = {
        "description": _UNAVAILABLE,
        "content": {
            CONTENT_TYPE: {"model": ProblemDetails},
            JSON: {"model": GatewayMessage},
        },
    }
    return documented
