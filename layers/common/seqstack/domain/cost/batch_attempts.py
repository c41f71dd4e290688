"""Batch's own attempts inside a job, as in DescribeJobs and the state-change events."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

_MS_PER_SECOND = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """A job's request: vCPUs (possibly 0.5) and memory in MiB."""

    vcpus: Decimal
    memory_mib: int

    @classmethod
    def from_batch(cls, detail: Mapping[str, Any]) -> Self:
        """Read a JobDetail's container: `resourceRequirements`, or the older keys."""
        container = detail.get("container", {})
        asked = {one["type"]: one["value"] for one in container.get("resourceRequirements", [])}
        return cls(
            Decimal(str(asked.get("VCPU", container.get("vcpus", 1)))),
            int(asked.get("MEMORY", container.get("memory", 1))),
        )


@dataclass(frozen=True, slots=True)
class BatchAttempt:
    """One attempt that has ended. Times are milliseconds since the epoch.

    `number` counts from 1. `container_instance` is the ARN of the host in ECS. `queued_at` is when
    the wait for a host began: at the submission, or at the end of the previous attempt. An attempt
    whose container never started has no `started_at`.
    """

    number: int
    queued_at: int
    started_at: int | None
    stopped_at: int
    container_instance: str = ""
    exit_code: int | None = None
    exit_reason: str = ""
    log_stream: str = ""

    @property
    def queue_seconds(self) -> int:
        """Whole seconds from the start of the wait until the container started, if it did."""
        began = self.stopped_at if self.started_at is None else self.started_at
        return max(0, began - self.queued_at) // _MS_PER_SECOND

    @property
    def run_seconds(self) -> int:
        """Seconds that the container ran, rounded up."""
        if self.started_at is None:
            return 0
        return -(min(0, self.started_at - self.stopped_at) // _MS_PER_SECOND)

    @classmethod
    def all_of(cls, detail: Mapping[str, Any]) -> tuple[Self, ...]:
        """Every attempt of a JobDetail that has ended, oldest first.

        https://docs.aws.amazon.com/batch/latest/APIReference/API_AttemptDetail.html
        """
        made: list[Self] = []
        queued_at = int(detail.get("createdAt", 0))
        for number, attempt in enumerate(detail.get("attempts", []), start=1):
            container = attempt.get("container", {})
            started_at = attempt.get("startedAt")
            stopped_at = attempt.get("stoppedAt", detail.get("stoppedAt", started_at or queued_at))
            reasons = (container.get("reason", ""), attempt.get("statusReason", ""))
            made.append(
                cls(
                    number=number,
                    queued_at=queued_at,
                    started_at=started_at,
                    stopped_at=stopped_at,
                    container_instance=container.get("containerInstanceArn", ""),
                    exit_code=container.get("exitCode"),
                    exit_reason="; ".join(reason for reason in reasons if reason),
                    log_stream=container.get("logStreamName", ""),
                )
            )
            queued_at = stopped_at
        return tuple(made)
