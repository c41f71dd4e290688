"""A SubmitJob request: a queue, a job definition, and overrides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emulator.engine.batch.fair_share import Share


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """How long a job may be RUNNABLE at a queue's head for a reason, before it is cancelled."""

    reason: str
    max_time_seconds: int


@dataclass(frozen=True, slots=True)
class Queue:
    """A job queue; a higher priority goes first. Jobs run in its first compute environment.

    Without a scheduling policy it serves jobs first in, first out.
    """

    arn: str
    name: str
    priority: int
    compute_environment: str
    time_limits: Sequence[TimeLimit] = ()
    has_policy: bool = False


@dataclass(frozen=True, slots=True)
class Definition:
    """One revision of a job definition; `container` is its `containerProperties`."""

    arn: str
    name: str
    container: Mapping[str, Any]
    parameters: Mapping[str, str] = field(default_factory=dict)
    retry_strategy: Mapping[str, Any] | None = None
    timeout: Mapping[str, Any] | None = None
    propagate_tags: bool = False
    platform_capabilities: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Submission:
    """One SubmitJob request, its queue and definition looked up; None means "not given"."""

    job_name: str
    queue: Queue
    definition: Definition
    account: str
    region: str
    depends_on: Sequence[Mapping[str, str]] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    container_overrides: Mapping[str, Any] = field(default_factory=dict)
    retry_strategy: Mapping[str, Any] | None = None
    timeout: Mapping[str, Any] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    propagate_tags: bool | None = None
    share_identifier: str | None = None
    scheduling_priority: int | None = None
    array_size: int | None = None

    @property
    def share(self) -> Share | None:
        """The share of the job; None in a queue without a scheduling policy."""
        identifier = self.share_identifier
        return None if identifier is None else Share(self.queue.name, identifier)
