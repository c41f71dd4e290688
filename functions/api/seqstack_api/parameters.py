"""A request's parameters and headers, before anything reads them: they must be text."""

from collections.abc import Iterator, Mapping
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from seqstack.domain.errors import Problem
from seqstack.domain.plain_text import refusal

HEADERS = {"idempotency-key": "Idempotency-Key", "content-type": "Content-Type"}
"""The headers that routes read."""


class ParametersError(Exception):
    """Parameters or headers that can't be used."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(map(str, problems)))


def require_text(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """Let a request through whose parameters hold text only, as a run's input must.

    Raises:
        ParametersError: names each parameter or header, and the character.
    """
    if problems := list(_problems(app.current_event.raw_event)):
        raise ParametersError(problems)
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
