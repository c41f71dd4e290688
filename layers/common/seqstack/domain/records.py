"""What the ledger holds of a run: the run itself, its steps, and every job of each step."""

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
from seqstack.domain.step_warnings import StepWarning
from seqstack.domain.words import JobState, RunState, StepName, StepState, ToolName
from seqstack.domain.workflow_names import SECONDARY_ANALYSIS_NAME


def utc_text(moment: datetime) -> str:
    """A time as Step Functions writes `$$.Execution.StartTime`, so that all times sort as text."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run. Times are ISO 8601 in UTC, as `utc_text` writes them.

    `sample_id` is empty for a run that is of no sample; `subject` says, for people, what such a run
    is of. Steps and tools may be those of another version, which this one does not know.

    `redrive` counts how often its execution was redriven. `cohort_id` is empty for a run of no
    cohort, `cohort_size` (samples) 0 where nobody has said it.
    `project` is whom the cost is for, if anybody was named. `submitter` is whose share of the hosts
    it draws on. `tags` are the user's own. `cost` is of all that is accounted for so far.

    For audit: `state_machine_version` is the ARN of the immutable version that it was started as,
    empty if it was started without one; `images` are the container images of its steps, by digest;
    `tool_versions` are the programs that each finished step ran.

    `results_folder` (`ResultLayout.folder`) is what the run claims, and `work_key` names its work:
    two runs of one folder and one key would write the same results. Both are empty for a run whose
    input was refused.

    `reference` is the prepared reference that it reads, with its version, if it names one.

    `warnings` are what was suspicious in the results of each finished step, and, under
    `step_warnings.INPUT`, in the input.
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
    reference: str = ""


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of a run, with what it submits.

    `attempt` is that of its newest job, 0 before any. `reused_from` is the run whose outputs stand
    for this step's, where it needed no job. `cost` is that of its jobs, failed ones included.
    `written` are the objects that the finished step has written, its provenance last, and
    `warnings` what is suspicious in them.
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
        """Which step this is."""
        return self.plan.step


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job. Times are milliseconds since the epoch, as AWS Batch gives them.

    `job_queue` and `memory_mib` are what this try asked for.
    `task_token` is the newest token that waits for the job's end; `token_answered` says whether
    that token was answered. `account` is there minutes after the end.
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
    """Everything the ledger knows of one run; jobs in the order of step and attempt."""

    run: RunRow
    steps: tuple[StepRow, ...]
    jobs: tuple[JobRow, ...]
    notifications: tuple[NotificationRecord, ...] = ()

    def step(self, step: StepName) -> StepRow | None:
        """One of the run's steps, if it has that."""
        return next((row for row in self.steps if row.step == step), None)

    @property
    def has_open_rows(self) -> bool:
        """True if a step or a job has not ended."""
        return any(not row.state.is_terminal for row in self.steps) or any(
            not row.state.is_terminal for row in self.jobs
        )
