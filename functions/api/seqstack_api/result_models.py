"""Models of a run's outputs and logs."""

from collections.abc import Callable, Iterable, Mapping
from typing import Self

from pydantic import Field

from seqstack.domain.job_log import LogPage
from seqstack.domain.manifest import StoredObject
from seqstack.domain.records import JobRow
from seqstack.domain.words import JobState, StepName
from seqstack.domain.written_objects import ObjectState, WrittenObject
from seqstack_api.answer import Answer, time_text


class OutputModel(Answer):
    """One output of a step."""

    step: str
    s3_uri: str
    version_id: str | None = Field(
        description=("the version that the run wrote; null without versioning, or if it is unknown")
    )
    state: ObjectState = Field(
        description=(
            "`current`: it is the object at `s3Uri`; `replaced`: it is a noncurrent version; "
            "`gone`: it was deleted; `unknown`: the run is older than the recording of "
            "versions, so the object at `s3Uri` may be another run's"
        )
    )
    link: str | None = Field(
        description=(
            "fetches that version without credentials; null if not asked, or if it is gone or "
            "unknown"
        )
    )


class OutputList(Answer):
    """The objects that a run has written so far."""

    run_id: str
    outputs: list[OutputModel]
    links_expire_at: str | None = Field(description="UTC, ISO 8601; null without links")

    @classmethod
    def of(
        cls,
        run_id: str,
        outputs: Mapping[StepName, Iterable[WrittenObject]],
        link_to: Callable[[StoredObject], str] | None,
        expire_at: str | None,
    ) -> Self:
        """The outputs of the finished steps, with links if `link_to` is given."""
        made = [
            OutputModel(
                step=step,
                s3_uri=str(item.stored.uri),
                version_id=item.stored.version_id or None,
                state=item.state,
                link=link_to(item.stored) if link_to and item.is_there else None,
            )
            for step, items in outputs.items()
            for item in items
        ]
        return cls(run_id=run_id, outputs=made, links_expire_at=expire_at)


class LogLineModel(Answer):
    """One line of a log."""

    at: str = Field(description="when it was written; UTC, ISO 8601")
    message: str


class LogModel(Answer):
    """A page of the log of one try of a step."""

    run_id: str
    step: str
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
