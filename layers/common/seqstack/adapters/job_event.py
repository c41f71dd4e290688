"""The event that names one job, as `run_batch_job` sends it to its functions."""

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from seqstack.domain.job_record import JobKey
from seqstack.domain.words import Step


class JobEvent(BaseModel):
    """A run, a step of it, and which try of the step; attempts count from 1."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)

    run_id: str
    step: Step
    attempt: int = Field(ge=1)

    @property
    def key(self) -> JobKey:
        """The job's key in the ledger."""
        return JobKey(self.run_id, self.step, self.attempt)
