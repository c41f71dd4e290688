"""Every error that a request can meet, as the answer it gets."""

from collections.abc import Callable
from http import HTTPStatus

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from seqstack.domain.errors import InvalidInputError, TransientServiceError, UnknownRunError
from seqstack.domain.request_errors import (
    KeyReusedError,
    PageTokenError,
    RunHasEndedError,
    RunNameTakenError,
)
from seqstack_api.bodies import BodyTooLargeError, MalformedBodyError, UnsupportedBodyError
from seqstack_api.problems import FieldProblem, problem

logger = Logger(child=True)

_RETRY = {"Retry-After": "2"}
_PLAIN: dict[type[Exception], tuple[str, HTTPStatus]] = {
    UnknownRunError: ("run-not-found", HTTPStatus.NOT_FOUND),
    RunHasEndedError: ("run-has-ended", HTTPStatus.CONFLICT),
    MalformedBodyError: ("malformed-body", HTTPStatus.BAD_REQUEST),
    BodyTooLargeError: ("body-too-large", HTTPStatus.CONTENT_TOO_LARGE),
    UnsupportedBodyError: ("unsupported-media-type", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
}


def answer_errors(app: APIGatewayHttpResolver) -> None:
    """Let `app` answer the errors that a request can meet; any other fails the function."""
    for error_class, (kind, status) in _PLAIN.items():
        app.exception_handler(error_class)(_plainly(kind, status))
    app.exception_handler(InvalidInputError)(_invalid_input)
    app.exception_handler(RequestValidationError)(_invalid_parameters)
    app.exception_handler(PageTokenError)(_invalid_token)
    app.exception_handler(KeyReusedError)(_reused_key)
    app.exception_handler([TransientServiceError, RunNameTakenError])(_unavailable)
    app.exception_handler(NotFoundError)(_no_such_route)


def _plainly(kind: str, status: HTTPStatus) -> Callable[[Exception], Response[str]]:
    return lambda error: problem(kind, status, str(error))


def _invalid_input(error: InvalidInputError) -> Response[str]:
    errors = [FieldProblem(field=each.path, detail=each.message) for each in error.problems]
    return _unprocessable("invalid-input", "the input can't be used; nothing was started", errors)


def _invalid_parameters(error: RequestValidationError) -> Response[str]:
    errors = [
        FieldProblem(field=str(each["loc"][-1]), detail=str(each["msg"])) for each in error.errors()
    ]
    return _unprocessable("invalid-parameter", "a parameter or header can't be used", errors)


def _invalid_token(error: PageTokenError) -> Response[str]:
    errors = [FieldProblem(field="nextToken", detail=str(error))]
    return _unprocessable("invalid-parameter", "a parameter or header can't be used", errors)


def _unprocessable(kind: str, detail: str, errors: list[FieldProblem]) -> Response[str]:
    return problem(kind, HTTPStatus.UNPROCESSABLE_CONTENT, detail, errors)


def _reused_key(error: KeyReusedError) -> Response[str]:
    errors = [FieldProblem(field="Idempotency-Key", detail=str(error))]
    return problem("key-reused", HTTPStatus.CONFLICT, "the key was used before", errors)


def _unavailable(error: Exception) -> Response[str]:
    logger.warning("AWS could not answer", error=str(error))
    detail = "AWS could not answer now; try again"
    return problem("unavailable", HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=_RETRY)


def _no_such_route(_error: NotFoundError) -> Response[str]:
    return problem("no-such-route", HTTPStatus.NOT_FOUND, "the API has no such path and method")
