"""The events by which our state machines tell `finish_run` of an end."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, RootModel
from pydantic.alias_generators import to_camel

from seqstack.adapters.event_types import ExecutionArn, Redrive, RunId, StepField, TimeText
from seqstack.domain.failures import Failure
from seqstack.domain.records import RunRow, utc_text
from seqstack.domain.words import RunState
from seqstack.domain.workflow_names import workflow_of


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

    run_id: RunId


class RunSucceeded(_OfStateMachine):
    """Every step of the run succeeded."""

    redrive: Redrive = 0


class StepFailed(_OfStateMachine):
    """What `run_batch_job` caught."""

    step: StepField
    error: CaughtError


class RunFailed(_OfStateMachine):
    """What a workflow's state machine caught, and its execution as the context object shows it."""

    execution_arn: ExecutionArn
    started_at: TimeText
    redrive: Redrive = 0
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
            redrive=self.redrive,
            workflow=workflow_of(self.execution_arn),
        )


class RunEndEvent(RootModel[StepFailed | RunFailed | RunSucceeded]):
    """Any of them, told apart by their keys."""
