"""The event that names one job, as `run_batch_job` sends it to its functions."""

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from seqstack.adapters.event_types import Redrive, RunId, StepField
from seqstack.domain.job_record import ATTEMPTS_PER_REDRIVE, JobKey


class JobEvent(BaseModel):
    """A run, a step of it, and which try of the step.

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
