"""The objects of the Workflow Execution Service 1.1.

https://github.com/ga4gh/workflow-execution-service-schemas and, for `ServiceInfo`,
https://github.com/ga4gh-discovery/ga4gh-service-info.
"""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from seqstack.domain.written_objects import ObjectState


def _is_absent(value: object) -> bool:
    return value is None


Moment = Annotated[str | None, Field(description="UTC; left out until then", exclude_if=_is_absent)]


class WesState(StrEnum):
    """The states of a run; UNKNOWN and PAUSED are not used."""

    UNKNOWN = "UNKNOWN"
    QUEUED = "QUEUED"
    INITIALIZING = "INITIALIZING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    COMPLETE = "COMPLETE"
    EXECUTOR_ERROR = "EXECUTOR_ERROR"
    SYSTEM_ERROR = "SYSTEM_ERROR"
    CANCELED = "CANCELED"
    CANCELING = "CANCELING"
    PREEMPTED = "PREEMPTED"


class WesObject(BaseModel):
    """An object of the service."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class ErrorResponse(WesObject):
    """What went wrong."""

    msg: str
    status_code: int


class RunId(WesObject):
    """A run's id."""

    run_id: str


class RunStatus(WesObject):
    """A run's state."""

    run_id: str
    state: WesState


class WesRunSummary(RunStatus):
    """A run in a list."""

    start_time: Moment = None
    end_time: Moment = None
    tags: dict[str, str]


class RunListResponse(WesObject):
    """A page of runs, newest first."""

    runs: list[WesRunSummary]
    next_page_token: str = Field(description="empty on the last page")


class RunRequest(WesObject):
    """The request of a run."""

    workflow_params: dict[str, Any]
    workflow_type: str
    workflow_type_version: str
    workflow_url: str
    tags: dict[str, str]


class Log(WesObject):
    """The log of a run."""

    name: str
    cmd: list[str]
    start_time: Moment = None
    end_time: Moment = None
    stdout: str
    stderr: str
    exit_code: Annotated[int | None, Field(exclude_if=_is_absent)] = None
    system_logs: list[str]


class TaskLog(Log):
    """The log of one try of a step."""

    id: str


class TaskListResponse(WesObject):
    """The tasks of a run."""

    task_logs: list[TaskLog]
    next_page_token: str = Field(description="always empty: a run's tasks fit on one page")


class Output(WesObject):
    """An object that a run has written, its version, and its current state."""

    location: str = Field(description="its S3 URI")
    version_id: str | None
    state: ObjectState


class RunLog(WesObject):
    """A run with its request and outputs."""

    run_id: str
    request: RunRequest
    state: WesState
    run_log: Log
    task_logs_url: str
    outputs: dict[str, list[Output]] = Field(description="what each step has written")


class ServiceType(WesObject):
    """Which standard the service follows."""

    group: str
    artifact: str
    version: str


class Organization(WesObject):
    """Who runs the service."""

    name: str
    url: str


class WorkflowTypeVersion(WesObject):
    """The versions of a workflow type."""

    workflow_type_version: list[str]


class WorkflowEngineVersion(WesObject):
    """The versions of an engine."""

    workflow_engine_version: list[str]


class DefaultWorkflowEngineParameter(WesObject):
    """A parameter of an engine."""

    name: str
    type: str
    default_value: str


class ServiceInfo(WesObject):
    """Description of the service and its abilities."""

    id: str
    name: str
    type: ServiceType
    description: str
    organization: Organization
    version: str
    workflow_type_versions: dict[str, WorkflowTypeVersion]
    supported_wes_versions: list[str]
    supported_filesystem_protocols: list[str]
    workflow_engine_versions: dict[str, WorkflowEngineVersion]
    default_workflow_engine_parameters: list[DefaultWorkflowEngineParameter]
    system_state_counts: dict[str, int]
    auth_instructions_url: str
    tags: dict[str, str]
