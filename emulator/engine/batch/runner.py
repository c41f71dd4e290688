"""Protocol of a runner of jobs' containers: start an attempt, wait for its end, stop it.

The reasons are those of AWS Batch, because retry strategies and the workflow match on them:
https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

CONTAINER_EXITED = "Essential container in task exited"
TASK_FAILED_TO_START = "Task failed to start"
OVERRIDES_TOO_LONG = "Container Overrides length must be at most 8192"
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"


class CannotStartError(Exception):
    """An attempt could not start; the message is the container's reason, as ECS words it.

    For example `CannotPullContainerError: …` when there is no such image.
    """


def cannot_pull(image: str) -> str:
    """The container's reason when no host can pull its image, in ECS's words."""
    return (
        f"CannotPullContainerError: Error response from daemon: manifest for {image} not found:"
        " manifest unknown: Requested image not found"
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended.

    `exit_code` is None when no container ran to its end; `reason` is the container's and only
    present when ECS has more to say than the exit code; `status_reason` is the job's.
    """

    exit_code: int | None
    reason: str | None = None
    status_reason: str = CONTAINER_EXITED

    @property
    def succeeded(self) -> bool:
        """True for exit code 0 and nothing else."""
        return self.exit_code == 0

    @property
    def lost_host(self) -> bool:
        """True if the attempt ended with its instance."""
        return self.status_reason.startswith("Host EC2")

    @classmethod
    def not_started(cls, reason: str) -> "Outcome":
        """Build the end of an attempt whose container never started."""
        return cls(None, reason, TASK_FAILED_TO_START)

    @classmethod
    def overrides_too_long(cls) -> "Outcome":
        """Build the end of an attempt that ECS refuses, because of the length of its overrides."""
        return cls(None, None, OVERRIDES_TOO_LONG)

    @classmethod
    def out_of_memory(cls) -> "Outcome":
        """Build the end of an attempt that used more memory than its job asked for."""
        return cls(137, OUT_OF_MEMORY)

    @classmethod
    def host_terminated(cls, instance_id: str) -> "Outcome":
        """Build the end of an attempt whose instance was terminated, as for Spot instances."""
        return cls(None, None, f"Host EC2 (instance {instance_id}) terminated.")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of a job, as a runner needs it.

    `command` has its parameters filled in. `environment` is the job's own, with the variables
    that Batch adds. `container` is the job's container as DescribeJobs shows it. `log` takes
    lines of output, in order, and returns when they are stored.
    """

    job_id: str
    job_name: str
    number: int
    image: str
    command: Sequence[str]
    environment: Mapping[str, str]
    container: Mapping[str, object]
    log: Callable[[Sequence[str]], None]

    @property
    def file_name(self) -> str:
        """A name of the attempt for folders and containers, in which `:` has a meaning."""
        return f"{self.job_id.replace(':', '-')}-{self.number}"


class RunningAttempt(Protocol):
    """A running attempt."""

    def wait(self) -> Outcome:
        """Block until the attempt has ended, its output is stored and its scratch is gone."""

    def terminate(self) -> None:
        """Ask the container to stop (SIGTERM); return at once, also if it has ended already."""

    def kill(self) -> None:
        """Stop the container and all that it started (SIGKILL); return at once."""


class JobRunner(Protocol):
    """Starts attempts."""

    def start(self, attempt: Attempt) -> RunningAttempt:
        """Start an attempt and return at once, or raise `CannotStartError`."""
