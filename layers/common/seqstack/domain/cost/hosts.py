"""The EC2 instances that jobs run on, as far as their price depends on it."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class PurchaseOption(StrEnum):
    """How an instance is paid for."""

    SPOT = "spot"
    ON_DEMAND = "onDemand"


@dataclass(frozen=True, slots=True)
class Host:
    """An instance; what could not be found out is empty, or None.

    An instance is gone soon after its last job: whoever asks for it later finds nothing.
    """

    instance_id: str = ""
    instance_type: str = ""
    purchase_option: PurchaseOption | None = None
    availability_zone: str = ""

    @property
    def is_known(self) -> bool:
        """True if all is known that a price depends on."""
        return bool(self.instance_type and self.purchase_option and self.availability_zone)


@dataclass(frozen=True, slots=True)
class InstanceShape:
    """What an instance type has: vCPUs, and memory in MiB as EC2 lists it."""

    vcpus: int
    memory_mib: int

    def share_of(self, vcpus: Decimal, memory_mib: int) -> Decimal:
        """The part of such an instance that a job takes: the larger of its two shares, at most 1.

        What a job leaves of the other resource no job of the same shape can use.
        """
        return min(
            Decimal(1), max(vcpus / self.vcpus, Decimal(memory_mib) / Decimal(self.memory_mib))
        )
