"""Protocols of the services that use cases need; `seqstack.adapters` implements them with AWS."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # a cold start of most functions needs few of them
    from decimal import Decimal

    from seqstack.domain.claims import Claim, Taking, Waiting
    from seqstack.domain.cohort_record import CohortRow
    from seqstack.domain.cohorts import RunIdentity
    from seqstack.domain.cost.account import JobAccount
    from seqstack.domain.cost.hosts import Host, InstanceShape
    from seqstack.domain.cost.orchestration import Orchestration
    from seqstack.domain.cost.prices import HourlyPrice, KnownPrice
    from seqstack.domain.execution import Execution
    from seqstack.domain.failures import Failure
    from seqstack.domain.job_log import LogPage, LogRequest
    from seqstack.domain.job_record import JobKey, JobRecord
    from seqstack.domain.manifest import Manifest, StepResult, StoredObject
    from seqstack.domain.notification_content import Notification
    from seqstack.domain.notifications import NotificationId, NotificationRecord
    from seqstack.domain.objects_found import ObjectsFound
    from seqstack.domain.plan import JobDefinition, StepPlan
    from seqstack.domain.progress import Progress
    from seqstack.domain.provenance import Provenance
    from seqstack.domain.reads.fastq_file import FileBlocks
    from seqstack.domain.records import JobRow, RunHistory, RunRow, StepRow
    from seqstack.domain.reference.manifest import ReferenceManifest
    from seqstack.domain.reference.named import ReferenceName
    from seqstack.domain.run_pages import CohortFilter, Cursor, RunFilter
    from seqstack.domain.s3uri import S3Uri
    from seqstack.domain.step_warnings import StepWarning
    from seqstack.domain.words import RunState, StepName
    from seqstack.domain.written_objects import WrittenObject

type FindObjects = Callable[[Iterable[S3Uri]], ObjectsFound]
type ReadStart = Callable[[S3Uri, int], bytes | None]
type ReadWritten = Callable[[StoredObject, int], bytes]
"""Reads an object that a run has written, of at most so many bytes."""
type WriteOnce = Callable[[S3Uri, bytes], None]
"""Writes an object, or leaves the one that is there already."""
type ReadWhole = Callable[[S3Uri, int], tuple[bytes, str] | str]
"""Reads an object of at most so many bytes: its content and ETag, or why it can't be read."""
type WriteObject = Callable[[S3Uri, bytes], object]
type ReadBlocks = Callable[[Mapping[S3Uri, int]], Mapping[S3Uri, FileBlocks | str]]
type LookAtWritten = Callable[[Iterable[StoredObject]], list[WrittenObject]]
type Mark = Callable[[Iterable[S3Uri]], None]
type MayExpire = Callable[[S3Uri], bool]
type StoredObjects = Mapping[S3Uri, StoredObject]
type ImageDigest = Callable[[str], str | None]
type StateMachineVersion = Callable[[str], str]
type NoteVersions = Callable[[str, StepName, Mapping[str, str], int], object]
type LookAt = Callable[[Iterable[S3Uri]], StoredObjects]
type ReadProvenance = Callable[[S3Uri], tuple[Provenance, StoredObject] | None]
type WrittenBy = Callable[[JobRow, StepPlan, StoredObjects], StepResult]
type Remember = Callable[[JobRow, RunHistory], object]
type FindIdentity = Callable[[str], RunIdentity]
type OnStateChange = Callable[[JobRow], object]
type ReadProgress = Callable[[Collection[str]], Mapping[str, Progress]]
type ReadLogPage = Callable[[str, LogRequest], LogPage | None]
type FindExecution = Callable[[str], Execution | None]
type DescribeHost = Callable[[str], Host]


class ReadLog(Protocol):
    """A job's last lines; see `seqstack.adapters.job_logs.last_log_lines`."""

    def __call__(
        self, log_stream: str, count: int, is_complete: Callable[[list[str]], bool] = ..., /
    ) -> list[str]: ...


class References(Protocol):
    """The prepared references; see `seqstack.adapters.references.References`."""

    def names(self) -> list[ReferenceName]: ...
    def versions(self, name: str) -> list[ReferenceName]: ...
    def find(self, named: ReferenceName) -> ReferenceManifest | None: ...
    def delete(self, named: ReferenceName) -> int: ...


class HistoryReader(Protocol):
    """Reads whole runs; see `seqstack.adapters.ledger.Ledger`."""

    def history(self, run_id: str) -> RunHistory: ...


class WrittenLedger(HistoryReader, Protocol):
    """Outputs of steps in the ledger; see `seqstack.adapters.ledger.Ledger`."""

    def note_written(
        self, run_id: str, step: StepName, written: Iterable[StoredObject]
    ) -> None: ...


class JobLedger(WrittenLedger, Protocol):
    """The part of the ledger about steps and jobs; see `seqstack.adapters.ledger.Ledger`."""

    def step(self, run_id: str, step: StepName) -> StepRow: ...
    def run(self, run_id: str) -> RunRow: ...
    def job(self, key: JobKey) -> JobRow | None: ...
    def arm_job(self, key: JobKey, plan: StepPlan, token: str) -> tuple[JobRow, bool]: ...
    def record_submission(self, key: JobKey, job_id: str) -> JobRow: ...
    def record_job(self, key: JobKey, job: JobRecord, failure: Failure | None) -> JobRow | None: ...
    def note_waiting(self, key: JobKey, job: JobRecord) -> None: ...
    def reject_job(self, key: JobKey, failure: Failure) -> None: ...
    def claim_token(self, key: JobKey, token: str) -> bool: ...
    def release_token(self, key: JobKey, token: str) -> None: ...
    def reopen_step(self, run_id: str, step: StepName, redrive: int) -> None: ...
    def start_step(self, run_id: str, step: StepName, attempt: int) -> None: ...
    def reuse_step(
        self,
        key: JobKey,
        reused_from: str,
        written: Iterable[StoredObject],
        warnings: tuple[StepWarning, ...] = (),
        failure: Failure | None = None,
    ) -> bool: ...
    def complete_step(
        self,
        key: JobKey,
        written: Iterable[StoredObject],
        warnings: tuple[StepWarning, ...] = (),
        failure: Failure | None = None,
    ) -> bool: ...
    def note_tool_versions(
        self, run_id: str, step: StepName, versions: Mapping[str, str], attempt: int = 0
    ) -> None: ...
    def finish_step(self, run_id: str, step: StepName, failure: Failure) -> bool: ...


class RunReader(HistoryReader, Protocol):
    """Reads single runs."""

    def run(self, run_id: str) -> RunRow: ...


class RunLedger(RunReader, WrittenLedger, Protocol):
    """The part of the ledger about runs; see `seqstack.adapters.ledger.Ledger`."""

    def open_run(
        self, run: RunRow, steps: Iterable[StepRow], taking: Taking | None = None
    ) -> bool: ...
    def write_rejected_run(self, run: RunRow) -> bool: ...
    def finish_step(self, run_id: str, step: StepName, failure: Failure) -> bool: ...
    def finish_run(self, ended: RunRow) -> bool: ...
    def reopen_run(self, run_id: str, redrive: int, taking: Taking | None = None) -> None: ...
    def stop_step(self, run_id: str, step: StepName, redrive: int = 0) -> bool: ...
    def runs_in_state(
        self, state: RunState, started_after: str = "", ended_after: str = ""
    ) -> list[RunRow]: ...


class ExpiryLedger(Protocol):
    """Lets the rows of a run expire; see `seqstack.adapters.ledger.Ledger`."""

    def run(self, run_id: str) -> RunRow: ...
    def expire_run(self, run_id: str, expires_at: int) -> None: ...


class CohortLedger(Protocol):
    """The part of the ledger about cohorts; see `seqstack.adapters.ledger.Ledger`."""

    def cohort(self, cohort_id: str, *, is_dry_run: bool = False) -> CohortRow | None: ...
    def open_cohort(self, row: CohortRow, over: str = "") -> bool: ...
    def note_cohort_plan(self, row: CohortRow) -> None: ...
    def close_cohort(self, ended: CohortRow) -> bool: ...
    def spent(self, cohort_id: str) -> Decimal: ...
    def meet_budget(self, cohort_id: str, now: str) -> bool: ...
    def runs_of_cohort(self, cohort_id: str, started_after: str = "") -> list[RunRow]: ...
    def run(self, run_id: str) -> RunRow: ...
    def note_sheet(self, run: RunRow) -> None: ...
    def history(self, run_id: str) -> RunHistory: ...


class RunIndexes(Protocol):
    """The ledger's listings of runs; see `seqstack.adapters.ledger.Ledger`."""

    def newest_runs(self, wanted: RunFilter, cursor: Cursor, limit: int) -> list[RunRow]: ...


class CohortIndexes(Protocol):
    """The ledger's listings of cohorts; see `seqstack.adapters.ledger.Ledger`."""

    def newest_cohorts(
        self, wanted: CohortFilter, cursor: Cursor, limit: int
    ) -> list[CohortRow]: ...


class PriceCache(Protocol):
    """Cached prices; see `seqstack.adapters.price_cache.PriceCache`."""

    def find(self, instance_type: str, market: str) -> KnownPrice | None: ...
    def keep(self, instance_type: str, market: str, price: KnownPrice, expires_at: int) -> None: ...


class Market(Protocol):
    """Instance types and prices from AWS; see `seqstack.adapters.ec2.Market`."""

    def shape(self, instance_type: str) -> InstanceShape | None: ...
    def spot_price(self, instance_type: str, zone: str, since: int) -> HourlyPrice | None: ...
    def on_demand_price(self, instance_type: str) -> HourlyPrice | None: ...


class BatchService(Protocol):
    """AWS Batch; see `seqstack.adapters.batch.Batch`."""

    def job_definition(self, name: str) -> JobDefinition | None: ...
    def queue_problem(self, name: str) -> str: ...
    def submit(self, key: JobKey, plan: StepPlan) -> str: ...
    def find_job(self, key: JobKey, job_queue: str) -> str | None: ...
    def describe(self, job_id: str) -> JobRecord | None: ...
    def describe_all(self, job_ids: Iterable[str]) -> Mapping[str, JobRecord]: ...
    def open_jobs(self, job_queue: str) -> Iterable[JobRecord]: ...
    def terminate(self, job_id: str, reason: str) -> None: ...
    def terminate_all(self, job_ids: Iterable[str], reason: str) -> None: ...


class CostLedger(Protocol):
    """The part of the ledger about costs; see `seqstack.adapters.ledger_costs.CostRows`."""

    def job(self, key: JobKey) -> JobRow | None: ...
    def host(self, container_instance: str) -> Host | None: ...
    def keep_host(self, container_instance: str, host: Host, expires_at: int) -> None: ...
    def record_account(
        self, key: JobKey, account: JobAccount, known: JobAccount | None, cohort_id: str = ""
    ) -> bool: ...
    def record_orchestration(self, run_id: str, counted: Orchestration) -> bool: ...
    def meet_budget(self, cohort_id: str, now: str) -> bool: ...


class AccountLedger(CostLedger, Protocol):
    """The part of the ledger that a run's account needs."""

    def history(self, run_id: str) -> RunHistory: ...
    def runs_in_state(
        self, state: RunState, started_after: str = "", ended_after: str = ""
    ) -> list[RunRow]: ...


class ReportLedger(Protocol):
    """The part of the ledger that a run's report needs."""

    def history(self, run_id: str) -> RunHistory: ...
    def record_report(
        self, run_id: str, report: StoredObject, crate: Iterable[StoredObject]
    ) -> None: ...


class ClaimLedger(Protocol):
    """The part of the ledger about claims; see `seqstack.adapters.ledger_claims.ClaimRows`."""

    def claim(self, folder: str) -> Claim | None: ...
    def take_claim(self, taking: Taking) -> bool: ...
    def keep_waiting(self, waiting: Waiting, expires_at: int) -> None: ...
    def waiting(self, folder: str) -> list[Waiting]: ...
    def stop_waiting(self, waiting: Waiting) -> bool: ...


class Ledger(JobLedger, RunLedger, CostLedger, ReportLedger, ClaimLedger, Protocol):
    """The whole ledger."""


class ExecutionEnds(Protocol):
    """Ends of executions; see `seqstack.adapters.executions.Executions`."""

    def end_of(self, run: RunRow, now: str) -> RunRow | None: ...


class Executions(ExecutionEnds, Protocol):
    """Executions of the workflows; see `seqstack.adapters.executions.Executions`."""

    def going_on(self) -> frozenset[str]: ...
    def redriven_in_vain(self, ended_after: str) -> Mapping[str, int]: ...


class FindsExecutions(Protocol):
    """Finds executions; see `seqstack.adapters.executions.Executions`."""

    def find(self, run_id: str) -> Execution | None: ...


class RunStarter(FindsExecutions, Protocol):
    """Starts runs; see `seqstack.adapters.executions.Executions`."""

    def start(self, run_id: str, document: Mapping[str, Any], workflow: str) -> Execution: ...


class RunStopper(Protocol):
    """Stops runs; see `seqstack.adapters.executions.Executions`."""

    def stop(self, run_id: str, failure: Failure) -> None: ...


class RunControl(FindsExecutions, RunStopper, Protocol):
    """Finds and stops runs; see `seqstack.adapters.executions.Executions`."""


class RunResumer(RunStarter, Protocol):
    """Resumes runs; see `seqstack.adapters.executions.Executions`."""

    def redrive(self, run_id: str) -> bool: ...


class NotificationLedger(Protocol):
    """The part of the ledger about notifications; see `seqstack.adapters.ledger.Ledger`."""

    def cohort(self, cohort_id: str, *, is_dry_run: bool = False) -> CohortRow | None: ...
    def run(self, run_id: str) -> RunRow: ...
    def newest_runs(self, wanted: RunFilter, cursor: Cursor, limit: int) -> list[RunRow]: ...
    def runs_of_cohort(self, cohort_id: str, started_after: str = "") -> list[RunRow]: ...
    def identify_run(self, run_id: str, identity: RunIdentity) -> None: ...
    def notification(self, key: NotificationId) -> NotificationRecord | None: ...
    def claim_notification(self, key: NotificationId, now: str) -> bool: ...
    def confirm_notification(self, key: NotificationId, message_id: str) -> None: ...
    def release_notification(self, key: NotificationId, now: str) -> None: ...


class Topic(Protocol):
    """Sends messages to people; see `seqstack.adapters.notifications.NotificationTopic`."""

    def publish(self, message: Notification) -> str: ...


class EventBus(Protocol):
    """Sends events to programs; see `seqstack.adapters.notifications.EventBus`."""

    def put(self, message: Notification) -> None: ...


class TokenAnswers(Protocol):
    """Answers to task tokens; see `seqstack.adapters.task_tokens.TaskTokens`."""

    def succeed(self, token: str, output: Mapping[str, object]) -> bool: ...
    def fail(self, token: str, failure: Failure) -> bool: ...


class StepCache(Protocol):
    """Results of finished steps; see `seqstack.adapters.step_cache.StepCache`."""

    def find(self, key: str) -> Manifest | None: ...
    def remember(self, key: str, manifest: Manifest) -> bool: ...
