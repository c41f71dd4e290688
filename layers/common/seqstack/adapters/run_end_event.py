"""The events that `finish_run` answers: from our state machines, and from EventBridge."""

from datetime import UTC, datetime
from typing import Literal

from aws_lambda_powertools.utilities.parser.models import EventBridgeModel
from pydantic import BaseModel, ConfigDict, Field, RootModel
from pydantic.alias_generators import to_camel

from seqstack.domain.failures import Failure
from seqstack.domain.records import RunRow, utc_text
from seqstack.domain.words import RunState, Step


class CaughtError(BaseModel):
    """What a Catch puts at `$.error`."""

    error: str = Field(alias="Error")
    cause: str = Field(alias="Cause", default="")

    def as_failure(self) -> Failure:
        """The same as a value of the domain."""
        return Failure(self.error, self.cause)


class _OfStateMachine(BaseModel):
    # a key too many is a mistake in the ASL: a failed step must never pass for a finished run
    model_config = ConfigDict(alias_generator=to_camel, frozen=True, extra="forbid")

    run_id: str


class RunSucceeded(_OfStateMachine):
    """Every step of the run succeeded."""


class StepFailed(_OfStateMachine):
    """What `run_batch_job` caught."""

    step: Step
    error: CaughtError


class RunFailed(_OfStateMachine):
    """What `secondary_analysis` caught, and its execution as the context object shows it."""

    execution_arn: str
    started_at: str
    error: CaughtError

    def as_row(self, now: datetime) -> RunRow:
        """The run as its execution knows it."""
        return RunRow(
            run_id=self.run_id,
            sample_id="",
            state=RunState.FAILED,
            started_at=self.started_at,
            execution_arn=self.execution_arn,
            ended_at=utc_text(now),
        )


class ExecutionDetail(BaseModel):
    """The part of an execution's status change that is used; times in ms since the epoch.

    https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    """

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)

    execution_arn: str
    name: str
    status: Literal[RunState.FAILED, RunState.TIMED_OUT, RunState.ABORTED]
    start_date: int
    stop_date: int
    error: str | None = None
    cause: str | None = None

    def as_failure(self) -> Failure:
        """Why the execution ended; one that was aborted or timed out need not say."""
        return Failure(
            self.error or f"Execution{self.status.title().replace('_', '')}",
            self.cause or f"the execution ended as {self.status}",
        )

    def as_row(self) -> RunRow:
        """The run as its execution knows it."""
        return RunRow(
            run_id=self.name,
            sample_id="",
            state=self.status,
            started_at=utc_text(datetime.fromtimestamp(self.start_date / 1000, UTC)),
            execution_arn=self.execution_arn,
            ended_at=utc_text(datetime.fromtimestamp(self.stop_date / 1000, UTC)),
        )


class ExecutionStatusChange(EventBridgeModel):
    """EventBridge's envelope around an execution."""

    detail: ExecutionDetail


class RunEndEvent(RootModel[ExecutionStatusChange | StepFailed | RunFailed | RunSucceeded]):
    """Any of them, told apart by their keys."""
