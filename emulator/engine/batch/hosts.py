"""The hosts that attempts run on, as in ECS and EC2: only names, no machines."""

import uuid
from typing import Protocol

from emulator.engine.batch.job import Host, Job


class Hosts(Protocol):
    """Rents and returns hosts. Calls come one at a time, under the engine's lock."""

    def take(self, job: Job) -> Host:
        """Reserve a host for a job's next attempt."""
        ...

    def give_back(self, host: Host, *, is_lost: bool) -> None:
        """The attempt has ended: the host may take another, unless its instance is lost."""
        ...


class InventedHosts:
    """A new name for every attempt; ECS and EC2 do not know the hosts."""

    def take(self, job: Job) -> Host:
        """A new host."""
        where = f"{job.submission.region}:{job.submission.account}"
        cluster = f"{job.submission.queue.compute_environment}_Batch"
        number = uuid.uuid4().hex
        return Host(
            f"arn:aws:ecs:{where}:container-instance/{cluster}/{number}", f"i-{number[:17]}"
        )

    def give_back(self, host: Host, *, is_lost: bool) -> None:
        """Do nothing."""
