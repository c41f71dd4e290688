"""Every row of the design's failure table, on records as AWS Batch gives them.

Texts: https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html,
https://docs.aws.amazon.com/batch/latest/userguide/job_timeouts.html and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
"""

from typing import Any

import pytest

from containers.jobkit.exit_codes import ExitCode
from seqstack.domain.classification import (
    EXPLAINED_EXIT_CODES,
    classify_failure,
    failure_cause,
    is_explained,
)
from seqstack.domain.job_record import JobRecord
from tests.support.builders import JOB_ID, LOG_STREAM, attempt, job_record, read_event

EXITED = "Essential container in task exited"
RECLAIMED = "Host EC2 (instance i-0123456789abcdef0) terminated."
STUCK = "Canceled by JobStateTimeLimit action due to reason: "
TOO_LONG = "Container Overrides length must be at most 8192"
NO_IMAGE = (
    "CannotPullContainerError: Error response from daemon: manifest for "
    "123456789012.dkr.ecr.us-east-1.amazonaws.com/seqstack-dev/bwa:0.1.0 not found"
)


def failed(exit_code: int | None = None, reason: str = "", **changes: Any) -> JobRecord:
    ended = attempt(exit_code, reason, changes.get("statusReason", EXITED))
    detail = {"statusReason": EXITED, **changes}
    return job_record("FAILED", attempts=[ended], container=ended["container"], **detail)


@pytest.mark.parametrize(
    ("job", "error"),
    [
        (failed(1), "ToolFailedError"),
        (failed(255), "ToolFailedError"),
        (failed(143), "ToolFailedError"),  # a SIGTERM that was not sent through Batch
        # the host was reclaimed, regardless of the container's own reason
        (failed(None, statusReason=RECLAIMED), "SpotReclaimedError"),
        (failed(143, statusReason=RECLAIMED), "SpotReclaimedError"),
        (failed(137, statusReason="Host EC2 (instance i-0a) terminated"), "SpotReclaimedError"),
        # the kernel's or the container runtime's
        (failed(137), "OutOfMemoryError"),
        (failed(1, "OutOfMemoryError: Container killed due to memory usage"), "OutOfMemoryError"),
        (failed(137, "OutOfMemoryError: container killed due to memory usage"), "OutOfMemoryError"),
        (failed(None, NO_IMAGE, statusReason="Task failed to start"), "ImagePullError"),
        (failed(None, statusReason=NO_IMAGE), "ImagePullError"),
        # the host failed the container, before it ran or after it
        *(
            (failed(None, reason, statusReason="Task failed to start"), "ContainerNotRunError")
            for reason in (
                "",
                "DockerTimeoutError: Could not transition to created; timed out after 4m0s",
                "CannotCreateContainerError: API error (500): devmapper: no space left",
                "CannotStartContainerError: Error response from daemon: OCI runtime failed",
                "CgroupError: Agent could not create task's platform resources",
                "ResourceInitializationError: failed to validate logger args",
            )
        ),
        *(
            (failed(exit_code, reason), "ContainerNotRunError")
            for exit_code in (None, 0, 137)
            for reason in (
                "CannotInspectContainerError: Could not transition to inspecting; timed out",
                "DockerTimeoutError: Could not transition to stopped; timed out after 30s",
            )
        ),
        (failed(None, "AGENT"), "ContainerNotRunError"),
        (failed(None, "CannotInspectContainerError: x", isTerminated=True), "JobTerminatedError"),
        # Batch kills the container with SIGKILL in the end, which is no lack of memory
        (failed(137, statusReason="Job attempt duration exceeded timeout"), "JobTimedOutError"),
        (failed(None, statusReason="Job attempt duration exceeded timeout"), "JobTimedOutError"),
        # a job stops a tool that may hang before Batch stops the job
        (failed(ExitCode.TOOL_TIMED_OUT), "JobTimedOutError"),
        *(
            (failed(None, statusReason=STUCK + reason, isCancelled=True), "StuckInQueueError")
            for reason in (
                "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
                "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
                "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
            )
        ),
        (job_record("FAILED", statusReason=TOO_LONG), "CommandTooLongError"),
        (failed(None, statusReason=TOO_LONG), "CommandTooLongError"),
        # it was stopped: never retry with more memory
        (failed(137, statusReason="wrong sample", isTerminated=True), "JobTerminatedError"),
        (failed(143, statusReason="wrong sample", isTerminated=True), "JobTerminatedError"),
        (job_record("FAILED", statusReason="not needed", isCancelled=True), "JobTerminatedError"),
        (job_record("FAILED"), "JobTerminatedError"),
    ],
)
def test_classify_failure_names_the_designs_error(job: JobRecord, error: str) -> None:
    assert classify_failure(job).__name__ == error


@pytest.mark.parametrize(
    ("situation", "error"),
    [("failed", "ToolFailedError"), ("out_of_memory", "OutOfMemoryError")],
)
def test_classify_failure_of_the_sample_events(situation: str, error: str) -> None:
    job = JobRecord.from_batch(read_event(f"track_job/{situation}.json")["detail"])

    assert classify_failure(job).__name__ == error


def test_cause_names_step_tool_exit_status_job_and_last_lines() -> None:
    cause = failure_cause(failed(1), "align", "bwa", [f"line {number}" for number in range(50)])

    head, where, heading, *lines = cause.splitlines()
    assert head == f"align (bwa) failed: exit status 1; {EXITED}"
    assert where == f"job {JOB_ID}, log stream {LOG_STREAM}"
    assert heading == "last 20 lines of its log:"
    assert lines == [f"line {number}" for number in range(30, 50)]


def test_cause_has_what_the_container_said_before_other_lines_and_sums_cached_files() -> None:
    time = "2026-11-29T14:16:33Z "
    log = [
        *(f"{time}reference s3://b/g.fa{n} (9 bytes) from the host's cache" for n in range(7)),
        f"{time}  [bwa] paired reads have different names",
        f"{time}do: mend reads_1.fastq.gz",
        f"{time}FAILED align/bwa: the reads are not pairs; exit code 65",
    ]

    assert failure_cause(failed(65), "align", "bwa", log).splitlines() == [
        f"align (bwa) failed: exit status 65; {EXITED}",
        "FAILED align/bwa: the reads are not pairs; exit code 65",
        "do: mend reads_1.fastq.gz",
        f"job {JOB_ID}, log stream {LOG_STREAM}",
        "last 1 line of its log:",
        f"{time}  [bwa] paired reads have different names",
        "7 reference files from the host's cache",
    ]


def test_cause_of_an_out_of_memory_job_gives_the_containers_reason_first() -> None:
    cause = failure_cause(failed(137, "OutOfMemoryError: killed"), "align", "bwa", [])

    assert cause.splitlines()[0] == (
        f"align (bwa) failed: exit status 137; OutOfMemoryError: killed; {EXITED}"
    )


def test_cause_of_a_job_without_reason_or_log_says_so() -> None:
    assert failure_cause(job_record("FAILED"), "align", "bwa", []) == (
        f"align (bwa) failed: AWS Batch gave no reason\njob {JOB_ID}, log stream none"
    )


def test_cause_with_endless_log_lines_fits_step_functions_even_escaped() -> None:
    cause = failure_cause(failed(1), "align", "bwa", ["\\" * 1_000_000] * 100)

    assert len(cause) < 32_768 / 2
    assert "align (bwa) failed: exit status 1" in cause


def test_explained_exit_codes_are_the_containers_own() -> None:
    assert {code for code in ExitCode if 0 < code < 128} == EXPLAINED_EXIT_CODES


@pytest.mark.parametrize(
    ("exit_code", "lines", "expected"),
    [
        (65, [], False),
        (65, ["2026-01-31T12:00:00Z align begins"], False),
        (65, ["2026-01-31T12:00:00Z FAILED align: no reads; exit code 65"], True),
        (1, ["Traceback"], True),
        (137, [], True),
        (None, [], True),
    ],
)
def test_failure_is_explained_by_the_line_that_only_a_container_writes(
    exit_code: int | None, lines: list[str], expected: bool
) -> None:
    assert is_explained(failed(exit_code), lines) is expected
