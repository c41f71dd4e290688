"""Events of our state machines that several functions share."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, RootModel
from pydantic.alias_generators import to_camel

from seqstack.adapters.event_types import ExecutionArn, Redrive, RunId, StepField, TimeText
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import ATTEMPTS_PER_REDRIVE, JobKey
from seqstack.domain.records import RunRow, utc_text
from seqstack.domain.words import RunState
from seqstack.domain.workflow_names import workflow_of


class JobEvent(BaseModel):
    """A run, one of its steps, and the number of the try.

    Attempts count from 1 in each execution, and again after each redrive of the run's.
    """

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)

    run_id: RunId
    step: StepField
    attempt: int = Field(ge=1, lt=ATTEMPTS_PER_REDRIVE)
    redrive: Redrive = 0

    @property
    def key(self) -> JobKey:
        """The job's key in the ledger."""
        return JobKey(self.run_id, self.step, self.redrive * ATTEMPTS_PER_REDRIVE + self.attempt)


class CaughtError(BaseModel):
    """The error that a Catch writes to `$.error`."""

    error: str = Field(alias="Error")
    cause: str = Field(alias="Cause", default="")

    def as_failure(self) -> Failure:
        """The same as a domain value."""
        return Failure(self.error, self.cause)


class _OfStateMachine(BaseModel):
    # an extra key is an error in the ASL: a failed step must not be read as a finished run
    model_config = ConfigDict(alias_generator=to_camel, frozen=True, extra="forbid")

    run_id: RunId


class RunSucceeded(_OfStateMachine):
    """Every step of the run succeeded."""

    redrive: Redrive = 0


class StepFailed(_OfStateMachine):
    """The error that `run_batch_job` caught."""

    step: StepField
    error: CaughtError


class RunFailed(_OfStateMachine):
    """The error that a workflow's state machine caught, and its execution."""

    execution_arn: ExecutionArn
    started_at: TimeText
    redrive: Redrive = 0
    error: CaughtError

    def as_row(self, now: datetime) -> RunRow:
        """The run, from its execution."""
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
    """One of these events, distinguished by their keys."""
