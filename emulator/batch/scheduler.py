"""Which waiting jobs may start now: queues by priority, first come first served, no more.

Pure: it knows neither threads nor clocks. The order is strict, so a job that does not fit yet
is not overtaken by a smaller one behind it, and therefore never starves.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from emulator.batch.capacity import Capacity


@dataclass(frozen=True, slots=True)
class Waiting:
    """A RUNNABLE job: its queue's priority (higher goes first) and its number of arrival."""

    job_id: str
    queue_priority: int
    arrival: int
    request: Capacity


@dataclass(frozen=True, slots=True)
class Grant:
    """A job that may start, and what of the machine it holds until it ends."""

    job_id: str
    share: Capacity


def share_of(machine: Capacity, request: Capacity) -> Capacity:
    """What a request holds: itself, or the whole machine if it asks for more than there is."""
    larger = request.vcpus > machine.vcpus or request.memory_mib > machine.memory_mib
    return machine if larger else request


def admit(
    machine: Capacity, held: Iterable[Capacity], waiting: Iterable[Waiting]
) -> tuple[Grant, ...]:
    """Start waiting jobs in order until the first that does not fit beside what is held."""
    holdings = list(held)
    grants = []
    for job in sorted(waiting, key=lambda job: (-job.queue_priority, job.arrival)):
        share = share_of(machine, job.request)
        if not _fits(machine, holdings, share):
            break
        holdings.append(share)
        grants.append(Grant(job.job_id, share))
    return tuple(grants)


def _fits(machine: Capacity, holdings: list[Capacity], share: Capacity) -> bool:
    vcpus = sum(held.vcpus for held in holdings) + share.vcpus
    memory_mib = sum(held.memory_mib for held in holdings) + share.memory_mib
    return vcpus <= machine.vcpus and memory_mib <= machine.memory_mib
