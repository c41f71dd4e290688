"""Routes to a run's outputs and the logs of its jobs."""

from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from seqstack.adapters.job_logs import log_page
from seqstack.adapters.object_identity import look_at_written, read_provenance
from seqstack.adapters.objects import link_to
from seqstack.domain.job_log import LogRequest
from seqstack.domain.records import RunHistory, utc_text
from seqstack.use_cases.show_runs import list_outputs, show_log, show_run
from seqstack_api.confinement import request_of
from seqstack_api.documented import answers
from seqstack_api.parameters import Count, LinkSeconds, UpTo1000
from seqstack_api.result_models import LogModel, OutputList
from seqstack_api.run_routes import RunId

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call] # Powertools' own

_TAG = "Results"


@router.get(
    "/runs/<runId>/outputs",
    tags=[_TAG],
    operation_id="listOutputs",
    summary="List the objects that a run has written",
    description=(
        "Each with its version and its current state in S3. A link fetches its object without "
        "credentials: anyone with the link can read the patient's data. Links expire with the "
        "function's own credentials at the latest."
    ),
    responses=answers(
        HTTPStatus.OK,
        OutputList,
        "the outputs of every finished step",
        {
            HTTPStatus.NOT_FOUND: "there is no such run",
        },
    ),
)
def outputs(
    run_id: RunId,
    *,
    links: Annotated[bool, Query(description="With a link to each object")] = False,
    link_seconds: Annotated[
        LinkSeconds, Query(alias="linkSeconds", description="How long links are valid")
    ] = 900,
) -> OutputList:
    """List outputs."""
    ledger = request_of(router).ledger
    made = list_outputs(_history(run_id), ledger, look_at_written, read_provenance)
    if not links:
        return OutputList.of(run_id, made, None, None)
    expire_at = utc_text(datetime.now(UTC) + timedelta(seconds=link_seconds))
    return OutputList.of(run_id, made, partial(link_to, seconds=link_seconds), expire_at)


@router.get(
    "/runs/<runId>/logs/<step>",
    tags=[_TAG],
    operation_id="getLog",
    summary="Show a step's log",
    description=(
        "The last lines of the step's newest job, or the first with `fromStart`; `nextToken` asks "
        "for the lines after those, also while the job runs."
    ),
    responses=answers(
        HTTPStatus.OK,
        LogModel,
        "a page of the log",
        {
            HTTPStatus.NOT_FOUND: "there is no such run, try or log",
        },
    ),
)
def log(
    run_id: RunId,
    step: Annotated[str, Path(description="The step, one of the run's")],
    *,
    attempt: Annotated[Count | None, Query(description="The try; by default the newest")] = None,
    from_start: Annotated[
        bool, Query(alias="fromStart", description="The first lines instead of the last")
    ] = False,
    limit: Annotated[UpTo1000, Query(description="Maximum number of lines in a page")] = 100,
    next_token: Annotated[
        str | None,
        Query(alias="nextToken", max_length=200, description="`nextToken` of the previous page"),
    ] = None,
) -> LogModel:
    """Show a log."""
    job, page = show_log(
        _history(run_id),
        step,
        attempt,
        LogRequest(limit, next_token or "", from_start),
        partial(log_page, request_of(router).job_log_group),
    )
    return LogModel.of(job, page)


def _history(run_id: str) -> RunHistory:
    request = request_of(router)
    return show_run(run_id, request.ledger, request.executions.find)
