"""Classify a failed job: one of our errors, from AWS Batch's description."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from seqstack.domain import errors
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobRecord
from seqstack.domain.plain_text import one_line
from seqstack.domain.quantities import count_text

SIGKILL_EXIT_CODE = 137  # 128 + 9: how the kernel's out-of-memory killer ends a process
# from containers/jobkit/exit_codes.py; a tool's own exit code is never passed on unchanged
INVALID_INPUT_EXIT_CODE = 65
RESULTS_REPLACED_EXIT_CODE = 67
TOOL_TIMED_OUT_EXIT_CODE = 124
# those with which a container has logged why it failed
EXPLAINED_EXIT_CODES = frozenset({64, 65, 66, 67, 69, 73, 74, 75, 80, 124})
LOG_LINES_SHOWN = 20
MAX_LINE_CHARACTERS = 500  # a progress bar can be one line of megabytes
# from containers/jobkit/job.py, after the time of a line
_TIME = re.compile(r"[0-9-]+T[0-9:.]+Z ")
_SAID = ("FAILED ", "do: ")
_CACHED = " from the host's cache"


class CommandTooLongError(errors.JobError):
    """ECS did not accept the job's command, because it is too long.

    Only this module needs it. In `errors`, it would change every image, and so every cache key.
    """


# Texts of AWS: https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html,
# https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html (AGENT) and
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
_BY_STATUS_REASON: tuple[tuple[str, type[errors.JobError]], ...] = (
    ("Host EC2*terminated*", errors.SpotReclaimedError),
    ("*Job attempt duration exceeded timeout*", errors.JobTimedOutError),
    ("* by JobStateTimeLimit action *", errors.StuckInQueueError),
    ("*Container Overrides length must be at most*", CommandTooLongError),
)
_BY_EITHER_REASON: tuple[tuple[str, type[errors.JobError]], ...] = (
    ("CannotPullContainer*", errors.ImagePullError),
    ("*ImagePull*", errors.ImagePullError),
    ("OutOfMemory*", errors.OutOfMemoryError),
)
_OF_THE_HOST: tuple[tuple[str, type[errors.JobError]], ...] = tuple(
    (pattern, errors.ContainerNotRunError)
    for pattern in (
        "Task failed to start*",
        "Cannot*Container*",
        "ContainerRuntime*Error*",
        "DockerTimeoutError*",
        "DockerStateError*",
        "CgroupError*",
        "ResourceInitializationError*",
        "TaskFailedToStart*",
        "InternalError*",
        "AGENT*",
    )
)
_BY_EXIT_CODE: dict[int | None, type[errors.JobError]] = {
    None: errors.JobTerminatedError,
    SIGKILL_EXIT_CODE: errors.OutOfMemoryError,
    RESULTS_REPLACED_EXIT_CODE: errors.ResultsReplacedError,
    TOOL_TIMED_OUT_EXIT_CODE: errors.JobTimedOutError,
}


def classify_failure(job: JobRecord) -> type[errors.JobError]:
    """Classify a FAILED job; the first matching rule applies, from the host to the tool."""
    reasons = (job.container_reason, job.status_reason)
    named = _first(_BY_STATUS_REASON, job.status_reason) or _first(_BY_EITHER_REASON, *reasons)
    if named:
        return named
    if job.is_stopped:
        return errors.JobTerminatedError
    by_exit_code = _BY_EXIT_CODE.get(job.exit_code, errors.ToolFailedError)
    return _first(_OF_THE_HOST, *reasons) or by_exit_code


def _first(
    rules: Iterable[tuple[str, type[errors.JobError]]], *texts: str
) -> type[errors.JobError] | None:
    matching = (error for pattern, error in rules if any(fnmatchcase(t, pattern) for t in texts))
    return next(matching, None)


def is_explained(job: JobRecord, log_lines: Iterable[str]) -> bool:
    """Whether these lines say why a failed job's container failed, or none will."""
    return job.exit_code not in EXPLAINED_EXIT_CODES or any(
        _TIME.sub("", line).startswith(_SAID[0]) for line in log_lines
    )


def failure_cause(job: JobRecord, step: str, tool: str, log_lines: list[str]) -> str:
    """The cause of a failed job for users: the step, how it ended, and the end of its log.

    What the container said of its failure, and what to do, goes before the other lines.
    """
    ending = []
    if job.exit_code is not None:
        ending.append(f"exit status {job.exit_code}")
    ending += [reason for reason in (job.container_reason, job.status_reason) if reason]
    last = [_short(line) for line in log_lines[-LOG_LINES_SHOWN:]]
    texts = [_TIME.sub("", line) for line in last]
    lines = [
        f"{step} ({tool}) failed: {'; '.join(ending) or 'AWS Batch gave no reason'}",
        *(text for said in _SAID for text in texts if text.startswith(said)),
        f"job {job.job_id}, log stream {job.log_stream or 'none'}",
    ]
    cached = sum(text.endswith(_CACHED) for text in texts)
    pairs = zip(last, texts, strict=True)
    rest = [line for line, text in pairs if not (text.startswith(_SAID) or text.endswith(_CACHED))]
    if rest:
        lines += [f"last {count_text(len(rest), 'line')} of its log:", *rest]
    if cached:
        lines.append(f"{count_text(cached, 'reference file')}{_CACHED}")
    return "\n".join(lines)


def refused_input(failure: Failure, step: str) -> list[str]:
    """What a step's container said of an input that it refused, and what to do.

    Empty if the failure, with the cause that `failure_cause` has made, is another.
    """
    head, *lines = failure.cause.splitlines() or [""]
    if not re.match(
        rf"{re.escape(step)} \(.*\) failed: exit status {INVALID_INPUT_EXIT_CODE}\b", head
    ):
        return []
    return [line for line in lines if line.startswith(_SAID)]


def _short(line: str) -> str:
    """A line without control characters, which nested JSON would make seven times as long."""
    line = line if len(line) <= MAX_LINE_CHARACTERS else line[:MAX_LINE_CHARACTERS] + "…"
    return one_line(line)
