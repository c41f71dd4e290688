"""A running attempt: its share of the machine, its deadlines, and how it is stopped."""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from emulator.engine.batch import container as containers
from emulator.engine.batch.capacity import Capacity
from emulator.engine.batch.job import Host, Job, Task
from emulator.engine.batch.logs import WriteLines
from emulator.engine.batch.runner import (
    Attempt,
    CannotStartError,
    Outcome,
    RunningAttempt,
    cannot_pull,
)

_MOST_OVERRIDES = 8_192
"""Characters. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html"""


@dataclass(slots=True)
class LiveAttempt:
    """An attempt that holds a share of the machine. Times are of the monotonic clock."""

    job: Job
    share: Capacity
    running: RunningAttempt | None = None
    times_out_at: float | None = None
    stop_reason: str | None = None
    kill_at: float | None = None
    imposed: Outcome | None = None

    def started(self, running: RunningAttempt, now: float, seconds_scale: float) -> None:
        """The container runs; if the attempt was stopped meanwhile, stop the container.

        A second of the job's timeout lasts `seconds_scale`.
        """
        self.running = running
        if self.job.timeout_seconds is not None:
            self.times_out_at = now + self.job.timeout_seconds * seconds_scale
        if self.imposed is not None:
            running.kill()
        elif self.stop_reason is not None:
            running.terminate()

    def stop(self, reason: str, kill_at: float) -> None:
        """Stop the attempt; the first reason and the earliest time to kill apply."""
        if self.stop_reason is None:
            self.stop_reason = reason
            if self.running is not None:
                self.running.terminate()
        self.kill_at = min(kill_at, self.kill_at) if self.kill_at is not None else kill_at

    def impose(self, outcome: Outcome) -> None:
        """End the attempt at once with `outcome`; later outcomes are ignored."""
        self.imposed = self.imposed or outcome
        if self.running is not None:
            self.running.kill()

    def timed_out(self, now: float) -> bool:
        """Whether the attempt has reached its timeout and was not stopped yet."""
        over = self.times_out_at is not None and now >= self.times_out_at
        return over and self.stop_reason is None

    def kill_if_due(self, now: float) -> None:
        """Kill the container, once, if it did not stop in its grace period."""
        if self.running is not None and self.kill_at is not None and now >= self.kill_at:
            self.running.kill()
            self.kill_at = None

    def next_deadline(self) -> float | None:
        """When the engine must check the attempt again, if ever."""
        if self.running is None:
            return None
        return self.times_out_at if self.stop_reason is None else self.kill_at


def place_task(job: Job, host: Host) -> Task:
    """Create the ECS task that Batch would place on a host for a job's next attempt."""
    submission = job.submission
    ecs, _, name = host.container_instance.partition(":container-instance/")
    task_id = uuid.uuid4().hex
    return Task(
        arn=f"{ecs}:task/{name.rpartition('/')[0]}/{task_id}",
        host=host,
        log_stream=containers.log_stream_of(job.container, submission.definition.name, task_id),
    )


def pull_image(job: Job, missing: Iterable[str]) -> None:
    """Raise `CannotStartError`, as ECS words it, for an image that matches a `missing` pattern."""
    image = str(job.container["image"])
    if any(fnmatchcase(image, pattern) for pattern in missing):
        raise CannotStartError(cannot_pull(image))


def has_long_overrides(job: Job) -> bool:
    """Whether ECS refuses a job's next attempt, because what Batch overrides is too long.

    The limit includes the characters of JSON. The job's own overrides and Batch's variables count.
    """
    given = job.submission.container_overrides
    variables = [{"name": name, "value": value} for name, value in _batch_variables(job).items()]
    environment = [*(given.get("environment") or []), *variables]
    overrides = {"containerOverrides": [{**given, "name": "default", "environment": environment}]}
    return len(json.dumps(overrides, separators=(",", ":"))) > _MOST_OVERRIDES


def _batch_variables(job: Job) -> dict[str, str]:
    """The variables that Batch adds to a job's next attempt.

    https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html
    """
    queue = job.submission.queue
    index = {} if job.index is None else {"AWS_BATCH_JOB_ARRAY_INDEX": str(job.index)}
    return {
        "AWS_BATCH_JOB_ID": job.job_id,
        "AWS_BATCH_JOB_ATTEMPT": str(job.attempt_number),
        "AWS_BATCH_JQ_NAME": queue.name,
        "AWS_BATCH_CE_NAME": queue.compute_environment,
        **index,
    }


def attempt_of(job: Job, log: WriteLines) -> Attempt:
    """Build the runner's description of a job's next attempt."""
    submission = job.submission
    environment = {entry["name"]: entry["value"] for entry in job.container["environment"]}
    environment |= _batch_variables(job)
    return Attempt(
        job_id=job.job_id,
        job_name=submission.job_name,
        number=job.attempt_number,
        image=str(job.container["image"]),
        command=containers.substitute(job.container["command"], job.parameters),
        environment=environment,
        container=job.container,
        log=log,
    )
