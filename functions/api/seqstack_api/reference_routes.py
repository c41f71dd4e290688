"""Prepared references: prepared, listed, shown and deleted."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from seqstack.domain.plain_text import one_line
from seqstack.domain.reference.named import ReferenceName
from seqstack.domain.request_errors import UnknownReferenceError, UnreadableReferenceError
from seqstack.domain.workflow_names import PREPARE_REFERENCE_NAME
from seqstack.use_cases.control_references import delete_reference, show_reference
from seqstack_api import run_routes
from seqstack_api.confinement import request_of
from seqstack_api.documented import JSON, answers
from seqstack_api.models import RunSummary
from seqstack_api.reference_models import (
    DeletedReference,
    Reference,
    ReferenceDetail,
    ReferenceList,
    ReferenceVersion,
)
from seqstack_api.run_routes import IdempotencyKey

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call] # Powertools' own

_TAG = "References"
_NO_SUCH_REFERENCE = "there is no such reference"
_UNREADABLE = "another version of the stack has prepared it, and this one can't read it"
_EXAMPLE = {
    "name": "GRCh38",
    "referenceS3Path": "s3://amzn-s3-demo-source-bucket/GRCh38/genome.fa.gz",
    "annotationS3Path": "s3://amzn-s3-demo-source-bucket/GRCh38/genes.gff3.gz",
    "aligners": ["bwa", "minimap2"],
}

Name = Annotated[str, Path(description="The reference's name", examples=["GRCh38"])]
Version = Annotated[
    str,
    Path(description="The version", examples=["0123456789abcdef0123456789abcdef"]),
]


@router.post(
    "/references",
    tags=[_TAG],
    operation_id="prepareReference",
    summary="Prepare a reference",
    description=(
        f"Starts a run of `{PREPARE_REFERENCE_NAME}`, as `startRun` does; the body is its input. "
        "A version that is prepared already is not made anew: the run ends at once. Callers that "
        "are confined to projects may not prepare references."
    ),
    responses=run_routes.answers_to_start(),
    openapi_extensions={
        "requestBody": {
            "required": True,
            "content": {
                JSON: {
                    "schema": {"$ref": f"#/components/schemas/RunInput_{PREPARE_REFERENCE_NAME}"},
                    "example": _EXAMPLE,
                }
            },
        }
    },
)
def prepare(idempotency_key: IdempotencyKey = None) -> Response[RunSummary]:
    """Prepare a reference."""
    return run_routes.start(PREPARE_REFERENCE_NAME, idempotency_key)


@router.get(
    "/references",
    tags=[_TAG],
    operation_id="listReferences",
    summary="List prepared references with their versions",
    responses=answers(HTTPStatus.OK, ReferenceList, "every reference that runs can name", {}),
)
def list_() -> ReferenceList:
    """List references."""
    found = []
    for named in request_of(router).references.names():
        versions = list(_versions(named.name))
        if versions:
            found.append(Reference(name=named.name, versions=versions))
    return ReferenceList(references=found)


def _versions(name: str) -> Iterator[ReferenceVersion]:
    references = request_of(router).references
    for named in references.versions(name):
        try:
            yield ReferenceVersion.of(show_reference(named, references))
        except UnreadableReferenceError as error:
            yield ReferenceVersion.unreadable(named.version, str(error))
        except UnknownReferenceError:  # somebody has deleted it just now
            continue


@router.get(
    "/references/<name>",
    tags=[_TAG],
    operation_id="getReference",
    summary="Show the newest version of a reference",
    responses=answers(
        HTTPStatus.OK,
        ReferenceDetail,
        "the version that a run by name takes",
        {HTTPStatus.NOT_FOUND: _NO_SUCH_REFERENCE, HTTPStatus.CONFLICT: _UNREADABLE},
    ),
)
def show_newest(name: Name) -> ReferenceDetail:
    """Show the newest version of a reference."""
    return ReferenceDetail.of(show_reference(_named(name), request_of(router).references))


@router.get(
    "/references/<name>/<version>",
    tags=[_TAG],
    operation_id="getReferenceVersion",
    summary="Show a version of a reference",
    responses=answers(
        HTTPStatus.OK,
        ReferenceDetail,
        "the version",
        {HTTPStatus.NOT_FOUND: _NO_SUCH_REFERENCE, HTTPStatus.CONFLICT: _UNREADABLE},
    ),
)
def show(name: Name, version: Version) -> ReferenceDetail:
    """Show a version of a reference."""
    return ReferenceDetail.of(show_reference(_named(name, version), request_of(router).references))


@router.delete(
    "/references/<name>/<version>",
    tags=[_TAG],
    operation_id="deleteReference",
    summary="Delete a version of a reference",
    description=(
        "Also what a failed preparation has left of one. Callers that are confined to projects may "
        "not delete references."
    ),
    responses=answers(
        HTTPStatus.OK,
        DeletedReference,
        "the version is deleted",
        {
            HTTPStatus.NOT_FOUND: _NO_SUCH_REFERENCE,
            HTTPStatus.CONFLICT: "a running run reads or prepares it; nothing was deleted",
        },
    ),
)
def delete(name: Name, version: Version) -> DeletedReference:
    """Delete a version of a reference."""
    request = request_of(router)
    request.caller.scope.require_all("delete a reference")
    named = _named(name, version)
    deleted = delete_reference(named, request.references, request.ledger)
    return DeletedReference.of(named, deleted)


def _named(name: str, version: str = "") -> ReferenceName:
    text = f"{name}/{version}" if version else name
    named = ReferenceName.parse(text)
    if named is None or (named.name, named.version) != (name, version):
        raise UnknownReferenceError(f"there is no reference {one_line(text)[:200]}")
    return named
