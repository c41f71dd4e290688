"""Routes of our own interface that start, list, show and stop runs."""

import secrets
import time
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from seqstack.adapters.job_logs import newest_progress
from seqstack.domain.run_names import new_run_id, run_id_of_key
from seqstack.domain.run_pages import Cursor, RunFilter
from seqstack.domain.words import RunState
from seqstack.domain.workflow_names import SECONDARY_ANALYSIS_NAME
from seqstack.use_cases.control_runs import abort_run, resume_run
from seqstack.use_cases.show_runs import list_runs, show_progress, show_run
from seqstack.use_cases.start_run import RunRequest, start_run
from seqstack_api.bodies import body_bytes, json_document
from seqstack_api.confinement import request_of
from seqstack_api.documented import JSON, answers
from seqstack_api.models import ResumedRunModel, RunDetail, RunList, RunSummary
from seqstack_api.parameters import POSSIBLE_NAME, NextToken, UpTo100, name_filter

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call] # Powertools' own

_TAG = "Runs"
_NO_SUCH_RUN = "there is no such run"
_EXAMPLE = {
    "sampleId": "NA12878",
    "fastq1S3Path": "s3://amzn-s3-demo-source-bucket/NA12878_R1.fastq.gz",
    "fastq2S3Path": "s3://amzn-s3-demo-source-bucket/NA12878_R2.fastq.gz",
    "referenceS3Path": "s3://amzn-s3-demo-source-bucket/GRCh38/genome.fa",
    "annotationS3Path": "s3://amzn-s3-demo-source-bucket/GRCh38/genes.gff3.gz",
    "bwa": {"memory": 60},
    "bcftools": {},
}

RunId = Annotated[
    str,
    Path(alias="runId", description="The run's id", examples=["20260102-030405-9f3a1c0b"]),
    POSSIBLE_NAME,
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="For 90 days, a caller's requests with one key start one run of a workflow",
    ),
]


def answers_to_start() -> dict[int, OpenAPIResponse]:
    """What a request answers that starts a run of any workflow."""
    return answers(
        HTTPStatus.CREATED,
        RunSummary,
        "the run has started, now or by an earlier request with this `Idempotency-Key`; "
        "`Location` is its address",
        {
            HTTPStatus.BAD_REQUEST: "the body is no JSON",
            HTTPStatus.CONFLICT: "the `Idempotency-Key` has started a run with another input",
            HTTPStatus.CONTENT_TOO_LARGE: "the input is larger than an execution takes",
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "the body is not application/json",
            HTTPStatus.UNPROCESSABLE_CONTENT: "the input can't be used; each field is named",
        },
    )


@router.post(
    "/runs",
    tags=[_TAG],
    operation_id="startRun",
    summary="Start a run",
    description=(
        "The body is the input of the workflow's state machine. It is checked against schema and "
        "rules before the run is started; the run itself checks that its objects exist."
    ),
    responses=answers_to_start(),
    openapi_extensions={
        "requestBody": {
            "required": True,
            "content": {
                JSON: {"schema": {"$ref": "#/components/schemas/RunInput"}, "example": _EXAMPLE}
            },
        }
    },
)
def start(
    workflow: Annotated[str, Query(description="The run's workflow")] = SECONDARY_ANALYSIS_NAME,
    idempotency_key: IdempotencyKey = None,
) -> Response[RunSummary]:
    """Start a run."""
    request = request_of(router)
    given = json_document(body_bytes(router.current_event.raw_event, JSON))
    document = request.completed(given, workflow)
    operation = "startRun" if workflow == SECONDARY_ANALYSIS_NAME else f"startRun {workflow}"
    run_id, is_repeatable = name_of_new_run(operation, idempotency_key)
    execution = start_run(
        RunRequest(run_id, document, is_repeatable, request.caller.name, workflow),
        request.results_bucket,
        request.ledger,
        request.executions,
    )
    return Response(
        HTTPStatus.CREATED,
        JSON,
        RunSummary.of(execution.as_run()),
        {"Location": f"/runs/{run_id}"},
    )


@router.get(
    "/runs",
    tags=[_TAG],
    operation_id="listRuns",
    summary="List runs, newest first",
    description=(
        "A run appears once its input has been checked, seconds after its start. The page's "
        "token continues where the page ended, even if runs have started or ended since."
    ),
    responses=answers(
        HTTPStatus.OK,
        RunList,
        "a page of runs",
        {},
    ),
)
def list_(
    state: Annotated[RunState | None, Query(description="Runs in this state only")] = None,
    sample: Annotated[str | None, name_filter("Runs of this sample only")] = None,
    cohort: Annotated[str | None, name_filter("Runs of this cohort only")] = None,
    project: Annotated[str | None, name_filter("Runs of this project only")] = None,
    limit: Annotated[UpTo100, Query(description="Maximum number of runs in a page")] = 25,
    next_token: NextToken = None,
) -> RunList:
    """List runs."""
    page = list_runs(
        RunFilter(state, sample or "", cohort or "", project or ""),
        Cursor.of(next_token),
        limit,
        request_of(router).ledger,
    )
    return RunList(
        runs=[RunSummary.of(run) for run in page.rows],
        next_token=page.next_token,
    )


@router.get(
    "/runs/<runId>",
    tags=[_TAG],
    operation_id="getRun",
    summary="Show a run with its steps and jobs",
    responses=answers(HTTPStatus.OK, RunDetail, "the run", {HTTPStatus.NOT_FOUND: _NO_SUCH_RUN}),
)
def show(run_id: RunId) -> RunDetail:
    """Show a run."""
    request = request_of(router)
    history = show_run(run_id, request.ledger, request.executions.find)
    now = time.time_ns() // 1_000_000
    read = partial(newest_progress, request.job_log_group, now=now)
    return RunDetail.of_history(history, show_progress(history, read))


@router.delete(
    "/runs/<runId>",
    tags=[_TAG],
    operation_id="abortRun",
    summary="Stop a run and its jobs",
    description="Its finished steps stay, and are reused by a later run.",
    responses=answers(
        HTTPStatus.ACCEPTED,
        RunSummary,
        "the run is stopped; its jobs end within seconds",
        {HTTPStatus.NOT_FOUND: _NO_SUCH_RUN, HTTPStatus.CONFLICT: "the run has ended already"},
    ),
)
def abort(run_id: RunId) -> Response[RunSummary]:
    """Stop a run."""
    request = request_of(router)
    run = abort_run(run_id, request.caller.name, request.ledger, request.executions)
    return Response(HTTPStatus.ACCEPTED, JSON, RunSummary.of(run))


@router.post(
    "/runs/<runId>/resume",
    tags=[_TAG],
    operation_id="resumeRun",
    summary="Resume a run that ended without success",
    description=(
        "A run that was aborted or timed out is redriven, if Step Functions can. For any other, "
        "a new run is started with the same input; it reuses every finished step."
    ),
    responses=answers(
        HTTPStatus.ACCEPTED,
        ResumedRunModel,
        "resumed, as the run that `Location` names",
        {
            HTTPStatus.NOT_FOUND: _NO_SUCH_RUN,
            HTTPStatus.CONFLICT: "the run is running, has succeeded, or ended too long ago",
            HTTPStatus.UNPROCESSABLE_CONTENT: "the run's input can't be used any more",
        },
    ),
)
def resume(run_id: RunId, idempotency_key: IdempotencyKey = None) -> Response[ResumedRunModel]:
    """Resume a run."""
    request = request_of(router)
    resumed = resume_run(
        run_id,
        name_of_new_run(f"resumeRun {run_id}", idempotency_key),
        request.results_bucket,
        request.ledger,
        request.executions,
    )
    body = ResumedRunModel(run_id=resumed.run_id, resumed_from=run_id, how=resumed.how)
    return Response(HTTPStatus.ACCEPTED, JSON, body, {"Location": f"/runs/{resumed.run_id}"})


def name_of_new_run(operation: str, key: str | None) -> tuple[str, bool]:
    """The name of a new run, and whether it was made from an idempotency key."""
    if key is None:
        return new_run_id(datetime.now(UTC), secrets.token_hex(4)), False
    return run_id_of_key(request_of(router).caller.name, operation, key), True
