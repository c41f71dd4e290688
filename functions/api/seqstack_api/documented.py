"""Descriptions of operations' answers for the OpenAPI document."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from pydantic import BaseModel, Field

from seqstack_api.problems import CONTENT_TYPE, ProblemDetails
from seqstack_api.wes_models import ErrorResponse

JSON = "application/json"


class GatewayMessage(BaseModel):
    """The answer of API Gateway itself, when a request does not reach the function."""

    message: str = Field(description="such as `Forbidden`")


_GATEWAY = {
    HTTPStatus.UNAUTHORIZED: "API Gateway found no valid token (APIs with tokens)",
    HTTPStatus.TOO_MANY_REQUESTS: "API Gateway throttles; try again later",
    HTTPStatus.INTERNAL_SERVER_ERROR: "the function failed; its log says why",
}
_FORBIDDEN = (
    "API Gateway found no valid signature, or no permission; or the stack confines callers to "
    "their projects, and the caller has none, or asks for what concerns all of them"
)
BAD_PARAMETER = "a parameter or header can't be used"
_UNAVAILABLE = "AWS could not answer now; try again after the seconds in `Retry-After`"


def answers(
    success: HTTPStatus, model: type[BaseModel], what: str, problems: dict[HTTPStatus, str]
) -> dict[int, OpenAPIResponse]:
    """The answers of one operation: its success, its own problems, and those of all operations."""
    problems = {HTTPStatus.UNPROCESSABLE_CONTENT: BAD_PARAMETER, **problems}
    return _documented(success, model, what, problems, {CONTENT_TYPE: {"model": ProblemDetails}})


def wes_answers(
    model: type[BaseModel], problems: dict[HTTPStatus, str]
) -> dict[int, OpenAPIResponse]:
    """The answers of one operation of the Workflow Execution Service."""
    problems = {HTTPStatus.BAD_REQUEST: BAD_PARAMETER, **problems}
    error = {JSON: {"model": ErrorResponse}}
    return _documented(HTTPStatus.OK, model, "as the standard defines it", problems, error)


def _documented(
    success: HTTPStatus,
    model: type[BaseModel],
    what: str,
    problems: dict[HTTPStatus, str],
    error: dict[str, Any],
) -> dict[int, OpenAPIResponse]:
    documented: dict[int, Any] = {
        int(success): {"description": what, "content": {JSON: {"model": model}}}
    }
    for status, description in problems.items():
        documented[int(status)] = {"description": description, "content": dict(error)}
    for status, description in _GATEWAY.items():
        documented[int(status)] = {
            "description": description,
            "content": {JSON: {"model": GatewayMessage}},
        }
    for status, description in (
        (HTTPStatus.FORBIDDEN, _FORBIDDEN),
        (HTTPStatus.SERVICE_UNAVAILABLE, _UNAVAILABLE),
    ):
        documented[int(status)] = {
            "description": description,
            "content": _beside_the_gateway(error),
        }
    return documented


def _beside_the_gateway(error: dict[str, Any]) -> dict[str, Any]:
    """Answers of the function, or of API Gateway when the function does not answer in time."""
    if JSON not in error:
        return {JSON: {"model": GatewayMessage}, **error}
    names = (GatewayMessage.__name__, error[JSON]["model"].__name__)
    return {JSON: {"schema": {"anyOf": [{"$ref": f"#/components/schemas/{n}"} for n in names]}}}
