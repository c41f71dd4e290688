"""AWS Batch, Step Functions, CloudWatch Logs, SNS and EventBridge in memory."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from seqstack.domain.errors import SubmissionRejectedError, TransientServiceError
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey, JobRecord
from seqstack.domain.notification_content import Notification
from seqstack.domain.plan import JobDefinition, StepPlan
from seqstack.domain.records import RunRow
from tests.support.builders import job_definition


@dataclass
class FakeBatch:
    """AWS Batch: submitted jobs and their states."""

    submitted: dict[str, tuple[JobKey, StepPlan]] = field(default_factory=dict)
    records: dict[str, JobRecord] = field(default_factory=dict)
    terminated: dict[str, str] = field(default_factory=dict)
    definitions: dict[str, JobDefinition | None] = field(default_factory=dict)
    closed_queues: set[str] = field(default_factory=set)
    refusal: str = ""

    def job_definition(self, name: str) -> JobDefinition | None:
        return self.definitions.get(name, job_definition(name.partition(":")[0]))

    def queue_problem(self, name: str) -> str:
        return (
            "is not an enabled job queue of this account and region"
            if name in self.closed_queues
            else ""
        )

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

    def terminate_all(self, job_ids: Iterable[str], reason: str) -> None:
        for job_id in job_ids:
            self.terminate(job_id, reason)


@dataclass
class FakeEnds:
    """The executions that have ended, by run; all others are running."""

    ended: dict[str, RunRow] = field(default_factory=dict)

    def end_of(self, run: RunRow, now: str) -> RunRow | None:
        return self.ended.get(run.run_id)


@dataclass
class FakeTokens:
    """Answers to task tokens, in order; `deaf` tokens are no longer valid."""

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
    """The log of a failed job, whose lines `late` come after its end; records calls' streams."""

    lines: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)

    late: list[str] = field(default_factory=list)

    def __call__(
        self,
        log_stream: str,
        count: int,
        is_complete: Callable[[list[str]], bool] = lambda _lines: True,
        /,
    ) -> list[str]:
        self.read.append(log_stream)
        come = [] if is_complete(self.lines) else self.late
        return [*self.lines, *come][-count:]


@dataclass
class FakeTopic:
    """Amazon SNS: published messages. `answers` are used first; exceptions are raised."""

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
        """The ids of the ends, in order."""
        return [str(message.id) for message in self.published]


@dataclass
class FakeBus:
    """EventBridge: the ids of the ends, in order."""

    ends: list[str] = field(default_factory=list)
    error: Exception | None = None

    def put(self, message: Notification) -> None:
        if self.error:
            raise self.error
        self.ends.append(str(message.id))
