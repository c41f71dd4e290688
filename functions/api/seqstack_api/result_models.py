"""What the API answers about what a run has made: its outputs and logs."""

from collections.abc import Callable
from typing import Self

from pydantic import Field

from seqstack.domain.job_log import LogPage
from seqstack.domain.records import JobRow, RunHistory
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import JobState, Step, StepState
from seqstack_api.answer import Answer, time_text


class OutputModel(Answer):
    """One object that a step has made."""

    step: Step
    s3_uri: str
    link: str | None = Field(
        description="fetches the object without credentials; null if not asked"
    )


class OutputList(Answer):
    """The objects that a run has made so far."""

    run_id: str
    outputs: list[OutputModel]
    links_expire_at: str | None = Field(description="UTC, ISO 8601; null without links")

    @classmethod
    def of(
        cls, history: RunHistory, link_to: Callable[[S3Uri], str] | None, expire_at: str | None
    ) -> Self:
        """The outputs of the steps that have succeeded, with links if `link_to` makes some."""
        made = [
            OutputModel(step=row.step, s3_uri=str(uri), link=link_to(uri) if link_to else None)
            for row in history.steps
            if row.state is StepState.SUCCEEDED
            for uri in row.plan.outputs
        ]
        return cls(run_id=history.run.run_id, outputs=made, links_expire_at=expire_at)


class LogLineModel(Answer):
    """One line of a log."""

    at: str = Field(description="when it was written; UTC, ISO 8601")
    message: str


class LogModel(Answer):
    """A page of the log of one try of a step."""

    run_id: str
    step: Step
    attempt: int
    job_id: str | None
    job_state: JobState = Field(description="a job that has ended writes nothing more")
    log_stream: str | None = Field(description="null until the job has begun to run")
    lines: list[LogLineModel] = Field(description="oldest first")
    next_token: str | None = Field(description="give it as `nextToken` for the lines after these")

    @classmethod
    def of(cls, job: JobRow, page: LogPage) -> Self:
        """A page of a job's log."""
        return cls(
            run_id=job.key.run_id,
            step=job.key.step,
            attempt=job.key.attempt,
            job_id=job.job_id or None,
            job_state=job.state,
            log_stream=job.log_stream or None,
            lines=[
                LogLineModel(at=time_text(line.at) or "", message=line.text) for line in page.lines
            ],
            next_token=page.token,
        )
