"""Cohorts: started, listed, shown, stopped and resumed."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from seqstack.domain.cohort_record import CohortRow
from seqstack.domain.cohorts import RunIdentity
from seqstack.domain.errors import InvalidInputError, Problem
from seqstack.domain.run_pages import CohortFilter, Cursor
from seqstack.domain.words import CohortState
from seqstack.use_cases.control_cohorts import (
    CohortView,
    list_cohorts,
    resume_cohort,
    show_cohort,
    start_cohort,
    stop_cohort,
)
from seqstack_api.bodies import body_bytes, json_document
from seqstack_api.cohort_models import CohortList, CohortModel, CohortSummary
from seqstack_api.confinement import request_of
from seqstack_api.documented import JSON, answers
from seqstack_api.parameters import NextToken, UpTo100, name_filter
from seqstack_api.run_routes import IdempotencyKey, name_of_new_run

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call] # Powertools' own

_TAG = "Cohorts"
_BUDGET, _JOINT = "budgetUsd", "joint"
_NO_SUCH_COHORT = "there is no such cohort"
_FOR_ALL = (
    "A sheet can name any object of the stack's buckets, so callers who are confined to projects "
    "may not do this."
)
_EXAMPLE = {
    "cohortId": "family-7",
    "sheetS3Path": "s3://amzn-s3-demo-source-bucket/family-7/sheet.csv",
    "run": {"reference": "GRCh38", "bcftools": {}},
}

CohortId = Annotated[
    str,
    Path(alias="cohortId", max_length=64, description="The cohort", examples=["family-7"]),
]


@router.post(
    "/cohorts",
    tags=[_TAG],
    operation_id="startCohort",
    summary="Run the samples of a sheet, or those of them that are left",
    description=(
        "The body is the input of the state machine `cohort`, and is checked against its schema. "
        f"The execution checks the whole sheet before any sample runs. {_FOR_ALL}"
    ),
    responses=answers(
        HTTPStatus.CREATED,
        CohortModel,
        "the sheet is being checked; `Location` is the execution's address",
        {
            HTTPStatus.BAD_REQUEST: "the body is no JSON",
            HTTPStatus.CONFLICT: "the cohort is running, or the key has another input",
            HTTPStatus.CONTENT_TOO_LARGE: "the input is larger than an execution takes",
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "the body is not application/json",
            HTTPStatus.UNPROCESSABLE_CONTENT: "the input can't be used; each field is named",
        },
    ),
    openapi_extensions={
        "requestBody": {
            "required": True,
            "content": {
                JSON: {"schema": {"$ref": "#/components/schemas/CohortInput"}, "example": _EXAMPLE}
            },
        }
    },
)
def start(idempotency_key: IdempotencyKey = None) -> Response[CohortModel]:
    """Start a cohort."""
    request = request_of(router)
    request.caller.scope.require_all("run a cohort")
    given = json_document(body_bytes(router.current_event.raw_event, JSON))
    cohort_id = RunIdentity.of(given).cohort_id
    name, _ = name_of_new_run(f"startCohort {cohort_id}", idempotency_key)
    return _answer(
        HTTPStatus.CREATED, start_cohort(name, given, request.cohorts, request.cohort_executions)
    )


@router.get(
    "/cohorts",
    tags=[_TAG],
    operation_id="listCohorts",
    summary="List cohorts, newest first",
    description=(
        "They are in the order of their first executions. The page's token continues where the "
        "page ended, even if cohorts have started, ended or been resumed since. Cohorts that only "
        "runs name are not listed, and neither are dry runs."
    ),
    responses=answers(HTTPStatus.OK, CohortList, "a page of cohorts", {}),
)
def list_(
    state: Annotated[CohortState | None, Query(description="Cohorts in this state only")] = None,
    project: Annotated[str | None, name_filter("Cohorts of this project only")] = None,
    limit: Annotated[UpTo100, Query(description="Maximum number of cohorts in a page")] = 25,
    next_token: NextToken = None,
) -> CohortList:
    """List cohorts."""
    page = list_cohorts(
        CohortFilter(state, project or ""),
        Cursor.of(next_token),
        limit,
        request_of(router).ledger,
    )
    return CohortList(
        cohorts=[CohortSummary.of_row(row) for row in page.rows],
        next_token=page.next_token,
    )


@router.get(
    "/cohorts/<cohortId>",
    tags=[_TAG],
    operation_id="getCohort",
    summary="Show a cohort: its plan, and its samples by state",
    description="`GET /runs?cohort=` lists its runs.",
    responses=answers(
        HTTPStatus.OK, CohortModel, "the cohort", {HTTPStatus.NOT_FOUND: _NO_SUCH_COHORT}
    ),
)
def show(
    cohort_id: CohortId,
    execution: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=80,
            description="This execution of it, such as a dry run. Default: the newest that is none",
        ),
    ] = None,
) -> CohortModel:
    """Show a cohort."""
    request = request_of(router)
    view = show_cohort(cohort_id, execution or "", request.cohorts, request.cohort_executions)
    request.require_project(view.row.project, cohort_id)
    return CohortModel.of(view)


@router.delete(
    "/cohorts/<cohortId>",
    tags=[_TAG],
    operation_id="stopCohort",
    summary="Stop a cohort and its runs",
    description=f"Samples that have succeeded stay so. {_FOR_ALL}",
    responses=answers(
        HTTPStatus.ACCEPTED,
        CohortModel,
        "the cohort is stopped; its jobs end within seconds",
        {HTTPStatus.NOT_FOUND: _NO_SUCH_COHORT, HTTPStatus.CONFLICT: "the cohort has ended"},
    ),
)
def stop(cohort_id: CohortId) -> Response[CohortModel]:
    """Stop a cohort."""
    request = request_of(router)
    request.caller.scope.require_all("stop a cohort")
    row = stop_cohort(cohort_id, request.caller.name, request.cohorts, request.cohort_executions)
    return _answer(HTTPStatus.ACCEPTED, row)


@router.post(
    "/cohorts/<cohortId>/resume",
    tags=[_TAG],
    operation_id="resumeCohort",
    summary="Run what failed or is new in a cohort's sheet",
    description=(
        "Starts the cohort again with the input of its last execution. Samples that have "
        "succeeded are left out, and others reuse their finished steps. The body, if there is "
        f"one, has another `budgetUsd`, or `joint`, for one VCF of all samples. {_FOR_ALL}"
    ),
    responses=answers(
        HTTPStatus.ACCEPTED,
        CohortModel,
        "the sheet is being checked; `Location` is the execution's address",
        {
            HTTPStatus.BAD_REQUEST: "the body is no JSON",
            HTTPStatus.NOT_FOUND: _NO_SUCH_COHORT,
            HTTPStatus.CONFLICT: "the cohort is running, or ended too long ago",
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "the body is not application/json",
            HTTPStatus.UNPROCESSABLE_CONTENT: "the body has another key, or the value is invalid",
        },
    ),
    openapi_extensions={
        "requestBody": {
            "required": False,
            "content": {
                JSON: {
                    "schema": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {
                            _BUDGET: {"type": "number", "exclusiveMinimum": 0},
                            _JOINT: {"$ref": "#/components/schemas/CohortInput/properties/joint"},
                        },
                    },
                    "example": {_JOINT: {"minSamplesPercentage": 90, "only": True}},
                }
            },
        }
    },
)
def resume(cohort_id: CohortId, idempotency_key: IdempotencyKey = None) -> Response[CohortModel]:
    """Resume a cohort."""
    request = request_of(router)
    request.caller.scope.require_all("resume a cohort")
    changes = _changes()
    name, _ = name_of_new_run(f"resumeCohort {cohort_id}", idempotency_key)
    row = resume_cohort(cohort_id, name, changes, request.cohorts, request.cohort_executions)
    return _answer(HTTPStatus.ACCEPTED, row)


def _changes() -> Mapping[str, object]:
    """What the body changes of the cohort's input; its value is checked with the input."""
    text = body_bytes(router.current_event.raw_event, JSON)
    given = json_document(text) if text else {}
    if not isinstance(given, dict):
        raise InvalidInputError([Problem("$", "must be an object")])
    if wrong := given.keys() - {_BUDGET, _JOINT}:
        raise InvalidInputError(
            [
                Problem(f"$.{key}", f"only {_BUDGET} and {_JOINT} can be changed")
                for key in sorted(wrong)
            ]
        )
    return given


def _answer(status: HTTPStatus, row: CohortRow) -> Response[CohortModel]:
    body = CohortModel.of(CohortView(row, {}, None))
    # without its name, the cohort's last execution is shown until this one has its row
    address = f"/cohorts/{row.cohort_id}?execution={body.execution}"
    return Response(status, JSON, body, {"Location": address})
