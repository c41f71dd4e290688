"""The events of AWS Batch and Step Functions that EventBridge delivers."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from aws_lambda_powertools.utilities.parser.models import EventBridgeModel
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from seqstack.adapters.event_types import ExecutionArn, ExitCode, Moment, Redrive, RunId
from seqstack.domain.failures import Failure
from seqstack.domain.records import RunRow, utc_text
from seqstack.domain.words import JobState, RunState
from seqstack.domain.workflow_names import workflow_of

_ALIASES = ConfigDict(alias_generator=to_camel, frozen=True)
_VCPUS_OR_MIB = r"^[0-9]{1,9}(\.[0-9]{1,3})?$"

# https://docs.aws.amazon.com/batch/latest/APIReference/API_JobDetail.html
JobId = Annotated[str, Field(min_length=1, max_length=256)]


class ResourceRequirement(BaseModel):
    """A container's request of one resource."""

    type: str
    value: Annotated[str, Field(pattern=_VCPUS_OR_MIB)]


class ContainerDetail(BaseModel):
    """A container of a job, or of one of its attempts."""

    model_config = _ALIASES

    exit_code: ExitCode | None = None
    reason: str | None = None
    log_stream_name: Annotated[str, Field(max_length=512)] | None = None
    container_instance_arn: Annotated[str, Field(max_length=1024)] | None = None
    resource_requirements: list[ResourceRequirement] | None = None
    vcpus: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    memory: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = None


class AttemptDetail(BaseModel):
    """One of Batch's attempts that has ended."""

    model_config = _ALIASES

    container: ContainerDetail | None = None
    started_at: Moment | None = None
    stopped_at: Moment | None = None
    status_reason: str | None = None


class JobDetail(BaseModel):
    """The part of DescribeJobs' description of a job that is used."""

    model_config = _ALIASES

    job_id: JobId
    job_name: JobId
    job_queue: JobId
    status: JobState
    status_reason: str | None = None
    is_cancelled: bool | None = None
    is_terminated: bool | None = None
    created_at: Moment | None = None
    started_at: Moment | None = None
    stopped_at: Moment | None = None
    parameters: dict[str, str] | None = None
    container: ContainerDetail | None = None
    attempts: list[AttemptDetail] | None = None

    def as_batch(self) -> dict[str, Any]:
        """The same with the keys of DescribeJobs, without null values."""
        return self.model_dump(by_alias=True, exclude_none=True)


class BatchJobEvent(EventBridgeModel):
    """EventBridge's envelope of a job as in DescribeJobs."""

    detail: JobDetail


class ExecutionDetail(BaseModel):
    """The part of an execution's status change that is used; times in ms since the epoch.

    https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    """

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)

    execution_arn: ExecutionArn
    name: RunId
    status: Literal[RunState.SUCCEEDED, RunState.FAILED, RunState.TIMED_OUT, RunState.ABORTED]
    start_date: Moment
    stop_date: Moment
    redrive_count: Redrive = 0
    input: str | None = None  # absent if it is too large for an event
    error: str | None = None
    cause: str | None = None

    def as_failure(self) -> Failure:
        """Why the execution ended; it may have no cause if it was aborted or timed out."""
        return Failure(
            self.error or f"Execution{self.status.title().replace('_', '')}",
            self.cause or f"the execution ended as {self.status}",
        )

    def as_row(self) -> RunRow:
        """The run, from its execution."""
        return RunRow(
            run_id=self.name,
            sample_id="",
            state=self.status,
            started_at=utc_text(datetime.fromtimestamp(self.start_date / 1000, UTC)),
            execution_arn=self.execution_arn,
            ended_at=utc_text(datetime.fromtimestamp(self.stop_date / 1000, UTC)),
            redrive=self.redrive_count,
            workflow=workflow_of(self.execution_arn),
        )


class UnsuccessfulDetail(ExecutionDetail):
    """An execution that ended without success."""

    status: Literal[RunState.FAILED, RunState.TIMED_OUT, RunState.ABORTED]


class ExecutionEnd(EventBridgeModel):
    """EventBridge's envelope of an execution that has ended."""

    detail: ExecutionDetail


class UnsuccessfulEnd(EventBridgeModel):
    """The same for one that ended without success."""

    detail: UnsuccessfulDetail
