"""Puts an engine behind moto's Batch API."""

from collections.abc import Callable

from emulator.engine.aws import ACCOUNT_ID, REGION
from emulator.engine.batch.capacity import Capacity
from emulator.engine.batch.engine import BatchEngine
from emulator.engine.batch.hosts import Hosts
from emulator.engine.batch.publisher import Event
from emulator.engine.batch.runner import JobRunner
from emulator.engine.clock import REAL_CLOCK, Clock
from emulator.engine.moto_adapters.batch import route_jobs_to
from emulator.engine.moto_adapters.batch_definitions import (
    find_definitions_by_revision,
    keep_definitions_whole,
)
from emulator.engine.moto_adapters.batch_hosts import MotoHosts, refuse_mixed_architectures
from emulator.engine.moto_adapters.batch_logs import MotoLogs
from emulator.engine.moto_adapters.batch_policies import keep_policies_whole
from emulator.engine.moto_adapters.batch_queues import keep_queues_whole
from emulator.engine.patches import Patches


def install(
    publish: Callable[[Event], None],
    runner: JobRunner,
    capacity: Capacity,
    *,
    hosts: Hosts | None = None,
    grace_seconds: float = 30.0,
    clock: Clock = REAL_CLOCK,
) -> BatchEngine:
    """Start an engine and route moto's Batch jobs to it, until the engine is closed.

    `publish` takes EventBridge events, one at a time, and must neither block for long nor raise.
    """
    patches = Patches()
    engine = BatchEngine(
        publish,
        runner,
        capacity,
        MotoLogs(),
        hosts=hosts or MotoHosts(ACCOUNT_ID, REGION),
        grace_seconds=grace_seconds,
        on_closed=patches.restore,
        clock=clock,
    )
    keep_definitions_whole(patches)
    keep_queues_whole(patches)
    refuse_mixed_architectures(patches)
    keep_policies_whole(patches)
    find_definitions_by_revision(patches)
    route_jobs_to(engine, patches)
    return engine
