"""The stack's own metrics, in CloudWatch's embedded metric format.

Each has the dimension `environment`, which separates the stacks of an account, and at most one
more. Metrics that AWS publishes itself (executions by status, calls and errors of functions) are
not repeated here, because every metric costs money. An idle stack publishes none.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import (
    AmazonCloudWatchEMFProvider,
)

from seqstack.domain.errors import InvalidInputError, JobTimedOutError, StuckInQueueError
from seqstack.domain.job_record import JobRecord
from seqstack.domain.records import JobRow, RunRow
from seqstack.domain.words import JobState, RunState


class Metric(StrEnum):
    """All metrics of the functions, each with its dimension besides `environment`."""

    RUN_FAILED = "RunFailed"  # total, and by error; includes runs that timed out
    RUN_REJECTED = "RunRejected"  # its input was invalid
    JOB_RUNNING = "JobRunning"  # by queue: entered that state
    JOB_FAILED = "JobFailed"  # by queue, and by error
    JOB_RETRIED = "JobRetried"  # second and later jobs of a step
    JOB_BATCH_RETRIED = "JobBatchRetried"  # Batch's own retries inside jobs
    JOB_STUCK = "JobStuck"  # got no host, or timed out
    JOB_QUEUE_BLOCKED = "JobQueueBlocked"  # total, and by queue
    JOBS_WAITING = "JobsWaiting"  # by queue, once an hour: without a host
    JOBS_ON_HOSTS = "JobsOnHosts"  # by queue, once an hour
    SWEEP_REPAIRED = "SweepRepaired"  # runs and jobs whose events were lost
    STEP_REUSED = "StepReused"  # without a job


_TOO_LONG = timedelta(days=1)
_STUCK = frozenset({StuckInQueueError.__name__, JobTimedOutError.__name__})
_ENTERED = {JobState.RUNNING: Metric.JOB_RUNNING, JobState.FAILED: Metric.JOB_FAILED}


@dataclass(frozen=True, slots=True)
class Metrics:
    """Publishes metrics of the stack of one environment."""

    environment: str

    def count(self, metric: Metric, number: int = 1, **dimension: str) -> None:
        """Count `number` of `metric`; written at once, nothing for 0."""
        if not number:
            return
        # `service` is empty: as a dimension it would split metrics that several functions count
        provider = AmazonCloudWatchEMFProvider(
            service="", default_dimensions={"environment": self.environment, **dimension}
        )
        provider.add_metric(metric, MetricUnit.Count, number)
        # Lambda drops lines below LogLevel, and takes those without level or time for INFO
        # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
        provider.add_metadata("level", "ERROR")
        provider.add_metadata("timestamp", datetime.now(UTC).isoformat())
        provider.flush_metrics()

    def count_run_end(self, ended: RunRow) -> None:
        """Count a run that has just been closed, if it did not succeed."""
        error = ended.failure.error if ended.failure else ""
        if error == InvalidInputError.__name__:
            self.count(Metric.RUN_REJECTED)
        elif ended.state in {RunState.FAILED, RunState.TIMED_OUT}:
            self.count(Metric.RUN_FAILED)
            self.count(Metric.RUN_FAILED, error=error)

    def count_job(self, job: JobRow) -> None:
        """Count a job that has just changed its state."""
        if job.state in _ENTERED:
            self.count(_ENTERED[job.state], queue=_name(job.job_queue))
        if not job.state.is_terminal:
            return
        if job.failure:
            self.count(Metric.JOB_FAILED, error=job.failure.error)
            self.count(Metric.JOB_STUCK, int(job.failure.error in _STUCK))
        self.count(Metric.JOB_RETRIED, int(bool(job.key.earlier)))
        self.count(Metric.JOB_BATCH_RETRIED, max(0, job.batch_attempts - 1))

    def count_open_jobs(self, now: datetime, jobs: Iterable[JobRecord]) -> None:
        """Count the open jobs, and those that have waited too long for their first host."""
        oldest = (now - _TOO_LONG).timestamp() * 1000
        on_hosts: Counter[str] = Counter()
        waiting: Counter[str] = Counter()
        stuck = 0
        for job in jobs:
            is_on_host = job.state in {JobState.STARTING, JobState.RUNNING}
            (on_hosts if is_on_host else waiting)[_name(job.job_queue)] += 1
            stuck += (
                not is_on_host and not job.batch_attempts and (job.created_at or oldest) < oldest
            )
        for queue, number in on_hosts.items():
            self.count(Metric.JOBS_ON_HOSTS, number, queue=queue)
        for queue, number in waiting.items():
            self.count(Metric.JOBS_WAITING, number, queue=queue)
        self.count(Metric.JOB_STUCK, stuck)

    def count_blocked_queue(self, job_queue: str) -> None:
        """Count an event of a job that blocks its queue."""
        self.count(Metric.JOB_QUEUE_BLOCKED)
        self.count(Metric.JOB_QUEUE_BLOCKED, queue=_name(job_queue))


def _name(job_queue: str) -> str:
    return job_queue.rpartition("/")[2]
