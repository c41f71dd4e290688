"""The world in memory, behind the ports of the use cases.

`FakeLedger` passes the same contract tests as the ledger in DynamoDB
(tests/integration/ledger/test_contract_*.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from seqstack.domain.claims import Claim, Taking, Waiting
from seqstack.domain.cohorts import RunIdentity
from seqstack.domain.cost.account import JobAccount
from seqstack.domain.cost.hosts import Host
from seqstack.domain.cost.orchestration import Orchestration
from seqstack.domain.cost.table import packaged_table
from seqstack.domain.cost.totals import Cost
from seqstack.domain.errors import (
    ResultsReplacedError,
    SubmissionRejectedError,
    TransientServiceError,
    UnknownRunError,
)
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey, JobRecord
from seqstack.domain.manifest import Manifest, StepResult, StoredObject
from seqstack.domain.notification_content import Notification
from seqstack.domain.notifications import NotificationId, NotificationKind, NotificationRecord
from seqstack.domain.objects_found import ObjectsFound
from seqstack.domain.plan import JobDefinition, StepPlan
from seqstack.domain.reads.fastq_file import FileBlocks
from seqstack.domain.records import JobRow, RunHistory, RunRow, StepRow
from seqstack.domain.reference.manifest import ReferenceManifest
from seqstack.domain.reference.named import ReferenceName
from seqstack.domain.run_pages import Cursor, RunFilter
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.step_warnings import StepWarning
from seqstack.domain.words import JobState, RunState, StepName, StepState
from seqstack.domain.written_objects import ObjectState, WrittenObject
from tests.support.builders import job_definition, written_objects
from tests.support.small_reads import input_body


@dataclass
class FakeLedger:
    """Runs, steps and jobs in dictionaries."""

    runs: dict[str, RunRow] = field(default_factory=dict)
    steps: dict[tuple[str, StepName], StepRow] = field(default_factory=dict)
    jobs: dict[JobKey, JobRow] = field(default_factory=dict)
    progress: dict[JobKey, int] = field(default_factory=dict)
    redriven: dict[tuple[str, StepName], int] = field(default_factory=dict)
    hosts: dict[str, Host] = field(default_factory=dict)
    notifications: dict[NotificationId, NotificationRecord] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)
    waits: dict[tuple[str, str, StepName], Waiting] = field(default_factory=dict)

    def history(self, run_id: str) -> RunHistory:
        if run_id not in self.runs:
            raise UnknownRunError(run_id)
        steps = [row for (run, _), row in self.steps.items() if run == run_id]
        steps.sort(key=lambda row: row.plan.position)
        order = {row.step: row.plan.position for row in steps}
        jobs = [row for key, row in self.jobs.items() if key.run_id == run_id]
        return RunHistory(
            self.runs[run_id],
            tuple(steps),
            tuple(sorted(jobs, key=lambda row: (order.get(row.key.step, 99), row.key.attempt))),
            tuple(
                notification
                for end, notification in self.notifications.items()
                if end.kind is NotificationKind.RUN and end.name == run_id
            ),
        )

    def step(self, run_id: str, step: StepName) -> StepRow:
        if (run_id, step) not in self.steps:
            raise UnknownRunError(run_id)
        return self.steps[run_id, step]

    def run(self, run_id: str) -> RunRow:
        if run_id not in self.runs:
            raise UnknownRunError(run_id)
        return self.runs[run_id]

    def runs_in_state(
        self, state: RunState, started_after: str = "", ended_after: str = ""
    ) -> list[RunRow]:
        in_state = [run for run in self.runs.values() if run.state is state]
        since = [run for run in in_state if run.started_at > started_after]
        found = [run for run in since if run.ended_at > ended_after or not ended_after]
        return sorted(found, key=lambda run: run.started_at)

    def runs_of_cohort(self, cohort_id: str, started_after: str = "") -> list[RunRow]:
        found = [run for run in self.runs.values() if run.cohort_id == cohort_id]
        after = [run for run in found if run.started_at > started_after]
        return sorted(after, key=lambda run: run.started_at)

    def note_tool_versions(self, run_id: str, step: StepName, versions: Mapping[str, str]) -> None:
        if run_id in self.runs:
            run = self.runs[run_id]
            noted = {**run.tool_versions, step: dict(versions)}
            self.runs[run_id] = replace(run, tool_versions=noted)

    def stop_step(self, run_id: str, step: StepName, redrive: int = 0) -> bool:
        row = self.steps.get((run_id, step))
        if row is None or row.state.is_terminal:
            return False
        if self.redriven.get((run_id, step), 0) > redrive:
            return False
        self.steps[run_id, step] = replace(row, state=StepState.STOPPED)
        return True

    def reopen_run(self, run_id: str, redrive: int, taking: Taking | None = None) -> None:
        run = self.runs.get(run_id)
        if run and run.redrive < redrive:
            if taking and not self.take_claim(taking):
                raise TransientServiceError(run_id)
            self.runs[run_id] = replace(
                run, state=RunState.RUNNING, redrive=redrive, ended_at="", failure=None
            )

    def reopen_step(self, run_id: str, step: StepName, redrive: int) -> None:
        row = self.steps.get((run_id, step))
        is_newer = self.redriven.get((run_id, step), 0) < redrive
        if row and is_newer and row.state is not StepState.SUCCEEDED:
            self.redriven[run_id, step] = redrive
            self.steps[run_id, step] = replace(
                row, state=StepState.PENDING, failure=None, warnings=()
            )

    def job(self, key: JobKey) -> JobRow | None:
        return self.jobs.get(key)

    def open_run(self, run: RunRow, steps: Iterable[StepRow], taking: Taking | None = None) -> bool:
        if run.run_id in self.runs:
            return self.runs[run.run_id].execution_arn == run.execution_arn
        if taking and not self.take_claim(taking):
            raise TransientServiceError(run.run_id)
        self.runs[run.run_id] = run
        self.steps |= {(run.run_id, row.step): row for row in steps}
        return True

    def claim(self, folder: str) -> Claim | None:
        return self.claims.get(folder)

    def take_claim(self, taking: Taking) -> bool:
        claim, over = taking.claim, taking.over
        now = self.claims.get(claim.folder)
        if (now and now.run_id) != (over and over.run_id):
            return False
        if over and over.run_id == claim.run_id:
            return True
        holder = self.runs.get(over.run_id) if over else None
        if holder and not holder.state.is_terminal:
            return False
        self.claims[claim.folder] = claim
        return True

    def keep_waiting(self, waiting: Waiting, expires_at: int) -> None:
        self.waits[waiting.folder, waiting.run_id, waiting.step] = waiting

    def waiting(self, folder: str) -> list[Waiting]:
        found = [one for one in self.waits.values() if one.folder == folder]
        return sorted(found, key=lambda one: f"{one.run_id}#{one.step}")

    def stop_waiting(self, waiting: Waiting) -> bool:
        key = (waiting.folder, waiting.run_id, waiting.step)
        if self.waits.get(key) != waiting:
            return False
        del self.waits[key]
        return True

    def write_rejected_run(self, run: RunRow) -> bool:
        if run.run_id in self.runs:
            return False
        self.runs[run.run_id] = run
        return True

    def identify_run(self, run_id: str, identity: RunIdentity) -> None:
        run = self.runs.get(run_id)
        if run and not run.sample_id and identity != RunIdentity():
            self.runs[run_id] = replace(
                run,
                sample_id=identity.sample_id,
                cohort_id=identity.cohort_id,
                cohort_size=identity.cohort_size,
                project=identity.project,
            )

    def newest_runs(self, wanted: RunFilter, cursor: Cursor, limit: int) -> list[RunRow]:
        found = [
            run
            for run in self.runs.values()
            if wanted.state in {None, run.state}
            and wanted.sample_id in {"", run.sample_id}
            and wanted.cohort_id in {"", run.cohort_id}
            and wanted.project in {"", run.project}
        ]
        newest_first = sorted(found, key=lambda run: run.started_at, reverse=True)
        return cursor.newest(newest_first, limit)

    def notification(self, end: NotificationId) -> NotificationRecord | None:
        return self.notifications.get(end)

    def claim_notification(self, end: NotificationId, now: str) -> bool:
        known = self.notifications.get(end)
        if known and not known.is_open:
            return False
        self.notifications[end] = NotificationRecord(end, now)
        return True

    def confirm_notification(self, end: NotificationId, message_id: str) -> None:
        known = self.notifications.get(end)
        if known and not known.message_id:
            self.notifications[end] = replace(known, message_id=message_id)

    def release_notification(self, end: NotificationId, now: str) -> None:
        known = self.notifications.get(end)
        if known and not known.message_id:
            self.notifications[end] = replace(known, is_open=True)

    def finish_run(self, ended: RunRow) -> bool:
        run = self.runs.get(ended.run_id)
        if run is None or run.execution_arn != ended.execution_arn:
            return False
        is_late = run.state.is_terminal and run.redrive == ended.redrive
        if is_late or run.redrive > ended.redrive:
            return False
        self.runs[ended.run_id] = replace(
            run,
            state=ended.state,
            ended_at=ended.ended_at,
            failure=ended.failure,
            redrive=ended.redrive,
        )
        return True

    def arm_job(self, key: JobKey, plan: StepPlan, token: str) -> tuple[JobRow, bool]:
        is_new = key not in self.jobs
        row = self.jobs.get(key) or JobRow(
            key, plan.tool, JobState.SUBMITTING, token, plan.job_queue, plan.memory_mib
        )
        self.jobs[key] = replace(row, task_token=token, token_answered=False)
        self.progress.setdefault(key, JobState.SUBMITTING.rank)
        return self.jobs[key], is_new

    def record_submission(self, key: JobKey, job_id: str) -> JobRow:
        row = self.jobs[key]
        if self.progress[key] < JobState.SUBMITTED.rank:
            self.progress[key] = JobState.SUBMITTED.rank
            row = replace(row, state=JobState.SUBMITTED)
        self.jobs[key] = replace(row, job_id=row.job_id or job_id)
        return self.jobs[key]

    def record_job(self, key: JobKey, job: JobRecord, failure: Failure | None) -> bool:
        row = self.jobs.get(key)
        if row is None or self.progress[key] >= job.progress:
            return False
        if row.job_id not in {"", job.job_id}:
            return False
        self.progress[key] = job.progress
        self.jobs[key] = replace(
            row,
            state=job.state,
            job_id=job.job_id,
            batch_attempts=job.batch_attempts,
            status_reason=job.status_reason or row.status_reason,
            exit_code=job.exit_code,
            log_stream=job.log_stream,
            created_at=job.created_at,
            started_at=job.started_at,
            stopped_at=job.stopped_at,
            failure=failure,
        )
        return True

    def reject_job(self, key: JobKey, failure: Failure) -> None:
        if not self.jobs[key].job_id:
            self.jobs[key] = replace(self.jobs[key], state=JobState.FAILED, failure=failure)
            self.progress[key] = 1_000_000

    def note_waiting(self, key: JobKey, job: JobRecord) -> None:
        if key in self.jobs and self.progress[key] <= job.progress:
            self.jobs[key] = replace(self.jobs[key], status_reason=job.status_reason)

    def claim_token(self, key: JobKey, token: str) -> bool:
        row = self.jobs.get(key)
        if row is None or row.task_token != token or row.token_answered:
            return False
        self.jobs[key] = replace(row, token_answered=True)
        return True

    def release_token(self, key: JobKey, token: str) -> None:
        row = self.jobs.get(key)
        if row and row.task_token == token:
            self.jobs[key] = replace(row, token_answered=False)

    def start_step(self, run_id: str, step: StepName, attempt: int) -> None:
        row = self.steps.get((run_id, step))
        if row and not row.state.is_terminal:
            self.steps[run_id, step] = replace(row, state=StepState.RUNNING, attempt=attempt)

    def reuse_step(
        self,
        key: JobKey,
        reused_from: str,
        written: Iterable[StoredObject],
        warnings: tuple[StepWarning, ...] = (),
        failure: Failure | None = None,
    ) -> bool:
        row = self.steps.get((key.run_id, key.step))
        is_begun = row and row.state is StepState.RUNNING and row.attempt >= key.attempt
        if row is None or row.state.is_terminal or is_begun:
            return False
        self._end_step(key, replace(row, reused_from=reused_from), written, warnings, failure)
        return True

    def _end_step(
        self,
        key: JobKey,
        row: StepRow,
        written: Iterable[StoredObject],
        warnings: tuple[StepWarning, ...],
        failure: Failure | None,
    ) -> None:
        state = StepState.FAILED if failure else StepState.SUCCEEDED
        self.steps[key.run_id, key.step] = replace(
            row, state=state, written=tuple(written), warnings=warnings, failure=failure
        )
        run = self.runs.get(key.run_id)
        if run and warnings:
            self.runs[key.run_id] = replace(run, warnings={**run.warnings, key.step: warnings})

    def complete_step(
        self,
        key: JobKey,
        written: Iterable[StoredObject],
        warnings: tuple[StepWarning, ...] = (),
        failure: Failure | None = None,
    ) -> bool:
        row = self.steps.get((key.run_id, key.step))
        if row is None or row.state.is_terminal or row.attempt > key.attempt:
            return False
        self._end_step(key, row, written, warnings, failure)
        return True

    def note_written(self, run_id: str, step: StepName, written: Iterable[StoredObject]) -> None:
        row = self.steps.get((run_id, step))
        if row and row.state is StepState.SUCCEEDED and not row.written:
            self.steps[run_id, step] = replace(row, written=tuple(written))

    def finish_step(self, run_id: str, step: StepName, failure: Failure) -> bool:
        row = self.steps.get((run_id, step))
        if row is None or row.state.is_terminal:
            return False
        self.steps[run_id, step] = replace(row, state=StepState.FAILED, failure=failure)
        return True

    def host(self, container_instance: str) -> Host | None:
        return self.hosts.get(container_instance)

    def keep_host(self, container_instance: str, host: Host, expires_at: int) -> None:
        known = self.hosts.get(container_instance)
        if known is None or known.purchase_option is None:
            self.hosts[container_instance] = host

    def record_account(self, key: JobKey, account: JobAccount, known: JobAccount | None) -> bool:
        job = self.jobs.get(key)
        if job is None or job.account != known:
            return False
        added = account.cost - (known.cost if known else Cost())
        self.jobs[key] = replace(job, account=account)
        step = self.steps[key.run_id, key.step]
        self.steps[key.run_id, key.step] = replace(step, cost=(step.cost or Cost()) + added)
        run = self.runs[key.run_id]
        by_step = {**run.cost_by_step}
        by_step[key.step] = by_step.get(key.step, Decimal(0)) + added.usd
        total = (run.cost or Cost()) + added
        self.runs[key.run_id] = replace(run, cost=total, cost_by_step=by_step)
        return True

    def record_orchestration(self, run_id: str, counted: Orchestration) -> bool:
        run, prices = self.runs[run_id], packaged_table().services
        if run.orchestration == counted:
            return False
        before = run.orchestration.usd(prices) if run.orchestration else 0
        cost = (run.cost or Cost()) + Cost(counted.usd(prices) - before)
        self.runs[run_id] = replace(run, orchestration=counted, cost=cost)
        return True


@dataclass
class FakeBatch:
    """AWS Batch: what was submitted, and what it answers."""

    submitted: dict[str, tuple[JobKey, StepPlan]] = field(default_factory=dict)
    records: dict[str, JobRecord] = field(default_factory=dict)
    terminated: dict[str, str] = field(default_factory=dict)
    definitions: dict[str, JobDefinition | None] = field(default_factory=dict)
    closed_queues: set[str] = field(default_factory=set)
    refusal: str = ""

    def job_definition(self, name: str) -> JobDefinition | None:
        return self.definitions.get(name, job_definition(name.partition(":")[0]))

    def queue_problem(self, name: str) -> str:
        return "is no open job queue here" if name in self.closed_queues else ""

    def submit(self, key: JobKey, plan: StepPlan) -> str:
        if self.refusal:
            raise SubmissionRejectedError(self.refusal)
        job_id = f"job-{len(self.submitted) + 1}"
        self.submitted[job_id] = (key, plan)
        return job_id

    def find_job(self, key: JobKey, job_queue: str) -> str | None:
        for job_id, (submitted, plan) in self.submitted.items():
            if submitted == key and plan.job_queue == job_queue:
                return job_id
        return None

    def describe(self, job_id: str) -> JobRecord | None:
        return self.records.get(job_id)

    def describe_all(self, job_ids: Iterable[str]) -> dict[str, JobRecord]:
        return {id_: job for id_ in job_ids if (job := self.describe(id_))}

    def open_jobs(self, job_queue: str) -> Iterable[JobRecord]:
        records = list(self.records.values())
        return [r for r in records if r.job_queue == job_queue and not r.state.is_terminal]

    def terminate(self, job_id: str, reason: str) -> None:
        self.terminated[job_id] = reason


@dataclass
class FakeEnds:
    """The executions that have ended, by run; every other goes on."""

    ended: dict[str, RunRow] = field(default_factory=dict)

    def end_of(self, run: RunRow, now: str) -> RunRow | None:
        return self.ended.get(run.run_id)


@dataclass
class FakeTokens:
    """Answers to task tokens, in order; `deaf` tokens are waited for no more."""

    answers: list[tuple[str, object]] = field(default_factory=list)
    deaf: set[str] = field(default_factory=set)
    is_throttled: bool = False

    def succeed(self, token: str, output: Mapping[str, object]) -> bool:
        return self._answer(token, dict(output))

    def fail(self, token: str, failure: Failure) -> bool:
        return self._answer(token, failure)

    def _answer(self, token: str, answer: object) -> bool:
        if self.is_throttled:
            raise TransientServiceError("SendTaskSuccess: rate exceeded")
        if token in self.deaf:
            return False
        self.answers.append((token, answer))
        return True


@dataclass
class FakeLog:
    """The log that a failed job has left; calls are counted by stream."""

    lines: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)

    def __call__(self, log_stream: str, count: int) -> list[str]:
        self.read.append(log_stream)
        return self.lines[-count:]


@dataclass
class FakeObjects:
    """S3 as the functions see it: everything is there but `wrong`, and has a KiB, or `sizes`.

    FASTQ files hold what `input_body` says, or `bodies`.

    What lies where a run has written something is `replaced`, if it is said so.
    """

    wrong: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)
    bodies: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def read_start(self, uri: S3Uri, size: int) -> bytes:
        return self.bodies.get(str(uri), input_body(uri.key))[:size]

    def __call__(self, uris: Iterable[S3Uri]) -> ObjectsFound:
        wanted = list(uris)
        self.asked += map(str, wanted)
        found = [uri for uri in wanted if str(uri) not in self.wrong]
        return ObjectsFound(
            sizes={uri: self.sizes.get(str(uri), 1024) for uri in found},
            wrong={uri: self.wrong[str(uri)] for uri in wanted if str(uri) in self.wrong},
        )

    def read_blocks(self, sizes: Mapping[S3Uri, int]) -> dict[S3Uri, FileBlocks | str]:
        bodies = {uri: self.bodies.get(str(uri), input_body(str(uri))) for uri in sizes}
        return {uri: FileBlocks(len(body), body) for uri, body in bodies.items()}

    def look_at_written(self, written: Iterable[StoredObject]) -> list[WrittenObject]:
        return [self._look_at_written(one) for one in written]

    def _look_at_written(self, stored: StoredObject) -> WrittenObject:
        uri = str(stored.uri)
        self.asked.append(uri)
        if uri in self.replaced:
            return WrittenObject(stored, ObjectState.REPLACED, "is not what the run has written")
        if uri in self.wrong:
            return WrittenObject(stored, ObjectState.GONE, self.wrong[uri])
        return WrittenObject(stored, ObjectState.CURRENT)


@dataclass
class FakeMemory:
    """What jobs have written, was to be remembered, and can be recalled; `error` comes out of all.

    A job has written what its plan says, unless it was `replaced`.
    """

    replaced: str = ""
    asked: list[JobRow] = field(default_factory=list)
    remembered: list[tuple[JobRow, RunHistory]] = field(default_factory=list)
    manifest: Manifest | None = None
    recalled: list[StepPlan] = field(default_factory=list)
    warnings: tuple[StepWarning, ...] = ()
    error: Exception | None = None

    def written_by(
        self, job: JobRow, plan: StepPlan, own: Mapping[S3Uri, StoredObject]
    ) -> StepResult:
        self.asked.append(job)
        if self.replaced:
            raise ResultsReplacedError(self.replaced)
        return StepResult(written_objects(plan), self.warnings)

    def remember(self, job: JobRow, history: RunHistory) -> None:
        if self.error:
            raise self.error
        self.remembered.append((job, history))

    def recall(self, plan: StepPlan, own: Mapping[S3Uri, StoredObject]) -> Manifest | None:
        if self.error:
            raise self.error
        self.recalled.append(plan)
        return self.manifest


@dataclass
class FakeTopic:
    """Amazon SNS: what was published. `answers` come first, an exception is raised."""

    published: list[Notification] = field(default_factory=list)
    answers: list[str | Exception] = field(default_factory=list)

    def publish(self, message: Notification) -> str:
        answer = self.answers.pop(0) if self.answers else f"message-{len(self.published) + 1}"
        if isinstance(answer, Exception):
            raise answer
        self.published.append(message)
        return answer

    @property
    def ends(self) -> list[str]:
        """The ends that were told of, in order."""
        return [str(message.id) for message in self.published]


@dataclass
class FakeBus:
    """EventBridge: the ends that were told of, in order."""

    ends: list[str] = field(default_factory=list)
    error: Exception | None = None

    def put(self, message: Notification) -> None:
        if self.error:
            raise self.error
        self.ends.append(str(message.id))


class FakeReferences:
    """Prepared references, the newest of each name last."""

    def __init__(self, *manifests: ReferenceManifest) -> None:
        self.manifests = list(manifests)

    def names(self) -> list[ReferenceName]:
        return [ReferenceName(name) for name in dict.fromkeys(each.name for each in self.manifests)]

    def versions(self, name: str) -> list[ReferenceName]:
        found = [ReferenceName(name, each.version) for each in self.manifests if each.name == name]
        return found[::-1]

    def find(self, named: ReferenceName) -> ReferenceManifest | None:
        version = named.version or next((v.version for v in self.versions(named.name)), "")
        found = (m for m in self.manifests if (m.name, m.version) == (named.name, version))
        return next(found, None)

    def delete(self, named: ReferenceName) -> int:
        before = len(self.manifests)
        self.manifests = [
            m for m in self.manifests if (m.name, m.version) != (named.name, named.version)
        ]
        return before - len(self.manifests)
