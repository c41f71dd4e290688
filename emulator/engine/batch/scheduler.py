"""Which waiting jobs may start now: queues by priority, and within a queue in order of arrival.

Pure: without threads or clocks. The order is strict: a smaller job does not overtake one that does
not fit yet, so no job starves.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from emulator.engine.batch.capacity import Capacity
from emulator.engine.batch.fair_share import Share


@dataclass(frozen=True, slots=True)
class Waiting:
    """A RUNNABLE job: its queue's priority (higher goes first) and its number of arrival.

    In a queue with a scheduling policy it belongs to `share`, within which a higher
    `scheduling_priority` goes first.
    """

    job_id: str
    queue_priority: int
    arrival: int
    request: Capacity
    share: Share | None = None
    scheduling_priority: int = 0


@dataclass(frozen=True, slots=True)
class Grant:
    """A job that may start, and the capacity that it holds until it ends."""

    job_id: str
    share: Capacity


def share_of(machine: Capacity, request: Capacity) -> Capacity:
    """The capacity that a request holds: at most all CPUs; for too much memory, the machine."""
    if request.memory_mib > machine.memory_mib:
        return machine
    return Capacity(min(request.vcpus, machine.vcpus), request.memory_mib)


def admit(
    machine: Capacity,
    held: Iterable[Capacity],
    waiting: Iterable[Waiting],
) -> tuple[Grant, ...]:
    """Start waiting jobs in order until the first that does not fit beside what is held."""
    holdings = list(held)
    grants = []
    for job in _in_order(list(waiting)):
        share = share_of(machine, job.request)
        if not _fits(machine, holdings, share):
            break
        holdings.append(share)
        grants.append(Grant(job.job_id, share))
    return tuple(grants)


def _in_order(waiting: list[Waiting]) -> Iterator[Waiting]:
    """Shares take turns in the order of their jobs' arrival, each with its most urgent job."""
    lines: dict[tuple[int, Share | None], list[Waiting]] = {}
    for job in sorted(waiting, key=lambda job: (job.scheduling_priority, -job.arrival)):
        lines.setdefault((job.queue_priority, job.share), []).append(job)  # the first comes last
    for turn in sorted(waiting, key=lambda job: (-job.queue_priority, job.arrival)):
        yield lines[turn.queue_priority, turn.share].pop()


def _fits(machine: Capacity, holdings: list[Capacity], share: Capacity) -> bool:
    vcpus = sum(held.vcpus for held in holdings) + share.vcpus
    memory_mib = sum(held.memory_mib for held in holdings) + share.memory_mib
    has_cpus = vcpus <= machine.vcpus * machine.jobs_per_cpu
    return has_cpus and memory_mib <= machine.memory_mib
