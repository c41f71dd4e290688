"""What functions count, as CloudWatch reads it: the embedded metric format on stdout.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from seqstack.adapters.metrics import Metric, Metrics
from seqstack.domain.failures import Failure
from seqstack.domain.words import JobState, RunState
from tests.support.builders import ALIGN, HIGH, LOW, attempt, job_record, job_row, run_row


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Read what was counted: name, dimensions and number."""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "SeqStack")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "track_job")

    def counted() -> list[tuple[str, dict[str, str], float]]:
        found = []
        for line in capsys.readouterr().out.splitlines():
            record = json.loads(line)
            (directive,) = record["_aws"]["CloudWatchMetrics"]
            assert directive["Namespace"] == "SeqStack"
            (names,) = directive["Dimensions"]
            (metric,) = directive["Metrics"]
            assert metric["Unit"] == "Count"
            (number,) = record[metric["Name"]]
            found.append((metric["Name"], {name: record[name] for name in names}, number))
        return found

    return counted


METRICS = Metrics("dev")
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d", re.ASCII)
DEV = {"environment": "dev"}
QUEUE = {"environment": "dev", "queue": "highPriority-dev"}


def test_count_is_of_the_environment_and_of_no_function(read: Any) -> None:
    METRICS.count(Metric.STEP_REUSED)
    METRICS.count(Metric.JOB_STUCK, 3)

    assert read() == [("StepReused", DEV, 1), ("JobStuck", DEV, 3)]


def test_count_passes_every_log_level(read: Any, capsys: pytest.CaptureFixture[str]) -> None:
    METRICS.count(Metric.RUN_FAILED)

    record = json.loads(capsys.readouterr().out)
    assert record["level"] == "ERROR"  # the least detailed that LogLevel takes
    assert RFC_3339.fullmatch(record["timestamp"])


def test_count_of_nothing_publishes_nothing(read: Any) -> None:
    METRICS.count(Metric.JOB_STUCK, 0)

    assert read() == []


def test_count_again_starts_from_zero(read: Any) -> None:
    METRICS.count(Metric.JOB_RUNNING, queue="a")
    METRICS.count(Metric.JOB_RUNNING)

    assert read()[1] == ("JobRunning", DEV, 1)


@pytest.mark.parametrize(
    ("state", "error", "expected"),
    [
        (RunState.FAILED, "ToolFailedError", ["RunFailed", "RunFailed"]),
        (RunState.TIMED_OUT, "ExecutionTimedOut", ["RunFailed", "RunFailed"]),
        (RunState.FAILED, "InvalidInputError", ["RunRejected"]),
        (RunState.ABORTED, "ExecutionAborted", []),
    ],
)
def test_count_run_end_distinguishes_failures_from_what_users_did(
    read: Any, state: RunState, error: str, expected: list[str]
) -> None:
    METRICS.count_run_end(run_row(state=state, failure=Failure(error, "why")))

    counted = read()
    assert [name for name, _, _ in counted] == expected
    if len(expected) == 2:
        assert [dimensions for _, dimensions, _ in counted] == [DEV, {**DEV, "error": error}]


def test_count_run_end_of_a_success_publishes_nothing(read: Any) -> None:
    METRICS.count_run_end(run_row(state=RunState.SUCCEEDED))

    assert read() == []


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (JobState.SUBMITTED, []),
        (JobState.RUNNABLE, []),
        (JobState.STARTING, []),
        (JobState.RUNNING, [("JobRunning", QUEUE, 1)]),
        (JobState.SUCCEEDED, []),
    ],
)
def test_count_job_counts_by_queue(read: Any, state: JobState, expected: list[Any]) -> None:
    METRICS.count_job(job_row(state=state, job_queue=HIGH))

    assert read() == expected


@pytest.mark.parametrize(
    ("error", "is_stuck"),
    [("OutOfMemoryError", False), ("StuckInQueueError", True), ("JobTimedOutError", True)],
)
def test_count_job_that_failed_counts_by_error_too(read: Any, error: str, is_stuck: bool) -> None:
    METRICS.count_job(job_row(state=JobState.FAILED, failure=Failure(error, "why")))

    assert read() == [
        ("JobFailed", QUEUE, 1),
        ("JobFailed", {**DEV, "error": error}, 1),
        *([("JobStuck", DEV, 1)] if is_stuck else []),
    ]


def test_count_job_counts_further_tries_by_who_made_them(read: Any) -> None:
    METRICS.count_job(
        job_row(state=JobState.SUCCEEDED, key=replace(ALIGN, attempt=2), batch_attempts=3)
    )
    METRICS.count_job(
        job_row(state=JobState.SUCCEEDED, key=replace(ALIGN, attempt=101), batch_attempts=1)
    )

    assert read() == [("JobRetried", DEV, 1), ("JobBatchRetried", DEV, 2)]


def test_count_blocked_queue_counts_all_and_by_queue(read: Any) -> None:
    METRICS.count_blocked_queue(HIGH)

    assert read() == [("JobQueueBlocked", DEV, 1), ("JobQueueBlocked", QUEUE, 1)]


def test_count_open_jobs_counts_by_queue_what_waits_and_what_has_a_host(read: Any) -> None:
    day = 86_400_000
    now = datetime(2025, 6, 2, 12, tzinfo=UTC)
    then = int(now.timestamp() * 1000)
    METRICS.count_open_jobs(
        now,
        [
            job_record("RUNNABLE", createdAt=then - day + 1),
            job_record("RUNNABLE", createdAt=then - day - 1),
            # tried again after a day on a host: it does not wait for its first
            job_record("RUNNABLE", createdAt=then - 2 * day, attempts=[attempt()]),
            job_record("STARTING", createdAt=then - 2 * day),
            job_record("RUNNING", createdAt=then, jobQueue=LOW),
        ],
    )

    assert read() == [
        ("JobsOnHosts", QUEUE, 1),
        ("JobsOnHosts", {**DEV, "queue": "lowPriority-dev"}, 1),
        ("JobsWaiting", QUEUE, 3),
        ("JobStuck", DEV, 1),
    ]


def test_count_open_jobs_of_an_idle_stack_publishes_nothing(read: Any) -> None:
    METRICS.count_open_jobs(datetime(2025, 6, 2, 12, tzinfo=UTC), [])

    assert read() == []
