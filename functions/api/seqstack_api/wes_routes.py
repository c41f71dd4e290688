"""Routes of GA4GH's Workflow Execution Service 1.1, so that its clients can start runs."""

import secrets
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from seqstack.adapters.object_identity import look_at_written, read_provenance
from seqstack.domain.records import RunHistory
from seqstack.domain.request_errors import NoLogError, RunHasEndedError
from seqstack.domain.run_names import new_run_id
from seqstack.domain.run_pages import Cursor, RunFilter
from seqstack.domain.words import RunState
from seqstack.use_cases import start_run as start
from seqstack.use_cases.control_runs import abort_run
from seqstack.use_cases.show_runs import list_outputs, list_runs, show_run
from seqstack_api import wes_service, wes_view
from seqstack_api.confinement import request_of
from seqstack_api.documented import wes_answers
from seqstack_api.parameters import POSSIBLE_NAME, Count
from seqstack_api.wes_form import RunForm
from seqstack_api.wes_models import (
    Organization,
    RunId,
    RunListResponse,
    RunLog,
    RunStatus,
    ServiceInfo,
    ServiceType,
    TaskListResponse,
    TaskLog,
    WorkflowEngineVersion,
    WorkflowTypeVersion,
)

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call] # Powertools' own

_TAG = "Workflow Execution Service"
_NO_SUCH_RUN = "the requested workflow run was not found"
_SIGNING = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html"
_LARGEST_PAGE = 100

WesRunId = Annotated[str, Path(description="The run's id"), POSSIBLE_NAME]
PageSize = Annotated[Count, Query(description="Maximum number of items in a page; at most 100")]
PageToken = Annotated[
    str | None, Query(max_length=2000, description="`next_page_token` of the previous page")
]


@router.get(
    "/service-info",
    tags=[_TAG],
    operation_id="GetServiceInfo",
    summary="Get information about the service",
    responses=wes_answers(ServiceInfo, {}),
)
def service_info() -> ServiceInfo:
    """Describe the service."""
    address = _address()
    return ServiceInfo(
        id=".".join(reversed((urlsplit(address).hostname or "").split("."))),
        name="SeqStack",
        type=ServiceType(group="org.ga4gh", artifact="wes", version=wes_service.VERSION),
        description="Paired FASTQ files to aligned reads, statistics, variants and annotation",
        organization=Organization(name="SeqStack", url=address),
        version=wes_service.WORKFLOW_TYPE_VERSION,
        workflow_type_versions={
            kind: WorkflowTypeVersion(workflow_type_version=[version])
            for kind, version in wes_service.TYPES.items()
        },
        supported_wes_versions=[wes_service.VERSION],
        supported_filesystem_protocols=["s3"],
        workflow_engine_versions={
            wes_service.ENGINE: WorkflowEngineVersion(
                workflow_engine_version=[wes_service.ENGINE_VERSION]
            )
        },
        default_workflow_engine_parameters=[],
        system_state_counts={},
        auth_instructions_url=request_of(router).caller.issuer or _SIGNING,
        tags={
            wes_service.WORKFLOW_TYPE: "workflow_url must be "
            + " or ".join(wes_service.workflow_urls()),
            wes_service.CWL: f"only {wes_service.CWL_DOCUMENT}, attached as it is",
        },
    )


@router.get(
    "/runs",
    tags=[_TAG],
    operation_id="ListRuns",
    summary="List runs, newest first",
    responses=wes_answers(RunListResponse, {}),
)
def wes_list_runs(page_size: PageSize = 25, page_token: PageToken = None) -> RunListResponse:
    """List runs."""
    page = list_runs(
        RunFilter(),
        Cursor.of(page_token),
        min(page_size, _LARGEST_PAGE),
        request_of(router).ledger,
    )
    return RunListResponse(
        runs=[wes_view.summary_of(run) for run in page.rows],
        next_page_token=page.next_token or "",
    )


@router.post(
    "/runs",
    tags=[_TAG],
    operation_id="RunWorkflow",
    summary="Start a run",
    description=(
        f"`workflow_type` is {wes_service.WORKFLOW_TYPE}, `workflow_type_version` "
        f"{wes_service.WORKFLOW_TYPE_VERSION}, `workflow_url` "
        f"{' or '.join(wes_service.workflow_urls())}, and "
        "`workflow_params` the JSON of a run's input. Clients that can send CWL only attach "
        f"{wes_service.CWL_DOCUMENT}."
    ),
    responses=wes_answers(
        RunId,
        {
            HTTPStatus.BAD_REQUEST: "the form can't be read, or its request can't be run",
            HTTPStatus.CONTENT_TOO_LARGE: "the input is larger than an execution accepts",
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "the body is not a form",
        },
    ),
    openapi_extensions={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {"schema": {"$ref": "#/components/schemas/RunWorkflowForm"}}
            },
        }
    },
)
def run_workflow() -> RunId:
    """Start a run."""
    request = request_of(router)
    form = RunForm.of(router.current_event.raw_event)
    document = request.completed(form.document(), form.workflow)
    run_id = new_run_id(datetime.now(UTC), secrets.token_hex(4))
    started = start.start_run(
        start.RunRequest(run_id, document, caller=request.caller.name, workflow=form.workflow),
        request.results_bucket,
        request.ledger,
        request.executions,
    )
    return RunId(run_id=started.run_id)


@router.get(
    "/runs/<run_id>",
    tags=[_TAG],
    operation_id="GetRunLog",
    summary="Show a run with its request and outputs",
    responses=wes_answers(RunLog, {HTTPStatus.NOT_FOUND: _NO_SUCH_RUN}),
)
def get_run_log(run_id: WesRunId) -> RunLog:
    """Show a run."""
    history = _history(run_id)
    request = request_of(router)
    execution = request.executions.find(run_id)
    document = execution.document if execution else {}
    made = list_outputs(history, request.ledger, look_at_written, read_provenance)
    return wes_view.run_log_of(history, document, _address(), made)


@router.get(
    "/runs/<run_id>/status",
    tags=[_TAG],
    operation_id="GetRunStatus",
    summary="Show a run's state",
    responses=wes_answers(RunStatus, {HTTPStatus.NOT_FOUND: _NO_SUCH_RUN}),
)
def get_run_status(run_id: WesRunId) -> RunStatus:
    """Show a run's state."""
    return RunStatus(run_id=run_id, state=wes_view.state_of(_history(run_id)))


@router.get(
    "/runs/<run_id>/tasks",
    tags=[_TAG],
    operation_id="ListTasks",
    summary="List the tasks of a run: each try of each step",
    responses=wes_answers(
        TaskListResponse,
        {
            HTTPStatus.NOT_FOUND: _NO_SUCH_RUN,
        },
    ),
)
def list_tasks(
    run_id: WesRunId,
    page_size: PageSize = _LARGEST_PAGE,  # noqa: ARG001 - they always fit on one page
    page_token: PageToken = None,  # noqa: ARG001
) -> TaskListResponse:
    """List tasks."""
    tasks = wes_view.tasks_of(_history(run_id), _address())
    return TaskListResponse(task_logs=tasks, next_page_token="")


@router.get(
    "/runs/<run_id>/tasks/<task_id>",
    tags=[_TAG],
    operation_id="GetTask",
    summary="Show a task",
    responses=wes_answers(TaskLog, {HTTPStatus.NOT_FOUND: "the requested task was not found"}),
)
def get_task(
    run_id: WesRunId, task_id: Annotated[str, Path(description="The task's id")]
) -> TaskLog:
    """Show a task."""
    for task in wes_view.tasks_of(_history(run_id), _address()):
        if task.id == task_id:
            return task
    raise NoLogError(f"run {run_id} has no task {task_id}")


@router.post(
    "/runs/<run_id>/cancel",
    tags=[_TAG],
    operation_id="CancelRun",
    summary="Stop a run",
    description="To cancel a run again changes nothing.",
    responses=wes_answers(
        RunId,
        {HTTPStatus.NOT_FOUND: _NO_SUCH_RUN, HTTPStatus.CONFLICT: "the run has ended already"},
    ),
)
def cancel_run(run_id: WesRunId) -> RunId:
    """Stop a run."""
    request = request_of(router)
    try:
        abort_run(run_id, request.caller.name, request.ledger, request.executions)
    except RunHasEndedError as error:
        if error.state is not RunState.ABORTED:
            raise
    return RunId(run_id=run_id)


def _history(run_id: str) -> RunHistory:
    request = request_of(router)
    return show_run(run_id, request.ledger, request.executions.find)


def _address() -> str:
    """The API's address, as the caller has called it."""
    event = router.current_event
    scheme = event.headers.get("x-forwarded-proto", "https")
    return f"{scheme}://{event.request_context.domain_name}"
