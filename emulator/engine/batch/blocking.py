"""Queues that are blocked because no host can take the job at their head. No threads, no clock.

https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html lists the reasons, and
https://docs.aws.amazon.com/batch/latest/APIReference/API_JobStateTimeLimitAction.html how queues
can handle them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from emulator.engine.batch.job import Job

_INSTANCE_TYPE = "m5.large"


class BlockReason(StrEnum):
    """Why a queue is blocked: the reasons that a queue's time limits can name."""

    INSUFFICIENT_INSTANCE_CAPACITY = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
    COMPUTE_ENVIRONMENT_MAX_RESOURCE = "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE"
    JOB_RESOURCE_REQUIREMENT = "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT"

    @property
    def status_reason(self) -> str:
        """The `statusReason` of the job at the head."""
        return f"{self} - {_EXPLANATIONS[self]}"

    @property
    def cancellation(self) -> str:
        """The `statusReason` of a job that its queue's time limit has cancelled."""
        return f"Canceled by JobStateTimeLimit action due to reason: {self}"


_EXPLANATIONS = {
    BlockReason.INSUFFICIENT_INSTANCE_CAPACITY: (
        f"Service cannot fulfill the capacity requested for instance type [{_INSTANCE_TYPE}]"
    ),
    BlockReason.COMPUTE_ENVIRONMENT_MAX_RESOURCE: (
        "CE(s) associated with the job queue cannot meet the CPU requirement of the job."
    ),
    BlockReason.JOB_RESOURCE_REQUIREMENT: (
        "The job resource requirement (vCPU/memory/GPU) is higher than that can be met by the CE(s)"
        " attached to the job queue."
    ),
}


@dataclass(slots=True)
class _Block:
    reason: BlockReason
    jobs: str
    head: Job | None = None
    since: float = 0.0


@dataclass(slots=True)
class Standstill:
    """The effect of blocked queues on their RUNNABLE jobs. Times are of the caller's clock.

    `held` are the ids of jobs that may not start. `newly_blocked` have just come to the head of a
    blocked queue. `expired` have reached their queue's time limit there; `next_expiry` is when the
    next job will.
    """

    held: set[str] = field(default_factory=set)
    newly_blocked: list[tuple[Job, BlockReason]] = field(default_factory=list)
    expired: list[tuple[Job, BlockReason]] = field(default_factory=list)
    next_expiry: float | None = None


class BlockedQueues:
    """The queues, by name or ARN, that are blocked at the first job with a certain name."""

    def __init__(self) -> None:
        self._blocks: dict[str, _Block] = {}

    def block(self, queue: str, reason: BlockReason, jobs: str) -> None:
        """Block a queue when a job whose name matches `jobs` (as in a shell) is at its head."""
        self._blocks[_name(queue)] = _Block(reason, jobs)

    def unblock(self, queue: str) -> Job | None:
        """Unblock a queue; return the job that was at its head, if any."""
        block = self._blocks.pop(_name(queue), None)
        return None if block is None else block.head

    def look(self, runnable: Iterable[Job], now: float, seconds_scale: float) -> Standstill:
        """Check all RUNNABLE jobs; a time limit's second lasts `seconds_scale`."""
        found = Standstill()
        jobs = sorted(runnable, key=lambda job: job.arrival)
        for queue, block in self._blocks.items():
            mine = [job for job in jobs if job.submission.queue.name == queue]
            first = next((n for n, job in enumerate(mine) if _matches(job, block)), len(mine))
            found.held |= {job.job_id for job in mine[first:]}
            head = mine[first] if first < len(mine) else None
            if head is not block.head:
                block.head, block.since = head, now
                if head is not None:
                    found.newly_blocked.append((head, block.reason))
            if head is None or (seconds := _limit(head, block.reason)) is None:
                continue
            expiry = block.since + seconds * seconds_scale
            if now >= expiry:
                found.expired.append((head, block.reason))
            elif found.next_expiry is None or expiry < found.next_expiry:
                found.next_expiry = expiry
        return found


def _matches(job: Job, block: _Block) -> bool:
    return fnmatchcase(job.submission.job_name, block.jobs)


def _limit(job: Job, reason: BlockReason) -> int | None:
    """The time limit in seconds of a job at its queue's head for `reason`, if there is one."""
    limits = [limit for limit in job.submission.queue.time_limits if limit.reason == reason]
    return min((limit.max_time_seconds for limit in limits), default=None)


def _name(queue: str) -> str:
    return queue.rpartition("/")[2]
