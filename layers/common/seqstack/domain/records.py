"""Rows of the ledger: runs, their steps, and the jobs of each step."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from seqstack.domain.cost.account import JobAccount
from seqstack.domain.cost.orchestration import Orchestration
from seqstack.domain.cost.totals import Cost
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey
from seqstack.domain.manifest import StoredObject
from seqstack.domain.notifications import NotificationRecord
from seqstack.domain.plan import StepPlan
from seqstack.domain.qc.gates import Gates
from seqstack.domain.qc.metrics import Values
from seqstack.domain.step_warnings import StepWarning
from seqstack.domain.words import JobState, RunState, StepName, StepState, ToolName
from seqstack.domain.workflow_names import SECONDARY_ANALYSIS_NAME


def utc_text(moment: datetime) -> str:
    """Format a time like `$$.Execution.StartTime`, so that all times sort as text."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run. Times are ISO 8601 in UTC, in the format of `utc_text`.

    `sample_id` is empty for a run without a sample; `subject` then names its subject for people.
    Steps and tools may be unknown to this version.

    `redrive` counts how often its execution was redriven. `cohort_id` is empty for a run without a
    cohort, `cohort_size` (samples) 0 if unknown. `project` is whom the cost is for, if given.
    `submitter` is its fair share of the hosts. `tags` are the user's own. `cost` is the known cost
    so far.

    For audit: `state_machine_version` is the ARN of the immutable version that it was started as,
    empty if it was started without one; `images` are the container images of its steps, by digest;
    `tool_versions` are the programs that each finished step ran.

    `remembered` are the newest attempts whose outputs were considered for reuse, of each step.

    `results_folder` (`ResultLayout.folder`) is the folder that the run claims, and `work_key`
    identifies its work: two runs with the same folder and key would write the same results. Both
    are empty for a run whose input was refused.

    `input_bytes` is the size of its reads, 0 if unknown.

    `reference` is the prepared reference that it reads, with its version, if it names one.

    `warnings` are those of each finished step and, under `step_warnings.INPUT`, of the input.

    `qc_gates` are the bounds that its metrics must meet, its own and the stack's; `metrics` are
    those measured, once every step has succeeded.

    `report` is the page that describes the ended run, and `crate` are its RO-Crate's files.

    `is_left_out` is true if the sheet of its cohort no longer has its sample.
    """

    run_id: str
    sample_id: str
    state: RunState
    started_at: str
    execution_arn: str = ""
    results: str = ""
    tools: Mapping[StepName, ToolName] = field(default_factory=dict)
    ended_at: str = ""
    failure: Failure | None = None
    redrive: int = 0
    cohort_id: str = ""
    cohort_size: int = 0
    project: str = ""
    submitter: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    cost: Cost | None = None
    cost_by_step: Mapping[StepName, Decimal] = field(default_factory=dict)
    orchestration: Orchestration | None = None
    state_machine_version: str = ""
    images: Mapping[StepName, str] = field(default_factory=dict)
    tool_versions: Mapping[StepName, Mapping[str, str]] = field(default_factory=dict)
    results_folder: str = ""
    work_key: str = ""
    warnings: Mapping[str, tuple[StepWarning, ...]] = field(default_factory=dict)
    workflow: str = SECONDARY_ANALYSIS_NAME
    subject: str = ""
    input_bytes: int = 0
    reference: str = ""
    qc_gates: Gates = field(default_factory=dict)
    metrics: Values = field(default_factory=dict)
    report: StoredObject | None = None
    crate: tuple[StoredObject, ...] = ()
    remembered: Mapping[StepName, int] = field(default_factory=dict)
    is_left_out: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """Its place in a list."""
        return self.started_at, self.run_id

    @property
    def long_texts(self) -> object:
        """What can be long in an answer."""
        return [self.failure.cause if self.failure else "", dict(self.tags)]


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of a run, with what it submits.

    `attempt` is that of its newest job, 0 before the first. `reused_from` is the run whose outputs
    were reused, if it needed no job. `cost` is that of its jobs, failed ones included. `written`
    are the objects that the finished step has written, its provenance last, and `warnings` their
    warnings.
    """

    run_id: str
    plan: StepPlan
    state: StepState = StepState.PENDING
    attempt: int = 0
    failure: Failure | None = None
    reused_from: str = ""
    cost: Cost | None = None
    written: tuple[StoredObject, ...] = ()
    warnings: tuple[StepWarning, ...] = ()

    @property
    def step(self) -> StepName:
        """The step's identity."""
        return self.plan.step


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job. Times are milliseconds since the epoch, as AWS Batch gives them.

    `job_queue` and `memory_mib` are the request of this try. `task_token` is the newest token that
    waits for the job's end; `token_answered` says whether that token was answered. `account` is
    known minutes after the end.
    """

    key: JobKey
    tool: ToolName
    state: JobState
    task_token: str
    job_queue: str
    memory_mib: int
    token_answered: bool = False
    job_id: str = ""
    batch_attempts: int = 0
    status_reason: str = ""
    exit_code: int | None = None
    log_stream: str = ""
    created_at: int | None = None
    started_at: int | None = None
    stopped_at: int | None = None
    failure: Failure | None = None
    account: JobAccount | None = None


@dataclass(frozen=True, slots=True)
class RunHistory:
    """All rows of one run; jobs in the order of step and attempt."""

    run: RunRow
    steps: tuple[StepRow, ...]
    jobs: tuple[JobRow, ...]
    notifications: tuple[NotificationRecord, ...] = ()

    def step(self, step: StepName) -> StepRow | None:
        """One of the run's steps, or None."""
        return next((row for row in self.steps if row.step == step), None)

    @property
    def has_open_rows(self) -> bool:
        """True if a step or a job has not ended."""
        return any(not row.state.is_terminal for row in self.steps) or any(
            not row.state.is_terminal for row in self.jobs
        )
