"""A request's parameters: their types, and the middleware that refuses others."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import AfterValidator, BeforeValidator, Field

from seqstack.domain.errors import Problem, UnknownRunError
from seqstack.domain.plain_text import refusal
from seqstack.domain.run_names import MAX_NAME


def _of_digits(value: object) -> object:
    """Refuse other forms that pydantic accepts: '1_0', ' 10', '10.0'."""
    if isinstance(value, str) and not re.fullmatch("-?[0-9]{1,18}", value):
        raise ValueError("must be a whole number, with the digits 0 to 9")
    return value


def _possible_name(run_id: str) -> str:
    if len(run_id) > MAX_NAME:  # the ledger's keys and Step Functions' names have limits
        raise UnknownRunError(f"there is no run {run_id[:MAX_NAME]}…: the name is too long")
    return run_id


POSSIBLE_NAME = AfterValidator(_possible_name)

_DIGITS = BeforeValidator(_of_digits)
# the bounds come before the validator: after it they would be missing in the OpenAPI document
Count = Annotated[int, Field(ge=1), _DIGITS]
UpTo100 = Annotated[int, Field(ge=1, le=100), _DIGITS]
UpTo1000 = Annotated[int, Field(ge=1, le=1000), _DIGITS]
LinkSeconds = Annotated[int, Field(ge=60, le=3600), _DIGITS]
NextToken = Annotated[
    str | None,
    Query(alias="nextToken", max_length=2000, description="`nextToken` of the previous page"),
]


def name_filter(description: str) -> Query:
    """A name by which a list is filtered."""
    return Query(min_length=1, max_length=64, description=description)


HEADERS = {"idempotency-key": "Idempotency-Key", "content-type": "Content-Type"}
"""The headers that routes read."""
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
_OF_SIGNATURES = "X-Amz-"


class ParametersError(Exception):
    """Parameters or headers that can't be used."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(map(str, problems)))


def require_text(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """Refuse a request with control characters in its parameters, as in a run's input.

    Raises:
        ParametersError: names each parameter or header, and the character.
    """
    if problems := list(_problems(app.current_event.raw_event)):
        raise ParametersError(problems)
    return next_middleware(app)


def require_known(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """Refuse a request with a query parameter that its operation does not have.

    A filter by another name, such as `sampleId`, would list every run.

    Raises:
        ParametersError: names each such parameter, and those that there are.
    """
    known = [each.alias for each in app.context["_route"].dependant.query_params]
    may_be = f"there are {', '.join(known)}" if known else "there is none"
    given = app.current_event.query_string_parameters
    unknown = [
        Problem(name, f"is not a query parameter of this operation; {may_be}")
        for name in given
        if name not in known and not name.startswith(_OF_SIGNATURES)
    ]
    if unknown:
        raise ParametersError(unknown)
    return next_middleware(app)


def _problems(event: Mapping[str, Any]) -> Iterator[Problem]:
    headers: Mapping[str, str] = event.get("headers") or {}
    given = {
        **(event.get("pathParameters") or {}),
        **(event.get("queryStringParameters") or {}),
        **{shown: headers[name] for name, shown in HEADERS.items() if name in headers},
    }
    for name, value in given.items():
        if why := refusal(name) or refusal(value):
            yield Problem(name, why)
