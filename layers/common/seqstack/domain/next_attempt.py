"""Decide whether to retry a failed job, and with which resources."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from seqstack.domain.errors import (
    ContainerNotRunError,
    ImagePullError,
    OutOfMemoryError,
    SpotReclaimedError,
    StuckInQueueError,
)
from seqstack.domain.plan import MIB_PER_GIB, StepPlan
from seqstack.tools.registry import find_tool

_TRIED_ONCE_MORE = frozenset(
    {ContainerNotRunError.__name__, ImagePullError.__name__, StuckInQueueError.__name__}
)


@dataclass(frozen=True, slots=True)
class FailedTry:
    """The request of a failed job, and its error's name."""

    job_queue: str
    memory_mib: int
    error: str


def plan_next_attempt(plan: StepPlan, failed: Sequence[FailedTry]) -> StepPlan | None:
    """The plan of the try after `failed` (in order of attempts); None to give up.

    - no try yet: the plan itself;
    - out of memory: twice the memory, up to the tool's limit;
    - a reclaimed Spot host, after Batch's own retries on Spot: on-demand capacity;
    - no image, no container, or stuck in the queue: the same once more;
    - every other error would be repeated.

    Changes for earlier tries are kept.
    """
    if not failed:
        return plan
    last = failed[-1]
    again = replace(plan, job_queue=last.job_queue).with_memory(last.memory_mib)
    match last.error:
        case OutOfMemoryError.__name__:
            tool = find_tool(plan.tool)  # None in a run of another version
            limit = tool.definition.memory_limit_gib * MIB_PER_GIB if tool else 0
            more = min(2 * last.memory_mib, limit)
            return again.with_memory(more) if more > last.memory_mib else None
        case SpotReclaimedError.__name__:
            if last.job_queue == plan.on_demand_queue:
                return None
            return replace(again, job_queue=plan.on_demand_queue)
        case error if error in _TRIED_ONCE_MORE:
            is_first = sum(one.error == error for one in failed) == 1
            return again if is_first else None
        case _:
            return None
