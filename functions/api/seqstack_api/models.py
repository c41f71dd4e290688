"""Models of runs in our own interface, as JSON."""

from collections.abc import Mapping, Sequence
from typing import Self

from pydantic import Field

from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey
from seqstack.domain.progress import Phase, Progress, Unit
from seqstack.domain.records import JobRow, RunHistory, RunRow, StepRow
from seqstack.domain.step_warnings import INPUT, StepWarning
from seqstack.domain.words import JobState, RunState, StepState
from seqstack.use_cases.control_runs import Resumption
from seqstack_api.answer import Answer, time_text
from seqstack_api.cost_models import (
    AttemptModel,
    CostUsd,
    CostUsdByStep,
    OrchestrationModel,
    UnpricedAttempts,
    unpriced,
    usd,
    usd_by_step,
)


class FailureModel(Answer):
    """Why something failed."""

    error: str = Field(description="the error's name, such as `ToolFailedError`")
    cause: str = Field(description="what happened, with the end of the log where a tool failed")

    @classmethod
    def of(cls, failure: Failure | None) -> Self | None:
        """The failure, if there is one."""
        return cls(error=failure.error, cause=failure.cause) if failure else None


class WarningModel(Answer):
    """Something suspicious, but not impossible."""

    code: str = Field(description="a name for programs, such as `fewReadsAligned`")
    message: str

    @classmethod
    def of(cls, warning: StepWarning) -> Self:
        """A warning of the ledger."""
        return cls(code=warning.code, message=warning.message)


class RunWarningModel(WarningModel):
    """A warning of a run, and its step."""

    step: str | None = Field(description="the step whose results it concerns; null: the input")

    @classmethod
    def all_of(cls, run: RunRow) -> list[Self]:
        """The warnings of a run so far, the input's first."""
        return [
            cls(
                step=None if origin == INPUT else origin,
                code=warning.code,
                message=warning.message,
            )
            for origin, found in run.warnings.items()
            for warning in found
        ]


class RunSummary(Answer):
    """A run."""

    run_id: str = Field(description="the run's id, which is its execution's name")
    workflow: str = Field(description="the run's workflow")
    sample_id: str | None = Field(
        description="null if the input was invalid, or the workflow has no sample"
    )
    subject: str | None = Field(
        description="the run's subject: the sample, or what its workflow has instead"
    )
    state: RunState
    started_at: str = Field(description="UTC, ISO 8601")
    ended_at: str | None = Field(description="UTC, ISO 8601; null while the run is running")
    reference: str | None = Field(
        description="the prepared reference that it reads, with its version; null if its input "
        "names none, or has not been checked yet"
    )
    results_s3_path: str | None = Field(description="folder of the results of all samples")
    tools: dict[str, str] = Field(description="the tool of each step")
    cohort_id: str | None
    project: str | None = Field(description="whom the cost is for")
    submitter: str | None = Field(description="who the run counts for in fair sharing of the hosts")
    tags: dict[str, str] = Field(description="names and values of the user's own")
    left_out: bool = Field(description="true if its cohort's sheet no longer has the sample")
    failure: FailureModel | None
    warnings: list[RunWarningModel] = Field(description="what is suspicious so far")
    cost_usd: CostUsd
    cost_usd_by_step: CostUsdByStep
    unpriced_attempts: UnpricedAttempts
    cost_is_complete: bool = Field(description="false until minutes after the run's end")

    @classmethod
    def of(cls, run: RunRow) -> Self:
        """A run of the ledger."""
        return cls(
            run_id=run.run_id,
            workflow=run.workflow,
            sample_id=run.sample_id or None,
            subject=run.sample_id or run.subject or None,
            state=run.state,
            started_at=run.started_at,
            ended_at=run.ended_at or None,
            reference=run.reference or None,
            results_s3_path=run.results or None,
            tools={str(step): str(tool) for step, tool in run.tools.items()},
            cohort_id=run.cohort_id or None,
            project=run.project or None,
            submitter=run.submitter or None,
            tags=dict(run.tags),
            left_out=run.is_left_out,
            failure=FailureModel.of(run.failure),
            warnings=RunWarningModel.all_of(run),
            cost_usd=usd(run.cost),
            cost_usd_by_step=usd_by_step(run),
            unpriced_attempts=unpriced(run.cost),
            cost_is_complete=run.orchestration is not None,
        )


class RunList(Answer):
    """A page of runs, newest first."""

    runs: list[RunSummary]
    next_token: str | None = Field(description="give it as `nextToken` to get the next page")


class ProgressModel(Answer):
    """How far a running job is."""

    at: str = Field(description="when the job told it; UTC, ISO 8601")
    phase: Phase = Field(description="what the job does")
    unit: Unit | None = Field(description="what is counted; null if nothing is")
    done: int | None
    total: int | None = Field(description="null if unknown")
    is_estimate: bool = Field(description="whether `total` is an estimate")
    per_second: float | None = Field(description="mean rate since this work began")
    seconds_left: int | None = Field(
        description="estimate of the time to the end of what is counted, not of the job; null "
        "while too little is known"
    )

    @classmethod
    def of(cls, progress: Progress | None) -> Self | None:
        """The progress, if the job has told any."""
        at = time_text(progress.at) if progress else None
        if progress is None or at is None:
            return None
        counted = progress.counted
        return cls(
            at=at,
            phase=progress.phase,
            unit=counted.unit if counted else None,
            done=counted.done if counted else None,
            total=counted.total if counted else None,
            is_estimate=counted is not None and counted.is_estimate,
            per_second=progress.per_second,
            seconds_left=progress.seconds_left,
        )


class JobModel(Answer):
    """A job: one try of a step in AWS Batch."""

    attempt: int = Field(description="which try of the step this is, from 1")
    job_id: str | None = Field(description="the job's id in AWS Batch")
    state: JobState
    batch_attempts: int = Field(description="tries of AWS Batch within the job that have ended")
    job_queue: str
    memory_mib: int = Field(description="memory asked for, in MiB")
    status_reason: str | None = Field(description="AWS Batch's reason for the job's state")
    exit_code: int | None
    log_stream: str | None
    created_at: str | None = Field(description="UTC, ISO 8601")
    started_at: str | None = Field(description="UTC, ISO 8601")
    stopped_at: str | None = Field(description="UTC, ISO 8601")
    progress: ProgressModel | None = Field(
        description="how far it is; null unless it is running and has told it lately"
    )
    failure: FailureModel | None
    cost_usd: CostUsd
    unpriced_attempts: UnpricedAttempts
    accounts: list[AttemptModel] = Field(
        description="what each of AWS Batch's attempts ran on, used and cost; minutes after the end"
    )

    @classmethod
    def of(cls, job: JobRow, progress: Progress | None) -> Self:
        """A job of the ledger, and what it has told."""
        account = job.account
        return cls(
            attempt=job.key.attempt,
            job_id=job.job_id or None,
            state=job.state,
            batch_attempts=job.batch_attempts,
            job_queue=job.job_queue,
            memory_mib=job.memory_mib,
            status_reason=job.status_reason or None,
            exit_code=job.exit_code,
            log_stream=job.log_stream or None,
            created_at=time_text(job.created_at),
            started_at=time_text(job.started_at),
            stopped_at=time_text(job.stopped_at),
            progress=ProgressModel.of(progress),
            failure=FailureModel.of(job.failure),
            cost_usd=usd(account.cost if account else None),
            unpriced_attempts=unpriced(account.cost if account else None),
            accounts=[AttemptModel.of(one) for one in account.attempts] if account else [],
        )


class StepModel(Answer):
    """A step of a run, with every try of it."""

    step: str
    tool: str
    state: StepState
    attempts: int = Field(description="jobs that were submitted for it, or are about to be")
    started_at: str | None = Field(description="when its first job started; UTC, ISO 8601")
    ended_at: str | None = Field(description="when its last job stopped; UTC, ISO 8601")
    reused_from: str | None = Field(description="the run whose outputs are reused for this step")
    failure: FailureModel | None
    warnings: list[WarningModel] = Field(description="what is suspicious in its results")
    cost_usd: CostUsd
    unpriced_attempts: UnpricedAttempts
    jobs: list[JobModel]

    @classmethod
    def of(cls, row: StepRow, jobs: Sequence[JobRow], progress: Mapping[JobKey, Progress]) -> Self:
        """A step of the ledger and its jobs."""
        started = [job.started_at for job in jobs if job.started_at is not None]
        stopped = [job.stopped_at for job in jobs if job.stopped_at is not None]
        return cls(
            step=row.step,
            tool=row.plan.tool,
            state=row.state,
            attempts=len(jobs),
            started_at=time_text(min(started, default=None)),
            ended_at=time_text(max(stopped, default=None)) if row.state.is_terminal else None,
            reused_from=row.reused_from or None,
            failure=FailureModel.of(row.failure),
            warnings=[WarningModel.of(each) for each in row.warnings],
            cost_usd=usd(row.cost),
            unpriced_attempts=unpriced(row.cost),
            jobs=[JobModel.of(job, progress.get(job.key)) for job in jobs],
        )


class GateModel(Answer):
    """Bounds of a metric; null for none."""

    min: float | None = None
    max: float | None = None


class RunDetail(RunSummary):
    """A run with its steps and their jobs."""

    execution_arn: str
    redrives: int = Field(description="how often Step Functions has redriven the execution")
    state_machine_version: str | None = Field(
        description="ARN of the immutable version that the run was started as"
    )
    images: dict[str, str] = Field(description="the container image of each step, by its digest")
    tool_versions: dict[str, dict[str, str]] = Field(
        description="the programs that each finished step has run, with their versions"
    )
    metrics: dict[str, float | str] = Field(
        description="its quality, as in `qc/metrics.json`; none before every step has succeeded"
    )
    qc_gates: dict[str, GateModel | str] = Field(
        description="bounds that its metrics must meet, or the word that one must be: those of its "
        "input and of the stack"
    )
    orchestration: OrchestrationModel | None = Field(
        description="usage besides the jobs; null until `costIsComplete`"
    )
    steps: list[StepModel] = Field(description="none until the input has been checked")

    @classmethod
    def of_history(cls, history: RunHistory, progress: Mapping[JobKey, Progress]) -> Self:
        """A run, its steps and its jobs, from the ledger, and what running jobs have told."""
        steps = [
            StepModel.of(row, [job for job in history.jobs if job.key.step == row.step], progress)
            for row in history.steps
        ]
        return cls(
            **RunSummary.of(history.run).model_dump(),
            execution_arn=history.run.execution_arn,
            redrives=history.run.redrive,
            state_machine_version=history.run.state_machine_version or None,
            images={str(step): image for step, image in history.run.images.items()},
            tool_versions={str(s): dict(found) for s, found in history.run.tool_versions.items()},
            metrics=dict(history.run.metrics),
            qc_gates={
                name: gate if isinstance(gate, str) else GateModel(**gate)
                for name, gate in history.run.qc_gates.items()
            },
            orchestration=OrchestrationModel.of(history.run),
            steps=steps,
        )


class ResumedRunModel(Answer):
    """The resumed run."""

    run_id: str = Field(description="the same run if it was redriven, otherwise the new one")
    resumed_from: str = Field(description="the run that had ended")
    how: Resumption = Field(
        description="REDRIVEN: the run itself continues; RESTARTED: a new run has the same "
        "input, and reuses every finished step"
    )
