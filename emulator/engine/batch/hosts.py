"""The hosts that attempts run on, as in ECS and EC2: only names, no machines."""

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
