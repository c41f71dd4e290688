"""The answer to every error of a request.

Below the prefix of the Workflow Execution Service, answers have that standard's format.
"""

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from seqstack.domain.errors import InvalidInputError, TransientServiceError, UnknownRunError
from seqstack.domain.plain_text import harmless
from seqstack.domain.request_errors import (
    AllProjectsOnlyError,
    CohortHasEndedError,
    CohortIsRunningError,
    KeyReusedError,
    NoLogError,
    NoProjectsError,
    PageTokenError,
    ReferenceInUseError,
    RunForgottenError,
    RunHasEndedError,
    RunIsRunningError,
    RunNameTakenError,
    UnknownCohortError,
    UnknownReferenceError,
    UnreadableReferenceError,
)
from seqstack_api import wes_service
from seqstack_api.bodies import BodyTooLargeError, MalformedBodyError, UnsupportedBodyError
from seqstack_api.documented import BAD_PARAMETER, JSON
from seqstack_api.parameters import ParametersError
from seqstack_api.problems import CONTENT_TYPE, FieldProblem, problem_details
from seqstack_api.wes_models import ErrorResponse

logger = Logger(child=True)

_RETRY = {"Retry-After": "2"}
_PLAIN: dict[type[Exception], tuple[str, HTTPStatus]] = {
    NoProjectsError: ("no-projects", HTTPStatus.FORBIDDEN),
    AllProjectsOnlyError: ("all-projects-only", HTTPStatus.FORBIDDEN),
    UnknownRunError: ("run-not-found", HTTPStatus.NOT_FOUND),
    NoLogError: ("no-log", HTTPStatus.NOT_FOUND),
    RunHasEndedError: ("run-has-ended", HTTPStatus.CONFLICT),
    RunIsRunningError: ("run-goes-on", HTTPStatus.CONFLICT),
    RunForgottenError: ("run-forgotten", HTTPStatus.CONFLICT),
    UnknownCohortError: ("cohort-not-found", HTTPStatus.NOT_FOUND),
    CohortHasEndedError: ("cohort-has-ended", HTTPStatus.CONFLICT),
    CohortIsRunningError: ("cohort-is-running", HTTPStatus.CONFLICT),
    UnknownReferenceError: ("reference-not-found", HTTPStatus.NOT_FOUND),
    UnreadableReferenceError: ("reference-unreadable", HTTPStatus.CONFLICT),
    ReferenceInUseError: ("reference-in-use", HTTPStatus.CONFLICT),
    MalformedBodyError: ("malformed-body", HTTPStatus.BAD_REQUEST),
    BodyTooLargeError: ("body-too-large", HTTPStatus.CONTENT_TOO_LARGE),
    UnsupportedBodyError: ("unsupported-media-type", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
}

type Answered = Response[str]


class ErrorAnswers:
    """Answers the errors of requests to `app`; any other error fails the function."""

    def __init__(self, app: APIGatewayHttpResolver) -> None:
        self._app = app
        for error_class, (kind, status) in _PLAIN.items():
            app.exception_handler(error_class)(self._plainly(kind, status))
        app.exception_handler(InvalidInputError)(self._invalid_input)
        app.exception_handler(RequestValidationError)(self._invalid_parameters)
        app.exception_handler(PageTokenError)(self._invalid_token)
        app.exception_handler(ParametersError)(self._no_text)
        app.exception_handler(KeyReusedError)(self._reused_key)
        app.exception_handler([TransientServiceError, RunNameTakenError])(self._unavailable)
        app.exception_handler(NotFoundError)(self._no_such_route)

    @property
    def _is_wes(self) -> bool:
        return self._app.current_event.path.startswith(f"{wes_service.PREFIX}/")

    def _tell(
        self,
        kind: str,
        status: HTTPStatus,
        detail: str,
        errors: Iterable[FieldProblem] = (),
        headers: dict[str, str] | None = None,
    ) -> Answered:
        """Return the answer; parts of the request that it quotes are made safe to display."""
        detail = harmless(detail)
        found = [
            FieldProblem(field=harmless(each.field), detail=harmless(each.detail))
            for each in errors
        ]
        if not self._is_wes:
            details = problem_details(kind, status, detail, found)
            return Response(status, CONTENT_TYPE, json.dumps(details.model_dump()), headers)
        lines = [detail, *(f"{each.field}: {each.detail}" for each in found)]
        error = ErrorResponse(msg="\n".join(lines), status_code=status)
        return Response(status, JSON, json.dumps(error.model_dump()), headers)

    def _plainly(self, kind: str, status: HTTPStatus) -> Callable[[Exception], Answered]:
        return lambda error: self._tell(kind, status, str(error))

    def _invalid_input(self, error: InvalidInputError) -> Answered:
        # the standard has no 422
        status = HTTPStatus.BAD_REQUEST if self._is_wes else HTTPStatus.UNPROCESSABLE_CONTENT
        errors = [FieldProblem(field=each.path, detail=each.message) for each in error.shown]
        if error.unshown:
            errors.append(FieldProblem(field="$", detail=f"and {error.unshown} more problems"))
        detail = "the input can't be used; nothing was started"
        return self._tell("invalid-input", status, detail, errors)

    def _invalid_parameters(self, error: RequestValidationError) -> Answered:
        errors = [
            FieldProblem(field=str(each["loc"][-1]), detail=str(each["msg"]))
            for each in error.errors()
        ]
        return self._bad_parameter(errors)

    def _invalid_token(self, error: PageTokenError) -> Answered:
        name = "page_token" if self._is_wes else "nextToken"
        return self._bad_parameter([FieldProblem(field=name, detail=str(error))])

    def _no_text(self, error: ParametersError) -> Answered:
        return self._bad_parameter(
            [FieldProblem(field=each.path, detail=each.message) for each in error.problems]
        )

    def _bad_parameter(self, errors: list[FieldProblem]) -> Answered:
        status = HTTPStatus.BAD_REQUEST if self._is_wes else HTTPStatus.UNPROCESSABLE_CONTENT
        return self._tell("invalid-parameter", status, BAD_PARAMETER, errors)

    def _reused_key(self, error: KeyReusedError) -> Answered:
        errors = [FieldProblem(field="Idempotency-Key", detail=str(error))]
        return self._tell("key-reused", HTTPStatus.CONFLICT, "the key was used before", errors)

    def _unavailable(self, error: Exception) -> Answered:
        logger.warning("AWS could not answer", error=str(error))
        status, detail = HTTPStatus.SERVICE_UNAVAILABLE, "AWS could not answer now; try again"
        return self._tell("unavailable", status, detail, headers=_RETRY)

    def _no_such_route(self, _error: NotFoundError) -> Answered:
        detail = "the API has no such path and method"
        return self._tell("no-such-route", HTTPStatus.NOT_FOUND, detail)
