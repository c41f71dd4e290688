"""The events by which EventBridge tells of a job."""

from typing import Annotated, Any

from aws_lambda_powertools.utilities.parser.models import EventBridgeModel
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from seqstack.adapters.event_types import ExitCode, Moment
from seqstack.domain.words import JobState

_ALIASES = ConfigDict(alias_generator=to_camel, frozen=True)
_VCPUS_OR_MIB = r"^[0-9]{1,9}(\.[0-9]{1,3})?$"

# https://docs.aws.amazon.com/batch/latest/APIReference/API_JobDetail.html
JobId = Annotated[str, Field(min_length=1, max_length=256)]


class ResourceRequirement(BaseModel):
    """What a container asks for of one kind."""

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
    """The part of a job's description that is used, as DescribeJobs has it."""

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
        """The same with the keys of DescribeJobs; what is null is left out, as it does."""
        return self.model_dump(by_alias=True, exclude_none=True)


class BatchJobEvent(EventBridgeModel):
    """EventBridge's envelope around a job as DescribeJobs shows it."""

    detail: JobDetail
