"""Errors as problem details (RFC 9457), which name the field that is wrong."""

from http import HTTPStatus

from pydantic import BaseModel, Field

CONTENT_TYPE = "application/problem+json"


class FieldProblem(BaseModel):
    """One thing that is wrong with a request."""

    field: str = Field(
        description="a JSON path into the body, such as `$.bwa.memory`, or the name of a "
        "parameter or header"
    )
    detail: str = Field(description="what is wrong with it, and what to do")


class ProblemDetails(BaseModel):
    """An error in the format of RFC 9457, with every field that is wrong."""

    type: str = Field(description="type of the problem, for programs")
    title: str = Field(description="type of the problem, in words")
    status: int = Field(description="the HTTP status code")
    detail: str = Field(description="what happened")
    errors: list[FieldProblem] = Field(default=[], description="each field that is wrong")


def problem_details(
    kind: str, status: HTTPStatus, detail: str, errors: list[FieldProblem]
) -> ProblemDetails:
    """Describe a problem; `kind` is a word such as `run-not-found`."""
    return ProblemDetails(
        type=f"urn:seqstack:problem:{kind}",
        title=kind.replace("-", " ").capitalize(),
        status=status,
        detail=detail,
        errors=errors,
    )
